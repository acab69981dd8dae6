"""Stage 8: layers of their own for questions, trained against passages that stay as they are.

    python -m training.tower --model models/wenju-bilingual --work DIR --minutes 22

The passages' vectors and token vectors are read once, so that a step costs a few short questions: some
hundred of them a second. Both towers keep the same input rows (Dong et al., EMNLP 2022), and questions
are held near to where the passages' tower puts them.
"""

import json
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import nn

from index.encoder import QUESTION_TOWER, load_encoder
from index.types import Encoder
from training.batches import pad
from training.contrast import LATE_SCALE, inner_tokens
from training.distil import SCALE, set_up
from training.examples import Passage, asked_of, nearest, read_passages
from training.options import Minutes, Threads, Work
from training.steps import Steps
from training.student import Student
from training.tables import read_pairs
from training.teacher import pool
from training.written import read_articles

log = logging.getLogger(__name__)

SEED = 27
WRITTEN = Path(__file__).with_name("written")
WEIGHTS = {"named": 1.0, "twin": 0.5, "paraphrase": 1.5}  # how often a question of a kind is drawn
MINED = {"templated": 2500}  # pairs of a kind at most
MINED_OTHERS = 900
MINED_TITLES = 1500
LINES = {
    "tatoeba_cmn": 4000, "sentences": 1400, "china_dashboard_news": 1000, "tico19_tm_en_zh": 600,
    "ud_pud": 600, "china_dashboard_digest": 400,
}  # fmt: skip
QUERY_CHARACTERS = 200
QUERY_TOKENS = 42
QUESTION_TOKENS = 64
ROWS = 32  # questions of our own in a worker's step
MINED_ROWS = 12
LINE_ROWS = 6
MINED_WEIGHT = 0.7
SENTENCES = 5000  # drawn at each step as negatives, beside those of the question's own passage
PASSAGES = 8  # compared by their tokens: the question's own, near ones and any
NEAR_PASSAGES = 5
PEAK_RATE = 1e-4
WARM_STEPS = 50
OUTSIDE = -2.0  # less than any cosine
KEPT = 0.7  # of what the tower's weights learned; the rest stays the encoder's own
FAR = -1e4  # the logit of what is no candidate
SAVED_SECONDS = 150


@dataclass(frozen=True)
class Asked:
    """A question: its token ids, the record it is of, the place of the answer, and near passages."""

    ids: NDArray[np.int32]
    record: int
    answer: int
    near: NDArray[np.int64]


@dataclass(frozen=True)
class Said:
    """What questions are compared with; all of it stays as it is.

    `vectors` (passages, dim), those of record r at 2r in Chinese and 2r + 1 in English; `tokens`
    (passages, longest, token_dim) padded, `sentence` of each token, -1 outside; `lengths` in tokens.
    `sentences` (n, dim), and `places` (n, 3): record, number in it, whether English. `mined` (m, dim) are
    of the mined pairs and then of lines, with the number of the `subject` that a pair is about.
    """

    vectors: torch.Tensor
    tokens: torch.Tensor
    sentence: torch.Tensor
    lengths: torch.Tensor
    sentences: torch.Tensor
    places: torch.Tensor
    mined: torch.Tensor
    subject: torch.Tensor


def padded(passages: list[Passage]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, their sentences and the lengths."""
    lengths = torch.tensor([len(passage.tokens) for passage in passages])
    tokens = torch.zeros(len(passages), int(lengths.max()), passages[0].tokens.shape[1], dtype=torch.float16)
    sentence = torch.full(tokens.shape[:2], -1, dtype=torch.int8)
    for row, passage in enumerate(passages):
        tokens[row, : len(passage.tokens)] = torch.from_numpy(passage.tokens)
        sentence[row, : len(passage.tokens)] = torch.from_numpy(passage.sentence.astype(np.int8))
    return tokens, sentence, lengths


def read_mined(path: Path, rng: random.Random) -> tuple[list[str], list[str], list[str]]:
    """Queries, passages and subjects of the question-to-passage pairs that are not our own passages'."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [
        row for row in rows if not row["kind"].startswith("written") and len(row["query"]) < QUERY_CHARACTERS
    ]
    rng.shuffle(rows)
    taken: Counter[str] = Counter()
    kept = []
    for row in rows:
        kind = row["kind"]
        most = MINED.get(kind, MINED_TITLES if "title" in kind else MINED_OTHERS)
        if taken[kind] < most:
            taken[kind] += 1
            kept.append(row)
    return [r["query"] for r in kept], [r["positive"] for r in kept], [r["key"] for r in kept]


def read_lines(work: Path, rng: random.Random) -> list[tuple[str, str]]:
    """Sentences and their translations, in either direction: not all that is asked is a question."""
    pairs = [pair for name in ("pairs", "glossary") for pair in read_pairs(work, name)]
    rng.shuffle(pairs)
    taken: Counter[str] = Counter()
    found = []
    for pair in pairs:
        if taken[pair.source] < LINES.get(pair.source, 0):
            taken[pair.source] += 1
            found.append((pair.zh, pair.en) if rng.random() < 0.5 else (pair.en, pair.zh))
    return found


def read_all(
    encoder: Encoder, tokenizer: Tokenizer, work: Path
) -> tuple[list[Asked], NDArray[np.float64], list[NDArray[np.int32]], int, Said]:
    """Our own answered questions with how often each is drawn, other queries, and what they ask of.

    The number says how many of the other queries are mined; the rest are lines.
    """
    articles = read_articles(WRITTEN)
    records = [record for article in articles for record in article]
    passages, vectors = read_passages(articles, encoder)
    told = [
        ((number, place, english), sentence[english])
        for number, record in enumerate(records)
        for english in (False, True)
        for place, sentence in enumerate(record.sentences)
    ]
    sentences = encoder.encode_sentences([text for _, text in told])
    put = [asked for asked in asked_of(records) if asked.kind in WEIGHTS]
    texts = [asked.text for asked in put]
    numbers = [asked.record for asked in put]
    near = nearest(encoder.encode_sentences(texts), vectors, numbers)
    asked = [
        Asked(ids_of(tokenizer, each.text, QUESTION_TOKENS), each.record, each.answer, row)
        for each, row in zip(put, near, strict=True)
    ]
    shares = np.array([WEIGHTS[each.kind] for each in put])
    rng = random.Random(SEED)
    queries, positives, keys = read_mined(work / "questions.jsonl", rng)
    lines = read_lines(work, rng)
    others = [*queries, *(line for line, _ in lines)]
    positives += [translation for _, translation in lines]
    _, subject = np.unique([*keys, *(f"line {n}" for n in range(len(lines)))], return_inverse=True)
    said = Said(
        torch.from_numpy(vectors),
        *padded(passages),
        torch.from_numpy(sentences),
        torch.tensor([where for where, _ in told], dtype=torch.long),
        torch.from_numpy(encoder.encode_sentences(positives)),
        torch.from_numpy(subject),
    )
    mined = [ids_of(tokenizer, query, QUERY_TOKENS) for query in others]
    return asked, shares / shares.sum(), mined, len(queries), said


def ids_of(tokenizer: Tokenizer, text: str, most: int) -> NDArray[np.int32]:
    """Token ids with the special ones, at most so many."""
    ids = tokenizer.encode(text).ids
    return np.asarray(ids if len(ids) <= most else [*ids[: most - 1], ids[-1]], np.int32)


@dataclass(frozen=True)
class Read:
    """Questions as a tower reads them: vectors, token vectors, and what each token counts for, 1 in all."""

    vectors: torch.Tensor
    tokens: torch.Tensor
    shares: torch.Tensor
    inner: torch.Tensor

    @classmethod
    def by(cls, tower: Student, rows: list[NDArray[np.int32]]) -> "Read":
        """The rows hold token ids with the special ones."""
        ids, mask = pad(rows)
        inner = inner_tokens(mask)
        states = tower.states(ids, mask)
        shares = tower.token_shares(states, ids, inner)
        return cls(pool(states, mask), tower.token_vectors(states), shares, inner)


def vector_losses(read: Read, asked: list[Asked], said: Said, rng: np.random.Generator) -> torch.Tensor:
    """A question's own passage among all passages, and the sentence that answers among sentences.

    Each in a language by chance; what says the same in the other one is no candidate.
    """
    record = torch.tensor([each.record for each in asked])
    answer = torch.tensor([each.answer for each in asked])
    english, told_in_english = torch.from_numpy(rng.integers(2, size=(2, len(asked))))
    own = 2 * record + english
    logits = SCALE * read.vectors @ said.vectors.T
    logits = logits.scatter(1, (own ^ 1)[:, None], FAR)
    passage = nn.functional.cross_entropy(logits, own)

    of_own = said.places[:, 0] == record[:, None]
    candidates = of_own & (said.places[:, 2] == told_in_english[:, None])
    right = candidates & (said.places[:, 1] == answer[:, None])
    drawn = torch.zeros(len(said.places), dtype=torch.bool)
    drawn[torch.from_numpy(rng.choice(len(said.places), min(SENTENCES, len(drawn)), replace=False))] = True
    columns = (drawn | candidates.any(0)).nonzero()[:, 0]
    there = (candidates | (drawn & ~of_own))[:, columns]
    logits = (SCALE * read.vectors @ said.sentences[columns].T).masked_fill(~there, FAR)
    sentence = nn.functional.cross_entropy(logits, right[:, columns].long().argmax(1))
    return passage + sentence


def late_losses(read: Read, asked: list[Asked], said: Said, rng: np.random.Generator) -> torch.Tensor:
    """By late interaction: a question's own passage among PASSAGES, and its sentence among all of theirs."""
    chosen = [
        [
            2 * each.record + int(rng.integers(2)),
            *rng.choice(each.near, NEAR_PASSAGES, replace=False),
            *rng.integers(len(said.vectors), size=PASSAGES - 1 - NEAR_PASSAGES),
        ]
        for each in asked
    ]
    rows = torch.tensor(np.asarray(chosen))
    longest = int(said.lengths[rows].max())
    tokens, sentence = said.tokens[rows, :longest].float(), said.sentence[rows, :longest].long()
    outside = torch.arange(longest) >= said.lengths[rows][:, :, None]
    # How each token of a question matches each of each passage, shape (questions, passages, asked, said).
    match = (read.tokens[:, None] @ tokens.transpose(2, 3)).masked_fill(outside[:, :, None], OUTSIDE)
    whole = (match.amax(3) * read.shares[:, None]).sum(2)
    number = sentence.clamp(min=0)[:, :, None].expand_as(match)
    inside = match.masked_fill((sentence < 0)[:, :, None], OUTSIDE)
    empty = torch.full((*match.shape[:3], int(sentence.max()) + 1), OUTSIDE)
    best = empty.scatter_reduce(3, number, inside, "amax")
    told = (best * read.shares[:, None, :, None]).sum(2)
    told = (LATE_SCALE * told).masked_fill(best.amax(2) <= OUTSIDE, FAR)
    right = torch.tensor([each.answer for each in asked])
    return nn.functional.cross_entropy(
        LATE_SCALE * whole, torch.zeros(len(asked), dtype=torch.long)
    ) + nn.functional.cross_entropy(told.flatten(1), right)


def mined_loss(vectors: torch.Tensor, rows: NDArray[np.int64], said: Said) -> torch.Tensor:
    """A query's own passage among all mined ones but those on its subject."""
    own = torch.from_numpy(rows)
    same = said.subject == said.subject[own][:, None]
    same[torch.arange(len(own)), own] = False
    return nn.functional.cross_entropy((SCALE * vectors @ said.mined.T).masked_fill(same, FAR), own)


def held_loss(read: list[Read], before: list[Read]) -> torch.Tensor:
    """How far vectors and tokens went from where the passages' tower puts them, as 1 - cosine."""
    both = list(zip(read, before, strict=True))
    vectors = torch.cat([(now.vectors * then.vectors).sum(1) for now, then in both])
    tokens = torch.cat([(now.tokens * then.tokens).sum(2)[now.inner] for now, then in both])
    return 2 - vectors.mean() - tokens.mean()


def mix(tower: Student, before: Student, share: float) -> None:
    """Leaves that share of the way from `before` to what was learned (Wortsman et al., CVPR 2022).

    What was not asked in training stays more as it was.
    """
    old = before.state_dict()
    tower.load_state_dict({name: torch.lerp(old[name], t, share) for name, t in tower.state_dict().items()})


def write(tower: Student, out: Path) -> None:
    """The tower as `index.encoder` reads it, aside and then into its place."""
    state = {
        f"layer.{name}": tensor.bfloat16() for name, tensor in tower.body.encoder.layer.state_dict().items()
    }
    state |= {"projection": tower.late.weight, "importance": tower.importance.weight[0]}
    new = out.with_name("new-" + out.name)
    save_file({name: tensor.detach().contiguous() for name, tensor in state.items()}, new)
    new.chmod(0o644)
    new.replace(out)


def main(
    model: Annotated[Path, typer.Option(help="The exported encoder; its folder gets the tower.")],
    work: Work,
    minutes: Minutes = 22.0,
    threads: Threads = 4,
) -> None:
    """Writes MODEL/questions.safetensors and WORK/tower.pt, from WORK's tables and our own passages."""
    set_up(SEED)
    torch.set_num_threads(threads)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    encoder = load_encoder(str(model), judging=False)
    asked, shares, queries, mined_first, said = read_all(encoder, tokenizer, work)
    log.info("%d questions, %d other queries, %d passages", len(asked), len(queries), len(said.vectors))
    torch.set_num_threads(1)
    tower, before = Student.of_folder(model).eval(), Student.of_folder(model).eval()
    learned = [*tower.body.encoder.parameters(), tower.late.weight, tower.importance.weight]
    rate = (PEAK_RATE, WARM_STEPS)
    origin = f"{encoder.info.weights} {len(asked)}"
    steps = Steps(work / "tower.pt", tower, learned, origin, minutes, threads, rate)

    def loss_of(seed: int) -> torch.Tensor:
        drawing = np.random.default_rng(seed)
        own = [asked[n] for n in drawing.choice(len(asked), ROWS, replace=False, p=shares)]
        mined = drawing.choice(mined_first, MINED_ROWS, replace=False)
        lines = mined_first + drawing.choice(len(queries) - mined_first, LINE_ROWS, replace=False)
        chosen = np.concatenate([mined, lines])
        rows = [each.ids for each in own], [queries[n] for n in chosen]
        ours, others = (Read.by(tower, some) for some in rows)
        with torch.no_grad():
            held = [Read.by(before, some) for some in rows]
        loss = vector_losses(ours, own, said, drawing) + late_losses(ours, own, said, drawing)
        loss = loss + MINED_WEIGHT * mined_loss(others.vectors, chosen, said)
        return loss + held_loss([ours, others], held)

    rng = np.random.default_rng(SEED + steps.step)
    saved, losses = time.time(), []
    while steps.left() > 0:
        seeds = rng.integers(1 << 30, size=threads).tolist()
        losses.append(steps.update([partial(loss_of, seed) for seed in seeds]))
        if time.time() - saved > SAVED_SECONDS:
            steps.save()
            log.info("step %d, %.1f min, loss %.3f", steps.step, steps.seconds / 60, np.mean(losses))
            saved, losses = time.time(), []
    steps.save()
    mix(tower, before, KEPT)
    write(tower, model / QUESTION_TOWER)
    log.info("%d steps", steps.step)


if __name__ == "__main__":
    typer.run(main)
