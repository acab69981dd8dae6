"""Tokens of folded text and BM25 over them; the only door to jieba."""

import io
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.bridge import by_sound, chinese_names, latin_names, months
from index.errors import IndexFormatError
from index.fold import fold
from index.types import Term, Vectors

K1 = 1.2  # term frequency saturation (Robertson and Zaragoza, FnTIR 2009), see docs/decisions/0003
B = 0.75  # length normalisation, as there
Question = dict[tuple[str, ...], float]
"""A question's weight by token; a token stands beside what it is called in the other language."""

QUESTION_TOKENS = 256  # distinct tokens of a question that are looked up

_IDEOGRAPHS = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTERS = rf"[^\W_{_IDEOGRAPHS}]"
_RUN = re.compile(rf"[{_IDEOGRAPHS}]+|{_LETTERS}+(?:[.,'’-]{_LETTERS}+)*")
_CJK = re.compile(rf"[{_IDEOGRAPHS}]")
_CAPITALISED = re.compile(r"[A-Z][a-zü]+(?:['’][a-zü]+)*")
_CHINESE_QUESTION = re.compile(
    r"请问|是不是|有没有|是否|为什么|什么时候|什么|怎么样|怎么|怎样|如何|多少|多久|多大"
    r"|几[个次年月日号家位名天种项条]|哪一?[个些里儿年位家种次]|哪|谁|吗|呢"
)
_ENGLISH_QUESTION = re.compile(
    r"what|which|who|whom|whose|when|where|why|how|many|much|do|does|did|is|are|was|were|there"
    r"|the|a|an|of|in|to|and|for|on|at|by|be|from|with|that|this|it|its"
)


@cache
def _jieba() -> Any:  # noqa: ANN401 - jieba has no types
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's regular expressions have old escapes
        import jieba
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return jieba


def _word(run: str) -> list[str]:
    pieces = [run, *re.split(r"[.,'’-]", run)] if re.search(r"[.,'’-]", run) else [run]
    return [_stem(piece) for piece in dict.fromkeys(pieces) if piece]


def _stem(word: str) -> str:
    if word.endswith(("'s", "’s")):
        return word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def tokens(text: str) -> list[str]:
    """The text's tokens: lower-case words; for Chinese runs jieba's words, all bigrams and all characters.

    Traditional and simplified text give the same tokens. Punctuation gives none. Bigrams find what jieba
    cuts otherwise in question and article, characters what is shortened (docs/decisions/0003).
    """
    return _tokens(fold(text).lower())


def question_tokens(text: str) -> list[str]:
    """The tokens of a question without its question words; all of them where nothing else is left."""
    folded = fold(text).lower()
    asked = _CHINESE_QUESTION.sub(" ", folded)
    found = [token for token in _tokens(asked) if not _ENGLISH_QUESTION.fullmatch(token)]
    return found or _tokens(folded)


def _tokens(folded: str) -> list[str]:
    found: list[str] = []
    for run in _RUN.findall(folded):
        if not _CJK.match(run):
            found.extend(_word(run))
            continue
        words = _jieba().lcut(run)
        known = set(words)
        pairs = (run[place : place + 2] for place in range(len(run) - 1))
        found.extend(words)
        found.extend(piece for piece in (*pairs, *run) if piece not in known)
    return found


def share(text: str, question: Question) -> float:
    """The share 0..1 of a question's weight that stands in a text; no weights give 0.

    Looks Chinese tokens up as substrings instead of segmenting the text, which is seven times faster.
    """
    total = sum(question.values())
    if not total:
        return 0.0
    folded = fold(text).lower()
    words = {piece for run in _RUN.findall(folded) if not _CJK.match(run) for piece in _word(run)}

    def stands(term: str) -> bool:
        return term in words or (_CJK.match(term) is not None and term in folded)

    return sum(weight for terms, weight in question.items() if any(map(stands, terms))) / total


@dataclass(frozen=True, slots=True)
class Match:
    """What one question found: `scores[row]` BM25, `coverage[row]` share 0..1 of the question's weight."""

    scores: Vectors
    coverage: Vectors


class LexicalIndex:
    """BM25 over chunks, as postings sorted by term (Robertson and Zaragoza, FnTIR 2009, eq. 3.15).

    The inverse document frequency is Lucene's, ln(1 + (N - n + 0.5) / (n + 0.5)): never negative.
    """

    def __init__(
        self,
        terms: list[str],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: Vectors,
        chunks: int,
        names: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._terms = {term: number for number, term in enumerate(terms)}
        self._starts = starts
        self._rows = rows
        self._weights = weights
        self._chunks = chunks
        self._names = names

    @classmethod
    def build(cls, chunks: Iterable[Sequence[str]]) -> "LexicalIndex":
        """From the tokens of each chunk, in row order."""
        numbers: dict[str, int] = {}
        term_ids: list[int] = []
        rows: list[int] = []
        counts: list[int] = []
        lengths: list[int] = []
        for row, chunk in enumerate(chunks):
            lengths.append(len(chunk))
            for term, count in Counter(chunk).items():
                term_ids.append(numbers.setdefault(term, len(numbers)))
                rows.append(row)
                counts.append(count)
        return cls._from_counts(list(numbers), term_ids, rows, counts, lengths)

    @classmethod
    def _from_counts(
        cls, terms: list[str], term_ids: list[int], rows: list[int], counts: list[int], lengths: list[int]
    ) -> "LexicalIndex":
        order = np.argsort(np.asarray(term_ids, dtype=np.int64), kind="stable")
        by_term = np.asarray(term_ids, dtype=np.int64)[order]
        starts = np.searchsorted(by_term, np.arange(len(terms) + 1)).astype(np.int64)
        postings = np.asarray(rows, dtype=np.int32)[order]
        length = np.asarray(lengths, dtype=np.float32)
        mean = float(length.mean()) if len(length) and length.sum() else 1.0
        frequency = np.asarray(counts, dtype=np.float32)[order]
        documents = np.diff(starts)
        idf = np.log1p((len(lengths) - documents + 0.5) / (documents + 0.5))
        saturation = frequency / (frequency + K1 * (1 - B + B * length[postings] / mean))
        weights = (np.repeat(idf, documents) * saturation).astype(np.float32)
        common_first = np.argsort(-documents, kind="stable").tolist()
        names = by_sound(terms[number] for number in common_first if _CJK.match(terms[number]))
        return cls(terms, starts, postings, weights, len(lengths), names)

    def _idf(self, term: str) -> float:
        number = self._terms.get(term)
        documents = int(self._starts[number + 1] - self._starts[number]) if number is not None else 0
        return float(np.log1p((self._chunks - documents + 0.5) / (documents + 0.5)))

    def _postings(self, term: str) -> slice:
        number = self._terms.get(term)
        return (
            slice(0, 0) if number is None else slice(int(self._starts[number]), int(self._starts[number + 1]))
        )

    def question(self, text: str) -> Question:
        """The question's tokens, each with what it is called in the other language, and how rare it is.

        A token that no chunk holds has the greatest weight, unless the other language has a word for it.
        """
        spelled = set(_CAPITALISED.findall(fold(text)))
        names = {word.lower() for word in spelled} if spelled else None
        month_of = months(fold(text).lower())
        found: Question = {}
        for token in list(dict.fromkeys(question_tokens(text)))[:QUESTION_TOKENS]:
            others = [month_of[token]] if token in month_of else self._in_other_language(token, names)
            known = [term for term in (token, *others) if term in self._terms]
            found[tuple(known) or (token,)] = max(map(self._idf, known or [token]))
        return found

    def _in_other_language(self, token: str, names: Collection[str] | None) -> list[str]:
        if _CJK.match(token):
            return latin_names(token)
        return chinese_names(token, self._names) if names is None or token in names else []

    def match(self, question: Question) -> Match:
        """Scores of all chunks; a token and its other names count once."""
        scores = np.zeros(self._chunks, dtype=np.float32)
        covered = np.zeros(self._chunks, dtype=np.float32)
        for terms, weight in question.items():
            for term in terms:
                where = self._postings(term)
                scores[self._rows[where]] += self._weights[where]
            covered[np.unique(np.concatenate([self._rows[self._postings(term)] for term in terms]))] += weight
        return Match(scores, covered / (sum(question.values()) or 1.0))

    def explain(self, question: Question, row: int) -> tuple[Term, ...]:
        """The question's terms that stand in a chunk, with their parts of its score, heaviest first."""
        found = []
        for term in dict.fromkeys(term for terms in question for term in terms):
            where = self._postings(term)
            place = int(np.searchsorted(self._rows[where], row))
            if place < where.stop - where.start and int(self._rows[where][place]) == row:
                found.append(Term(term, float(self._weights[where][place])))
        return tuple(sorted(found, key=lambda term: (-term.weight, term.text)))

    def write(self, path: Path) -> None:
        """Writes the postings as one uncompressed .npz file."""
        with path.open("wb") as file:
            np.savez(
                file,
                terms=_packed(self._terms),
                starts=self._starts,
                rows=self._rows,
                weights=self._weights,
                chunks=np.asarray(self._chunks),
                names=_packed("\t".join((sound, *words)) for sound, words in self._names.items()),
            )

    @classmethod
    def open(cls, path: Path) -> "LexicalIndex":
        """The index that `write` wrote. Raises IndexFormatError where the file is not one."""
        try:
            with np.load(io.BytesIO(path.read_bytes())) as data:
                names = (line.split("\t") for line in _unpacked(data["names"]))
                return cls(
                    _unpacked(data["terms"]),
                    data["starts"],
                    data["rows"],
                    data["weights"],
                    int(data["chunks"]),
                    {sound: tuple(words) for sound, *words in names},
                )
        except (OSError, ValueError, KeyError) as error:
            raise IndexFormatError(f"{path}: damaged (run `wenju build` to make it again)") from error


def _packed(lines: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> list[str]:
    text = packed.tobytes().decode()
    return text.split("\n") if text else []
