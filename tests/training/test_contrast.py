import math

import pytest
import torch

from training.contrast import Bank, ranking_loss
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
