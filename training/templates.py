"""Expands our own glossary: terms, hand-made sentences, and templates filled at random with terms.

`terms.tsv` is Chinese, English, type; `sentences.tsv` and `templates.tsv` are Chinese, English. A slot
is a type in braces, numbered when a template has two of one type: `{place1}` and `{place2}`. Chinese
names made at random stand among the persons and places.
"""

import random
import re
from collections import defaultdict
from pathlib import Path

from index.fold import fold
from training.names import persons, places
from training.parallel import Pair

FILLED = 60_000
FIRST_YEAR, LAST_YEAR = 1500, 2026
_SLOT = re.compile(r"\{([a-z]+)\d*\}")
_DOUBLE_THE = re.compile(r"\b([Tt]he) the ")  # a template's own "the" before a term that has one
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
Term = tuple[str, str]


def read_rows(path: Path) -> list[list[str]]:
    """The columns of each line; a file that does not exist has none."""
    if not path.exists():
        return []
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]


def number(rng: random.Random) -> Term:
    """A number as both languages write it: 3.2万 is 32,000."""
    size = rng.random()
    if size < 0.5:
        small = str(rng.randint(2, 999))
        return small, small
    if size < 0.75:
        plain = rng.randint(1_000, 99_999)
        return str(plain), f"{plain:,}"
    value = rng.randint(11, 990)
    if size < 0.9:
        return f"{value}万", f"{value * 10_000:,}"
    return f"{value / 10}亿", f"{value * 10:,} million"  # 亿 is a hundred million


def generated(kind: str, rng: random.Random) -> Term | None:
    """A value for a slot that no list of terms fills, or None."""
    year = rng.randint(1990, LAST_YEAR) if rng.random() < 0.6 else rng.randint(FIRST_YEAR, LAST_YEAR)
    if kind == "year":
        return str(year), str(year)
    if kind == "date":
        month, day = rng.randint(1, 12), rng.randint(1, 28)
        return f"{year}年{month}月{day}日", f"{_MONTHS[month - 1]} {day}, {year}"
    if kind == "percent":
        value = rng.randint(1, 99)
        return f"{value}%", f"{value}%"
    return number(rng) if kind == "number" else None


def fill(zh: str, en: str, terms: dict[str, list[Term]], rng: random.Random) -> Term | None:
    """The template with every slot filled alike in both languages; None where a type has no term."""
    for slot, kind in {match.group(0): match.group(1) for match in _SLOT.finditer(zh)}.items():
        term = rng.choice(terms[kind]) if kind in terms else generated(kind, rng)
        if term is None:
            return None
        zh, en = zh.replace(slot, term[0]), en.replace(slot, term[1])
    return zh, _DOUBLE_THE.sub(r"\1 ", en[:1].upper() + en[1:] if en.startswith("the ") else en)


def read_terms(folder: Path, rng: random.Random) -> dict[str, list[Term]]:
    """The terms of each type, in the order of the file, then the names made at random."""
    terms: dict[str, list[Term]] = defaultdict(list)
    for zh, en, kind in read_rows(folder / "terms.tsv"):
        terms[kind.strip()].append((zh, en))
    terms["person"] += persons(rng)
    terms["place"] += places(rng)
    return dict(terms)


def read_glossary(folder: Path, rng: random.Random) -> list[list[Pair]]:
    """Three groups of pairs: terms, sentences, filled templates."""
    terms = read_terms(folder, rng)
    templates = [row for row in read_rows(folder / "templates.tsv") if len(row) == 2]
    filled: dict[Term, None] = {}
    for turn in range(FILLED if templates else 0):
        zh, en, *_ = templates[turn % len(templates)]
        made = fill(zh, en, terms, rng)
        if made:
            filled.setdefault(made)
    groups = {
        "terms": [term for kind in terms.values() for term in kind],
        "sentences": [(row[0], row[1]) for row in read_rows(folder / "sentences.tsv")],
        "templates": list(filled),
    }
    pairs = [[Pair(source, fold(zh), en) for zh, en in texts] for source, texts in groups.items()]
    for group in pairs:
        rng.shuffle(group)
    return [group for group in pairs if group]
