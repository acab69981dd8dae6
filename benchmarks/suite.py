"""The suite: BEIR folders and a questions file, each ranked lexically, densely and fused.

    python -m benchmarks.suite BEIR_DIR... --questions FILE --corpus seeds

prints one Markdown table and writes the figures to `benchmarks/results/<commit>.json`. Every set runs in
a process of its own, so that its peak memory is its own. Indexes are kept in `--cache` and used again;
where one was, the time to build is not given.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from index import Mode, PassageIndex, Progress, build
from qa.answer import answer_from_hits
from qa.beir import index_beir, read_beir
from qa.checking import check
from qa.progress import progress
from qa.questions import Question, read_questions
from qa.report import Report, Unit

MODES: tuple[Mode, ...] = ("lexical", "dense", "fused")
SHOWN = ("success@1", "success@5", "success@10", "mrr@10", "ndcg@10")
RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Job:
    """One set to measure: a BEIR folder, or a questions file over a corpus."""

    source: Path
    corpus: Path | None
    cache: Path
    model: str | None
    modes: tuple[Mode, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One set under one mode. Seconds by stage; `build_s` only where the index was made now."""

    name: str
    mode: str
    articles: int
    chunks: int
    questions: int
    model: str
    metrics: dict[str, float | None]
    intervals: dict[str, tuple[float, float] | None]
    seconds: dict[str, float]
    build_s: float | None
    peak_mib: int


def measure(job: Job) -> list[Row]:
    """Runs in a process of its own. Answers are made under `fused` alone, the mode that is used."""
    name = job.source.name if job.corpus is None else job.source.stem
    started = perf_counter()
    with progress() as shown:
        made_before = set(job.cache.glob("*/index.sqlite"))
        index, questions, unit = _open(job, shown)
        fresh = set(job.cache.glob("*/index.sqlite")) != made_before
        build_s = perf_counter() - started if fresh else None
        rows = []
        for mode in job.modes:
            sys.stderr.write(f"{name}: {mode}\n")
            answerer = answer_from_hits if mode == "fused" else None
            report = check(questions, index, mode=mode, progress=shown, unit=unit, answerer=answerer)
            rows.append(_row(name, report, build_s))
    return rows


def _open(job: Job, shown: Progress) -> tuple[PassageIndex, Sequence[Question], Unit]:
    job.cache.mkdir(parents=True, exist_ok=True)
    if job.corpus is not None:
        index = build(job.corpus, job.cache / job.source.stem, job.model, progress=shown)
        return index, read_questions(job.source), "passages"
    beir = read_beir(job.source)
    for note in beir.notes:
        sys.stderr.write(f"{job.source.name}: {note}\n")
    index = index_beir(beir, job.cache / job.source.name, job.model, shown)
    return index, beir.questions, "articles"


def _row(name: str, report: Report, build_s: float | None) -> Row:
    return Row(
        name=name,
        mode=report.mode,
        articles=report.index.articles,
        chunks=report.index.chunks,
        questions=report.total.questions,
        model=report.index.model,
        metrics=dict(report.total.metrics),
        intervals=dict(report.total.intervals),
        seconds={stage: round(spent, 2) for stage, spent in report.timings.items()},
        build_s=None if build_s is None else round(build_s, 1),
        peak_mib=_peak_mib(),
    )


def _peak_mib() -> int:
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown; the interval stands beside success@5."""
    head = (
        "set",
        "articles / questions",
        "mode",
        *SHOWN,
        "95 % of success@5",
        "seconds: encode, search, answer",
        "peak MiB",
    )
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in rows:
        figures = ["–" if row.metrics[name] is None else f"{row.metrics[name]:.3f}" for name in SHOWN]
        ends = row.intervals["success@5"]
        spent = ", ".join(f"{row.seconds.get(stage, 0):.1f}" for stage in ("encode", "search", "answer"))
        cells = (
            row.name,
            f"{row.articles:,} / {row.questions:,}",
            row.mode,
            *figures,
            "–" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}",
            spent,
            f"{row.peak_mib:,}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def commit() -> str:
    """The commit measured, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def save(rows: Sequence[Row], label: str, folder: Path = RESULTS) -> Path:
    """Writes `<label>.json`, replacing an earlier run of the same commit."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    document = {"commit": label, "machine": machine, "rows": [asdict(row) for row in rows]}
    file = folder / f"{label}.json"
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description=__doc__.splitlines()[0])
    parser.add_argument("beir", nargs="*", type=Path, help="BEIR folders")
    parser.add_argument("--questions", type=Path, help="a questions file, checked over --corpus")
    parser.add_argument("--corpus", type=Path, default=Path("seeds"), help="articles for --questions")
    parser.add_argument("--model", help="encoder: a folder or a hub name (default: the shipped one)")
    parser.add_argument("--modes", default=",".join(MODES), help="of lexical, dense, fused")
    parser.add_argument(
        "--cache", type=Path, default=Path(".wenju-benchmarks"), help="where indexes are kept"
    )
    parser.add_argument("--label", help="name of the results file (default: the commit)")
    given = parser.parse_args(arguments)
    wanted = given.modes.split(",")
    modes = tuple(mode for mode in MODES if mode in wanted)
    if not set(wanted) <= set(MODES):
        parser.error(f"--modes {given.modes}: of {', '.join(MODES)}")
    jobs = [Job(source, None, given.cache, given.model, modes) for source in given.beir]
    if given.questions:
        jobs.append(Job(given.questions, given.corpus, given.cache, given.model, modes))
    if not jobs:
        parser.error("nothing to measure: name BEIR folders or --questions FILE")
    rows: list[Row] = []
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as pool:
        for found in pool.map(measure, jobs):
            rows.extend(found)
    file = save(rows, given.label or commit())
    sys.stdout.write(table(rows))
    sys.stderr.write(f"written: {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
