"""Learns which letters each Chinese character stands for in foreign names: `index/transliteration.tsv`.

    python -m training.transliteration

Expectation maximisation over every way to cut a name of our glossary into as many parts as it has
characters (the joint source channel of Li, Zhang and Su, ACL 2004, without context).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import typer

from index.bridge import romanised
from index.fold import fold
from index.transliteration import LONGEST, PATH, plain
from training.templates import read_rows

KINDS = frozenset({"person", "name", "place"})
ROUNDS = 8
LEAST = 0.005  # of the probability of some letters
LEAST_PARTS = 5  # of names of several parts that a character stands in, to be one that spells names
LEAST_NAMES = 15  # of other names, among such characters
PINYIN = 0.02  # the least for a character's own pinyin, which names seldom show for rare ones
_PLACE_SPREAD, _LENGTH_SPREAD = 1.5, 0.7  # of the first guess: parts of one length, in order
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,7}")
Name = tuple[str, str]
Table = dict[str, dict[str, float]]


def names(rows: Iterable[list[str]]) -> list[Name]:
    """The foreign names of glossary rows, part by part, that are spelled by their sound.

    Names of several parts (彼得·鲁本斯) are; their characters, and those that stand among them elsewhere
    (灵 in 沃灵顿), tell 沃灵顿 from 大阪, which is written as in Japan. Names in pinyin are left out.
    """
    found: set[Name] = set()
    parts: set[Name] = set()
    for zh, en, kind in rows:
        chinese, latin = re.split(r"[·－-]", fold(zh)), re.split(r"[\s-]+", en)
        if kind in KINDS and len(chinese) == len(latin):
            pairs = {(a, plain(b)) for a, b in zip(chinese, latin, strict=True)}
            found |= pairs
            parts |= pairs if len(pairs) > 1 else set()
    spelled = {
        (zh, en) for zh, en in found if _CHINESE.fullmatch(zh) and len(en) > 2 and plain(romanised(zh)) != en
    }
    sure = _often((character for zh, _ in parts for character in set(zh)), LEAST_PARTS)
    among = (c for zh, _ in spelled for c in set(zh) if all(other in sure or other == c for other in zh))
    more = _often(among, LEAST_NAMES)
    return sorted((zh, en) for zh, en in spelled if all(character in sure | more for character in zh))


def _often(characters: Iterable[str], least: int) -> set[str]:
    return {character for character, count in Counter(characters).items() if count >= least}


def first_guess(known: Iterable[Name]) -> Table:
    """Letters near a character's own place in the name, and as many as a character stands for there."""
    counts = _counts()
    for zh, en in known:
        each = len(en) / len(zh)
        for place, character in enumerate(zh):
            for start in range(len(en) + 1):
                for end in range(start, min(start + LONGEST, len(en)) + 1):
                    away = (start + end) / 2 / each - place - 0.5
                    length = abs(end - start - each)
                    likely = math.exp(-_PLACE_SPREAD * away**2 - _LENGTH_SPREAD * length)
                    counts[character][en[start:end]] += likely
    return _shares(counts)


def improved(table: Table, known: Iterable[Name]) -> Table:
    """The table after one round over the names; one that it cannot spell teaches nothing."""
    counts = _counts()
    for zh, en in known:
        places = range(len(en) + 1)
        steps = [_parts(table.get(character, {}), en, places) for character in zh]
        before = [[1.0] + [0.0] * len(en)]
        for step in steps:
            before.append(_moved(before[-1], step))
        after = [[0.0] * len(en) + [1.0]]
        for step in reversed(steps):
            after.append(_moved(after[-1], [(end, start, sure) for start, end, sure in step]))
        if not before[-1][-1]:
            continue
        for place, step in enumerate(steps):
            for start, end, sure in step:
                part = before[place][start] * sure * after[-2 - place][end] / before[-1][-1]
                counts[zh[place]][en[start:end]] += part
    return _shares(counts)


def _parts(letters: dict[str, float], word: str, places: range) -> list[tuple[int, int, float]]:
    """Where in a word a character can stand, and how probable its letters there are."""
    spans = ((start, end) for start in places for end in places[start : start + LONGEST + 1])
    return [(start, end, letters[word[start:end]]) for start, end in spans if word[start:end] in letters]


def _moved(ways: list[float], step: list[tuple[int, int, float]]) -> list[float]:
    moved = [0.0] * len(ways)
    for start, end, sure in step:
        moved[end] += ways[start] * sure
    return moved


def _counts() -> defaultdict[str, defaultdict[str, float]]:
    return defaultdict(lambda: defaultdict(float))


def _shares(counts: defaultdict[str, defaultdict[str, float]]) -> Table:
    return {
        character: {some: count / sum(letters.values()) for some, count in letters.items() if count}
        for character, letters in counts.items()
    }


def lines(known: list[Name]) -> list[str]:
    """The lines of the table, characters in order, letters by falling probability."""
    table = first_guess(known)
    for _ in range(ROUNDS):
        table = improved(table, known)
    rows = []
    for character in sorted(table):
        own = plain(romanised(character))
        table[character][own] = max(PINYIN, table[character].get(own, 0.0))
        letters = sorted(table[character].items(), key=lambda each: (-each[1], each[0]))
        rows.append(
            f"{character}\t{' '.join(f'{some}:{sure:.3f}' for some, sure in letters if sure >= LEAST)}"
        )
    return rows


def main() -> None:
    """Writes the table into the package from the glossary."""
    known = names(read_rows(Path(__file__).parent / "glossary" / "terms.tsv"))
    PATH.write_text("\n".join(lines(known)) + "\n", encoding="utf-8")
    typer.echo(f"{len(known)} names")


if __name__ == "__main__":
    typer.run(main)
