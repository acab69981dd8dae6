"""Progress of a build or a check on standard error: a bar on a terminal, a plain line a stage otherwise."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from index import Progress

PLAIN_INTERVAL = 10.0  # seconds between two plain lines of one stage
LABELS = {"read": "reading articles", "embed": "embedding", "write": "writing the index"}


@contextmanager
def progress() -> Iterator[Progress]:
    """A callback for `build` and `check`; the bar is taken down at the end."""
    if sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _plain()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:>18}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, int] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(LABELS.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield report


def _plain() -> Progress:
    last: dict[str, float] = {}

    def report(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if total and (done == total or now - last.setdefault(stage, now) > PLAIN_INTERVAL):
            last[stage] = now
            sys.stderr.write(f"wenju: {LABELS.get(stage, stage)}: {done}/{total}\n")
            sys.stderr.flush()

    return report
