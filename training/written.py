"""Reads our own passages, written for training: sentences in both languages, questions and near misses.

A line of `written/*.jsonl` is one passage: `s` its sentences [zh, en] in order, `q` questions
[sentence that answers, zh, en], and `m` questions [zh, en] of the same field that it does not answer. Some
have `t`, twins [sentence that answers, zh, en, zh, en]: a question that it answers, and one that differs in
a few words, which nothing in the article answers. `p` is a pair likewise, both in other words than the
passage and not alike.
"""

import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from index.fold import fold
from training.parallel import Pair

Paired = tuple[int, tuple[str, str], tuple[str, str]]
"""The sentence that answers, a question that it answers, and one that nothing answers."""

SOURCE = "written"
HELD_OUT_EVERY = 10
ARTICLE = 4  # passages
WITHOUT_CONTEXT = 4  # questions, the first of a passage that has more than MOST_NAMED
MOST_NAMED = 5
JOINTS = ("", " ")  # between Chinese sentences and English ones


@dataclass(frozen=True)
class Written:
    """A passage with its questions; Chinese sides are folded to simplified script."""

    sentences: list[tuple[str, str]]
    questions: list[tuple[int, tuple[str, str]]]
    misses: list[tuple[str, str]]
    twins: list[Paired]
    paraphrases: list[Paired]

    @property
    def named(self) -> list[tuple[int, tuple[str, str]]]:
        """The questions that name what they are about; others ask as if the passage lay open."""
        return self.questions[WITHOUT_CONTEXT:] if len(self.questions) > MOST_NAMED else self.questions

    @property
    def pairs(self) -> list[Paired]:
        """Twins, then those in other words."""
        return [*self.twins, *self.paraphrases]

    @property
    def answered(self) -> list[tuple[int, tuple[str, str]]]:
        """The questions that name their subject, and those of pairs that are answered."""
        return [*self.named, *((place, question) for place, question, _ in self.pairs)]

    @property
    def unanswered(self) -> list[tuple[str, str]]:
        """Near misses, and those of pairs that are not answered."""
        return [*self.misses, *(miss for _, _, miss in self.pairs)]

    def text(self, english: bool) -> str:
        """The whole passage in one language."""
        return JOINTS[english].join(sentence[english] for sentence in self.sentences)

    def starts(self, english: bool) -> list[int]:
        """Where in that text its sentences begin."""
        lengths = [len(sentence[english]) + len(JOINTS[english]) for sentence in self.sentences]
        return [0, *accumulate(lengths[:-1])]


def _record(line: str) -> Written:
    row = json.loads(line)
    sentences = [(fold(zh), en) for zh, en in row["s"]]
    questions = [(place, (fold(zh), en)) for place, zh, en in row["q"]]
    misses = [(fold(zh), en) for zh, en in row["m"]]
    twins, paraphrases = (
        [
            (place, (fold(zh), en), (fold(miss_zh), miss_en))
            for place, zh, en, miss_zh, miss_en in row.get(key, [])
        ]
        for key in ("t", "p")
    )
    return Written(sentences, questions, misses, twins, paraphrases)


def read_articles(folder: Path, held_out: bool = False) -> list[list[Written]]:
    """The articles to train on, or every tenth of a file, which is `held_out` for measuring; file order.

    A line of `folder/*.jsonl` is an article of one passage; `folder/articles/*.jsonl` hold articles of
    ARTICLE lines, held out whole because their passages tell of one another.
    """
    return [
        article
        for pattern, together in (("*.jsonl", 1), ("articles/*.jsonl", ARTICLE))
        for path in sorted(folder.glob(pattern))
        for number, article in enumerate(read_file(path, together))
        if (number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1) == held_out
    ]


def read_file(path: Path, together: int = ARTICLE) -> list[list[Written]]:
    """The articles of a file, each of `together` lines."""
    records = [_record(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [records[first : first + together] for first in range(0, len(records), together)]


def read_written(folder: Path, held_out: bool = False) -> list[Written]:
    """The passages of those articles."""
    return [record for article in read_articles(folder, held_out) for record in article]


def written_pairs(records: list[Written]) -> tuple[list[Pair], list[Pair]]:
    """Sentences and questions as short pairs, and whole passages."""
    short = [
        Pair(SOURCE, zh, en)
        for record in records
        for zh, en in [*record.sentences, *(text for _, text in record.questions), *record.misses]
    ]
    whole = [Pair(SOURCE + "+", record.text(False), record.text(True)) for record in records]
    return short, whole
