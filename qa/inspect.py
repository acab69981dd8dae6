"""Looks at an index and at the machine, changes nothing: what `wenju info` and `wenju doctor` show."""

import os
import shutil
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from index import IndexFormatError, UserError, read_manifest, stored_articles, verify
from index.shipped import encoder as encoder_folder
from index.shipped import seeds as seeds_folder

PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "jieba", "gradio", "numpy", "typer")
TORCH_BELOW = (2, 14)  # newer builds were not tried; pyproject.toml pins the same
FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, unusual, or one that keeps Wenju from working."""

    level: Literal["ok", "note", "fault"]
    what: str
    fix: str = ""


def index_info(folder: Path) -> dict[str, Any]:
    """What an index holds, as a JSON document. Raises IndexFormatError where there is none."""
    manifest = read_manifest(folder)
    articles = stored_articles(folder)
    files = {file.name: file.stat().st_size for file in sorted(folder.iterdir()) if file.is_file()}
    return {
        "index": str(folder.resolve()),
        "articles": manifest.articles,
        "chunks": manifest.chunks,
        "sentences": manifest.sentences,
        "characters": sum(len(article.text) for article in articles),
        "languages": dict(Counter(article.language for article in articles).most_common()),
        "model": asdict(manifest.encoder),
        "chunking": manifest.chunking,
        "fold": manifest.fold,
        "format": manifest.format,
        "generation": manifest.generation,
        "built": manifest.created,
        "corpus": manifest.corpus or None,
        "bytes": {"total": sum(files.values()), **files},
    }


def examine(folder: Path) -> list[Finding]:
    """Everything that could keep Wenju from working here, in the order that a user meets it."""
    return [
        _python(),
        *map(_package, PACKAGES),
        _encoder(),
        _seeds(),
        _cores(),
        _disk(folder),
        _index(folder),
    ]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("ok", f"Python {found}")


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding("fault", f"{name} is not installed", f"pip install {name}")
    if name == "torch" and tuple(int(part) for part in found.split("+")[0].split(".")[:2]) >= TORCH_BELOW:
        return Finding("note", f"torch {found} is newer than was tried", "pip install 'torch<2.14'")
    return Finding("ok", f"{name} {found}")


def _encoder() -> Finding:
    folder = encoder_folder()
    weights = list(folder.glob("*.safetensors"))
    if not weights or not (folder / "modules.json").is_file():
        return Finding(
            "fault", f"the shipped encoder is not in {folder}", "install again, or name one with --model"
        )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Finding("ok", f"shipped encoder, {size / 1e6:.0f} MB in {folder}")


def _seeds() -> Finding:
    count = len(list(seeds_folder().glob("*.txt")))
    if not count:
        return Finding(
            "fault", f"no seed articles in {seeds_folder()}", "install again, or build with your own CORPUS"
        )
    return Finding("ok", f"{count} seed articles in {seeds_folder()}")


def _cores() -> Finding:
    count = os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS")
    if limit:
        return Finding("note", f"{count} cores, OMP_NUM_THREADS={limit}", "unset it where embedding is slow")
    return Finding("ok", f"{count} cores")


def _disk(folder: Path) -> Finding:
    parent = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(parent).free
    if not os.access(parent, os.W_OK):
        return Finding("fault", f"{parent} cannot be written", "name another folder with --index")
    if free < FREE_BYTES:
        return Finding("note", f"{free / 1e6:.0f} MB free in {parent}", "make room before a large build")
    return Finding("ok", f"{free / 1e9:.0f} GB free in {parent}")


def _index(folder: Path) -> Finding:
    if not (folder / "index.sqlite").exists():
        return Finding("note", f"no index in {folder}", f"wenju build CORPUS --index {folder}")
    try:
        manifest = verify(folder)
    except IndexFormatError as error:
        what, _, fix = str(error).rpartition(" (")
        return Finding("fault", what, fix.rstrip(")"))
    except UserError as error:
        return Finding("fault", str(error))
    return Finding("ok", f"index in {folder}: {manifest.articles} articles, {manifest.chunks} chunks")
