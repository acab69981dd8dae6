"""The command `wenju check`: reads arguments, calls the library, prints."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from qa.beir import index_beir, read_beir
from qa.checking import check as run_check
from qa.checking import scored
from qa.errors import CheckFailed, GateError, NothingEvaluatedError
from qa.gates import Gate, Kind, compare, failures, judge, parse_gate
from qa.open import index_folder, open_or_build
from qa.progress import progress
from qa.questions import read_questions
from qa.questions_command import questions
from qa.report import IndexInfo, Report, dump
from qa.reports.outputs import Outputs, write_text
from qa.reports.terminal import console, show_comparison, show_report
from qa.saved import read_report
from qa.scoring import metric
from qa.trec import judged, read_qrels, read_run

__all__ = ["check", "questions"]

Mode = Literal["dense", "lexical", "fused"]
IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index (default: .wenju/ or $WENJU_INDEX).")
]
JsonOption = Annotated[
    str | None, typer.Option("--json", help="Write the report as JSON; - for standard output.")
]
GateOption = list[str] | None


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUESTIONS", help="A questions file; or: compare OLD.json NEW.json; or: score RUN QRELS."
        ),
    ] = None,
    beir: Annotated[Path | None, typer.Option(help="A BEIR folder as corpus and questions in one.")] = None,
    k: Annotated[str, typer.Option("--k", help="Cut-offs of success and recall.")] = "1,3,5,10",
    mode: Annotated[Mode, typer.Option(help="Rank by one side alone, or by both.")] = "fused",
    at_least: Annotated[
        GateOption,
        typer.Option("--min", metavar="METRIC=VALUE", help="A floor; METRIC[TAG]=VALUE for a group."),
    ] = None,
    at_most: Annotated[
        GateOption, typer.Option("--max", metavar="METRIC=VALUE", help="A ceiling, where lower is better.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="An earlier report to compare with.")] = None,
    max_drop: Annotated[
        GateOption,
        typer.Option("--max-drop", metavar="METRIC=D", help="Fail on a larger and significant drop."),
    ] = None,
    by: Annotated[str, typer.Option(help="Breakdowns: tags, lang, lang_pair.")] = "tags,lang,lang_pair",
    json_out: JsonOption = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML for a CI server.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")] = None,
    trec_run: Annotated[Path | None, typer.Option(help="Write the rankings as a TREC run.")] = None,
    trec_qrels: Annotated[Path | None, typer.Option(help="Write the gold as TREC qrels.")] = None,
    index: IndexOption = None,
) -> None:
    """Measure retrieval on questions with known answers, and fail where it is not good enough."""
    gates = _gates({"min": at_least, "max": at_most, "max-drop": max_drop}, _cuts(k))
    given = list(files or ())
    if given[:1] == ["compare"]:
        _compare(given[1:], gates, json_out)
        return
    scoring = given[:1] == ["score"]
    outputs = Outputs(json_out, junit, html, trec_run, trec_qrels)
    outputs.require_folders()
    source = " ".join(given[1:]) if scoring else _one_source(given, beir)
    plan = _Plan(source, beir, _cuts(k), mode, _list(by), index)
    earlier = None if baseline is None else read_report(baseline)
    if earlier is None and any(gate.kind == "max-drop" for gate in gates):
        raise GateError("--max-drop has nothing to compare with (add --baseline REPORT.json)")
    report = judge(_scored(given[1:], plan) if scoring else plan.run(), gates, earlier)
    outputs.write(report, plan.source)
    if json_out != "-":
        show_report(report, plan.source, console(sys.stdout))
        if earlier is not None and not any(gate.kind == "max-drop" for gate in gates):
            show_comparison(compare(earlier, report), console(sys.stdout))
    if not report.passed:
        raise CheckFailed(failures(report.verdicts))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be checked."""

    source: str
    beir: Path | None
    ks: tuple[int, ...]
    mode: Mode
    by: tuple[str, ...]
    index: Path | None

    def run(self) -> Report:
        """Reads the questions before the index, so that a faulty file is named at once."""
        folder = index_folder(self.index)
        with progress() as shown:
            if self.beir is None:
                asked = read_questions(self.source)
                opened = open_or_build(folder, given=self.index is not None, progress=shown)
                return run_check(asked, opened, self.ks, self.mode, shown, self.by)
            beir = read_beir(self.beir)
            for note in beir.notes:
                sys.stderr.write(f"wenju: {self.beir}: {note}\n")
            opened = index_beir(beir, folder, progress=shown)
            return run_check(beir.questions, opened, self.ks, self.mode, shown, self.by, "articles")


def _compare(files: Sequence[str], gates: Sequence[Gate], json_out: str | None) -> None:
    if len(files) != 2:
        raise GateError(
            f"compare takes two reports, got {len(files)} (wenju check compare OLD.json NEW.json)"
        )
    if any(gate.kind != "max-drop" for gate in gates):
        raise GateError("compare judges drops alone (use --max-drop, or --min and --max with a check)")
    comparison = compare(read_report(files[0]), read_report(files[1]), gates)
    if json_out and json_out != "-":
        write_text(Path(json_out), dump(comparison.as_dict()))
    if json_out == "-":
        sys.stdout.write(dump(comparison.as_dict()))
    else:
        show_comparison(comparison, console(sys.stdout))
    if failed := failures(comparison.verdicts):
        raise CheckFailed(failed)


def _scored(files: Sequence[str], plan: _Plan) -> Report:
    """The report on another system's run."""
    if len(files) != 2:
        raise GateError(
            f"score takes a run and its qrels, got {len(files)} (wenju check score OUT.run test.qrels)"
        )
    run, qrels = read_run(Path(files[0])), read_qrels(Path(files[1]))
    results = judged(qrels, run)
    if not results:
        raise NothingEvaluatedError(f"{files[1]}: judges no document relevant (zero questions never pass)")
    documents = len({document for scores in run.values() for document in scores})
    return scored(results, IndexInfo(files[0], "", documents, documents), plan.ks, "run", plan.by, "articles")


def _one_source(given: Sequence[str], beir: Path | None) -> str:
    if beir is not None and not given:
        return str(beir)
    if beir is None and len(given) == 1:
        return given[0]
    what = "neither" if not given else f"{len(given)} files" + (" and --beir" if beir else "")
    raise GateError(f"check takes one questions file or --beir DIR, got {what} (wenju check questions.jsonl)")


def _cuts(text: str) -> tuple[int, ...]:
    try:
        cuts = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        cuts = ()
    if not cuts or cuts[0] < 1:
        raise GateError(f"--k {text!r} is not a list of whole numbers from 1 (write 1,3,5,10)")
    return cuts


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _gates(given: Mapping[Kind, list[str] | None], ks: tuple[int, ...]) -> list[Gate]:
    gates = [parse_gate(kind, text) for kind, texts in given.items() for text in texts or ()]
    for gate in gates:
        metric(gate.metric, ks)  # an unknown name is told before anything is computed
    return gates
