"""What a question's words are called in the other language: names by their pinyin, and months.

Chengdu finds 成都 and 成都 finds Chengdu, without a dictionary of names. The only door to pypinyin.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

NAME_SIZES = range(2, 5)  # Chinese characters of a name or of a part of one; single ones sound like too many
LATIN_NAME = 4  # letters of the shortest two-syllable name that is looked up
ALTERNATIVES = 3  # Chinese words of one sound that are asked for
_FALSE_FRIENDS = frozenset({"women"})  # 我们
_SPELLINGS = str.maketrans("üv", "uu", "'’")  # 吕梁 is Lüliang, Lvliang and Luliang; 西安 Xi'an and Xian
MONTHS = ("january", "february", "march", "april", "may", "june") + (
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_ENGLISH_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b(?=,?\s+\d)|(?<=\d )\b({'|'.join(MONTHS)})\b")
_CHINESE_MONTH = re.compile(r"(?<!\d)(1[0-2]|[1-9])月")


@cache
def _pypinyin() -> Any:  # noqa: ANN401 - imported when first needed
    import pypinyin

    return pypinyin


def romanised(word: str) -> str:
    """The pinyin of a Chinese word as one lower-case word without tones: lüliang, xi'an (ISO 7098)."""
    read: list[str] = _pypinyin().lazy_pinyin(word)
    first, *rest = (syllable.replace("v", "ü") for syllable in read)
    return first + "".join(f"'{syllable}" if syllable[0] in "aoe" else syllable for syllable in rest)


def sound(word: str) -> str:
    """What a Chinese word is looked up by, the same for every spelling of its pinyin: luliang, xian."""
    return romanised(word).translate(_SPELLINGS)


def by_sound(chinese: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The Chinese words of each sound, in the order given; words that are no size of a name are left out."""
    found: dict[str, list[str]] = {}
    for word in chinese:
        if len(word) in NAME_SIZES:
            found.setdefault(sound(word), []).append(word)
    return {key: tuple(words) for key, words in found.items() if len(key) >= LATIN_NAME and key.isascii()}


def chinese_names(word: str, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The known Chinese words that a lower-case Latin word may be the pinyin of."""
    if len(word) < LATIN_NAME or word in _FALSE_FRIENDS:
        return []
    return list(known.get(word.translate(_SPELLINGS), ())[:ALTERNATIVES])


def latin_names(word: str) -> list[str]:
    """The ways to spell a Chinese word that may be a name in pinyin, none for another."""
    if len(word) not in NAME_SIZES or sound(word) in _FALSE_FRIENDS:
        return []
    read = romanised(word)
    return sorted({read.replace("ü", u).replace("'", mark) for u in "üvu" for mark in ("'", "’", "")})


def months(question: str) -> dict[str, str]:
    """The other language's token for each month of a lower-case question: `october 22` gives 10.

    Only a month beside a figure counts, so that "may" stays a verb.
    """
    named = (name for match in _ENGLISH_MONTH.findall(question) for name in match if name)
    numbered = _CHINESE_MONTH.findall(question)
    return {name: str(MONTHS.index(name) + 1) for name in named} | {n: MONTHS[int(n) - 1] for n in numbered}
