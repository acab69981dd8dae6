"""What a word is called in the other language, by a table learned from translated texts.

`translations.tsv` is made by `python -m training.translations`: a word, a tab, and its forms in the other
language with the probability (0..1) that the one stands for the other, lines in the order of their bytes.
"""

import mmap
from bisect import bisect_left
from functools import cache, lru_cache
from pathlib import Path

PATH = Path(__file__).with_name("translations.tsv")
_REMEMBERED = 10_000  # words


class _Lines:
    """The table's words by position in the file, for bisect: nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._map)

    def __getitem__(self, place: int) -> bytes:
        """The word of the first line that begins at a place or after it; the greatest where none does."""
        return self.line(place).partition(b"\t")[0] or b"\xff"

    def line(self, place: int) -> bytes:
        """That line, empty at the end."""
        start = self._map.find(b"\n", place - 1) + 1 if place else 0
        return b"" if place and not start else self._map[start : self._map.find(b"\n", start)]


@cache
def _lines() -> _Lines:
    return _Lines(PATH)


@lru_cache(_REMEMBERED)
def translations(word: str) -> dict[str, float]:
    """What a lower-case word, folded to simplified script, is called in the other language; may be empty."""
    lines = _lines()
    line = lines.line(bisect_left(lines, word.encode()))
    found, _, forms = line.decode().partition("\t")
    if found != word:
        return {}
    return {form: float(sure) for form, _, sure in (each.rpartition(":") for each in forms.split())}
