"""Finds the chunks for a question: two rankings fused into one. Reads no file, loads no model."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.asking import QuestionEncoding, encode_questions
from index.dense import DenseIndex
from index.errors import QuestionError
from index.language import language
from index.late import late_interaction
from index.lexical import LexicalIndex, Match, Question, Words, possible, share
from index.types import Article, Chunk, Encoder, Encoding, Hit, Late, Manifest, Mode, Span, Vectors

DEPTH = 100  # chunks taken from each side before fusion
SHORTLIST = 40  # of them, those whose sentences and tokens are looked at one by one
JUDGED = 8  # the best of these, whose sentences are judged by whether they answer
QUESTION_MAX = 2000  # characters; more is no question, and no encoder reads it

# What counts beside the cosine: BM25 and the best sentence's share of the question, above what is expected of
# a passage in the question's own language; in another language the same by translated words, and the
# passage's share. Fitted on other questions than the reported ones, see docs/decisions/0003.
LEXICAL_WEIGHT = 1.2
SENTENCE_WEIGHT = 1.2
EXPECTED_SHARE = 0.13
OTHER_LEXICAL_WEIGHT = 0.5
OTHER_WEIGHT = 0.5
OTHER_SENTENCE_WEIGHT = 0.9
OTHER_EXPECTED_SHARE = 0.04
ANSWER_WEIGHT = 0.03  # of the log odds that the best sentence answers, see docs/decisions/0007
LATE_WEIGHT = 2.5  # of the late interaction with a chunk and with its best sentence, of their mean
_Passage = tuple[Encoding, Sequence[Span]]  # a chunk's tokens, and its sentences as spans of its own text
_HAS_WORD = re.compile(r"\w")
_NO_TEXT = re.compile("[\ud800-\udfff]")  # a half of a surrogate pair: what no encoder reads


@dataclass(frozen=True, slots=True)
class ChunkTable:
    """The chunks of an index in row order.

    `sentences` holds each one's spans as pairs of int32, `english` whether it is in English.
    """

    articles: Sequence[Article]
    article_of: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    sentences: Sequence[bytes]
    english: NDArray[np.bool_]

    def chunk(self, row: int) -> Chunk:
        """The chunk of that row, with its article."""
        pairs = np.frombuffer(self.sentences[row], dtype="<i4").reshape(-1, 2).tolist()
        article = self.articles[int(self.article_of[row])]
        spans = tuple(Span(start, end) for start, end in pairs)
        return Chunk(article, int(self.starts[row]), int(self.ends[row]), spans)


def checked_question(question: str) -> str:
    """The question without white space at its ends. Raises QuestionError where it asks nothing."""
    stripped = question.strip()
    if not stripped:
        raise QuestionError("the question is empty (write a question)")
    if len(stripped) > QUESTION_MAX:
        raise QuestionError(
            f"the question has {len(stripped):,} characters, at most {QUESTION_MAX:,} (shorten it)"
        )
    if _NO_TEXT.search(stripped):
        raise QuestionError("the question holds bytes that are no text (write it in UTF-8)")
    if not _HAS_WORD.search(stripped):
        raise QuestionError(f"the question has no word: {stripped[:20]} (write a question in words)")
    return stripped


class TokenStore(Protocol):
    """Where the token vectors of chunks are kept."""

    def read(self, rows: Sequence[int]) -> list[Encoding]:
        """Those of the given rows; a chunk's own vector is not among them."""
        ...


class PassageIndex:
    """Articles that can be asked. Made by `index.build` and `index.load`; safe to read from threads."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        chunks: ChunkTable,
        dense: DenseIndex,
        lexical: LexicalIndex,
        tokens: TokenStore,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self._chunks = chunks
        self._dense = dense
        self._lexical = lexical
        self._tokens = tokens
        self._articles = {article.id: article for article in chunks.articles}

    @property
    def fingerprint(self) -> str:
        """Names content and settings: equal fingerprints give equal results."""
        encoder = self.manifest.encoder
        parts = [encoder.weights, encoder.query_prompt, self.manifest.fold, self.manifest.chunking]
        parts.append(self.encoder.question_side)
        parts.append(f"{self.manifest.cosine_floor} {self.manifest.late_floor}")
        parts.extend(f"{a.id}:{hashlib.sha256(a.text.encode()).hexdigest()}" for a in self._chunks.articles)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def article(self, identifier: str) -> Article:
        """Raises KeyError for an id that the index does not hold."""
        return self._articles[identifier]

    def article_ids(self) -> list[str]:
        """All ids, in order."""
        return list(self._articles)

    def chunks(self) -> list[Chunk]:
        """All chunks in row order."""
        return [self._chunks.chunk(row) for row in range(len(self._chunks.starts))]

    def encode(self, question: str) -> QuestionEncoding:
        """The question as the encoder reads it."""
        return self.encode_all([question])[0]

    def encode_all(self, questions: Sequence[str]) -> list[QuestionEncoding]:
        """One for each question, faster than one by one."""
        checked = [checked_question(question) for question in questions]
        return encode_questions(self.encoder, checked, [self._translation(question) for question in checked])

    def _translation(self, question: str) -> str:
        """Word by word; empty where no chunk is in another language, or the encoder is better without."""
        english = language(question) == "en"
        if not self.encoder.reads_translations or (self._chunks.english == english).all():
            return ""
        return self.terms(question).translation(not english)

    def search(
        self, question: str, k: int = 5, mode: Mode = "fused", encoding: QuestionEncoding | None = None
    ) -> list[Hit]:
        """The best k chunks, best first, ties by row. `encoding` saves encoding the question again."""
        question = checked_question(question)
        if mode != "lexical" and encoding is None:
            encoding = self.encode(question)
        return self._ranked(question, None if mode == "lexical" else encoding, k, mode)

    def sentence_vectors(self, hit: Hit) -> Vectors:
        """One unit row per sentence of a hit's chunk, in text order."""
        rows = self._dense.vectors(hit.row)
        return rows[1:] if len(rows) > 1 else rows

    def terms(self, question: str) -> Question:
        """The question's words as either language has them, and how rare they are in these articles."""
        return self._lexical.question(question)

    def scaled(self, cosine: float) -> float:
        """A cosine on the scale on which unrelated texts have 0, for any encoder."""
        floor = self.manifest.cosine_floor
        return (cosine - floor) / (1 - floor)

    def scaled_late(self, late: float) -> float:
        """A late interaction on that scale."""
        floor = self.manifest.late_floor
        return (late - floor) / (1 - floor)

    def _ranked(self, question: str, encoding: QuestionEncoding | None, k: int, mode: Mode) -> list[Hit]:
        asked = self.terms(question)
        own_language = self._chunks.english == (language(question) == "en")
        match = self._lexical.match(asked, own_language)
        depth = max(DEPTH, k)
        lexical = _top(match.scores, depth).tolist() if mode != "dense" else []
        cosines: dict[int, float] = {}
        near: list[int] = []
        if encoding is not None:
            near = self._near(encoding, depth)
            cosines = {
                row: self._cosine(row, encoding.of(bool(own_language[row])).vector)
                for row in dict.fromkeys([*near, *lexical])
            }
            near.sort(key=lambda row: (-cosines[row], row))
        dense_rank = {row: rank for rank, row in enumerate(near, 1)}
        lexical_rank = {row: rank for rank, row in enumerate(lexical, 1)}
        if mode == "dense":
            scores = {row: self.scaled(cosines[row]) for row in near}
        elif encoding is None:
            scores = {row: float(match.scores[row]) for row in lexical}
        else:
            scores = self._fused(asked, match, own_language, cosines)
        late: dict[int, Late] = {}
        odds: dict[int, tuple[float, ...]] = {}
        if encoding is not None:
            stored = self._shortlist(scores, cosines)
            late = {
                row: late_interaction(encoding.of(bool(own_language[row])).tokens, *passage)
                for row, passage in stored.items()
            }
            for row, found in late.items():
                scores[row] += self._late_gain(found)
            odds = self._answer_odds(encoding.own.tokens, scores, stored)
        # What is not judged counts no more than any that is.
        least = min(map(max, odds.values()), default=0.0)
        for row in scores:
            scores[row] += ANSWER_WEIGHT * max(odds.get(row, (least,)))
        best = sorted(scores, key=lambda row: (-scores[row], row))[:k]
        return [
            Hit(
                chunk=self._chunks.chunk(row),
                score=scores[row],
                cosine=cosines.get(row),
                dense_rank=dense_rank.get(row),
                lexical_rank=lexical_rank.get(row),
                coverage=float(match.coverage[row]),
                own_language=bool(own_language[row]),
                terms=self._lexical.explain(asked.of(bool(own_language[row])), row),
                row=row,
                late=late.get(row),
                answer_odds=odds.get(row),
            )
            for row in best
        ]

    def _near(self, encoding: QuestionEncoding, depth: int) -> list[int]:
        """The rows nearest to the question as either language is compared with it."""
        both = [encoding.own] if encoding.own is encoding.other else [encoding.own, encoding.other]
        found = (self._dense.search(each.vector, depth)[0].tolist() for each in both)
        return list(dict.fromkeys(row for rows in found for row in rows))

    def _cosine(self, row: int, vector: Vectors) -> float:
        """The mean of the chunk's own cosine and its best sentence's: what it is about, and what it says."""
        cosines = self._dense.vectors(row) @ vector
        return float(cosines[0] + cosines.max()) / 2

    def _shortlist(self, scores: Mapping[int, float], cosines: Mapping[int, float]) -> dict[int, _Passage]:
        """The tokens and sentences of the rows that are best so far, or nearest, both by turns.

        What shares no word with the question may still say what it asks.
        """
        best = sorted(scores, key=lambda row: (-scores[row], row))
        nearest = sorted(scores, key=lambda row: (-cosines[row], row))
        turns = (row for pair in zip(best, nearest, strict=True) for row in pair)
        rows = list(islice(dict.fromkeys(turns), SHORTLIST))
        chunks = map(self._chunks.chunk, rows)
        spans = (
            [Span(s.start - chunk.start, s.end - chunk.start) for s in chunk.sentences] for chunk in chunks
        )
        return dict(zip(rows, zip(self._tokens.read(rows), spans, strict=True), strict=True))

    def _late_gain(self, late: Late) -> float:
        """What late interaction adds to a score: never less than nothing: being compared is no loss."""
        best = max(late.sentences, default=late.passage)
        return LATE_WEIGHT * max(0.0, self.scaled_late((late.passage + best) / 2))

    def _answer_odds(
        self, asked: Vectors, scores: Mapping[int, float], shortlist: Mapping[int, _Passage]
    ) -> dict[int, tuple[float, ...]]:
        """The log odds of each sentence of the best rows of the shortlist, where the encoder can tell."""
        rows = sorted(shortlist, key=lambda row: (-scores[row], row))[:JUDGED]
        odds = {row: self.encoder.answer_odds(asked, *shortlist[row]) for row in rows}
        return {row: found for row, found in odds.items() if found is not None}

    def _fused(
        self,
        asked: Question,
        match: Match,
        own_language: NDArray[np.bool_],
        cosines: Mapping[int, float],
    ) -> dict[int, float]:
        """Scores of the candidates: what question and chunk share in meaning and in words.

        A chunk is expected to share words with the question, translated ones in another language, and loses
        where it does not.
        """
        nearest = sorted(cosines, key=lambda row: (-cosines[row] - match.coverage[row], row))[:SHORTLIST]
        shares = {row: self._best_share(row, asked.of(bool(own_language[row]))) for row in nearest}
        most = possible(asked.own)
        scores = {}
        for row, cosine in cosines.items():
            held, lexical = shares.get(row, 0.0), float(match.scores[row]) / most
            if own_language[row]:
                words = LEXICAL_WEIGHT * (lexical - EXPECTED_SHARE)
                words += SENTENCE_WEIGHT * (held - EXPECTED_SHARE)
            else:
                words = OTHER_LEXICAL_WEIGHT * (lexical - OTHER_EXPECTED_SHARE)
                words += OTHER_WEIGHT * (float(match.coverage[row]) - OTHER_EXPECTED_SHARE)
                words += OTHER_SENTENCE_WEIGHT * (held - OTHER_EXPECTED_SHARE)
            scores[row] = self.scaled(cosine) + words
        return scores

    def _best_share(self, row: int, words: Words) -> float:
        """The greatest share of the question's weight that one sentence of the chunk holds."""
        chunk = self._chunks.chunk(row)
        text = chunk.article.text
        return max(share(text[span.start : span.end], words) for span in chunk.sentences)


def _top(scores: Vectors, k: int) -> NDArray[np.int64]:
    """Rows of the k greatest scores above 0, greatest first, ties by row."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        limit = np.partition(scores[positive], len(positive) - k)[len(positive) - k]
        positive = positive[scores[positive] >= limit]
    order = np.lexsort((positive, -scores[positive]))[:k]
    rows: NDArray[np.int64] = positive[order]
    return rows
