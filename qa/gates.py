"""Decides whether a report passes: floors, ceilings, and drops against an earlier report."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from qa.comparison import Change, Pairs, change, pair
from qa.errors import CheckFailed, GateError, NothingEvaluatedError
from qa.report import Report, Result, Verdict
from qa.saved import Saved
from qa.scoring import DIMENSIONS, LOWER_IS_BETTER, Metric, figure, group, metric, names

Kind = Literal["min", "max", "max-drop"]
_SIGNS: Mapping[str, str] = {"min": ">=", "max": "<=", "max-drop": "drop <="}
_EPSILON = 1e-9  # a mean of shares may miss its decimal in the last bits
_FORM = re.compile(r"([^\[\]=]+)(?:\[(.+)\])?=([^=]+)")
_NAMED = 8  # questions in a one-line summary


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound on a metric over all questions, or over those of one group (a tag, language or pair)."""

    kind: Kind
    metric: str
    group: str | None
    limit: float

    def __str__(self) -> str:
        return f"{self.name} {_SIGNS[self.kind]} {self.limit:g}"

    @property
    def name(self) -> str:
        """Metric and group, as on the command line."""
        return f"{self.metric}[{self.group}]" if self.group else self.metric


def parse_gate(kind: Kind, text: str) -> Gate:
    """A gate as written on the command line: `success@5=0.9` or `success@5[crosslingual]=0.8`."""
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise GateError(
            f"--{kind} {text!r} is not METRIC=VALUE (write 'success@5=0.9' or 'success@5[tag]=0.8')"
        )
    try:
        limit = float(match[3])
    except ValueError:
        raise GateError(f"--{kind} {text!r}: {match[3]!r} is not a number (write 0.9)") from None
    return checked(Gate(kind, match[1].strip(), match[2], limit))


def checked(gate: Gate) -> Gate:
    """The gate, where its limit makes sense for its metric."""
    if not math.isfinite(gate.limit) or not 0 <= gate.limit <= 1:
        raise GateError(
            f"--{gate.kind} {gate.name}: {gate.limit:g} is not between 0 and 1 (every metric is a share)"
        )
    if gate.kind != "max-drop" and (gate.kind == "max") != (gate.metric in LOWER_IS_BETTER):
        better, other = ("lower", "max") if gate.kind == "min" else ("higher", "min")
        raise GateError(
            f"--{gate.kind} {gate.name}: better when {better} (use --{other} {gate.name}={gate.limit:g})"
        )
    return gate


def judge(report: Report, gates: Sequence[Gate], baseline: Saved | None = None) -> Report:
    """The report with a verdict for each gate.

    Raises GateError for a gate on what the report does not hold, NothingEvaluatedError where no question
    stands behind one: such a gate must not pass in silence.
    """
    bounds = [_bound(report, gate) for gate in gates if gate.kind != "max-drop"]
    drops = [gate for gate in gates if gate.kind == "max-drop"]
    if drops and baseline is None:
        raise GateError("--max-drop has nothing to compare with (add --baseline REPORT.json)")
    if baseline is not None:
        # Paired even without a gate on it: a baseline of other questions is a mistake to be told.
        pairs = pair(baseline, report.results, report.unit)
        bounds += [judge_drop(gate, pairs, tuple(set(baseline.ks) & set(report.ks))) for gate in drops]
    return replace(report, verdicts=tuple(bounds))


def require(report: Report, at_least: Mapping[str, float], at_most: Mapping[str, float]) -> None:
    """`Report.require`: raises CheckFailed with the questions lost."""
    wanted: list[tuple[Kind, str, float]] = [("min", name, limit) for name, limit in at_least.items()]
    wanted += [("max", name, limit) for name, limit in at_most.items()]
    if not wanted:
        raise GateError("nothing is required (name a metric and its floor)")
    refuse_failed(
        judge(report, [parse_gate(kind, f"{name}={limit!r}") for kind, name, limit in wanted], None)
    )


def refuse_failed(report: Report) -> None:
    """Raises CheckFailed where a verdict of the report is against it."""
    failed = [verdict for verdict in report.verdicts if not verdict.passed]
    if failed:
        lost = {id: how for verdict in failed for id, how in verdict.lost.items()}
        raise CheckFailed(failures(failed), tuple(f"{id} {how}" for id, how in lost.items()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two saved reports side by side: every metric that both have, and the verdicts on drops."""

    pairs: Pairs
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]

    def as_dict(self) -> dict[str, Any]:
        """The document of `check compare --json`."""
        return {
            "compared": len(self.pairs.after),
            "only_before": list(self.pairs.only_before),
            "only_after": list(self.pairs.only_after),
            "changes": [each.as_dict() for each in self.changes],
            "gates": [verdict.as_dict() for verdict in self.verdicts],
        }


def compare(before: Saved, after: Saved | Report, gates: Sequence[Gate] = ()) -> Comparison:
    """What changed between two reports on the same questions."""
    ks = tuple(sorted(set(before.ks) & set(after.ks)))
    pairs = pair(before, after.results, after.unit)
    changes = (change(pairs, metric(name, ks)) for name in names(ks))
    verdicts = tuple(judge_drop(gate, pairs, ks) for gate in gates)
    return Comparison(pairs, tuple(each for each in changes if each is not None), verdicts)


def failures(verdicts: Iterable[Verdict]) -> str:
    """One line on the gates that failed, empty where none did."""
    failed = [f"{verdict.gate} failed: {verdict.note}" for verdict in verdicts if not verdict.passed]
    return f"{'; '.join(failed)} (mend what was lost, or change the gate)" if failed else ""


def _bound(report: Report, gate: Gate) -> Verdict:
    chosen = metric(gate.metric, report.ks)
    members = _members(report.results, gate.group)
    value = figure(members, chosen)
    if value is None:
        raise NothingEvaluatedError(
            f"{gate}: no question here has this metric (add such questions, or drop the gate)"
        )
    passed = (value - gate.limit if gate.kind == "max" else gate.limit - value) <= _EPSILON
    lost = [] if passed or chosen.of is None else [each for each in members if is_lost(each, chosen)]
    note = f"is {value:.4f} over {_applies(members, chosen)} questions" + (
        f", lost {_few(lost)}" if lost else ""
    )
    return Verdict(str(gate), passed, note, {each.id: describe(each) for each in lost})


def judge_drop(gate: Gate, pairs: Pairs, ks: Sequence[int]) -> Verdict:
    """The verdict on a drop between two runs that both looked as deep as `ks`."""
    chosen = metric(gate.metric, ks)
    if chosen.of is None:
        raise GateError(
            f"{gate}: {gate.metric} has no value of single questions to pair (use --min or --max)"
        )
    members = _members(pairs.after, gate.group)
    found = change(pairs.within(frozenset(result.id for result in members)), chosen)
    if found is None:
        raise NothingEvaluatedError(
            f"{gate}: no question in both reports has this metric (make a new baseline)"
        )
    fails = found.exceeds(gate.limit) and found.significant
    lost, won = (
        {new.id: describe_change(old, new) for old, new in changes} for changes in (found.lost, found.won)
    )
    return Verdict(str(gate), not fails, _drop_note(found, gate.limit, pairs.uncompared), lost, won)


def _drop_note(found: Change, allowed: float, uncompared: int) -> str:
    note = (
        f"{found.before:.4f} before, {found.after:.4f} now over {found.questions} questions"
        f" ({len(found.lost)} lost, {len(found.won)} won, p = {found.p:.3g})"
    )
    if found.exceeds(allowed) and not found.significant:
        note += "; larger than allowed, but may be chance"
    if found.blind(allowed) and not found.significant:
        seen = "no drop at all" if found.visible is None else f"only drops from {found.visible:.4f}"
        note += f"; the set is too small to tell: {found.questions} questions can show {seen}"
    return note + (f"; {uncompared} questions stand in one report only" if uncompared else "")


def _members(results: Sequence[Result], key: str | None) -> Sequence[Result]:
    """The results of a group; tags come before languages where both have the name."""
    if key is None:
        return results
    groups = group(results, DIMENSIONS)
    for rows in groups.values():
        if key in rows:
            return rows[key]
    known = ", ".join(name for rows in groups.values() for name in rows)
    raise GateError(f"no question is in group {key!r} (one of {known})")


def _applies(members: Sequence[Result], chosen: Metric) -> int:
    return len(members) if chosen.of is None else sum(chosen.of(each) is not None for each in members)


def is_lost(result: Result, chosen: Metric) -> bool:
    """Whether the question has less than the best value of a metric that it has."""
    value = chosen.of(result) if chosen.of is not None else None
    return value is not None and (value > 0 if chosen.lower_is_better else value < 1)


def describe(result: Result) -> str:
    """How a question fared, and the question, on one line."""
    return f"{fate(result)}: {_one_line(result.question.question)}"


def describe_change(before: Result, after: Result) -> str:
    """How a question fared before and now, and the question, on one line."""
    return f"{fate(before)} -> {fate(after)}: {_one_line(after.question.question)}"


def fate(result: Result) -> str:
    """`rank 3`, `not found`, or for a question without an answer `refused` or `answered`."""
    if result.question.answerable:
        refused = ", refused" if result.answered is False else ""
        return ("not found" if result.rank is None else f"rank {result.rank}") + refused
    return {True: "answered", False: "refused", None: "not asked"}[result.answered]


def _few(results: Sequence[Result]) -> str:
    more = f" and {len(results) - _NAMED} more" if len(results) > _NAMED else ""
    return ", ".join(result.id for result in results[:_NAMED]) + more


def _one_line(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
