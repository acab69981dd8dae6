"""Folds traditional to simplified characters, and full-width to ASCII, one character for one.

Because every character gives exactly one character, an offset into folded text is the same offset
into the original. The map stands in `fold_map.txt` (made by `python -m training.fold_table` from
OpenCC's t2s); words that OpenCC changes as phrases are left alone.
"""

import hashlib
from functools import cache
from pathlib import Path

_MAP = Path(__file__).with_name("fold_map.txt")
FULL_WIDTH_OFFSET = (
    0xFEE0  # U+FF01..U+FF5E are ASCII 0x21..0x7E moved by this much (Unicode, Halfwidth Forms)
)


@cache
def _simplified() -> dict[str, str]:
    rows = (line.split("\t") for line in _MAP.read_text(encoding="utf-8").splitlines())
    return {traditional: simplified for traditional, simplified in rows}


@cache
def _table() -> dict[int, str]:
    alphanumeric = (chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum())
    table = {ord(char) + FULL_WIDTH_OFFSET: char for char in alphanumeric}
    table[0x3000] = " "
    table.update({ord(traditional): simplified for traditional, simplified in _simplified().items()})
    return table


def fold(text: str) -> str:
    """The text in simplified characters, of the same length in code points."""
    return text.translate(_table())


def is_traditional(char: str) -> bool:
    """Whether the character is written otherwise in simplified script."""
    return char in _simplified()


@cache
def fold_digest() -> str:
    """Names the map: two indexes with other digests hold other tokens."""
    return hashlib.sha256(_MAP.read_bytes()).hexdigest()[:16]
