"""Earlier reports, read back from their JSON to be compared with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import QuestionsError
from qa.questions import Place, Question, parse_object
from qa.report import Result


@dataclass(frozen=True, slots=True)
class Saved:
    """The part of a report that a comparison needs. `name` is its file."""

    name: str
    unit: str
    ks: tuple[int, ...]
    results: tuple[Result, ...]


def read_report(path: str | Path) -> Saved:
    """Raises QuestionsError where the file is no report that `--json` wrote."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise QuestionsError(
            f"{path}: cannot be read: {error.strerror} (give a file written by --json)"
        ) from None
    except UnicodeDecodeError:
        raise QuestionsError(f"{path}: not UTF-8 (give a file written by --json)") from None
    document = parse_object(text, str(path))
    try:
        results = tuple(_result(row) for row in document["results"])
        return Saved(str(path), str(document["unit"]), tuple(int(k) for k in document["ks"]), results)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuestionsError(
            f"{path}: no report of `wenju check`: {type(error).__name__} {error} (give one written by --json)"
        ) from None


def _result(row: dict[str, Any]) -> Result:
    # The places themselves are not in a report; their number and grades are what figures need.
    places = tuple(Place("", grade=int(grade)) for grade in row["gold_grades"])
    ranks = tuple(None if rank is None else int(rank) for rank in row["gold_ranks"])
    if len(ranks) != len(places) or bool(places) != bool(row["answerable"]):
        raise ValueError(f"gold of {row['id']} does not agree with itself")
    gold = None if row["answerable"] is None else places
    return Result(
        question=Question(str(row["id"]), str(row["question"]), row["lang"], tuple(row["tags"]), gold),
        digest=row["digest"],
        lang=row["lang"],
        pairs=tuple(row["lang_pair"]),
        gold_ranks=ranks,
        answered=row["answered"],
        confidence=row["confidence"],
        evidence_hit=row["evidence_hit"],
        wrong_first=row["wrong_first"],
    )
