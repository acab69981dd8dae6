"""Draws training rows by source, in proportion to weights, from tables that are still being filled."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.parallel import Pair
from training.tables import Vectors, done, read_pairs, vectors

# How often a source is visited, relative to its number of rows: general and governmental text
# more often, software documentation less.
WEIGHTS = {
    "tatoeba_cmn": 2.5, "ud_pud": 5.0, "tico19_tm_en_zh": 4.0, "china_dashboard_news": 3.0,
    "china_dashboard_digest": 4.0, "un_sdg_translations": 3.0, "mozilla_www": 2.5,
    "cedict": 1.0, "terms": 3.0, "sentences": 5.0, "templates": 1.5, "written": 6.0,
    "tw_laws_moj": 0.8, "tw_laws_moj_history": 0.5, "tw_gazette_titles": 0.8, "tw_gazette_regnames": 0.8,
    "ms_dynamics365_ops_zhcn": 0.6, "ms_skype_teams_zhcn": 0.5, "ms_graph_zhcn": 0.4,
    "ms_alchemy_insights_zhcn": 0.7, "ms_partner_center_zhcn": 0.7, "python_docs_zhcn": 0.5,
}  # fmt: skip
GENERAL_PASSAGES = 3.0  # of the short rows' weight; joined lines of general sources are few
PASSAGES = 0.5


def weight(source: str) -> float:
    """Visits per row; `+` marks passages joined from a source."""
    base = source.removesuffix("+")
    if base == source:
        return WEIGHTS[source]
    return PASSAGES if base.startswith(("tw_", "ms_", "python")) else GENERAL_PASSAGES


@dataclass(frozen=True)
class Ragged:
    """Rows of token ids in one flat array."""

    flat: NDArray[np.int32]
    ends: NDArray[np.int64]

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        """The ids of one row."""
        return self.flat[self.ends[row - 1] if row else 0 : self.ends[row]]


def encode(tokenizer: Tokenizer, texts: list[str]) -> Ragged:
    """Token ids of all texts, in blocks so that memory stays small."""
    blocks: list[NDArray[np.int32]] = []
    lengths: list[int] = []
    for top in range(0, len(texts), 20_000):
        rows = [np.asarray(e.ids, np.int32) for e in tokenizer.encode_batch(texts[top : top + 20_000])]
        lengths += [len(row) for row in rows]
        blocks += rows
    return Ragged(np.concatenate(blocks), np.cumsum(lengths))


class Table:
    """One table with its token ids in both languages and its teacher vectors."""

    def __init__(self, work: Path, name: str, tokenizer: Tokenizer) -> None:
        """Reads the table; it may hold more rows than the teacher has embedded."""
        pairs: list[Pair] = read_pairs(work, name)
        self.work, self.name = work, name
        self.sources = np.array([pair.source for pair in pairs])
        self.zh = encode(tokenizer, [pair.zh for pair in pairs])
        self.en = encode(tokenizer, [pair.en for pair in pairs])
        self.targets: Vectors = vectors(work, name, len(pairs))

    def ready(self) -> int:
        """Rows that have their teacher vector by now."""
        return done(self.work, self.name)


class Queue:
    """Rows of one source in random order; it starts anew, with the rows ready by then, when used up."""

    def __init__(self, table: Table, source: str, rng: np.random.Generator) -> None:
        """Takes no rows yet."""
        self.table, self.rng, self.weight = table, rng, weight(source)
        self.rows = np.flatnonzero(table.sources == source)
        self.waiting: list[int] = []

    def ready(self) -> int:
        """How many of the source's rows can be drawn."""
        return int(np.searchsorted(self.rows, self.table.ready()))

    def take(self, count: int) -> list[int]:
        """The next `count` rows."""
        while len(self.waiting) < count:
            self.waiting += self.rng.permutation(self.rows[: self.ready()]).tolist()
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken


class Pool:
    """All tables, drawn from together."""

    def __init__(self, tables: list[Table], seed: int) -> None:
        """Seeds the order of every source."""
        self.tables, self.rng = tables, np.random.default_rng(seed)
        self.queues = [
            (number, Queue(table, source, self.rng))
            for number, table in enumerate(tables)
            for source in sorted(set(table.sources.tolist()))
        ]

    def draw(self, count: int) -> list[tuple[int, int]]:
        """About `count` (table, row) places, each source by its weight times its ready rows."""
        shares = np.array([queue.weight * queue.ready() for _, queue in self.queues])
        counts = np.floor(count * shares / shares.sum() + self.rng.random(len(shares))).astype(int)
        return [
            (number, row)
            for (number, queue), wanted in zip(self.queues, counts, strict=True)
            for row in queue.take(int(wanted))
        ]

    def negatives(self, count: int) -> NDArray[np.float32]:
        """Random teacher vectors of the first table."""
        table = self.tables[0]
        rows = np.sort(self.rng.integers(0, table.ready(), count))
        return np.asarray(table.targets[rows], np.float32)
