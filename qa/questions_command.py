"""The command `wenju questions`: looks over a questions file before it is trusted."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from index import language, load
from qa.feedback import as_line, deduplicate, same_text
from qa.labels import tie
from qa.open import index_folder
from qa.questions import Question, parse_question, read_lines, read_questions, require_distinct
from qa.report import dump
from qa.reports.outputs import write_text
from qa.reports.terminal import console, show_counts


def questions(
    file: Annotated[Path, typer.Argument(help="A questions file (JSON Lines).")],
    dedupe: Annotated[
        Path | None, typer.Option(help="Write the questions here, those of equal text made one.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    index: Annotated[
        Path | None, typer.Option("--index", help="Folder of the index (default: .wenju/ or $WENJU_INDEX).")
    ] = None,
) -> None:
    """Validate a questions file, count what is in it, and name its duplicates and stale labels."""
    if dedupe is not None:
        found = deduplicate([parse_question(text, f"{file}:{number}") for number, text in read_lines(file)])
        require_distinct(found)
        write_text(dedupe, "".join(f"{as_line(question)}\n" for question in found))
    found = read_questions(file if dedupe is None else dedupe)
    folder = index_folder(index)
    tied = index is not None or (folder / "index.sqlite").exists()
    if tied:
        tie(found, load(folder))
    counts = _counts(found, tied)
    if as_json:
        sys.stdout.write(dump(counts))
    else:
        show_counts(counts, str(file if dedupe is None else dedupe), console(sys.stdout))


def _counts(found: Sequence[Question], tied: bool) -> dict[str, Any]:
    return {
        "questions": len(found),
        "answerable": sum(question.answerable is True for question in found),
        "unanswerable": sum(question.answerable is False for question in found),
        "marked_wrong_only": sum(question.answerable is None for question in found),
        "places": sum(len(question.gold or ()) for question in found),
        "lang": dict(sorted(Counter(q.lang or language(q.question) for q in found).items())),
        "tags": dict(sorted(Counter(tag for question in found for tag in question.tags).items())),
        "same_question": [{"id": id, "as": original} for id, original in same_text(list(found))],
        "labels_checked": tied,
    }
