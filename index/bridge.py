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


def sound(word: str) -> str:
    """The pinyin of a Chinese word as names are written: no tones, no spaces, ü as u."""
    return "".join(_pypinyin().lazy_pinyin(word)).replace("ü", "u")


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
    return list(known.get(word, ())[:ALTERNATIVES])


def latin_name(word: str) -> str | None:
    """The pinyin of a Chinese word that may be a name, None for another."""
    if len(word) not in NAME_SIZES:
        return None
    spelled = sound(word)
    return spelled if spelled not in _FALSE_FRIENDS else None


def months(question: str) -> dict[str, str]:
    """The other language's token for each month of a lower-case question: `october 22` gives 10.

    Only a month beside a figure counts, so that "may" stays a verb.
    """
    named = (name for match in _ENGLISH_MONTH.findall(question) for name in match if name)
    numbered = _CHINESE_MONTH.findall(question)
    return {name: str(MONTHS.index(name) + 1) for name in named} | {n: MONTHS[int(n) - 1] for n in numbered}
