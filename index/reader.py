"""Reads an index from its folder and checks it; writes nothing.

`index.sqlite` holds articles, chunks, tokens and vectors. `dense-N.faiss` and `lexical-N.npz` are derived
from it, named by its generation N, with their checksums in it.
"""

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.chunking import DEFAULT, ChunkSettings
from index.dense import DenseIndex
from index.encoder import load_encoder
from index.errors import IndexFormatError
from index.fold import fold_digest
from index.late import from_bytes
from index.lexical import LexicalIndex
from index.search import ChunkTable, PassageIndex
from index.shipped import ENCODER_NAME
from index.types import Article, Encoder, EncoderInfo, Encoding, Manifest

FORMAT = 4
DATABASE = "index.sqlite"


class StoredTokens:
    """The token vectors in `index.sqlite`, read when they are wanted: 12 kB a chunk is too much to hold.

    Keeps the file open, so that a build that replaces it changes nothing for those who loaded before.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self._path = folder / DATABASE
        self._database = _connect(self._path)
        self._dim = dim
        self._lock = Lock()
        weakref.finalize(self, self._database.close)

    def read(self, rows: Sequence[int]) -> list[Encoding]:
        """Those of the given rows, without the chunks' own vectors. Raises IndexFormatError."""
        return [self._one(row) for row in rows]

    def _one(self, row: int) -> Encoding:
        query = "SELECT token_starts, token_vectors FROM chunks WHERE row = ?"
        try:
            with self._lock:
                starts, vectors = self._database.execute(query, (row + 1,)).fetchone()
            rows = np.frombuffer(vectors, dtype=np.int8).reshape(-1, self._dim)
            places = np.frombuffer(starts, dtype="<i4")
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise IndexFormatError(f"{self._path}: damaged: {error} (run `wenju build --force`)") from error
        return Encoding(np.zeros(0, dtype=np.float32), from_bytes(rows), places)


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def article_digest(article: Article) -> str:
    """Names what is stored of an article, but for its path: a corpus may move."""
    fields = (article.title, article.text, article.language, article.source, article.date)
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def chunks_digest(database: sqlite3.Connection) -> str:
    """Names the articles, where their chunks and sentences stand, and how much is stored of each."""
    articles = database.execute("SELECT number, sha256 FROM articles ORDER BY number")
    chunks = database.execute(
        "SELECT row, article, start, end, english, sentences, LENGTH(vectors), LENGTH(token_starts),"
        " LENGTH(token_vectors) FROM chunks ORDER BY row"
    )
    digest = hashlib.sha256()
    for row in (*articles, *chunks):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _verify_chunks(folder: Path, database: sqlite3.Connection) -> None:
    (expected,) = database.execute("SELECT chunks_sha256 FROM manifest").fetchone()
    if chunks_digest(database) != expected:
        raise IndexFormatError(
            f"{folder / DATABASE}: damaged: chunks are missing or changed (run `wenju build --force`)"
        )


def derived_files(folder: Path, generation: int) -> tuple[Path, Path]:
    """Where the FAISS and the BM25 file of a generation lie."""
    return folder / f"dense-{generation}.faiss", folder / f"lexical-{generation}.npz"


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """The index's database, read-only. Raises IndexFormatError where it is missing or damaged."""
    path = folder / DATABASE
    if not path.is_file():
        raise IndexFormatError(f"{folder}: no index there (run `wenju build --index {folder}`)")
    try:
        with closing(_connect(path)) as database:
            yield database
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise IndexFormatError(f"{path}: damaged: {error} (run `wenju build --force`)") from error


def read_manifest(folder: str | Path) -> Manifest:
    """What an index was made with, without loading it. Raises IndexFormatError."""
    folder = Path(folder)
    with reading(folder) as database:
        return _manifest(folder, database)[0]


def _manifest(folder: Path, database: sqlite3.Connection) -> tuple[Manifest, str, str]:
    row = database.execute("SELECT json, dense_sha256, lexical_sha256 FROM manifest").fetchone()
    if row is None:
        raise IndexFormatError(f"{folder / DATABASE}: damaged: no manifest (run `wenju build --force`)")
    try:
        fields: dict[str, Any] = json.loads(row[0])
        if fields.get("format") != FORMAT:
            found = fields.get("format")
            raise IndexFormatError(
                f"{folder}: index format {found}, expected {FORMAT} (run `wenju build --force`)"
            )
        return Manifest(**{**fields, "encoder": EncoderInfo(**fields["encoder"])}), row[1], row[2]
    except (TypeError, KeyError, ValueError) as error:
        raise IndexFormatError(
            f"{folder / DATABASE}: damaged manifest (run `wenju build --force`)"
        ) from error


def stored_articles(folder: str | Path) -> list[Article]:
    """All articles of an index, in order, without loading vectors or an encoder."""
    folder = Path(folder)
    with reading(folder) as database:
        _manifest(folder, database)
        return _articles(database)


def verify(folder: str | Path) -> Manifest:
    """Checks all files of an index against their checksums; gives its manifest. Raises IndexFormatError."""
    folder = Path(folder)
    with reading(folder) as database:
        manifest, dense_sha256, lexical_sha256 = _manifest(folder, database)
        _articles(database)
        _verify_chunks(folder, database)
        problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise IndexFormatError(f"{folder / DATABASE}: damaged: {problem} (run `wenju build --force`)")
    dense, lexical = derived_files(folder, manifest.generation)
    _verify(dense, dense_sha256)
    _verify(lexical, lexical_sha256)
    return manifest


def load(
    folder: str | Path, encoder: Encoder | None = None, settings: ChunkSettings = DEFAULT
) -> PassageIndex:
    """The index in `folder`, ready to search, with the encoder that it was made with.

    Raises IndexFormatError where it is missing or damaged, or where encoder, fold or chunking are not
    those that it was made with.
    """
    folder = Path(folder)
    with reading(folder) as database:
        manifest, dense_sha256, lexical_sha256 = _manifest(folder, database)
        _refuse_other_settings(folder, manifest, settings)
        _verify_chunks(folder, database)
        chunks, owners = _chunk_table(database, manifest.encoder.dim)
        stored = StoredTokens(folder, manifest.encoder.token_dim)
    dense, lexical = derived_files(folder, manifest.generation)
    _verify(dense, dense_sha256)
    _verify(lexical, lexical_sha256)
    encoder = encoder or load_encoder(None if _is_shipped(manifest) else manifest.encoder.name)
    _refuse_other_encoder(folder, manifest.encoder, encoder.info)
    nearest, words = DenseIndex.open(dense, owners), LexicalIndex.open(lexical)
    return PassageIndex(manifest, encoder, chunks, nearest, words, stored)


def _is_shipped(manifest: Manifest) -> bool:
    return manifest.encoder.name == ENCODER_NAME


def _verify(file: Path, expected: str) -> None:
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise IndexFormatError(f"{file}: missing (run `wenju build` to make it again)") from error
    if found != expected:
        raise IndexFormatError(f"{file}: damaged (run `wenju build` to make it again)")


def _refuse_other_settings(folder: Path, manifest: Manifest, settings: ChunkSettings) -> None:
    for what, found, expected in (
        ("chunking", manifest.chunking, settings.name),
        ("character map", manifest.fold, fold_digest()),
    ):
        if found != expected:
            raise IndexFormatError(
                f"{folder}: made with {what} {found}, expected {expected} (run `wenju build`)"
            )


def _refuse_other_encoder(folder: Path, made: EncoderInfo, loaded: EncoderInfo) -> None:
    if made != loaded:
        before, now = (
            f"{info.name} ({info.dim} dimensions, weights {info.weights})" for info in (made, loaded)
        )
        raise IndexFormatError(f"{folder}: made by encoder {before}, this is {now} (run `wenju build`)")


def _articles(database: sqlite3.Connection) -> list[Article]:
    articles = []
    query = "SELECT id, title, text, language, source, date, path, sha256 FROM articles ORDER BY number"
    for *fields, digest in database.execute(query):
        article = Article(*fields)
        if article_digest(article) != digest:
            raise IndexFormatError(f"article {article.id}: damaged in the index (run `wenju build --force`)")
        articles.append(article)
    return articles


def _chunk_table(database: sqlite3.Connection, dim: int) -> tuple[ChunkTable, NDArray[np.int64]]:
    articles = _articles(database)
    rows = database.execute(
        "SELECT article, start, end, english, sentences, LENGTH(vectors) FROM chunks ORDER BY row"
    ).fetchall()
    article_of, starts, ends, english, sentences, sizes = zip(*rows, strict=True)
    counts = np.asarray(sizes, dtype=np.int64) // (2 * dim)
    table = ChunkTable(
        articles,
        np.asarray(article_of, dtype=np.int32),
        np.asarray(starts, dtype=np.int32),
        np.asarray(ends, dtype=np.int32),
        sentences,
        np.asarray(english, dtype=bool),
    )
    return table, np.repeat(np.arange(len(rows), dtype=np.int64), counts)
