"""Reads our own passages, written for training: sentences in both languages, questions and near misses.

A line of `written/*.jsonl` is one passage: `s` its sentences [zh, en] in order, `q` questions
[sentence that answers, zh, en], and `m` questions [zh, en] of the same field that it does not answer.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from index.fold import fold
from training.parallel import Pair

SOURCE = "written"
HELD_OUT_EVERY = 10


@dataclass(frozen=True)
class Written:
    """A passage with its questions; Chinese sides are folded to simplified script."""

    sentences: list[tuple[str, str]]
    questions: list[tuple[int, tuple[str, str]]]
    misses: list[tuple[str, str]]

    def text(self, english: bool) -> str:
        """The whole passage in one language."""
        sides = [sentence[english] for sentence in self.sentences]
        return " ".join(sides) if english else "".join(sides)


def _record(line: str) -> Written:
    row = json.loads(line)
    sentences = [(fold(zh), en) for zh, en in row["s"]]
    questions = [(place, (fold(zh), en)) for place, zh, en in row["q"]]
    return Written(sentences, questions, [(fold(zh), en) for zh, en in row["m"]])


def read_written(folder: Path, held_out: bool = False) -> list[Written]:
    """The passages to train on, or every tenth of a file, which is `held_out` for the probe; file order."""
    return [
        _record(line)
        for path in sorted(folder.glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (number % HELD_OUT_EVERY == 0) == held_out
    ]


def written_pairs(records: list[Written]) -> tuple[list[Pair], list[Pair]]:
    """Sentences and questions as short pairs, and whole passages."""
    short = [
        Pair(SOURCE, zh, en)
        for record in records
        for zh, en in [*record.sentences, *(text for _, text in record.questions), *record.misses]
    ]
    whole = [Pair(SOURCE + "+", record.text(False), record.text(True)) for record in records]
    return short, whole
