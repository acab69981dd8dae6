"""Stage 5: the student learns the teacher's vector of the English from the Chinese and the English.

    python -m training.distil --work DIR --minutes 60

Driven by time: learning rates fall linearly to zero at the end of the given minutes. A checkpoint
is written every few minutes, and the same command goes on from it.
"""

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import typer
from tokenizers import Tokenizer

from training.batches import by_tokens, pad
from training.options import Benchmarks, Minutes, Threads, Work
from training.pool import Pool, Table
from training.probe import Probe
from training.student import Student, frozen_rows
from training.workers import Loss, Workers

log = logging.getLogger(__name__)

SEED = 22
BATCH_TOKENS = 768
BATCH_ROWS = 64
BATCHES_A_STEP = 8
DRAWN_ROWS = 6144
NEGATIVES = 4096
SCALE = 20.0
COSINE_WEIGHT = 4.0
ENGLISH_EVERY = 5
PEAK_RATES = (1e-3, 1e-4, 0.0)  # rows, body, what late interaction adds
WARM_STEPS = 150
SAVE_SECONDS = 150
PROBE_SECONDS = 480
TABLES = ("pairs", "passages", "glossary", "written")
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # ids, mask, teacher vectors


@dataclass
class Progress:
    """Where a run stands; saved with every checkpoint."""

    step: int = 0
    seconds: float = 0.0
    pairs: int = 0


class Trainer:
    """Student, optimisers and progress, with one step at a time."""

    def __init__(
        self,
        work: Path,
        student: Student,
        minutes: float,
        tag: str,
        peaks: tuple[float, float, float],
        threads: int,
    ) -> None:
        """Goes on from the last checkpoint of `tag` where there is one."""
        self.minutes, self.peaks, self.path = minutes, peaks, work / f"{tag}.pt"
        self.tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
        self.student = student
        self.frozen = frozen_rows(self.tokenizer)
        body = [p for p in self.student.body.parameters() if p.requires_grad]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.SparseAdam([self.student.rows.weight], lr=peaks[0]),
            torch.optim.AdamW(body, lr=peaks[1], weight_decay=0.01, fused=True),
            torch.optim.AdamW(
                [self.student.late.weight, self.student.importance.weight], lr=peaks[2], weight_decay=0.0
            ),
        ]
        self.workers = Workers(self.student, threads)
        self.progress = Progress()
        if self.path.exists():
            self.load()

    def load(self) -> None:
        """Goes on from the checkpoint."""
        state = torch.load(self.path)
        self.student.load_state_dict(state["student"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.progress = Progress(**state["progress"])
        log.info("resumed at %s", self.progress)

    def save(self) -> None:
        """Writes the checkpoint aside and moves it into place."""
        state = {
            "student": self.student.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "progress": vars(self.progress),
        }
        torch.save(state, self.path.with_suffix(".new"))
        os.replace(self.path.with_suffix(".new"), self.path)

    def left(self) -> float:
        """The part of the planned time that is left, 0 to 1."""
        return max(0.0, 1 - self.progress.seconds / (60 * self.minutes))

    def update(self, losses: Sequence[Loss]) -> float:
        """One step of both optimisers on the mean of the losses, at the rate that the time left gives."""
        values = self.workers.gather(losses)
        # Zeroed gradients leave both moments at zero, so SparseAdam does not move these rows.
        gradient = self.student.rows.weight.grad.coalesce()
        keep = ~torch.isin(gradient.indices()[0], self.frozen)
        self.student.rows.weight.grad = torch.sparse_coo_tensor(
            gradient.indices()[:, keep], gradient.values()[keep], gradient.shape, is_coalesced=True
        )
        torch.nn.utils.clip_grad_norm_(self.student.body.parameters(), 1.0)
        rate = self.left() * min(1.0, (self.progress.step + 1) / WARM_STEPS)
        for optimiser, peak in zip(self.optimisers, self.peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = peak * rate
            optimiser.step()
        self.progress.step += 1
        return sum(values) / len(values)


def distillation_loss(made: torch.Tensor, wanted: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each row against its own target among all, plus its distance to it."""
    scores = SCALE * made @ torch.cat([wanted, others]).T
    own = torch.arange(len(made))
    cosine = (made * wanted).sum(1).mean()
    return torch.nn.functional.cross_entropy(scores, own) + COSINE_WEIGHT * (1 - cosine)


def distil_on(student: Student, batch: Batch, others: torch.Tensor) -> Loss:
    """The distillation loss of a batch, to be run by a worker."""
    ids, mask, wanted = batch
    return lambda: distillation_loss(student(ids, mask), wanted, others)


def batches(pool: Pool) -> list[Batch]:
    """Ids, mask and targets of one draw, in random order; every fifth batch is English."""
    places = pool.draw(DRAWN_ROWS)
    pool.rng.shuffle(places)
    cut = len(places) // ENGLISH_EVERY
    made = []
    for english, part in ((True, places[:cut]), (False, places[cut:])):
        rows = [(pool.tables[t].en if english else pool.tables[t].zh)[r] for t, r in part]
        for batch in by_tokens([len(r) for r in rows], BATCH_TOKENS, BATCH_ROWS):
            ids, mask = pad([rows[i] for i in batch])
            wanted = np.stack([pool.tables[part[i][0]].targets[part[i][1]] for i in batch])
            made.append((ids, mask, torch.from_numpy(wanted.astype(np.float32))))
    return [made[i] for i in pool.rng.permutation(len(made))]


def read_pool(work: Path, trainer: Trainer, seed: int) -> Pool:
    """The tables that the teacher has begun; a resumed run draws in another order than its first part."""
    tables = [Table(work, name, trainer.tokenizer) for name in TABLES if (work / f"{name}.f16").exists()]
    return Pool(tables, seed + trainer.progress.step)


def run(trainer: Trainer, pool: Pool, probe: Probe) -> None:
    """Trains until the planned time is used up."""
    saved = probed = last = time.time()
    losses: list[float] = []
    while trainer.left() > 0:
        made = batches(pool)
        for first in range(0, len(made), BATCHES_A_STEP):
            step = made[first : first + BATCHES_A_STEP]
            others = torch.from_numpy(pool.negatives(NEGATIVES))
            losses.append(trainer.update([distil_on(trainer.student, batch, others) for batch in step]))
            trainer.progress.pairs += sum(len(ids) for ids, _, _ in step)
            now = time.time()
            trainer.progress.seconds += now - last
            last = now
            if trainer.left() <= 0:
                break
        p = trainer.progress
        log.info(
            "step %d, %.1f min, loss %.3f, %d rows, %.0f a second",
            p.step,
            p.seconds / 60,
            np.mean(losses),
            p.pairs,
            p.pairs / p.seconds,
        )
        losses = []
        over = trainer.left() <= 0
        if time.time() - saved > SAVE_SECONDS or over:
            trainer.save()
            saved = time.time()
        if time.time() - probed > PROBE_SECONDS or over:
            log.info("probe %s", probe.measure(trainer.workers, trainer.student, trainer.tokenizer))
            probed = time.time()
        last = time.time()


def set_up(seed: int) -> None:
    """Logging, one thread for what the workers do not do, and the seed of new parameters."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # The main thread alone takes milliseconds a step where four of its own, on shared cores, take seconds.
    torch.set_num_threads(1)
    torch.manual_seed(seed)


def main(
    work: Work,
    benchmarks: Benchmarks,
    minutes: Minutes = 60.0,
    threads: Threads = 4,
) -> None:
    """Writes WORK/distil.pt, starting from WORK/start.pt."""
    set_up(SEED)
    student = Student(torch.load(work / "start.pt"))
    trainer = Trainer(work, student, minutes, "distil", PEAK_RATES, threads)
    pool = read_pool(work, trainer, SEED)
    run(trainer, pool, Probe.read(benchmarks))


if __name__ == "__main__":
    typer.run(main)
