"""Reads files into articles: title, byline and language. Plain text and Markdown."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from index.chunking import sentences
from index.decoding import decode
from index.errors import CorpusError
from index.language import language
from index.layout import DATE, SOURCE, Line, lines, title_line
from index.types import Article

SUFFIXES = frozenset({".txt", ".md", ".markdown"})
TITLE_MAX = 48  # characters of a title made from a first sentence
FILE_MAX = 64 * 1024 * 1024  # bytes; a larger text file is no article
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
    files = sorted(_files(path))
    if not files:
        raise CorpusError(f"{path}: holds no article (put .txt or .md files there)")
    return [_read(file, file.relative_to(path).as_posix()) for file in files]


def _files(folder: Path) -> Iterator[Path]:
    """The text files below a folder, in no order; a folder that cannot be read is an error."""

    def refuse(error: OSError) -> None:
        raise CorpusError(f"{error.filename}: cannot be read: {error.strerror} (check its permissions)")

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (Path(parent, name) for name in names if not name.startswith("."))
        yield from (file for file in files if file.suffix.lower() in SUFFIXES and file.is_file())


def _read(file: Path, identifier: str) -> Article:
    if any("\ud800" <= char <= "\udfff" for char in identifier):
        raise CorpusError(f"{os.fsencode(file)!r}: the file's name is not UTF-8 (rename it)")
    try:
        size = file.stat().st_size
        if size > FILE_MAX:
            raise CorpusError(f"{file}: {size:,} bytes, more than {FILE_MAX:,} (split it into articles)")
        raw = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read: {error.strerror} (check its permissions)") from error
    return make_article(identifier, decode(raw, str(file)), str(file))


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
