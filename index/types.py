"""The frozen values that the stages of the index hand to each other, and the Encoder protocol."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Language = Literal["zh-Hans", "zh-Hant", "en", "und"]
Mode = Literal["dense", "lexical", "fused"]
Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total) while an index is built."""


@dataclass(frozen=True, slots=True)
class Article:
    """One document as read. `id` is its path below the corpus folder, with forward slashes.

    Every offset in Wenju is a code point offset into `text`, which is the file's own decoded text.
    `date` is ISO 8601 (YYYY-MM-DD); `title`, `source` and `date` are None where the text tells nothing.
    """

    id: str
    title: str | None
    text: str
    language: Language
    source: str | None = None
    date: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points of one text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A range of an article: the unit that is indexed and found.

    `sentences` cover the chunk's own sentences in order; offsets are into the article.
    """

    article: Article
    start: int
    end: int
    sentences: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """The chunk's own text: it cannot disagree with the article."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Term:
    """A question's token that stands in a passage, with its share of the BM25 score there."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Late:
    """Late interaction (-1..1) of a question with a whole chunk, and with each of its sentences in order.

    `missing`, for each sentence too, is how far the question's tokens are from anything in it: 0 where
    each has a token near it. A good mean can hide that one thing asked for is not there.
    """

    passage: float
    sentences: tuple[float, ...]
    missing: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question.

    `score` orders hits of one question and means nothing between questions; `cosine` (-1..1), the mean
    of the chunk's and its best sentence's, compares between questions and is None only in lexical mode.
    Ranks count from 1; `dense_rank` and `lexical_rank` are None where that side did not find the chunk.
    `coverage` (0..1) is the share of the question's term weight that stands in the chunk, and
    `own_language` whether question and chunk are both in English or both not.
    `row` is the chunk's place in the index: it holds only for the index that gave the hit.
    `late` is None in lexical mode, and for hits beyond those that are ranked again. `answer_odds` are the log
    odds that each sentence answers; None in lexical mode, beyond the few best, and where the encoder cannot
    tell.
    """

    chunk: Chunk
    score: float
    cosine: float | None
    dense_rank: int | None
    lexical_rank: int | None
    coverage: float = 0.0
    own_language: bool = True
    terms: tuple[Term, ...] = ()
    row: int = -1
    late: Late | None = None
    answer_odds: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What identifies an encoder: two with equal values give passages equal vectors.

    `dim` is the length of a text's vector, `token_dim` of a token's.
    """

    name: str
    dim: int
    token_dim: int
    weights: str
    query_prompt: str
    document_prompt: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made with; `load` refuses one that this program or encoder did not make.

    `cosine_floor` (0..1) is the cosine that the encoder gives to texts that have nothing in common, and
    `late_floor` (0..1) their late interaction.
    """

    format: int
    generation: int
    encoder: EncoderInfo
    fold: str
    chunking: str
    cosine_floor: float
    late_floor: float
    created: str
    articles: int
    chunks: int
    sentences: int
    corpus: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text as an encoder reads it.

    `vector` (dim,) is the whole text's, of length 1; `tokens` (n, token_dim) are its tokens', of length 1
    in a passage and in a question as long as each counts, 1 in the mean; `starts` (n,) are the characters
    where the tokens begin. All but `starts` are float32. Special tokens and prompts are left out; an
    encoder that has no token vectors gives n = 0.
    """

    vector: Vectors
    tokens: Vectors
    starts: NDArray[np.int32]


class Encoder(Protocol):
    """Turns texts into vectors of length 1. Implementations fold and add prompts themselves."""

    @property
    def info(self) -> EncoderInfo:
        """What identifies this encoder."""
        ...

    @property
    def question_side(self) -> str:
        """Names what only questions are read with, and what gives answer odds; empty for neither.

        The vectors of passages do not depend on it.
        """
        ...

    @property
    def reads_translations(self) -> bool:
        """Whether a question is compared with articles in another language by its translated words too."""
        ...

    def encode_query(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each question."""
        ...

    def encode_document(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each passage."""
        ...

    def encode_sentences(self, texts: Sequence[str]) -> Vectors:
        """One unit row per sentence of a passage, shape (len(texts), dim), float32."""
        ...

    def answer_odds(
        self, question: Vectors, passage: Encoding, sentences: Sequence[Span]
    ) -> tuple[float, ...] | None:
        """The log odds of each sentence of a passage against "no sentence answers"; None: it cannot tell.

        `question` (n, token_dim) are a question's tokens; the sentences are spans of the passage's own text.
        """
        ...
