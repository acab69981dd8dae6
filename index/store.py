"""Writes the index: beside the old one, and then in its place.

All files are written beside the ones that are there, and then `index.sqlite` is replaced: the only commit.
A build that dies before that leaves the old index as it was. What the files are: `reader.py`.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.chunking import DEFAULT, ChunkSettings, split
from index.corpus import read_articles
from index.dense import DenseIndex
from index.encoder import cosine_floor, late_floor, load_encoder
from index.errors import CorpusError, IndexFormatError
from index.fold import fold_digest
from index.language import language
from index.late import to_bytes
from index.lexical import LexicalIndex
from index.reader import (
    DATABASE,
    FORMAT,
    article_digest,
    chunks_digest,
    derived_files,
    load,
    read_manifest,
    reading,
)
from index.search import PassageIndex
from index.types import Article, Chunk, Encoder, Encoding, Manifest, Progress, Vectors
from index.words import tokens

_SCHEMA = """
CREATE TABLE manifest (json TEXT NOT NULL, dense_sha256 TEXT NOT NULL, lexical_sha256 TEXT NOT NULL,
  chunks_sha256 TEXT NOT NULL);
CREATE TABLE articles (number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, sha256 TEXT NOT NULL,
  title TEXT, text TEXT NOT NULL, language TEXT NOT NULL, source TEXT, date TEXT, path TEXT);
CREATE TABLE chunks (row INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles,
  start INTEGER NOT NULL, end INTEGER NOT NULL, english INTEGER NOT NULL,
  sentences BLOB NOT NULL, tokens TEXT NOT NULL, vectors BLOB NOT NULL,
  token_starts BLOB NOT NULL, token_vectors BLOB NOT NULL);
CREATE INDEX chunks_article ON chunks (article);
"""
_Row = tuple[int, int, int, bytes, str, bytes, bytes, bytes]
_Made = TypeVar("_Made")
SLICE = 512  # texts between two progress reports
TITLE_CHARACTERS = 80  # of an article's title, before each of its chunks


def _nothing(stage: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def build(
    corpus: str | Path | Sequence[Article],
    folder: str | Path,
    model: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    settings: ChunkSettings = DEFAULT,
) -> PassageIndex:
    """Makes or updates the index in `folder` and gives it, loaded.

    `corpus` is a folder, a file, or articles. Articles whose text did not change keep their vectors,
    where encoder, fold and chunking are the same and `force` is not set; articles that are gone from the
    corpus are gone from the index. An error leaves an index that was there as it was.
    """
    folder = Path(folder)
    report = progress or _nothing
    articles = list(corpus) if not isinstance(corpus, str | Path) else read_articles(Path(corpus))
    _refuse_unusable(articles, corpus if isinstance(corpus, str | Path) else "the corpus")
    report("read", len(articles), len(articles))
    old = None if force else _manifest_or_none(folder)
    encoder = encoder or load_encoder(_stored_name(model))
    if folder.exists() and not folder.is_dir():
        raise CorpusError(f"{folder}: is a file (name a folder with --index)")
    folder.mkdir(parents=True, exist_ok=True)
    with _only_builder(folder):
        generation = _next_generation(folder, old)
        manifest = Manifest(
            format=FORMAT,
            generation=generation,
            encoder=encoder.info,
            fold=fold_digest(),
            chunking=settings.name,
            cosine_floor=cosine_floor(encoder),
            late_floor=late_floor(encoder),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            articles=len(articles),
            chunks=0,
            sentences=0,
            corpus=str(Path(corpus).resolve()) if isinstance(corpus, str | Path) else "",
        )
        reusable = old is not None and _same_settings(old, manifest)
        _write(folder, manifest, articles, encoder, settings, reusable, report)
    return load(folder, encoder=encoder, settings=settings)


def _stored_name(model: str | None) -> str | None:
    return str(Path(model).resolve()) if model and Path(model).is_dir() else model


def _refuse_unusable(articles: list[Article], corpus: object) -> None:
    if not articles:
        raise CorpusError(f"{corpus}: holds no article (name a folder of .txt or .md files)")
    seen: set[str] = set()
    for article in articles:
        if article.id in seen:
            raise CorpusError(f"article {article.id}: stands twice in the corpus (give each its own id)")
        seen.add(article.id)


def _same_settings(old: Manifest, new: Manifest) -> bool:
    return (old.encoder, old.fold, old.chunking) == (new.encoder, new.fold, new.chunking)


def _manifest_or_none(folder: Path) -> Manifest | None:
    return read_manifest(folder) if (folder / DATABASE).exists() else None


def _next_generation(folder: Path, old: Manifest | None) -> int:
    names = (file.stem.rpartition("-")[2] for file in folder.glob("dense-*.faiss"))
    return max([old.generation if old else 0, *(int(name) for name in names if name.isdigit())]) + 1


@contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / "build.lock", timeout=0):
            yield
    except Timeout as error:
        raise IndexFormatError(f"{folder}: another build is writing there (wait for it to end)") from error


def _write(
    folder: Path,
    manifest: Manifest,
    articles: list[Article],
    encoder: Encoder,
    settings: ChunkSettings,
    reusable: bool,
    report: Progress,
) -> None:
    fresh = folder / f"{DATABASE}.new"
    fresh.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(fresh)) as database:
            database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL; {_SCHEMA}")
            known = _known_chunks(folder) if reusable else {}
            changed = [article for article in articles if (article.id, article_digest(article)) not in known]
            made = _embed(changed, encoder, settings, report)
            for number, article in enumerate(articles):
                digest = article_digest(article)
                rows = made[article.id] if article.id in made else known[article.id, digest]
                _insert(database, number, article, digest, rows)
            _finish(database, folder, manifest, report)
        _sync(fresh)
        os.replace(fresh, folder / DATABASE)
        _sync(folder)
    finally:
        fresh.unlink(missing_ok=True)
        _remove_derived(folder, keep=_current_generation(folder))


def _current_generation(folder: Path) -> int | None:
    try:
        return read_manifest(folder).generation
    except IndexFormatError:
        return None


def _known_chunks(folder: Path) -> dict[tuple[str, str], list[_Row]]:
    known: dict[tuple[str, str], list[_Row]] = {}
    with reading(folder) as database:
        for identifier, digest in database.execute("SELECT id, sha256 FROM articles"):
            known[identifier, digest] = []
        query = (
            "SELECT a.id, a.sha256, c.start, c.end, c.english, c.sentences, c.tokens, c.vectors, "
            "c.token_starts, c.token_vectors "
            "FROM chunks c JOIN articles a ON a.number = c.article ORDER BY c.row"
        )
        for identifier, digest, *row in database.execute(query):
            known[identifier, digest].append(tuple(row))
    return known


def _embed(
    articles: list[Article], encoder: Encoder, settings: ChunkSettings, report: Progress
) -> dict[str, list[_Row]]:
    """The rows of every chunk of these articles, by article id: texts of all of them in one encoding run."""
    chunks = [chunk for article in articles for chunk in split(article, settings)]
    single = [text for chunk in chunks for text in _sentences(chunk)]
    total = len(chunks) + len(single)
    report("embed", 0, total)
    packed = in_slices(
        [_title(chunk) + chunk.text for chunk in chunks],
        lambda texts: map(_packed, encoder.encode_document(texts)),
        lambda done: report("embed", done, total),
    )
    rows = in_slices(
        single,
        lambda texts: encoder.encode_sentences(texts).astype("<f2"),
        lambda done: report("embed", len(chunks) + done, total),
    )
    made: dict[str, list[_Row]] = {article.id: [] for article in articles}
    place = 0
    for chunk, (vector, starts, token_vectors) in zip(chunks, packed, strict=True):
        count = len(_sentences(chunk))
        vectors = b"".join([vector, *(row.tobytes() for row in rows[place : place + count])])
        place += count
        spans = np.asarray([(span.start, span.end) for span in chunk.sentences], dtype="<i4").tobytes()
        english = int(language(chunk.text) == "en")
        words = "\n".join(tokens(_title(chunk) + chunk.text))
        made[chunk.article.id].append(
            (chunk.start, chunk.end, english, spans, words, vectors, _moved(starts, chunk), token_vectors)
        )
    return made


def in_slices(
    texts: list[str], encode: Callable[[list[str]], Iterable[_Made]], progress: Callable[[int], None]
) -> list[_Made]:
    """What `encode` makes of the texts, in their order, SLICE at a time; `progress` gets how many are done.

    Equal lengths go together and need no padding.
    """
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    made: dict[int, _Made] = {}
    for start in range(0, len(order), SLICE):
        part = order[start : start + SLICE]
        made.update(zip(part, encode([texts[place] for place in part]), strict=True))
        progress(len(made))
    return [made[place] for place in range(len(texts))]


def _packed(encoding: Encoding) -> tuple[bytes, bytes, bytes]:
    """Vector, starts and token vectors as they are stored."""
    vector = encoding.vector.astype("<f2").tobytes()
    return vector, encoding.starts.astype("<i4").tobytes(), to_bytes(encoding.tokens).tobytes()


def _title(chunk: Chunk) -> str:
    """What a chunk is read after, by encoder and BM25: its article's title, unless the chunk holds it."""
    title = (chunk.article.title or "")[:TITLE_CHARACTERS]
    return f"{title}\n" if title and title not in chunk.text else ""


def _moved(starts: bytes, chunk: Chunk) -> bytes:
    """Where tokens begin, counted from the chunk's own text: those of the title are below 0."""
    moved: bytes = (np.frombuffer(starts, dtype="<i4") - len(_title(chunk))).astype("<i4").tobytes()
    return moved


def _sentences(chunk: Chunk) -> list[str]:
    """The sentences that are embedded beside the chunk: all, where it has several."""
    text = chunk.article.text
    single = [text[span.start : span.end] for span in chunk.sentences]
    return single if len(single) > 1 else []


def _insert(
    database: sqlite3.Connection, number: int, article: Article, digest: str, rows: Sequence[_Row]
) -> None:
    fields = (article.title, article.text, article.language, article.source, article.date, article.path)
    database.execute("INSERT INTO articles VALUES (?,?,?,?,?,?,?,?,?)", (number, article.id, digest, *fields))
    database.executemany(
        "INSERT INTO chunks (article, start, end, english, sentences, tokens, vectors, token_starts,"
        " token_vectors) VALUES (?,?,?,?,?,?,?,?,?)",
        [(number, *row) for row in rows],
    )


def _finish(database: sqlite3.Connection, folder: Path, manifest: Manifest, report: Progress) -> None:
    """Writes the derived files and, last, the manifest that names them."""
    vectors, owners = _vectors(database, manifest.encoder.dim)
    chunks = int(owners[-1]) + 1 if len(owners) else 0
    if not chunks:
        raise CorpusError("no article holds a sentence of text (check the corpus)")
    report("write", 0, 1)
    dense, lexical = derived_files(folder, manifest.generation)
    DenseIndex.build(vectors, owners).write(dense)
    rows = database.execute("SELECT tokens FROM chunks ORDER BY row")
    LexicalIndex.build(text.split("\n") if text else [] for (text,) in rows).write(lexical)
    full = {**asdict(manifest), "chunks": chunks, "sentences": _count_sentences(database)}
    values = (json.dumps(full, ensure_ascii=False), _sync(dense), _sync(lexical), chunks_digest(database))
    database.execute("INSERT INTO manifest VALUES (?,?,?,?)", values)
    database.commit()
    report("write", 1, 1)


def _count_sentences(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT COALESCE(SUM(LENGTH(sentences)), 0) FROM chunks").fetchone()[0]) // 8


def _vectors(database: sqlite3.Connection, dim: int) -> tuple[Vectors, NDArray[np.int64]]:
    blobs = [blob for (blob,) in database.execute("SELECT vectors FROM chunks ORDER BY row")]
    counts = [len(blob) // (2 * dim) for blob in blobs]
    rows = np.frombuffer(b"".join(blobs), dtype="<f2").reshape(-1, dim).astype(np.float32)
    return rows, np.repeat(np.arange(len(blobs), dtype=np.int64), counts)


def _remove_derived(folder: Path, keep: int | None) -> None:
    wanted = derived_files(folder, keep) if keep is not None else ()
    for file in [*folder.glob("dense-*.faiss"), *folder.glob("lexical-*.npz")]:
        if file not in wanted:
            file.unlink(missing_ok=True)


def _sync(path: Path) -> str:
    """Forces a file (or a folder's entries) to the disk; gives a file's SHA-256."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        if path.is_dir():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    finally:
        os.close(descriptor)
