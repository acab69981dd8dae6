"""Each metric by hand, then all of them against ir_measures on random runs."""

from math import log2

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, R, Success, nDCG

from qa import metrics
from qa.trec import judged, ranked


def test_success_needs_one_place_in_the_first_k():
    assert metrics.success([4, None, 2], 2) == 1
    assert metrics.success([4, None, 2], 1) == 0
    assert metrics.success([None], 10) == 0


def test_recall_is_the_share_of_places_not_of_questions():
    assert metrics.recall([1, 3, None, 6], 5) == 2 / 4
    assert metrics.recall([1, 2, 3], 1) == 1 / 3  # more gold than k: cannot reach 1


def test_reciprocal_rank_takes_the_first_place_and_stops_at_k():
    assert metrics.reciprocal_rank([7, 3], 10) == 1 / 3
    assert metrics.reciprocal_rank([11], 10) == 0
    assert metrics.reciprocal_rank([None, None], 10) == 0


def test_ndcg_divides_by_the_ideal_over_all_gold():
    assert metrics.ndcg([1, 4, None], 10) == pytest.approx(
        (1 / log2(2) + 1 / log2(5)) / (1 / log2(2) + 1 / log2(3) + 1 / log2(4))
    )


def test_ndcg_takes_grades_as_linear_gain():
    found = 3 / log2(3) + 1 / log2(2)
    assert metrics.ndcg([2, 1], 10, [3, 1]) == pytest.approx(found / (3 / log2(2) + 1 / log2(3)))


def test_ndcg_ideal_is_cut_at_k_too():
    assert metrics.ndcg([1, None], 1) == 1


def test_average_precision_divides_by_all_gold():
    assert metrics.average_precision([1, 3, None], 10) == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert metrics.average_precision([11], 10) == 0


def test_places_reached_at_once_give_the_ideal_score():
    """One passage over both gold places is the best answer there can be."""
    assert metrics.positions([1, 1, 4, None]) == [1, 2, 4, None]
    assert metrics.positions([2, 2, 3]) == [2, 3, 4]
    assert metrics.ndcg([1, 1], 10) == 1
    assert metrics.average_precision([1, 1], 10) == 1
    assert metrics.recall([1, 1], 1) == 1


def test_places_reached_at_once_are_graded_best_first():
    assert metrics.ndcg([1, 1], 10, [1, 3]) == 1


def test_auroc_counts_pairs_and_half_of_ties():
    # pairs: .9>.5, .9>.1, .5=.5, .5>.1
    assert metrics.auroc([0.9, 0.5], [0.5, 0.1]) == (1 + 1 + 0.5 + 1) / 4
    assert metrics.auroc([0.1], [0.9]) == 0
    assert metrics.auroc([], [0.5]) is None
    assert metrics.auroc([0.5], []) is None


def test_calibration_error_weighs_bins_by_questions():
    # bin 9 holds .95 (right) and 1.0 (wrong), bin 2 holds .25 (right)
    expected = 2 / 3 * abs((0.95 + 1.0) / 2 - 1 / 2) + 1 / 3 * abs(0.25 - 1)
    assert metrics.calibration_error([0.95, 1.0, 0.25], [True, False, True]) == pytest.approx(expected)
    assert metrics.calibration_error([], []) is None


def test_a_confidence_of_one_is_in_the_last_bin():
    assert metrics.bin_of([0.0, 0.09, 0.1, 0.95, 1.0]).tolist() == [0, 0, 1, 9, 9]


def test_equal_scores_rank_as_in_trec_eval():
    assert ranked({"a": 1.0, "c": 1.0, "b": 2.0}) == ["b", "c", "a"]


DOCUMENTS = [f"d{number}" for number in range(14)]
QUERIES = ["q1", "q2", "q3"]
qrels = st.dictionaries(
    st.sampled_from(QUERIES),
    # Grade 0 is judged and not relevant; at least one document is relevant.
    st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1).filter(
        lambda row: max(row.values()) > 0
    ),
    min_size=1,
)
# Few different scores, so that ties are the rule; a query may be missing or have no result.
runs = st.dictionaries(
    st.sampled_from(QUERIES),
    st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from([0.5, 1.0, 2.0, -1.0])),
)
MEASURES = {
    Success @ 1: lambda r: metrics.success(r.gold_ranks, 1),
    Success @ 5: lambda r: metrics.success(r.gold_ranks, 5),
    R @ 3: lambda r: metrics.recall(r.gold_ranks, 3),
    R @ 10: lambda r: metrics.recall(r.gold_ranks, 10),
    RR: lambda r: metrics.reciprocal_rank(r.gold_ranks, len(DOCUMENTS)),
    nDCG @ 10: lambda r: metrics.ndcg(r.gold_ranks, 10, [place.grade for place in r.question.gold]),
    AP @ 10: lambda r: metrics.average_precision(r.gold_ranks, 10),
}


@settings(max_examples=1000, deadline=None)
@given(qrels, runs)
def test_every_metric_agrees_with_ir_measures(qrels, run):
    # ir_measures cuts RR with another library, which breaks ties its own way: give it none to break.
    strict = {q: {d: -float(at) for at, d in enumerate(ranked(scores))} for q, scores in run.items()}
    results = judged(qrels, run)
    cut = sum(metrics.reciprocal_rank(result.gold_ranks, 10) for result in results) / len(results)
    assert cut == pytest.approx(ir_measures.calc_aggregate([RR @ 10], qrels, strict)[RR @ 10], rel=1e-12)
    assert [result.id for result in results] == list(qrels)
    theirs = ir_measures.calc_aggregate(list(MEASURES), qrels, run)
    for measure, ours in MEASURES.items():
        mean = sum(map(ours, results)) / len(results)
        assert mean == pytest.approx(theirs[measure], rel=1e-12, abs=1e-12), measure
