"""Steps: the mean of the losses' gradients, a rate that falls with time, and going on from a checkpoint."""

from pathlib import Path

import pytest
import torch
from torch import nn

from training.steps import Steps


def steps(path: Path, network: nn.Linear, origin: str = "e", minutes: float = 1.0) -> Steps:
    return Steps(path, network, [network.weight], origin, minutes, 2, (0.5, 2))


def line() -> nn.Linear:
    network = nn.Linear(1, 1)
    nn.init.constant_(network.weight, 3.0)
    nn.init.constant_(network.bias, 7.0)
    return network


def test_a_step_follows_the_mean_gradient_of_the_chosen_parameters_alone(tmp_path) -> None:
    network = line()
    made = steps(tmp_path / "s.pt", network)

    def loss(times: float):
        return lambda: (times * network.weight + network.bias).sum()

    # Gradients 1 and -0.5: their mean 0.25 is kept as it is, being under 1.
    assert made.update([loss(1.0), loss(-0.5)]) == pytest.approx((10 + 5.5) / 2)
    assert network.weight.grad.item() == pytest.approx(0.25)
    # Adam's first step is the rate itself, half of the peak while it warms up, and 0.01 times it is decay.
    assert network.weight.item() == pytest.approx(3 - 0.25 - 0.25 * 0.01 * 3, abs=1e-3)
    assert network.bias.item() == 7
    assert made.step == 1


def test_a_run_goes_on_from_its_checkpoint_but_not_from_one_of_another_origin(tmp_path) -> None:
    network = line()
    made = steps(tmp_path / "s.pt", network)
    made.update([lambda: network.weight.sum()])
    made.seconds = 30.0
    made.save()

    again, other = line(), line()
    gone_on, anew = steps(tmp_path / "s.pt", again), steps(tmp_path / "s.pt", other, "another")

    assert (gone_on.step, gone_on.left(), again.weight.item()) == (1, 0.5, network.weight.item())
    assert gone_on.optimiser.state_dict()["state"][0]["exp_avg"].item() == pytest.approx(0.1)
    assert (anew.step, anew.left(), other.weight.item()) == (0, 1.0, 3.0)
    gone_on.seconds = 90.0
    assert gone_on.left() == 0.0
    assert torch.load(tmp_path / "s.pt")["origin"] == "e"
