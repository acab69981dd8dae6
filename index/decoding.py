"""Tells in which encoding bytes are text: UTF-8, UTF-16, GB 18030, Big5 with the characters of Hong Kong."""

import unicodedata
from functools import cache
from typing import NoReturn

from index.errors import CorpusError
from index.fold import fold

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
GUESSED = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
CONTROL_SHARE = 0.005  # of characters; text has none beside tab and line ends
ZERO_SHARE = 0.2  # of bytes: English in UTF-16 has a half, and is UTF-8 by its form
SAMPLE = 20_000  # characters that a guess is made by
FAMILIAR_LEAST = 0.7  # of the characters beyond ASCII; Japanese bytes read as Chinese have a half or less
FREE = 2  # rare characters that say nothing: a short text may be a name
_PUNCTUATION = frozenset("，。、；：？！“”‘’「」『』（）《》〈〉【】—…·　％～－／＋．")


def decode(raw: bytes, name: str) -> str:
    """The file's text, in the encoding that its bytes show; a byte order mark is dropped.

    Raises CorpusError where the bytes are empty or are not text in a known encoding.
    """
    if not raw.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise CorpusError(f"{name}: empty (remove it, or put the article's text in)")
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            text = _read(raw, encoding)
            if text is None:
                _refuse(raw, name)
            return _refuse_binary(text, name)
    text = None if raw.count(0) > ZERO_SHARE * len(raw) else _read(raw, "utf-8")
    return _refuse_binary(text if text is not None else _guessed(raw, name), name)


def _read(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guessed(raw: bytes, name: str) -> str:
    texts = [(text, encoding) for encoding in GUESSED if (text := _read(raw, encoding)) is not None]
    best, encoding = max(texts, key=lambda guess: _familiar(guess[0][:SAMPLE], 0), default=("", ""))
    # Every other pair of bytes is a character of UTF-16: there two rare ones say that it is none.
    free = 0 if encoding.startswith("utf-16") else FREE
    if not encoding or _familiar(best[:SAMPLE], free) < FAMILIAR_LEAST:
        _refuse(raw, name)
    return best


def _familiar(text: str, free: int) -> float:
    """The share of the characters that are common, of those beyond ASCII: plain text has 1."""
    folded = fold(text)
    strange = [char for char in folded if not (char.isascii() and (char.isprintable() or char.isspace()))]
    common = _common()
    return (sum(char in common for char in strange) + free) / (len(strange) + free) if strange else 1.0


@cache
def _common() -> frozenset[str]:
    """The 3,755 characters of GB 2312's first level, by frequency of use, and Chinese punctuation."""
    level = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return frozenset(char for pair in level if (char := pair.decode("gb2312", "ignore"))) | _PUNCTUATION


def _refuse(raw: bytes, name: str) -> NoReturn:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        place = f"as UTF-8 it breaks off at byte {raw[error.start]:#04x} in line {line:,}"
        raise CorpusError(f"{name}: not text in any known encoding: {place} (save it as UTF-8)") from None
    raise CorpusError(f"{name}: not text in any known encoding (save it as UTF-8)")


def _refuse_binary(text: str, name: str) -> str:
    controls = sum(
        unicodedata.category(char) in ("Cc", "Cn", "Co") and char not in "\t\r\n\f\x0b\x85" for char in text
    )
    if controls > CONTROL_SHARE * len(text):
        raise CorpusError(f"{name}: not text (remove it, or save it as UTF-8 text)")
    return text
