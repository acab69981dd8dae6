import math

import pytest
import torch

from training.contrast import Bank, both_ways_loss, inner_tokens, late_interaction, ranking_loss
from training.distil import SCALE, distillation_loss
from training.tables import DIM

ONE, OTHER = torch.eye(DIM)[:1], torch.eye(DIM)[1:2]
LAW, DECREE = torch.tensor([0]), torch.tensor([1])


def test_a_held_passage_of_another_key_is_a_negative() -> None:
    bank = Bank()
    bank.add(LAW, ONE)
    assert ranking_loss(ONE, ONE, DECREE, bank).item() == pytest.approx(math.log(2))
    assert ranking_loss(OTHER, OTHER, DECREE, bank).item() == pytest.approx(
        math.log(1 + math.exp(-SCALE)), abs=1e-6
    )


def test_a_held_passage_of_the_same_key_is_none() -> None:
    bank = Bank()
    bank.add(LAW, ONE)
    assert ranking_loss(ONE, ONE, LAW, bank).item() == pytest.approx(0.0)


def test_distillation_loss_is_the_cross_entropy_and_four_times_the_distance() -> None:
    loss = distillation_loss(made=ONE, wanted=OTHER, others=ONE).item()
    assert loss == pytest.approx(math.log(1 + math.exp(SCALE)) + 4 * (1 - 0))


def test_a_question_that_no_passage_answers_counts_against_the_passages_alone() -> None:
    scores = torch.tensor([[0.0], [0.0]])  # one passage, its own question, and another one

    assert both_ways_loss(scores).item() == pytest.approx((math.log(1) + math.log(2)) / 2)


def test_both_ways_rank_passages_and_questions() -> None:
    scores = torch.tensor([[1.0, 0.0], [0.0, 1.0]])

    assert both_ways_loss(scores).item() == pytest.approx(math.log(1 + math.exp(-1)))


def test_late_interaction_is_the_mean_of_the_best_cosines_of_the_inner_tokens() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    asked = torch.tensor([[north, east, north, north]])  # the two outer ones are special
    said = torch.tensor([[east, [0.6, 0.8], north, north], [north, north, north, east]])
    mask = torch.ones(1, 4, dtype=torch.long)

    found = late_interaction((asked, inner_tokens(mask)), (said, inner_tokens(mask.repeat(2, 1))))

    assert found.tolist() == [pytest.approx([(0.6 + 1.0) / 2, (0.0 + 1.0) / 2])]


def test_inner_tokens_leave_out_padding_and_the_special_ones() -> None:
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])

    assert inner_tokens(mask).tolist() == [[False, True, False, False], [False, True, True, False]]
