"""Stage 4: input rows for the new vocabulary: English copied, Chinese fitted by regression.

    python -m training.start --work DIR

The mean of a Chinese text's rows is fitted to the mean of its translation's rows (an EmbeddingBag
regression); rows are then scaled to the length of English rows, so that the body of the teacher
meets inputs of the size it knows.
"""

import logging
import random
import time

import torch
import typer
from tokenizers import Tokenizer
from transformers import AutoModel

from training.options import Work
from training.tables import read_pairs
from training.teacher import TEACHER
from training.vocabulary import english_pieces, teacher_model

log = logging.getLogger(__name__)

SEED = 21
EPOCHS = 3
BATCH = 512
LEARNING_RATE = 2e-3
SPECIAL_ENDS = slice(1, -1)  # without [CLS] and [SEP]


def bags(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat ids and offsets, the form that EmbeddingBag takes."""
    lengths = torch.tensor([0, *(len(r) for r in rows[:-1])])
    return torch.tensor([i for r in rows for i in r]), lengths.cumsum(0)


def fit(
    chinese: list[list[int]], english: list[list[int]], table: torch.Tensor, first: int, rows: int
) -> torch.Tensor:
    """All `rows` input rows: `table` below `first`, fitted ones above."""
    rng = random.Random(SEED)
    mean = table[:first].mean(0)
    student = torch.nn.EmbeddingBag(rows, table.shape[1], mode="mean", sparse=True)
    with torch.no_grad():
        student.weight[:] = mean
        student.weight[:first] = table[:first]
    target = torch.nn.EmbeddingBag.from_pretrained(table, mode="mean")
    optimiser = torch.optim.SparseAdam(student.parameters(), lr=LEARNING_RATE)
    order = list(range(len(chinese)))
    steps, step, started = EPOCHS * len(order) // BATCH, 0, time.time()
    for _ in range(EPOCHS):
        rng.shuffle(order)
        for top in range(0, len(order) - BATCH + 1, BATCH):
            picked = order[top : top + BATCH]
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE * (1 - step / steps)
            made = student(*bags([chinese[i] for i in picked]))
            wanted = target(*bags([english[i] for i in picked]))
            loss = (made - wanted).pow(2).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if step % 200 == 0:
                log.info("step %d of %d, loss %.4f, %.0f s", step, steps, loss.item(), time.time() - started)
            step += 1
    fitted = student.weight.detach()
    fitted[:first] = table[:first]
    return fitted


def rescale(rows: torch.Tensor, first: int) -> torch.Tensor:
    """Moves the fitted rows' mean length to that of the English ones, each keeping its direction."""
    goal = rows[:first].norm(dim=1).mean()
    rows[first:] *= goal / rows[first:].norm(dim=1).mean()
    return rows


def main(work: Work) -> None:
    """Writes WORK/start.pt, the input rows of the student before training."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(SEED)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    weights = AutoModel.from_pretrained(TEACHER).embeddings.word_embeddings.weight.detach()
    vocabulary = teacher_model()
    kept = [vocabulary[piece] for piece in english_pieces()]
    pairs = [p for name in ("pairs", "glossary") for p in read_pairs(work, name)]
    chinese = [e.ids[SPECIAL_ENDS] for e in tokenizer.encode_batch([p.zh for p in pairs])]
    # English rows have the same ids in both tables once the kept rows are selected.
    english = [e.ids[SPECIAL_ENDS] for e in tokenizer.encode_batch([p.en for p in pairs])]
    english = [[i for i in ids if i < len(kept)] or [1] for ids in english]
    rows = fit(chinese, english, weights[kept], len(kept), tokenizer.get_vocab_size())
    torch.save(rescale(rows, len(kept)), work / "start.pt")


if __name__ == "__main__":
    typer.run(main)
