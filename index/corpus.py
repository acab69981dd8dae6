"""Reads files into articles: encodings, title, byline and language. Plain text and Markdown."""

import unicodedata
from datetime import date
from pathlib import Path

from index.chunking import sentences
from index.errors import CorpusError
from index.language import language
from index.layout import DATE, SOURCE, Line, lines, title_line
from index.types import Article

SUFFIXES = frozenset({".txt", ".md", ".markdown"})
TITLE_MAX = 48  # characters of a title made from a first sentence
FILE_MAX = 64 * 1024 * 1024  # bytes; a larger text file is no article
CONTROL_SHARE = 0.005  # of characters; text has none beside tab and line ends
_SENTENCE_MARKS = "，,；;。.：: "


def read_articles(path: Path) -> list[Article]:
    """The articles of a folder (with its subfolders) or of one file, ordered by id.

    Hidden files and files that are not text by name are passed over. Raises CorpusError where the path
    is missing, holds no article, or holds a file that is empty or is not text.
    """
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder (name a folder of .txt or .md files)")
    if path.is_file():
        return [_read(path, path.name)]
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise CorpusError(f"{path}: holds no article (put .txt or .md files there)")
    return [_read(file, file.relative_to(path).as_posix()) for file in files]


def _read(file: Path, identifier: str) -> Article:
    try:
        size = file.stat().st_size
        if size > FILE_MAX:
            raise CorpusError(f"{file}: {size:,} bytes, more than {FILE_MAX:,} (split it into articles)")
        raw = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read: {error.strerror} (check its permissions)") from error
    return make_article(identifier, decode(raw, str(file)), str(file))


def decode(raw: bytes, name: str) -> str:
    """The file's text, in the encoding that its bytes show; a byte order mark is dropped.

    Raises CorpusError where the bytes are empty or are not text in a known encoding.
    """
    if not raw.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise CorpusError(f"{name}: empty (remove it, or put the article's text in)")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _checked(raw, encoding, name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(raw, name)
    return _refuse_binary(text, name)


def _checked(raw: bytes, encoding: str, name: str) -> str:
    try:
        return _refuse_binary(raw.decode(encoding), name)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name}: not text in any known encoding (save it as UTF-8)") from error


def _guessed(raw: bytes, name: str) -> str:
    from charset_normalizer import from_bytes

    candidates = from_bytes(raw, cp_isolation=["gb18030", "big5", "big5hkscs", "utf_16_le", "utf_16_be"])
    best = candidates.best()
    if best is None or b"\x00" in raw[:4096] and not best.encoding.startswith("utf_16"):
        raise CorpusError(f"{name}: not text in any known encoding (save it as UTF-8)")
    encoding = best.encoding
    return _checked(raw, "gb18030" if encoding.startswith("gb") else encoding, name)


def _refuse_binary(text: str, name: str) -> str:
    controls = sum(
        unicodedata.category(char) in ("Cc", "Cn", "Co") and char not in "\t\r\n\f\x0b\x85" for char in text
    )
    if controls > CONTROL_SHARE * len(text):
        raise CorpusError(f"{name}: not text (remove it, or save it as UTF-8 text)")
    return text


def make_article(identifier: str, text: str, path: str | None = None) -> Article:
    """An article with what its own text tells of title, date, source and language."""
    found = lines(text)
    title = title_line(found)
    content = " ".join(
        text[part.start : part.end] for line in found if line.kind == "text" for part in line.parts
    )
    bylines = [text[line.span.start : line.span.end] for line in found if line.kind == "byline"]
    return Article(
        id=identifier,
        title=text[title.span.start : title.span.end].lstrip("# ") if title else _made_title(text, found),
        text=text,
        language=language(content or text),
        source=_source(bylines),
        date=_date(bylines),
        path=path,
    )


def _made_title(text: str, found: list[Line]) -> str | None:
    part = next((part for line in found if line.kind == "text" for part in line.parts), None)
    if part is None:
        return None
    paragraph = text[part.start : part.end]
    first = sentences(paragraph)[0]
    sentence = paragraph[first.start : first.end].rstrip("。.!?！？；;")
    if len(sentence) <= TITLE_MAX:
        return sentence
    cuts = [place for place in range(TITLE_MAX // 3, TITLE_MAX) if sentence[place] in _SENTENCE_MARKS]
    return sentence[: cuts[-1] if cuts else TITLE_MAX].rstrip(_SENTENCE_MARKS) + "…"


def _date(bylines: list[str]) -> str | None:
    for line in bylines:
        match = DATE.search(line)
        if match:
            try:
                return date(*map(int, match.groups())).isoformat()
            except ValueError:
                continue
    return None


def _source(bylines: list[str]) -> str | None:
    for line in bylines:
        match = SOURCE.search(line)
        if match:
            return match.group(1)
    for line in bylines:
        before = DATE.split(line)[0].strip(" \t|｜·")
        if DATE.search(line) and before and ":" not in before and "：" not in before:
            return before
    return None
