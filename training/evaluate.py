"""Measures an encoder folder on retrieval sets, dense alone, and the drift of its English.

    python -m training.evaluate --model DIR --benchmarks DIR [--checks FILE --seeds DIR] --sets cmrc2018-dev

Plain `SentenceTransformer(path).encode`, whole passages cut by the model's own limit. The product
splits articles into smaller passages, so its figures differ.
"""

import json
import logging
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from training.options import Benchmarks
from training.probe import RetrievalSet, read_set
from training.tables import done, read_pairs, vectors

log = logging.getLogger(__name__)

BATCH = 32
SELECTION = "cmrc2018-dev,tatoeba-zh-en,twlaw-en-zh,twgazette-en-zh"


def ranks(scores: NDArray[np.float32], data: RetrievalSet, asked: list[str]) -> NDArray[np.int64]:
    """For each query the place, from 1, of its first relevant passage."""
    column = {name: place for place, name in enumerate(data.passages)}
    right = [[column[passage] for passage in data.relevant[query]] for query in asked]
    best = np.array([row[columns].max() for columns, row in zip(right, scores, strict=True)])
    return (scores > best[:, None]).sum(1) + 1


def measure(model: SentenceTransformer, data: RetrievalSet, most: int) -> dict[str, float]:
    """success@1 and @5 and MRR@10 (trec_eval success and recip_rank) of at most `most` queries."""
    asked = [q for q in data.queries if q in data.relevant]
    asked = asked[:: max(1, len(asked) // most)][:most]
    passages = model.encode(list(data.passages.values()), batch_size=BATCH)
    place = ranks(model.encode([data.queries[q] for q in asked], batch_size=BATCH) @ passages.T, data, asked)
    return {
        "queries": len(asked),
        "s@1": round(float((place == 1).mean()), 4),
        "s@5": round(float((place <= 5).mean()), 4),
        "mrr@10": round(float(np.where(place <= 10, 1 / place, 0).mean()), 4),
    }


def seed_questions(checks: Path, seeds: Path) -> dict[str, RetrievalSet]:
    """Development questions against windows of the seed articles; those across languages are a set apart."""
    passages: dict[str, str] = {}
    for path in sorted(seeds.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for start in range(0, len(text), 150):
            passages[f"{path.name}:{start}"] = text[start : start + 300]
    found: dict[str, RetrievalSet] = {}
    for row in map(json.loads, checks.read_text(encoding="utf-8").splitlines()):
        golds = row.get("gold") or []
        right = {
            name for name, text in passages.items() for gold in golds
            if name.startswith(gold["article"]) and gold["quote"] in text
        }  # fmt: skip
        if right:
            kind = "seeds-crosslingual" if "crosslingual" in row["tags"] else "seeds-same-language"
            data = found.setdefault(kind, RetrievalSet(passages, {}, {}))
            data.queries[row["id"]] = row["question"]
            data.relevant[row["id"]] = right
    return found


def english_cosine(model: SentenceTransformer, work: Path, rows: int = 1000) -> float:
    """Mean cosine between the model's and the teacher's vectors of English lines of the table `pairs`."""
    pairs = read_pairs(work, "pairs")
    first = done(work, "pairs") - rows
    texts = [pair.en for pair in pairs[first : first + rows]]
    targets = np.asarray(vectors(work, "pairs", len(pairs))[first : first + rows], np.float32)
    return float((model.encode(texts, batch_size=BATCH) * targets).sum(1).mean())


def main(
    model: Annotated[Path, typer.Option(help="The model folder.")],
    benchmarks: Benchmarks,
    sets: Annotated[str, typer.Option(help="Names of sets, with commas.")] = SELECTION,
    queries: Annotated[int, typer.Option(help="Most queries a set.")] = 500,
    checks: Annotated[Path | None, typer.Option(help="Questions on the seed articles.")] = None,
    seeds: Annotated[Path | None, typer.Option(help="Folder of the seed articles.")] = None,
    work: Annotated[Path | None, typer.Option(help="Work folder, to measure the drift of English.")] = None,
) -> None:
    """Logs one line a set."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    started = time.time()
    encoder = SentenceTransformer(str(model), device="cpu")
    log.info("loaded in %.2f s", time.time() - started)
    for name in filter(None, sets.split(",")):
        log.info("%s %s", name, measure(encoder, read_set(benchmarks / name), queries))
    if checks and seeds:
        for name, data in seed_questions(checks, seeds).items():
            log.info("%s %s", name, measure(encoder, data, queries))
    if work:
        log.info("English: mean cosine to the teacher %.4f", english_cosine(encoder, work))


if __name__ == "__main__":
    typer.run(main)
