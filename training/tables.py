"""The files in the work folder that one stage leaves for the next.

A table NAME is `NAME.jsonl` (pairs), `NAME.f16` (teacher vectors, one row a pair, written from the
top down) and `NAME.done` (how many of those rows are filled, so that training starts on the first).
"""

import dataclasses
import json
from pathlib import Path

import numpy as np

from training.parallel import Pair

DIM = 384
Vectors = np.memmap[tuple[int, ...], np.dtype[np.float16]]


def write_pairs(work: Path, name: str, pairs: list[Pair]) -> None:
    """Writes the pairs of a table, replacing the old ones."""
    with (work / f"{name}.jsonl").open("w", encoding="utf-8") as out:
        for pair in pairs:
            out.write(json.dumps(dataclasses.asdict(pair), ensure_ascii=False) + "\n")


def read_pairs(work: Path, name: str) -> list[Pair]:
    """The pairs of a table in their order; a table that does not exist has none."""
    path = work / f"{name}.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [Pair(**json.loads(line)) for line in lines]


def vectors(work: Path, name: str, rows: int) -> Vectors:
    """The writable array of teacher vectors of a table, made when it does not exist."""
    path = work / f"{name}.f16"
    if path.exists():
        return np.memmap(path, dtype=np.float16, mode="r+", shape=(rows, DIM))
    return np.memmap(path, dtype=np.float16, mode="w+", shape=(rows, DIM))


def done(work: Path, name: str) -> int:
    """How many rows of the table have their teacher vector."""
    path = work / f"{name}.done"
    return int(path.read_text()) if path.exists() else 0


def set_done(work: Path, name: str, rows: int) -> None:
    """Records that the first `rows` rows are filled."""
    temporary = work / f"{name}.done.new"
    temporary.write_text(str(rows))
    temporary.replace(work / f"{name}.done")
