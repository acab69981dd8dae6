"""Our own passages and questions as the vectors of their tokens, and the nearest passages of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.store import TITLE_CHARACTERS, in_slices
from index.types import Encoder
from training.written import Written, read_articles

NOTHING = -1  # the place of the answer of a question that its passage does not answer
TITLE = -1  # the sentence of tokens that stand before the passage
NEAR = 12  # passages kept for each question
SCORED = 1024  # questions compared with all passages at once

Halves = NDArray[np.float16]


@dataclass(frozen=True)
class Passage:
    """Token vectors (n, token_dim), and of each the number of its sentence, in order."""

    tokens: Halves
    sentence: NDArray[np.int16]


@dataclass(frozen=True)
class Asked:
    """A question's weighed token vectors, the record it is of, and the place of the sentence that answers."""

    tokens: Halves
    record: int
    answer: int


@dataclass(frozen=True)
class Examples:
    """Passages, record by record, the Chinese one and then the English one; questions likewise.

    `near[question]` are the numbers of the NEAR passages of other records that are nearest to it.
    """

    passages: Sequence[Passage]
    questions: Sequence[Asked]
    near: NDArray[np.int64]


@dataclass(frozen=True)
class Put:
    """A question in one language: the record it is of, the place of the answer, and its kind.

    That is named, twin or paraphrase; miss where nothing answers.
    """

    text: str
    record: int
    answer: int
    kind: str


def asked_of(records: Sequence[Written]) -> list[Put]:
    """All questions of the records, each in Chinese and then in English; all unanswered ones are misses."""
    found = []
    for number, record in enumerate(records):
        by_kind = [("named", answer, question) for answer, question in record.named]
        by_kind += [("twin", answer, question) for answer, question, _ in record.twins]
        by_kind += [("paraphrase", answer, question) for answer, question, _ in record.paraphrases]
        by_kind += [("miss", NOTHING, miss) for miss in record.unanswered]
        found += [
            Put(question[english], number, answer, kind)
            for kind, answer, question in by_kind
            for english in (False, True)
        ]
    return found


def read_passages(
    articles: Sequence[list[Written]], encoder: Encoder
) -> tuple[list[Passage], NDArray[np.float32]]:
    """The passages of the articles, as in Examples, and their vectors."""
    texts, firsts = [], []
    records = [(record, article, place) for article in articles for place, record in enumerate(article)]
    for record, article, place in records:
        for english in (False, True):
            title = _title(article, place, english)
            texts.append(title + record.text(english))
            firsts.append(len(title) + np.asarray(record.starts(english)))
    read = in_slices(texts, encoder.encode_document, _unseen)
    passages = [
        Passage(made.tokens.astype(np.float16), _sentences(made.starts, first))
        for made, first in zip(read, firsts, strict=True)
    ]
    return passages, np.stack([made.vector for made in read])


def read_examples(folder: Path, encoder: Encoder, held_out: bool = False) -> Examples:
    """All passages of `written/`, or the held-out ones, read by the encoder."""
    articles = read_articles(folder, held_out)
    passages, vectors = read_passages(articles, encoder)
    put = asked_of([record for article in articles for record in article])
    asked = in_slices([each.text for each in put], encoder.encode_query, _unseen)
    questions = [
        Asked(made.tokens.astype(np.float16), each.record, each.answer)
        for made, each in zip(asked, put, strict=True)
    ]
    near = nearest(np.stack([made.vector for made in asked]), vectors, [each.record for each in put])
    return Examples(passages, questions, near)


def _unseen(done: int) -> None:
    """Progress that nobody looks at."""


def _title(article: list[Written], place: int, english: bool) -> str:
    """What a chunk in the middle of an article is read after; ours have no titles, so its first words."""
    return article[0].sentences[0][english][:TITLE_CHARACTERS] + "\n" if place else ""


def _sentences(starts: NDArray[np.int32], firsts: NDArray[np.int64]) -> NDArray[np.int16]:
    return (np.searchsorted(firsts, starts, side="right") - 1).astype(np.int16)


def nearest(asked: NDArray[np.float32], said: NDArray[np.float32], records: list[int]) -> NDArray[np.int64]:
    """The numbers of the NEAR passages of other records nearest to each question, in no order."""
    record_of = np.arange(len(said)) // 2
    found = []
    for first in range(0, len(asked), SCORED):
        scores = asked[first : first + SCORED] @ said.T
        scores[np.asarray(records[first : first + SCORED])[:, None] == record_of] = -np.inf
        found.append(np.argpartition(-scores, NEAR, axis=1)[:, :NEAR])
    return np.concatenate(found)
