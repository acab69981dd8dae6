"""BM25 over the tokens of chunks, and a question's words as either language has them."""

import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bridge import by_sound, chinese_names, latin_names, months
from index.errors import IndexFormatError
from index.fold import fold
from index.translations import translations
from index.transliteration import SIZES, by_key, chinese_spelling, foreign_stretches, latin_spelling
from index.types import Term, Vectors
from index.words import capitalised, is_chinese, question_tokens, unchinese_words, words

K1 = 1.2  # term frequency saturation (Robertson and Zaragoza, FnTIR 2009), see docs/decisions/0003
B = 0.75  # length normalisation, as there
QUESTION_TOKENS = 256  # distinct tokens of a question that are looked up
_APOSTROPHE = re.compile("['’]")


def _distinct(tokens: Iterable[str]) -> list[str]:
    return list(islice(dict.fromkeys(tokens), QUESTION_TOKENS))


def _known_parts(word: str) -> list[str]:
    """A Chinese word without a translation cut into its longest parts that have one; else the word."""
    if not is_chinese(word) or translations(word):
        return [word]
    parts: list[str] = []
    place = 0
    while place < len(word) - 1:
        ends = (end for end in range(len(word), place + 1, -1) if translations(word[place:end]))
        end = next(ends, place + 1)
        parts.extend([word[place:end]] if end > place + 1 else [])
        place = end
    return parts or [word]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question: how rare it is, and the tokens that stand for it with their probability 0..1."""

    weight: float
    forms: Mapping[str, float]


Words = Sequence[Word]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as chunks in its own language are asked it, and as those in another are."""

    own: Words
    other: Words

    def of(self, own_language: bool) -> Words:
        """The words for a chunk."""
        return self.own if own_language else self.other

    def translation(self, english: bool) -> str:
        """The question word by word in the other language, which is English or is not; may be empty.

        Of each word the surest form in that script, the first of equals; as it stands where it has none.
        """
        surest = (
            max(word.forms, key=lambda form: (is_chinese(form) != english, word.forms[form]))
            for word in self.other
        )
        return " ".join(surest)


def possible(words: Words) -> float:
    """The greatest BM25 score that a chunk could come near to; 1 for no words."""
    return sum(word.weight for word in words) or 1.0


def share(text: str, words: Words) -> float:
    """The share 0..1 of a question's weight that stands in a text, as sure as its forms are.

    Looks Chinese tokens up as substrings instead of segmenting the text, which is seven times faster.
    """
    folded = fold(text).lower()
    standing = unchinese_words(folded)

    def stands(token: str) -> bool:
        return token in standing or (is_chinese(token) and token in folded)

    held = (
        word.weight * max((sure for token, sure in word.forms.items() if stands(token)), default=0.0)
        for word in words
    )
    return sum(held) / possible(words)


@dataclass(frozen=True, slots=True)
class Match:
    """What one question found, by row: `scores` BM25, `coverage` the share 0..1 of the question's weight.

    Both by the words of the row's language, and scores on the scale of the question's own.
    """

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
        foreign: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._terms = {term: number for number, term in enumerate(terms)}
        self._starts = starts
        self._rows = rows
        self._weights = weights
        self._chunks = chunks
        self._names = names
        self._foreign = foreign

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
        names = by_sound(terms[number] for number in common_first if is_chinese(terms[number]))
        foreign = by_key(term for term in terms if not translations(term))
        return cls(terms, starts, postings, weights, len(lengths), names, foreign)

    def _idf(self, documents: float) -> float:
        return float(np.log1p((self._chunks - documents + 0.5) / (documents + 0.5)))

    def _documents(self, term: str) -> int:
        where = self._postings(term)
        return int(where.stop - where.start)

    def _postings(self, term: str) -> slice:
        number = self._terms.get(term)
        return (
            slice(0, 0) if number is None else slice(int(self._starts[number]), int(self._starts[number + 1]))
        )

    def question(self, text: str) -> Question:
        """The question's tokens, its words as the other language has them, and how rare each is.

        A word that no chunk holds under any form has the greatest weight.
        """
        own = [self._weighed({token: 1.0}) for token in _distinct(question_tokens(text))]
        return Question(own, self._in_other_language(text))

    def _in_other_language(self, text: str) -> Words:
        """The words of a question as the other language has them: translated, by sound, or as they are."""
        names = capitalised(fold(text)) or None
        month_of = months(fold(text).lower())
        spelled_out: dict[str, dict[str, float]] = {}
        for stretch in foreign_stretches(fold(text)):
            spelled_out |= self._spelled_out(stretch)
        found = [self._weighed(form) for form in spelled_out.values()]
        asked = _distinct(part for whole in words(text) for part in _known_parts(whole))
        # What stands for Xi'an stands for its parts.
        inside = {
            part
            for word in asked
            for part in _APOSTROPHE.split(word)
            if part != word and (translations(word) or self._named(word, names))
        }
        for word in asked:
            if word in inside or any(word in name or name in word for name in spelled_out):
                continue
            if word in month_of:
                found.append(self._weighed({month_of[word]: 1.0}))
                continue
            forms = (translations(word) or self._spelled(word, names)) | {word: 1.0}
            held = {name: 1.0 for name in self._named(word, names) if name in self._terms}
            found.append(self._weighed(forms | held))
        return found

    def _spelled_out(self, stretch: str) -> dict[str, dict[str, float]]:
        """The foreign names in a stretch of Chinese, each with its Latin spelling and how like it is.

        Names that are translated to what some chunk holds need no spelling.
        """
        known, latin, name, start = max(
            (
                (1.0, "", piece, start)
                if any(form in self._terms for form in translations(piece))
                else (*latin_spelling(piece, self._foreign), piece, start)
                for size in SIZES
                for start in range(len(stretch) - size + 1)
                for piece in [stretch[start : start + size]]
            ),
            default=(0.0, "", "", 0),
        )
        if not known:
            return {}
        before, after = stretch[:start], stretch[start + len(name) :]
        return (
            ({name: {latin: known}} if latin else {}) | self._spelled_out(before) | self._spelled_out(after)
        )

    def _spelled(self, word: str, names: Collection[str] | None) -> dict[str, float]:
        """The Chinese spelling of a foreign name, and how like it is."""
        if is_chinese(word) or (names is not None and word not in names):
            return {}
        like, chinese = chinese_spelling(word, self._foreign)
        return {chinese: like} if like else {}

    def _named(self, word: str, names: Collection[str] | None) -> list[str]:
        if is_chinese(word):
            return latin_names(word)
        return chinese_names(word, self._names) if names is None or word in names else []

    def _weighed(self, forms: Mapping[str, float]) -> Word:
        """The forms that some chunk holds, and how rare they are together; all of them where none does."""
        known = {token: sure for token, sure in forms.items() if token in self._terms}
        documents = sum(sure * self._documents(token) for token, sure in known.items())
        return Word(self._idf(min(documents, self._chunks)), known or forms)

    def match(self, question: Question, own_language: NDArray[np.bool_]) -> Match:
        """Scores of all chunks; `own_language` says of each row whether it is in the question's language."""
        own = self._match(question.own)
        if own_language.all():
            return own
        other = self._match(question.other)
        scale = possible(question.own) / possible(question.other)
        return Match(
            np.where(own_language, own.scores, other.scores * np.float32(scale)),
            np.where(own_language, own.coverage, other.coverage),
        )

    def _match(self, words: Words) -> Match:
        scores = np.zeros(self._chunks, dtype=np.float32)
        covered = np.zeros(self._chunks, dtype=np.float32)
        for word in words:
            part = np.zeros(self._chunks, dtype=np.float32)
            surest = np.zeros(self._chunks, dtype=np.float32)
            for token, sure in word.forms.items():
                where = self._postings(token)
                rows = self._rows[where]
                part[rows] += self._weights[where] * np.float32(sure / self._idf(self._documents(token)))
                surest[rows] = np.maximum(surest[rows], np.float32(sure))
            scores += np.float32(word.weight) * np.minimum(part, 1)
            covered += np.float32(word.weight) * surest
        return Match(scores, covered / np.float32(possible(words)))

    def explain(self, words: Words, row: int) -> tuple[Term, ...]:
        """The terms that stand in a chunk, with their parts of its score, heaviest first."""
        found: dict[str, float] = {}
        for word in words:
            for token, sure in word.forms.items():
                where = self._postings(token)
                place = int(np.searchsorted(self._rows[where], row))
                if place < where.stop - where.start and int(self._rows[where][place]) == row:
                    part = float(self._weights[where][place]) / self._idf(self._documents(token))
                    found[token] = found.get(token, 0.0) + word.weight * sure * part
        return tuple(sorted((Term(*each) for each in found.items()), key=lambda t: (-t.weight, t.text)))

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
                foreign=_packed("\t".join((key, *words)) for key, words in self._foreign.items()),
            )

    @classmethod
    def open(cls, path: Path) -> "LexicalIndex":
        """The index that `write` wrote. Raises IndexFormatError where the file is not one."""
        try:
            with np.load(io.BytesIO(path.read_bytes())) as data:
                names, foreign = (
                    {key: tuple(words) for key, *words in (row.split("\t") for row in _unpacked(data[name]))}
                    for name in ("names", "foreign")
                )
                return cls(
                    _unpacked(data["terms"]),
                    data["starts"],
                    data["rows"],
                    data["weights"],
                    int(data["chunks"]),
                    names,
                    foreign,
                )
        except (OSError, ValueError, KeyError) as error:
            raise IndexFormatError(f"{path}: damaged (run `wenju build` to make it again)") from error


def _packed(lines: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> list[str]:
    text = packed.tobytes().decode()
    return text.split("\n") if text else []
