"""Stage 6b: question-to-passage training on top of the distilled student.

    python -m training.contrast --work DIR --benchmarks DIR --minutes 18

Multiple negatives ranking: each question against the passages of its own batch (one kind of pair, so
its neighbours are hard) and of the steps before it, kept as they were embedded. Distillation batches
share every step, so that general text and English stay where they are.
"""

import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
import typer

from training.batches import pad
from training.distil import BATCHES_A_STEP, NEGATIVES, SCALE, Trainer, batches, distil_on, read_pool
from training.options import Benchmarks, Minutes, Threads, Work
from training.pool import Pool, Ragged, encode
from training.probe import Probe
from training.questions import Question
from training.tables import DIM
from training.workers import Loss

log = logging.getLogger(__name__)

SEED = 24
PEAK_RATES = (3e-4, 5e-5)
PASSAGE_TOKENS = 224
BATCH_TOKENS = 3072
BATCH_ROWS = (8, 40)
QUESTION_BATCHES = 4  # a step, beside BATCHES_A_STEP of distillation
BANK_PASSAGES = 2048
CHECKPOINT_SECONDS = 300
KIND_POWER = 0.7  # a kind is drawn by its size to this power


class Questions:
    """The pairs with their token ids, drawn a batch of one kind at a time."""

    def __init__(self, work: Path, trainer: Trainer, seed: int) -> None:
        """Reads WORK/questions.jsonl."""
        with (work / "questions.jsonl").open(encoding="utf-8") as lines:
            rows = [Question(**json.loads(line)) for line in lines]
        self.rng = np.random.default_rng(seed)
        _, self.keys = np.unique([row.key for row in rows], return_inverse=True)
        self.queries: Ragged = encode(trainer.tokenizer, [row.query for row in rows])
        self.passages: Ragged = encode(trainer.tokenizer, [row.positive for row in rows])
        kinds = np.array([row.kind for row in rows])
        self.kinds = {str(kind): np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
        shares = np.array([len(rows) ** KIND_POWER for rows in self.kinds.values()])
        self.shares = shares / shares.sum()
        self.waiting: dict[str, list[int]] = {kind: [] for kind in self.kinds}

    def draw(self) -> list[int]:
        """Rows of one kind with different keys, within the token budget."""
        kind = str(self.rng.choice(list(self.kinds), p=self.shares))
        waiting = self.waiting[kind]
        chosen: dict[int, int] = {}
        longest = 0
        for _ in range(BATCH_ROWS[1]):
            if not waiting:
                waiting += self.rng.permutation(self.kinds[kind]).tolist()
            row = waiting.pop()
            longest = max(longest, min(PASSAGE_TOKENS, len(self.passages[row])))
            if len(chosen) >= BATCH_ROWS[0] and longest * (len(chosen) + 1) > BATCH_TOKENS:
                break
            chosen.setdefault(int(self.keys[row]), row)
        return list(chosen.values())


class Bank:
    """The last passages' vectors and keys: more negatives without a forward pass."""

    def __init__(self) -> None:
        """Holds nothing yet, and at most BANK_PASSAGES."""
        self.keys = torch.empty(0, dtype=torch.long)
        self.vectors = torch.empty(0, DIM)

    def add(self, keys: torch.Tensor, vectors: torch.Tensor) -> None:
        """Puts the newest passages in the place of the oldest."""
        self.keys = torch.cat([keys, self.keys])[:BANK_PASSAGES]
        self.vectors = torch.cat([vectors, self.vectors])[:BANK_PASSAGES]


def ranking_loss(asked: torch.Tensor, answers: torch.Tensor, keys: torch.Tensor, bank: Bank) -> torch.Tensor:
    """Cross-entropy of each question's own passage among the batch's and the held ones of other keys."""
    names = torch.cat([keys, bank.keys])
    same = keys[:, None] == names[None, :]
    same[:, : len(keys)].fill_diagonal_(False)
    scores = (SCALE * asked @ torch.cat([answers, bank.vectors]).T).masked_fill(same, float("-inf"))
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(keys)))


class Asker:
    """Makes question batches for the workers and keeps the bank."""

    def __init__(self, trainer: Trainer, questions: Questions) -> None:
        """Starts with an empty bank."""
        self.trainer, self.questions, self.bank = trainer, questions, Bank()
        self.made: list[tuple[torch.Tensor, torch.Tensor]] = []

    def loss(self) -> Loss:
        """A drawn batch as a loss for a worker; its passages wait to be held."""
        rows = self.questions.draw()
        keys = torch.from_numpy(self.questions.keys[rows])
        queries = pad([self.questions.queries[row] for row in rows])
        passages = pad([self.questions.passages[row][:PASSAGE_TOKENS] for row in rows])

        def run() -> torch.Tensor:
            answers = self.trainer.student(*passages)
            value = ranking_loss(self.trainer.student(*queries), answers, keys, self.bank)
            self.made.append((keys, answers.detach()))
            return value

        return run

    def hold(self) -> None:
        """Moves the step's passages into the bank."""
        for keys, vectors in self.made:
            self.bank.add(keys, vectors)
        self.made = []


def run(trainer: Trainer, pool: Pool, asker: Asker, probe: Probe) -> None:
    """Question and distillation batches in every step until the planned time is used up."""
    saved = last = time.time()
    while trainer.left() > 0:
        losses: list[float] = []
        drawn = batches(pool)
        for first in range(0, len(drawn), BATCHES_A_STEP):
            others = torch.from_numpy(pool.negatives(NEGATIVES))
            # The question batches are the longest, so they go to the workers first.
            step = [asker.loss() for _ in range(QUESTION_BATCHES)]
            step += [distil_on(trainer.student, b, others) for b in drawn[first : first + BATCHES_A_STEP]]
            losses.append(trainer.update(step))
            asker.hold()
            now = time.time()
            trainer.progress.seconds += now - last
            last = now
            if trainer.left() <= 0:
                break
        p = trainer.progress
        log.info("step %d, %.1f min, loss %.3f", p.step, p.seconds / 60, np.mean(losses))
        if time.time() - saved > CHECKPOINT_SECONDS or trainer.left() <= 0:
            trainer.save()
            log.info("probe %s", probe.measure(trainer.workers, trainer.student, trainer.tokenizer))
            saved = last = time.time()


def main(work: Work, benchmarks: Benchmarks, minutes: Minutes = 18.0, threads: Threads = 4) -> None:
    """Writes WORK/contrast.pt, starting from WORK/distil.pt."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    # The main thread alone takes milliseconds a step where four of its own, on shared cores, take seconds.
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    trainer = Trainer(work, minutes, "contrast", PEAK_RATES, threads)
    if not trainer.path.exists():
        trainer.student.load_state_dict(torch.load(work / "distil.pt")["student"])
    seed = SEED + trainer.progress.step
    asker = Asker(trainer, Questions(work, trainer, seed))
    run(trainer, read_pool(work, trainer, seed), asker, Probe.read(benchmarks))


if __name__ == "__main__":
    typer.run(main)
