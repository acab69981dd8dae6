"""Stage 6b: question-to-passage training on top of the distilled student.

    python -m training.contrast --work DIR --benchmarks DIR --minutes 18

Multiple negatives ranking: each question against the passages of its own batch (one kind of pair, so
its neighbours are hard) and of the steps before it, kept as they were embedded. Distillation batches
share every step, so that general text and English stay where they are. The same questions also rank the
passages of their batch by late interaction: each of the question's tokens has its best cosine in the
passage (MaxSim; Khattab and Zaharia, SIGIR 2020), on a projection of the tokens' states, and counts for
its inverse document frequency times what it has learned to.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from training.batches import pad
from training.distil import BATCHES_A_STEP, NEGATIVES, SCALE, Trainer, batches, distil_on, read_pool, set_up
from training.options import Benchmarks, Minutes, Threads, Work
from training.pool import Pool, Ragged, encode
from training.probe import Probe
from training.questions import Question
from training.student import Student
from training.tables import DIM
from training.teacher import pool as pooled
from training.workers import Loss

log = logging.getLogger(__name__)

SEED = 24
PEAK_RATES = (6e-4, 8e-5, 1e-3)
PASSAGE_TOKENS = 224
BATCH_TOKENS = 3072
BATCH_ROWS = (8, 40)
QUESTION_BATCHES = 4  # a step, beside BATCHES_A_STEP of distillation
BANK_PASSAGES = 2048
NO_TOKENS = 2  # an empty text has the two special ones alone
LATE_SCALE = 30.0  # token cosines lie closer together than those of means
CHECKPOINT_SECONDS = 900
KIND_POWER = 0.7  # a kind is drawn by its size to this power
WRITTEN_WEIGHT = 2.5  # times its share: our own questions are the only ones as people ask them
RARITY_LEAST = 0.05
BLOCK_ROWS = 8  # neighbours stay together: in our own passages they make the hardest negatives


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
        self.misses: Ragged = encode(trainer.tokenizer, [row.miss for row in rows])
        kinds = np.array([row.kind for row in rows])
        self.kinds = {str(kind): np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
        shares = np.array([len(rows) ** KIND_POWER for rows in self.kinds.values()])
        shares *= np.where([kind.startswith("written") for kind in self.kinds], WRITTEN_WEIGHT, 1.0)
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
                waiting += self.shuffled(kind)
            row = waiting.pop()
            longest = max(longest, min(PASSAGE_TOKENS, len(self.passages[row])))
            if len(chosen) >= BATCH_ROWS[0] and longest * (len(chosen) + 1) > BATCH_TOKENS:
                break
            chosen.setdefault(int(self.keys[row]), row)
        return list(chosen.values())

    def shuffled(self, kind: str) -> list[int]:
        """The rows of a kind in random order of blocks; rows of a block keep theirs."""
        rows = self.kinds[kind]
        blocks = [rows[top : top + BLOCK_ROWS] for top in range(0, len(rows), BLOCK_ROWS)]
        self.rng.shuffle(blocks)
        return [int(row) for block in blocks for row in block]


def rarity(questions: Questions, rows: int) -> torch.Tensor:
    """Each row's inverse document frequency in our own questions, 1 where it is in none, shape (rows,).

    Without it a question's form ("how many") counts as much as what it asks about.
    """
    own = [n for kind, found in questions.kinds.items() if kind.startswith("written") for n in found]
    asked = {bytes(questions.queries[n]): questions.queries[n] for n in own}
    counts = torch.zeros(rows)
    for ids in asked.values():
        counts[torch.from_numpy(np.unique(ids)).long()] += 1
    found = torch.log((len(asked) + 1) / (counts + 0.5)) / np.log(2 * len(asked) + 2)
    return found.clamp(min=RARITY_LEAST)


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


def inner_tokens(mask: torch.Tensor) -> torch.Tensor:
    """The mask without the two special tokens of each row."""
    inner = mask.clone()
    inner[:, 0] = 0
    inner[torch.arange(len(mask)), mask.sum(1) - 1] = 0
    return inner.bool()


def late_interaction(
    asked: tuple[torch.Tensor, torch.Tensor], answers: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """MaxSim of every question with every passage, shape (questions, passages), in -1..1.

    `asked` are token vectors and their shares, `answers` token vectors and their mask.
    """
    cosines = torch.einsum("qtd,psd->qpts", asked[0], answers[0])
    best = cosines.masked_fill(~answers[1][None, :, None, :], -1.0).amax(3)
    return (best * asked[1][:, None, :]).sum(2)


def both_ways_loss(scores: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each question's own passage among its batch's, and of each passage's own question.

    `scores` (questions, passages) holds first each passage's own question, in the same order, and then
    questions that no passage answers: ranking questions too makes scores comparable between them.
    """
    own = torch.arange(scores.shape[1])
    asked = torch.nn.functional.cross_entropy(scores[: len(own)], own)
    return (asked + torch.nn.functional.cross_entropy(scores.T, own)) / 2


@dataclass(frozen=True)
class Read:
    """What the student makes of texts; `inner` is the mask without the special tokens."""

    ids: torch.Tensor
    mask: torch.Tensor
    inner: torch.Tensor
    states: torch.Tensor
    vectors: torch.Tensor
    tokens: torch.Tensor


def read(student: Student, texts: Sequence[NDArray[np.int32]]) -> Read:
    """Reads rows of token ids."""
    ids, mask = pad(texts)
    states = student.states(ids, mask)
    return Read(ids, mask, inner_tokens(mask), states, pooled(states, mask), student.token_vectors(states))


Held = Callable[[Read, Sequence[NDArray[np.int32]]], torch.Tensor | float]


def free(read: Read, texts: Sequence[NDArray[np.int32]]) -> float:
    """Held to nothing."""
    return 0.0


class Asker:
    """Makes question batches for the workers and keeps the bank."""

    def __init__(self, trainer: Trainer, questions: Questions, held: Held = free) -> None:
        """Starts with an empty bank; `held` adds to the loss of each side of a batch."""
        self.trainer, self.questions, self.bank, self.held = trainer, questions, Bank(), held
        self.made: list[tuple[torch.Tensor, torch.Tensor]] = []

    def loss(self) -> Loss:
        """A drawn batch as a loss for a worker; its passages wait to be held."""
        rows = self.questions.draw()
        keys = torch.from_numpy(self.questions.keys[rows])
        misses = [self.questions.misses[row] for row in rows]
        asked = [*(self.questions.queries[row] for row in rows), *(m for m in misses if len(m) > NO_TOKENS)]
        answers = [self.questions.passages[row] for row in rows]

        def run() -> torch.Tensor:
            student = self.trainer.student
            put, said = read(student, asked), read(student, [row[:PASSAGE_TOKENS] for row in answers])
            scores = late_interaction(
                (put.tokens, student.token_shares(put.states, put.ids, put.inner)), (said.tokens, said.inner)
            )
            value = ranking_loss(put.vectors[: len(keys)], said.vectors, keys, self.bank)
            value = value + both_ways_loss(SCALE * put.vectors @ said.vectors.T)
            value = value + 2 * both_ways_loss(LATE_SCALE * scores)
            self.made.append((keys, said.vectors.detach()))
            return value + self.held(put, asked) + self.held(said, answers)

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
    set_up(SEED)
    student = Student.of_state(torch.load(work / "distil.pt")["student"])
    trainer = Trainer(work, student, minutes, "contrast", PEAK_RATES, threads)
    seed = SEED + trainer.progress.step
    questions = Questions(work, trainer, seed)
    trainer.student.rarity.copy_(rarity(questions, len(trainer.student.rarity)))
    asker = Asker(trainer, questions)
    run(trainer, read_pool(work, trainer, seed), asker, Probe.read(benchmarks))


if __name__ == "__main__":
    typer.run(main)
