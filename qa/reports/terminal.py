"""The report as tables on a terminal; plain text of the same words where there is none."""

from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qa.gates import Comparison, describe, describe_change
from qa.report import Group, Report, Verdict
from qa.significance import Interval

_LISTED = 10  # questions named per list; the files name all
_PLAIN_WIDTH = 120  # columns where there is no terminal to ask
_GROUP_METRICS = ("success@1", "success@5", "recall@5", "mrr@10", "ndcg@10", "answer_rate")


def console(stream: TextIO) -> Console:
    """A console that writes what it is given: no markup read from questions, no numbers coloured."""
    width = None if stream.isatty() else _PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, soft_wrap=False)


def show_report(report: Report, source: str, out: Console) -> None:
    """Figures, groups, gates and the questions that were not served."""
    total, index = report.total, report.index
    out.print(Text(f"{source}: {total.questions} questions, {total.answerable} answerable", style="bold"))
    about = f"{index.articles} articles, {index.chunks} chunks"
    out.print(Text(f"{report.mode} ranking of {report.unit}, {about}, {index.model}", style="dim"))
    out.print(_figures(total))
    for dimension, groups in report.by.items():
        if groups and not _says_nothing(report, groups):
            out.print(_groups(dimension, groups, report))
    if report.passed:  # else the gates name what they lost
        _show_unserved(report, out)
    _show_verdicts(report.verdicts, out)
    if report.timings:
        spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.timings.items())
        out.print(Text(spent, style="dim"))


def show_comparison(comparison: Comparison, out: Console) -> None:
    """Two runs side by side, then the questions that changed most."""
    table = _table("metric", "questions", "before", "after", "change", "p", "lost", "won", "visible drop")
    for each in comparison.changes:
        style = ("red" if each.worse > 0 else "green") if each.significant else ""
        visible = "none" if each.visible is None else f"{each.visible:.4f}"
        difference = f"{each.after - each.before:+.4f}"
        counts = (str(len(each.lost)), str(len(each.won)))
        row = (str(each.questions), f"{each.before:.4f}", f"{each.after:.4f}", difference, f"{each.p:.3g}")
        table.add_row(each.metric, *row, *counts, visible, style=style)
    out.print(table)
    ranked = next((each for each in comparison.changes if each.metric.startswith("mrr@")), None)
    for name, pairs in (("lost", ranked.lost), ("won", ranked.won)) if ranked else ():
        _show_list(f"{name} ({len(pairs)})", {new.id: describe_change(old, new) for old, new in pairs}, out)
    if comparison.pairs.uncompared:
        out.print(Text(f"{comparison.pairs.uncompared} questions are not in both reports, or were changed"))
    out.print(Text("visible drop: the smallest that so few questions can show to be no chance", style="dim"))
    _show_verdicts(comparison.verdicts, out)


def show_counts(counts: Mapping[str, Any], source: str, out: Console) -> None:
    """What a questions file holds."""
    table = _table(source, "questions")
    for name in ("questions", "answerable", "unanswerable", "marked_wrong_only"):
        table.add_row(name.replace("_", " "), str(counts[name]))
    for name in ("lang", "tags"):
        for key, count in counts[name].items():
            table.add_row(f"{name} {key}", str(count))
    out.print(table)
    for pair in counts["same_question"]:
        out.print(
            Text(f"{pair['id']} asks the same as {pair['as']} (--dedupe OUT makes them one)", style="yellow")
        )
    held = (
        "all labels stand in the index"
        if counts["labels_checked"]
        else "labels not looked up: no index (--index DIR)"
    )
    out.print(Text(f"{counts['places']} gold places; {held}"))


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table


def _figures(group: Group) -> Table:
    table = _table("metric", "value", "95 % interval")
    for name, value in group.metrics.items():
        table.add_row(name, _number(value), _interval(group.intervals.get(name)))
    return table


def _says_nothing(report: Report, groups: Mapping[str, Group]) -> bool:
    """Whether the one group is simply all questions."""
    return len(groups) == 1 and next(iter(groups.values())).questions == report.total.questions


def _groups(dimension: str, groups: Mapping[str, Group], report: Report) -> Table:
    names = [name for name in _GROUP_METRICS if name in report.total.metrics]
    main = "success@5" if "success@5" in names else names[0]
    headings = [heading for name in names for heading in ((name, "95 %") if name == main else (name,))]
    table = _table(dimension, "questions", *headings)
    for key, group in groups.items():
        row = []
        for name in names:
            row.append(_number(group.metrics.get(name), 3))
            if name == main:
                row.append(_interval(group.intervals.get(name)))
        table.add_row(key, str(group.questions), *row)
    return table


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _interval(ends: Interval | None) -> str:
    return "" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"


def _show_unserved(report: Report, out: Console) -> None:
    unserved = {result.id: describe(result) for result in report.results if not result.good}
    _show_list(f"not served ({len(unserved)} of {report.total.questions})", unserved, out)


def _show_verdicts(verdicts: Iterable[Verdict], out: Console) -> None:
    for verdict in verdicts:
        mark, style = ("pass", "green") if verdict.passed else ("FAIL", "bold red")
        line = Text(f"{mark}  ", style=style).append(f"{verdict.gate}: {verdict.note}", style="")
        out.print(line, soft_wrap=True)  # one line in a log, so that it can be searched for
        if not verdict.passed:
            _show_list("  lost", verdict.lost, out)
        if verdict.won:
            _show_list("  won", verdict.won, out)


def _show_list(title: str, rows: Mapping[str, str], out: Console) -> None:
    if not rows:
        return
    out.print(Text(title, style="bold"))
    for id, how in list(rows.items())[:_LISTED]:
        out.print(Text(f"  {id}  {how}", no_wrap=True, overflow="ellipsis"))
    if len(rows) > _LISTED:
        out.print(Text(f"  and {len(rows) - _LISTED} more (all in --json, --junit and --html)", style="dim"))
