"""Learns what each word is called in the other language: `index/translations.tsv`.

    python -m training.translations --work DIR

IBM Model 1 (Brown et al., Computational Linguistics 19(2), 1993) both ways over the pairs of
`training.prepare`: no teacher, no GPU, two minutes. The dictionary's glosses and the filled templates
are left out: a gloss explains a word more often than it translates it, and templates repeat themselves.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import typer
from numpy.typing import NDArray

from index.translations import PATH
from index.words import words
from training.options import Work
from training.parallel import Pair
from training.tables import read_pairs

log = logging.getLogger(__name__)

SKIPPED = frozenset({"cedict", "templates"})
WORDS = 60  # of a text, the first; longer ones align badly
ROUNDS = 5
LEAST = 0.1  # of the probability that one word is the other, in the direction where it is greater
LEAST_BACK = 0.001  # in the other direction
LEAST_SEEN = 0.9  # times that the words stood for each other, as expected
LEAST_BEST = 0.195  # of a word's best form: under it, the word is not known
FORMS = 8  # words that one word is called, at most
_PARTS = re.compile(r"[·\s]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[^\u3400-\u9fff]*[^\W\d_][^\u3400-\u9fff]+")  # two characters, a letter among them

Counts = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Each pair of words that stood together: `kinds` are the distinct ones, as Chinese and English word.

    One entry a place: `kind` which pair of words, `chinese` and `english` the word's own place in its text.
    """

    kinds: tuple[Numbers, Numbers]
    kind: Numbers
    chinese: Numbers
    english: Numbers


def texts(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
    """The texts to learn from; a foreign name also part by part, where both sides have as many parts."""
    for pair in pairs:
        if pair.source in SKIPPED or pair.source.endswith("+"):
            continue
        yield pair.zh, pair.en
        if pair.source == "terms" and "·" in pair.zh:
            chinese, english = _PARTS.split(pair.zh), _PARTS.split(pair.en)
            if len(chinese) == len(english):
                yield from zip(chinese, english, strict=True)


def cells(sides: list[tuple[list[int], list[int]]], english_words: int) -> Cells:
    """The cells of texts given as numbers of words."""
    sizes = np.array([len(chinese) * len(english) for chinese, english in sides])
    kind = np.empty(sizes.sum(), np.int64)
    places = np.empty((2, sizes.sum()), np.int32)
    firsts = [0, 0]
    end = 0
    for (chinese, english), size in zip(sides, sizes.tolist(), strict=True):
        start, end = end, end + size
        kind[start:end] = np.add.outer(np.array(chinese) * english_words, np.array(english)).ravel()
        places[0, start:end] = np.repeat(np.arange(len(chinese)), len(english)) + firsts[0]
        places[1, start:end] = np.tile(np.arange(len(english)), len(chinese)) + firsts[1]
        firsts[0] += len(chinese)
        firsts[1] += len(english)
    distinct, kind = np.unique(kind, return_inverse=True)
    return Cells((distinct // english_words, distinct % english_words), kind, places[0], places[1])


def probabilities(table: Cells, source: int) -> tuple[Counts, Counts]:
    """For each kind of cell the probability of the other word given the source's, and the expected count.

    `source` is 0 where Chinese words are what is translated, 1 where English ones are.
    """
    target = table.english if source == 0 else table.chinese
    translation = np.ones(len(table.kinds[0]), np.float32)
    for number in range(ROUNDS):
        part = translation[table.kind]
        part /= np.bincount(target, weights=part).astype(np.float32)[target]
        counts = np.bincount(table.kind, weights=part, minlength=len(translation)).astype(np.float32)
        translation = counts / np.bincount(table.kinds[source], weights=counts)[table.kinds[source]]
        log.info("round %d", number + 1)
    return translation.astype(np.float32), counts


def lines(pairs: Iterable[Pair]) -> list[str]:
    """The lines of the table, in the order of their bytes: a word, a tab, its forms with probabilities."""
    numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
    sides = []
    for zh, en in texts(pairs):
        both = (
            [word for word in words(zh) if _CHINESE.match(word)],
            [word for word in words(en) if _LATIN.fullmatch(word)],
        )
        if all(both):
            chinese, english = (
                [known.setdefault(word, len(known)) for word in side[:WORDS]]
                for side, known in zip(both, numbers, strict=True)
            )
            sides.append((chinese, english))
    log.info("%d pairs, %d Chinese words, %d English words", len(sides), *map(len, numbers))
    table = cells(sides, len(numbers[1]))
    there, seen_there = probabilities(table, 0)
    back, seen_back = probabilities(table, 1)
    sure = np.maximum(there, back)
    kept = (sure >= LEAST) & (np.minimum(there, back) > LEAST_BACK)
    kept &= np.maximum(seen_there, seen_back) >= LEAST_SEEN
    names = list(numbers[0]), list(numbers[1])
    found: dict[str, list[tuple[float, str]]] = {}
    for chinese, english, probability in zip(
        *(kinds[kept].tolist() for kinds in table.kinds), sure[kept].tolist(), strict=True
    ):
        word, other = names[0][chinese], names[1][english]
        if "." in other:  # an address, a file or a version, of software documentation
            continue
        found.setdefault(word, []).append((probability, other))
        found.setdefault(other, []).append((probability, word))
    known = ((word, forms) for word, forms in found.items() if max(forms)[0] >= LEAST_BEST)
    return sorted(
        (f"{word}\t{' '.join(_forms(forms))}" for word, forms in known),
        key=lambda line: line.partition("\t")[0].encode(),
    )


def _forms(forms: list[tuple[float, str]]) -> list[str]:
    best = sorted(forms, key=lambda form: (-form[0], form[1]))[:FORMS]
    return [f"{word}:{probability:.2f}" for probability, word in best]


def main(work: Work) -> None:
    """Writes the table into the package from the tables under WORK."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    pairs = [pair for name in ("pairs", "glossary", "written") for pair in read_pairs(work, name)]
    PATH.write_text("\n".join(lines(pairs)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
