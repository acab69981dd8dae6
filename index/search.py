"""Finds the chunks for a question: two rankings fused into one. Reads no file, loads no model."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.errors import QuestionError
from index.lexical import LexicalIndex, tokens
from index.types import Article, Chunk, Encoder, Hit, Manifest, Mode, Span, Vectors

DEPTH = 100  # chunks taken from each side before fusion
QUESTION_MAX = 2000  # characters; more is no question, and no encoder reads it
RRF_K = 60  # Cormack, Clarke and Buettcher, SIGIR 2009
_HAS_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class ChunkTable:
    """The chunks of an index in row order; `sentences` holds each one's spans as pairs of int32."""

    articles: Sequence[Article]
    article_of: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    sentences: Sequence[bytes]

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
    if not _HAS_WORD.search(stripped):
        raise QuestionError(f"the question has no word: {stripped[:20]} (write a question in words)")
    return stripped


class PassageIndex:
    """Articles that can be asked. Made by `index.build` and `index.load`; safe to read from threads."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Encoder,
        chunks: ChunkTable,
        dense: DenseIndex,
        lexical: LexicalIndex,
    ) -> None:
        self.manifest = manifest
        self.encoder = encoder
        self._chunks = chunks
        self._dense = dense
        self._lexical = lexical
        self._articles = {article.id: article for article in chunks.articles}

    @property
    def fingerprint(self) -> str:
        """Names content and settings: equal fingerprints give equal results."""
        encoder = self.manifest.encoder
        parts = [encoder.weights, encoder.query_prompt, self.manifest.fold, self.manifest.chunking]
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

    def encode(self, question: str) -> Vectors:
        """The question's unit vector, shape (dim,)."""
        vector: Vectors = self.encoder.encode_query([checked_question(question)])[0]
        return vector

    def search(
        self, question: str, k: int = 5, mode: Mode = "fused", vector: Vectors | None = None
    ) -> list[Hit]:
        """The best k chunks, best first, ties by row. `vector` saves encoding the question again."""
        question = checked_question(question)
        if mode != "lexical" and vector is None:
            vector = self.encode(question)
        return self._fused(question, None if mode == "lexical" else vector, k, mode)

    def search_many(
        self,
        questions: Sequence[str],
        k: int = 5,
        mode: Mode = "fused",
        progress: Callable[[int], None] | None = None,
    ) -> list[list[Hit]]:
        """`search` for many questions, encoded in batches; `progress` gets the number searched so far."""
        checked = [checked_question(question) for question in questions]
        vectors = None if mode == "lexical" else self.encoder.encode_query(checked)
        found = []
        for place, question in enumerate(checked):
            found.append(self._fused(question, None if vectors is None else vectors[place], k, mode))
            if progress:
                progress(place + 1)
        return found

    def sentence_vectors(self, hit: Hit) -> Vectors:
        """One unit row per sentence of a hit's chunk, in text order."""
        rows = self._dense.vectors(hit.row)
        return rows[1:] if len(rows) > 1 else rows

    def weights(self, question: str) -> dict[str, float]:
        """The question's distinct tokens and how rare each is in these articles."""
        return self._lexical.idf(tokens(question))

    def _fused(self, question: str, vector: Vectors | None, k: int, mode: Mode) -> list[Hit]:
        words = tokens(question)
        match = self._lexical.match(words)
        depth = max(DEPTH, k)
        lexical = _top(match.scores, depth) if mode != "dense" else np.zeros(0, dtype=np.int64)
        dense = np.zeros(0, dtype=np.int64)
        cosines: dict[int, float] = {}
        if vector is not None:
            dense, values = self._dense.search(vector, depth)
            cosines = dict(zip(dense.tolist(), values.tolist(), strict=True))
        dense_rank = {row: rank for rank, row in enumerate(dense.tolist(), 1)}
        lexical_rank = {row: rank for rank, row in enumerate(lexical.tolist(), 1)}
        scores = {
            row: rrf(dense_rank.get(row), lexical_rank.get(row), float(match.coverage[row]))
            for row in dense_rank | lexical_rank
        }
        if mode == "lexical":
            scores = {row: float(match.scores[row]) for row in lexical_rank}
        best = sorted(scores, key=lambda row: (-scores[row], row))[:k]
        return [
            Hit(
                chunk=self._chunks.chunk(row),
                score=scores[row],
                cosine=self._cosine(row, vector, cosines),
                dense_rank=dense_rank.get(row),
                lexical_rank=lexical_rank.get(row),
                coverage=float(match.coverage[row]),
                terms=self._lexical.explain(words, row),
                row=row,
            )
            for row in best
        ]

    def _cosine(self, row: int, vector: Vectors | None, known: dict[int, float]) -> float | None:
        if vector is None:
            return None
        return known[row] if row in known else float((self._dense.vectors(row) @ vector).max())


def _top(scores: Vectors, k: int) -> NDArray[np.int64]:
    """Rows of the k greatest scores above 0, greatest first, ties by row."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        limit = np.partition(scores[positive], len(positive) - k)[len(positive) - k]
        positive = positive[scores[positive] >= limit]
    order = np.lexsort((positive, -scores[positive]))[:k]
    rows: NDArray[np.int64] = positive[order]
    return rows


def rrf(dense_rank: int | None, lexical_rank: int | None, coverage: float) -> float:
    """Reciprocal rank fusion; the lexical side counts by the share of the question that it matched."""
    dense = 1 / (RRF_K + dense_rank) if dense_rank else 0.0
    lexical = coverage / (RRF_K + lexical_rank) if lexical_rank else 0.0
    return dense + lexical
