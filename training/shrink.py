"""Stage 7: a student of four layers takes over from the exported one of six.

    python -m training.shrink --elder DIR --work DIR --benchmarks DIR --minutes 90

It begins as four of the elder's layers and learns on as before, from questions and from the teacher. Its
token vectors are held to the elder's, less and less, and its text vectors to the teacher's where the text
is our own, and to the elder's elsewhere: to their place, and to the order in which they put other texts.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from training.contrast import PEAK_RATES, Asker, Questions, Read, rarity, run
from training.distil import COSINE_WEIGHT, SCALE, Trainer, read_pool, set_up
from training.options import Benchmarks, Minutes, Threads, Work
from training.pool import Table
from training.probe import Probe
from training.student import Student
from training.teacher import pool

SEED = 25
KEPT = (0, 3, 4, 5)  # of all fours that whose vectors begin nearest to the elder's
TAUGHT = "written"
ORDERED = 2048  # texts that a ranking is compared on


def order_loss(made: torch.Tensor, wanted: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """How far vectors are from the wanted ones, and from how these rank each other and the others."""
    ranked = torch.cat([wanted, others]).T
    goal = (SCALE * wanted @ ranked).softmax(1)
    cosine = (made * wanted).sum(1).mean()
    return torch.nn.functional.cross_entropy(SCALE * made @ ranked, goal) + COSINE_WEIGHT * (1 - cosine)


class Holder:
    """Holds what the student reads to what the elder and the teacher make of it."""

    def __init__(self, trainer: Trainer, elder: Student, table: Table, seed: int) -> None:
        """Texts of the table, in either language, have their translation's teacher vector."""
        self.trainer, self.elder, self.table = trainer, elder, table
        self.rng = np.random.default_rng(seed)
        self.rows = {
            side[row].tobytes(): row for side in (table.zh, table.en) for row in range(table.ready())
        }

    def __call__(self, read: Read, texts: Sequence[NDArray[np.int32]]) -> torch.Tensor:
        """The loss of one side of a batch."""
        with torch.no_grad():
            states = self.elder.states(read.ids, read.mask)
            wanted, tokens = pool(states, read.mask), self.elder.token_vectors(states)
            for place, text in enumerate(texts):
                row = self.rows.get(text.tobytes())
                if row is not None:
                    wanted[place] = self.vectors(row)
            others = self.vectors(self.rng.integers(0, self.table.ready(), ORDERED))
        apart = 1 - (read.tokens * tokens).sum(2)[read.inner].mean()
        return order_loss(read.vectors, wanted, others) / 2 + COSINE_WEIGHT * self.trainer.left() * apart

    def vectors(self, rows: int | NDArray[np.int64]) -> torch.Tensor:
        """The teacher's, of rows of the table."""
        return torch.from_numpy(np.asarray(self.table.targets[rows], np.float32))


def main(
    elder: Annotated[Path, typer.Option(help="The exported model of six layers.")],
    work: Work,
    benchmarks: Benchmarks,
    minutes: Minutes = 90.0,
    threads: Threads = 4,
) -> None:
    """Writes WORK/shrink.pt, starting from four layers of the elder."""
    set_up(SEED)
    student = Student.of_folder(elder)
    student.keep(KEPT)
    trainer = Trainer(work, student, minutes, "shrink", PEAK_RATES, threads)
    seed = SEED + trainer.progress.step
    questions = Questions(work, trainer, seed)
    student.rarity.copy_(rarity(questions, len(student.rarity)))
    held = Holder(trainer, Student.of_folder(elder), Table(work, TAUGHT, trainer.tokenizer), seed)
    run(trainer, read_pool(work, trainer, seed), Asker(trainer, questions, held), Probe.read(benchmarks))


if __name__ == "__main__":
    typer.run(main)
