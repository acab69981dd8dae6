"""Reads the parallel files and the dictionary into clean, folded, de-duplicated pairs.

Rows of a source keep the order of their file, because consecutive law and document lines
are one text and are later joined into passages.
"""

import gzip
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.fold import fold

MAX_ZH_CHARS = 500
MAX_EN_WORDS = 220
SKIPPED_GLOSS = re.compile(
    r"^(variant of|old variant|see |also written|used in |CL:|surname |\(bound form\)$)"
)
_SPACES = re.compile(r"\s+")
_NUMBERS = re.compile(r"[\d一二三四五六七八九十百千零〇○]+")
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Pair:
    """A Chinese text folded to simplified script and its English translation."""

    source: str
    zh: str
    en: str

    @property
    def words(self) -> int:
        """Length of the English side in words separated by white space."""
        return self.en.count(" ") + 1


def clean(text: str) -> str:
    """The text on one line, white space collapsed."""
    return _SPACES.sub(" ", text).strip()


def read_parallel(path: Path) -> list[Pair]:
    """Clean pairs of one file in file order; near-identical lines (numbers apart) are kept once."""
    source = path.name.split(".")[0]
    seen: set[str] = set()
    pairs: list[Pair] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            zh, _, en = line.rstrip("\n").partition("\t")
            pair = Pair(source, fold(clean(zh)), clean(en))
            key = _NUMBERS.sub("0", pair.zh)
            if _plausible(pair) and key not in seen:
                seen.add(key)
                pairs.append(pair)
    return pairs


def _plausible(pair: Pair) -> bool:
    if not pair.en or len(pair.zh) > MAX_ZH_CHARS or pair.words > MAX_EN_WORDS:
        return False
    chinese = len(_CJK.findall(pair.zh))
    if not chinese or chinese < 0.25 * len(pair.zh):
        return False
    # A Chinese character carries 0.3 to 1.2 English words; short lines vary more.
    return pair.words <= 4 + 1.5 * len(pair.zh) and len(pair.zh) <= 12 + 5 * pair.words


def read_dictionary(path: Path) -> list[Pair]:
    """One pair per dictionary word, its first three useful glosses as the English side."""
    pairs: dict[str, Pair] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, _, glosses = line.rstrip("\n").partition("\t")
            zh = fold(word)
            useful = [g.strip() for g in glosses.split(";") if not SKIPPED_GLOSS.match(g.strip())]
            if useful and _CJK.search(zh) and zh not in pairs:
                pairs[zh] = Pair("cedict", zh, "; ".join(useful[:3]))
    return list(pairs.values())


def passages(
    pairs: list[Pair], rng: random.Random, en_words: tuple[int, int], ordered: bool
) -> Iterator[Pair]:
    """Joins consecutive pairs (shuffled first unless `ordered`) until a random English length is met."""
    rows = list(pairs)
    if not ordered:
        rng.shuffle(rows)
    group: list[Pair] = []
    goal = rng.randint(*en_words)
    for pair in rows:
        group.append(pair)
        if sum(p.words for p in group) >= goal:
            joined = Pair(pair.source + "+", "".join(p.zh for p in group), " ".join(p.en for p in group))
            if len(group) > 1 and joined.words <= MAX_EN_WORDS and len(joined.zh) <= MAX_ZH_CHARS:
                yield joined
            group = []
            goal = rng.randint(*en_words)
