"""A quick measure during training: success@1 on parts of two selection sets and on our held-out questions."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.batches import by_tokens, pad
from training.student import Student
from training.workers import Workers
from training.written import read_written

QUERIES = 500
BATCH_TOKENS = 2048
MAX_TOKENS = 256
SETS = ("cmrc2018-dev", "tatoeba-zh-en")


@dataclass(frozen=True)
class RetrievalSet:
    """Passages, queries and for each query the passages that answer it."""

    passages: dict[str, str]
    queries: dict[str, str]
    relevant: dict[str, set[str]]


def read_set(folder: Path) -> RetrievalSet:
    """A set in BEIR layout; the title stands before the text."""
    passages: dict[str, str] = {}
    for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        passages[row["_id"]] = f"{row.get('title') or ''} {row['text']}".strip()
    rows = map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    queries = {row["_id"]: row["text"] for row in rows}
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(passage)
    return RetrievalSet(passages, queries, relevant)


def read_held_out(folder: Path, english: bool) -> RetrievalSet:
    """The held-out questions of our written passages, in one language, to all passages in the other."""
    held_out = read_written(folder, held_out=True)
    everything = [*read_written(folder), *held_out]
    passages = {record.text(False): record.text(not english) for record in everything}
    queries: dict[str, str] = {}
    relevant: dict[str, set[str]] = {}
    for record in held_out:
        for place, (_, question) in enumerate(record.questions):
            name = f"{record.text(False)}{place}"
            queries[name], relevant[name] = question[english], {record.text(False)}
    return RetrievalSet(passages, queries, relevant)


def embed(workers: Workers, student: Student, tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """Unit vectors in the order of the texts; at most MAX_TOKENS of each are read."""
    rows = [e.ids[:MAX_TOKENS] for e in tokenizer.encode_batch(texts)]
    batches = by_tokens([len(r) for r in rows], BATCH_TOKENS)

    def run(batch: list[int]) -> torch.Tensor:
        with torch.inference_mode():
            return student(*pad([rows[i] for i in batch]))

    out = torch.empty(len(rows), student.rows.embedding_dim)
    for batch, vectors in zip(batches, workers.pool.map(run, batches), strict=True):
        out[batch] = vectors
    return out


def success_at_1(
    queries: torch.Tensor, passages: torch.Tensor, data: RetrievalSet, asked: list[str]
) -> float:
    """Share of the asked queries whose nearest passage is a relevant one."""
    names = list(data.passages)
    best = (queries @ passages.T).argmax(1).tolist()
    found = [names[row] in data.relevant[query] for query, row in zip(asked, best, strict=True)]
    return sum(found) / len(found)


@dataclass(frozen=True)
class Probe:
    """The sets that a checkpoint is measured on."""

    sets: dict[str, RetrievalSet]

    @classmethod
    def read(cls, benchmarks: Path) -> "Probe":
        """Reads the selection sets from a folder of sets."""
        sets = {name: read_set(benchmarks / name) for name in SETS}
        written = Path(__file__).parent / "written"
        sets["written-en-zh"] = read_held_out(written, english=True)
        sets["written-zh-en"] = read_held_out(written, english=False)
        return cls(sets)

    def measure(self, workers: Workers, student: Student, tokenizer: Tokenizer) -> dict[str, float]:
        """success@1 of at most QUERIES queries a set."""
        scores = {}
        for name, data in self.sets.items():
            asked = [q for q in data.queries if q in data.relevant]
            asked = asked[:: max(1, len(asked) // QUERIES)][:QUERIES]
            made = embed(workers, student, tokenizer, [data.queries[q] for q in asked])
            passages = embed(workers, student, tokenizer, list(data.passages.values()))
            scores[name] = round(success_at_1(made, passages, data, asked), 3)
        return scores
