"""Steps on the mean gradient of single-threaded workers, with a clock and a checkpoint."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn

BETAS = (0.9, 0.98)  # of Adam
DECAY = 0.01


class Steps:
    """AdamW on some parameters of a network, whose rate falls to nothing at the end of the planned time."""

    def __init__(
        self,
        path: Path,
        network: nn.Module,
        parameters: Sequence[nn.Parameter],
        origin: str,
        minutes: float,
        threads: int,
        rate: tuple[float, int],
    ) -> None:
        """Goes on from the checkpoint at `path` where it is of the same origin.

        `origin` names what the run learns from and begins with: another one's finished run is none of this
        one. `rate` is the peak one and the steps until it is reached.
        """
        self.path, self.network, self.parameters, self.origin = path, network, list(parameters), origin
        self.planned, (self.peak, self.warm) = 60 * minutes, rate
        self.optimiser = torch.optim.AdamW(self.parameters, self.peak, BETAS, weight_decay=DECAY)
        self.step, self.seconds = 0, 0.0
        state = torch.load(path) if path.exists() else {}
        if state.get("origin") == origin:
            network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds = state["step"], state["seconds"]
        self.pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def left(self) -> float:
        """The part of the planned time that is left, 0 to 1."""
        return max(0.0, 1 - self.seconds / self.planned)

    def update(self, losses: Sequence[Callable[[], torch.Tensor]]) -> float:
        """One step on the mean of the losses, each by one thread; gives it."""

        def gradients(loss_of: Callable[[], torch.Tensor]) -> tuple[float, tuple[torch.Tensor, ...]]:
            loss = loss_of()
            return loss.item(), torch.autograd.grad(loss, self.parameters)

        started = time.time()
        found = list(self.pool.map(gradients, losses))
        for parameter, *grads in zip(self.parameters, *(grads for _, grads in found), strict=True):
            parameter.grad = torch.stack(grads).mean(0)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.peak * self.left() * min(1.0, (self.step + 1) / self.warm)
        self.optimiser.step()
        self.step, self.seconds = self.step + 1, self.seconds + time.time() - started
        return float(np.mean([loss for loss, _ in found]))

    def save(self) -> None:
        """Writes the checkpoint aside and moves it into its place."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "origin": self.origin,
        }
        torch.save(state, self.path.with_suffix(".new"))
        os.replace(self.path.with_suffix(".new"), self.path)
