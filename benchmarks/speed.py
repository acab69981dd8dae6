"""Measures how long a question takes: warm (p50, p95) and cold from the command line, with peak memory.

    python -m benchmarks.speed [--cores 2] [--index .wenju] [--questions FILE]

Prints one Markdown table. Linux only: it reads /proc and sets the process's cores.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

QUESTIONS = Path(__file__).parent / "questions" / "seeds-tune.jsonl"
COLD_RUNS = 3
WARM_UP = 3


def main(
    cores: Annotated[int, typer.Option(help="How many cores the process may use.")] = 2,
    index: Annotated[Path, typer.Option(help="Folder of the index; built of the seeds if missing.")] = Path(
        ".wenju"
    ),
    questions: Annotated[Path, typer.Option(help="The questions to ask.")] = QUESTIONS,
) -> None:
    """Ask every question once and print the times in milliseconds."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from qa import ask
    from qa.open import open_or_build

    texts = [json.loads(line)["question"] for line in questions.read_text(encoding="utf-8").splitlines()]
    opened = open_or_build(index)
    for text in texts[:WARM_UP]:
        ask(text, opened)
    timings = [ask(text, opened).timings for text in texts]
    rows = [("warm question", [sum(parts.values()) for parts in timings])]
    rows += [(f"of it {part}", [parts[part] for parts in timings]) for part in ("encode", "search", "answer")]
    typer.echo(f"{opened.manifest.chunks} chunks, {len(texts)} questions, {cores} cores\n")
    typer.echo("| | p50 ms | p95 ms |\n| --- | --- | --- |")
    for name, values in rows:
        cuts = statistics.quantiles(values, n=20)
        typer.echo(f"| {name} | {statistics.median(values):.1f} | {cuts[-1]:.1f} |")
    cold = sorted(_cold(texts[0], index) for _ in range(COLD_RUNS))[COLD_RUNS // 2]
    typer.echo(f"| cold `wenju ask` (whole process) | {1000 * cold[0]:.0f} | – |")
    typer.echo(f"\npeak memory of a cold `wenju ask`: {cold[1] / 1024:.0f} MiB")


def _cold(question: str, index: Path) -> tuple[float, int]:
    """Seconds and peak resident KiB of one `wenju ask` in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "qa", "ask", question, "--index", str(index), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss


if __name__ == "__main__":
    typer.run(main)
