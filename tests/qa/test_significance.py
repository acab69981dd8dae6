"""Intervals and the randomisation test: against exact counts, and the same every time."""

from math import comb

import numpy as np
import pytest

from qa.significance import interval, mean_intervals, randomisation_p, visible_drop


def test_few_changes_are_counted_exactly():
    # 5 losses of equal size: 2 of the 2^5 sign patterns are as extreme.
    assert randomisation_p(np.array([1.0] * 5 + [0.0] * 35)) == 2 / 2**5
    # 6 losses and a win: patterns with at most one sign against the others, both ways.
    assert randomisation_p(np.array([1.0] * 6 + [-1.0])) == 2 * (1 + 7) / 2**7


def test_no_change_is_no_evidence():
    assert randomisation_p(np.zeros(100)) == 1


def test_unequal_changes_are_counted_exactly():
    # sums of ±.5 ±.25: |.75|, |.25|, |.25|, |.75|
    assert randomisation_p(np.array([0.5, -0.25])) == 1.0
    assert randomisation_p(np.array([0.5, 0.25])) == 2 / 4


def test_many_changes_are_drawn_and_agree_with_the_binomial():
    differences = np.array([1.0] * 30 + [-1.0] * 15)
    exact = 2 * sum(comb(45, wins) for wins in range(16)) / 2**45
    assert randomisation_p(differences) == pytest.approx(exact, abs=0.005)
    assert randomisation_p(differences) == randomisation_p(differences)


def test_a_real_drop_has_the_smallest_p_that_trials_can_show():
    assert randomisation_p(np.ones(500)) == 1 / 10_001


def test_visible_drop_is_the_least_significant_number_of_losses():
    assert visible_drop(40) == 6 / 40  # 2 / 2^6 < 0.05 <= 2 / 2^5
    assert visible_drop(6) == 6 / 6
    assert visible_drop(5) is None
    # One question won: 7 losses give 2 (1 + 8) / 2^8 = 0.07, 8 give 2 (1 + 9) / 2^9 = 0.04.
    assert visible_drop(40, won=1) == (8 - 1) / 40


def test_visible_drop_agrees_with_the_test_itself():
    for won in (0, 1, 3):
        drop = visible_drop(200, won)
        lost = round(drop * 200) + won
        assert randomisation_p(np.array([1.0] * lost + [-1.0] * won)) < 0.05
        assert randomisation_p(np.array([1.0] * (lost - 1) + [-1.0] * won)) >= 0.05


def test_visible_drop_of_thousands_of_changes_is_finite():
    assert 0 < visible_drop(7017, won=1200) < 0.05


def test_interval_of_a_share_is_about_the_binomial_one():
    values = np.array([[1.0]] * 80 + [[0.0]] * 20)
    ((low, high),) = mean_intervals(values)
    error = 1.96 * (0.8 * 0.2 / 100) ** 0.5
    assert (low, high) == pytest.approx((0.8 - error, 0.8 + error), abs=0.02)
    assert mean_intervals(values) == [(low, high)]


def test_questions_without_the_metric_do_not_count():
    column = np.array([1.0] * 6 + [np.nan] * 60)
    assert mean_intervals(column[:, None]) == [(1.0, 1.0)]


def test_too_few_questions_have_no_interval():
    assert mean_intervals(np.array([[1.0]] * 4 + [[np.nan]] * 9)) == [None]
    assert interval(4, lambda rows: 0.5) is None


def test_interval_of_a_set_statistic_skips_draws_without_a_value():
    assert interval(10, lambda rows: None) is None
    low, high = interval(50, lambda rows: float(rows.mean()))
    assert low < 24.5 < high
