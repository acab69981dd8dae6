"""Gradients from single-threaded workers that share one student.

Each worker runs the network on its own small batch with one thread, and waits for the others once a
step. On cores shared with other programs this keeps its speed, where threads inside each operation
wait for the slowest of them hundreds of times a step.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import torch

from training.student import Student

Loss = Callable[[], torch.Tensor]


class Workers:
    """A pool of threads that adds up gradients."""

    def __init__(self, student: Student, threads: int) -> None:
        """Gradients are for the student's rows (sparse) and for all its other trained parameters."""
        self.rows = student.rows.weight
        self.others = [p for n, p in student.named_parameters() if p.requires_grad and n != "rows.weight"]
        self.adding = Lock()
        self.pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def gather(self, losses: Sequence[Loss]) -> list[float]:
        """Leaves the mean gradient of all losses on the parameters; gives the losses."""
        for parameter in self.others:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.zero_()
        share = 1 / len(losses)
        found = list(self.pool.map(lambda loss: self._one(loss, share), losses))
        rows = torch.cat([sparse._indices() for _, sparse in found], dim=1)
        values = torch.cat([sparse._values() for _, sparse in found])
        self.rows.grad = torch.sparse_coo_tensor(rows, values, self.rows.shape, check_invariants=False)
        return [value for value, _ in found]

    def _one(self, loss: Loss, share: float) -> tuple[float, torch.Tensor]:
        value = loss()
        sparse, *dense = torch.autograd.grad(value * share, [self.rows, *self.others], allow_unused=True)
        used = [(p.grad, grad) for p, grad in zip(self.others, dense, strict=True) if grad is not None]
        # Adding up takes one worker a few milliseconds, while the others compute.
        with self.adding:
            torch._foreach_add_([held for held, _ in used], [grad for _, grad in used])
        return value.item(), sparse
