import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training.contrast import (
    Bank,
    Read,
    both_ways_loss,
    inner_tokens,
    late_interaction,
    ranking_loss,
    rarity,
)
from training.distil import SCALE, distillation_loss
from training.shrink import Holder, order_loss
from training.student import Student
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


def test_late_interaction_is_the_best_cosine_of_each_token_times_its_share() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    asked = torch.tensor([[north, east, north, north]])  # the two outer ones are special
    shares = torch.tensor([[0.0, 0.75, 0.25, 0.0]])
    said = torch.tensor([[east, [0.6, 0.8], north, north], [north, north, north, east]])
    mask = torch.ones(2, 4, dtype=torch.long)

    found = late_interaction((asked, shares), (said, inner_tokens(mask)))

    assert found.tolist() == [pytest.approx([0.75 * 0.6 + 0.25 * 1.0, 0.75 * 0.0 + 0.25 * 1.0])]


def test_a_tokens_share_is_its_rarity_times_what_its_state_says() -> None:
    importance = torch.nn.Linear(2, 1, bias=False)
    importance.weight.data = torch.tensor([[math.log(3), 0.0]])
    part = SimpleNamespace(importance=importance, rarity=torch.tensor([0.5, 1.0, 9.0]))
    states = torch.tensor([[[5.0, 5.0], [1.0, 0.0], [0.0, 7.0], [0.0, 0.0]]])
    mask = torch.tensor([[False, True, True, True]])

    shares = Student.token_shares(part, states, torch.tensor([[2, 0, 1, 1]]), mask)

    assert shares.tolist() == [pytest.approx([0.0, 1.5 / 3.5, 1 / 3.5, 1 / 3.5])]


def test_a_token_is_rare_by_the_different_questions_of_our_own_that_hold_it() -> None:
    rows = [np.array(ids, np.int32) for ids in ([0, 1], [0, 1], [0, 0, 2], [2, 2])]
    questions = SimpleNamespace(queries=rows, kinds={"written_passage": [0, 1, 2], "mined": [3]})

    found = rarity(questions, 4)

    # Two different questions: token 0 stands in both, 1 and 2 in one each, 3 in none.
    of = [math.log(3 / (count + 0.5)) / math.log(6) for count in (2, 1, 1, 0)]
    assert found.tolist() == pytest.approx(of)


def test_inner_tokens_leave_out_padding_and_the_special_ones() -> None:
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])

    assert inner_tokens(mask).tolist() == [[False, True, False, False], [False, True, True, False]]


def test_the_hold_is_least_where_place_and_order_are_the_wanted_ones() -> None:
    wanted, others = torch.eye(DIM)[:2], torch.eye(DIM)[2:4]

    kept = order_loss(wanted, wanted, others).item()
    swapped = order_loss(wanted.flip(0), wanted, others).item()

    # One wanted vector at e^20 and three at 1: the entropy of that ranking is all that is left.
    share = 1 / (1 + 3 * math.exp(-SCALE))
    assert kept == pytest.approx(-share * math.log(share) + 3 * math.exp(-SCALE) * SCALE, abs=1e-6)
    assert swapped == pytest.approx(SCALE + 4, abs=1e-5)


class Elder(SimpleNamespace):
    """Gives fixed states and token vectors, whatever it reads."""

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.made

    def token_vectors(self, states: torch.Tensor) -> torch.Tensor:
        return states


def test_our_own_texts_are_held_to_the_teacher_and_others_to_the_elder() -> None:
    known, unknown = np.array([1, 7, 2], np.int32), np.array([1, 8, 2], np.int32)
    east, north = torch.eye(DIM)[0], torch.eye(DIM)[1]
    table = SimpleNamespace(zh=[known], en=[known], targets=north[None, :].numpy(), ready=lambda: 1)
    trainer = SimpleNamespace(left=lambda: 0.5)
    holder = Holder(trainer, Elder(made=east.expand(2, 3, DIM)), table, seed=0)
    mask = torch.ones(2, 3, dtype=torch.long)

    def loss(vectors: torch.Tensor, token: torch.Tensor) -> float:
        tokens = token.expand(2, 3, DIM)
        read = Read(mask, mask, inner_tokens(mask), tokens, vectors, tokens)
        return holder(read, [known, unknown]).item()

    wanted = torch.stack([north, east])
    assert loss(wanted, east) < loss(wanted.flip(0), east) - 4 / 2
    assert loss(wanted, north) - loss(wanted, east) == pytest.approx(4 * 0.5 * (1 - 0))


def test_a_student_keeps_chosen_layers_and_its_checkpoint_says_how_many() -> None:
    student = Student(torch.zeros(3, DIM))
    fifth = student.body.encoder.layer[5]

    student.keep((0, 5))

    assert student.body.encoder.layer[1] is fifth
    assert len(Student.of_state(student.state_dict()).body.encoder.layer) == 2
