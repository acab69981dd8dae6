"""Stage 1: reads every source and writes the tables of training pairs.

    python -m training.prepare --data DIR --work DIR

Four tables: `pairs` (short lines and dictionary words), `passages` (consecutive lines joined),
`glossary` (our own terms and filled templates) and `written` (our own passages with questions). Every
stretch of a table holds its sources in their final proportions, so training can start when the teacher
has embedded the first rows.
"""

import logging
import random
from pathlib import Path

import typer

from training.options import Data, Work
from training.parallel import Pair, passages, read_dictionary, read_parallel
from training.tables import write_pairs
from training.templates import read_glossary
from training.written import read_written, written_pairs

log = logging.getLogger(__name__)

SEED = 20
SHORT_EN_WORDS = 48

# How many short rows of a source are used at most. Law and software documentation are two
# thirds of the raw lines and are cut; general text is used whole.
ROWS = {
    "tw_laws_moj": 60_000,
    "tw_laws_moj_history": 6_000,
    "tw_gazette_titles": 30_000,
    "tw_gazette_regnames": 12_000,
    "ms_dynamics365_ops_zhcn": 22_000,
    "ms_skype_teams_zhcn": 10_000,
    "ms_graph_zhcn": 4_000,
    "ms_alchemy_insights_zhcn": 7_000,
    "ms_partner_center_zhcn": 7_000,
    "python_docs_zhcn": 9_000,
}

# Passages of consecutive lines; unordered sources are shuffled into passages of mixed topics.
PASSAGES = {
    "tw_laws_moj": 24_000,
    "tw_laws_moj_history": 2_000,
    "ms_dynamics365_ops_zhcn": 6_000,
    "ms_skype_teams_zhcn": 3_000,
    "ms_alchemy_insights_zhcn": 2_000,
    "ms_partner_center_zhcn": 2_000,
    "python_docs_zhcn": 4_000,
    "tico19_tm_en_zh": 3_000,
    "china_dashboard_digest": 1_000,
    "china_dashboard_news": 1_500,
    "mozilla_www": 1_000,
    "ud_pud": 600,
    "tatoeba_cmn": 4_000,
}
UNORDERED = {"china_dashboard_news", "mozilla_www", "ud_pud", "tatoeba_cmn"}
PASSAGE_EN_WORDS = (50, 170)


def interleave(groups: list[list[Pair]]) -> list[Pair]:
    """Merges shuffled groups so that every stretch holds each in proportion to its size."""
    keyed = [
        ((row + 0.5) / len(group), index, pair)
        for index, group in enumerate(groups)
        for row, pair in enumerate(group)
    ]
    keyed.sort(key=lambda item: item[:2])
    return [pair for _, _, pair in keyed]


def parallel_tables(data: Path, rng: random.Random) -> tuple[list[Pair], list[Pair]]:
    """The short pairs of every source with the dictionary, and the passages."""
    short: list[list[Pair]] = []
    long: list[list[Pair]] = []
    for path in sorted((data / "parallel").glob("*.tsv.gz")):
        pairs = read_parallel(path)
        source = pairs[0].source
        rows = [pair for pair in pairs if pair.words <= SHORT_EN_WORDS]
        joined = list(passages(pairs, rng, PASSAGE_EN_WORDS, source not in UNORDERED))
        rng.shuffle(rows)
        rng.shuffle(joined)
        short.append(rows[: ROWS.get(source, len(rows))])
        long.append(joined[: PASSAGES.get(source, 0)])
        log.info("%s: %d clean, %d short, %d passages", source, len(pairs), len(short[-1]), len(long[-1]))
    words = read_dictionary(data / "dict" / "cc_cedict.tsv.gz")
    rng.shuffle(words)
    return interleave([*short, words]), interleave([group for group in long if group])


def main(data: Data, work: Work) -> None:
    """Writes the tables under WORK from the files under DATA and the glossary of this package."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    work.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    pairs, joined = parallel_tables(data, rng)
    here = Path(__file__).parent
    glossary = interleave(read_glossary(here / "glossary", rng))
    written = interleave([group for group in written_pairs(read_written(here / "written")) if group])
    tables = {"pairs": pairs, "passages": joined, "glossary": glossary, "written": written}
    for name, table in tables.items():
        write_pairs(work, name, table)
        log.info("%s: %d rows", name, len(table))


if __name__ == "__main__":
    typer.run(main)
