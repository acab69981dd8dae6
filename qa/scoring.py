"""From results to figures: which metrics there are, each question's value, means and intervals."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa import metrics
from qa.errors import GateError
from qa.report import Group, Result
from qa.significance import Floats, Interval, interval, mean_intervals

Rows = NDArray[np.int64]
DIMENSIONS = ("tags", "lang", "lang_pair")
_CUT = 10  # of MRR, nDCG and MAP, as usual in the field
LOWER_IS_BETTER = frozenset({"false_answer_rate", "false_refusal_rate", "calibration_error", "wrong@1"})
_RANKED: dict[str, Callable[[Result, int], float]] = {
    "success": lambda result, k: metrics.success(result.gold_ranks, k),
    "recall": lambda result, k: metrics.recall(result.gold_ranks, k),
    "mrr": lambda result, k: metrics.reciprocal_rank(result.gold_ranks, k),
    "ndcg": lambda result, k: metrics.ndcg(
        result.gold_ranks, k, [p.grade for p in result.question.gold or ()]
    ),
    "map": lambda result, k: metrics.average_precision(result.gold_ranks, k),
}


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure that only a set of questions has: `over` takes the rows of the set, which has `count`."""

    count: int
    over: Callable[[Rows], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name. `of` is one question's value, None where it does not apply to the question.

    `of` itself is None where only a set of questions has a value.
    """

    name: str
    of: Callable[[Result], float | None] | None

    @property
    def lower_is_better(self) -> bool:
        """Whether a rise is a loss."""
        return self.name in LOWER_IS_BETTER


def names(ks: Iterable[int]) -> list[str]:
    """All metrics of a report over these cut-offs, in the report's order."""
    cuts = sorted(set(ks))
    ranked = [f"{family}@{k}" for family in ("success", "recall") for k in cuts]
    ranked += [f"{family}@{_CUT}" for family in ("mrr", "ndcg", "map")]
    return [*ranked, "evidence@1", *_ANSWERED, *_SETS, "wrong@1"]


def metric(name: str, ks: Iterable[int]) -> Metric:
    """Raises GateError for a name that a report over these cut-offs does not hold."""
    known = names(ks)
    if name not in known:
        match = re.fullmatch(r"(success|recall)@(\d+)", name)
        fix = f"add {match[2]} to --k" if match else f"one of {', '.join(known)}"
        raise GateError(f"unknown metric {name!r} ({fix})")
    family, _, cut = name.partition("@")
    if family in _RANKED:
        value, k = _RANKED[family], int(cut)
        return Metric(name, lambda result: value(result, k) if result.question.answerable else None)
    if name in _SETS:
        return Metric(name, None)
    return Metric(name, _ANSWERED[name] if name in _ANSWERED else _SINGLE[name])


def _flag(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _refused(value: bool | None) -> float | None:
    return None if value is None else float(not value)


_SINGLE: dict[str, Callable[[Result], float | None]] = {
    "evidence@1": lambda r: _flag(r.evidence_hit) if r.question.answerable else None,
    "wrong@1": lambda r: _flag(r.wrong_first),
}
_ANSWERED: dict[str, Callable[[Result], float | None]] = {
    "answer_rate": lambda r: _flag(r.answered),
    "false_answer_rate": lambda r: _flag(r.answered) if r.question.answerable is False else None,
    "false_refusal_rate": lambda r: _refused(r.answered) if r.question.answerable else None,
}


def values(results: Sequence[Result], chosen: Sequence[Metric]) -> Floats:
    """One row per question, one column per metric; NaN where a metric does not apply."""
    table = np.full((len(results), len(chosen)), np.nan)
    for column, each in enumerate(chosen):
        if each.of is not None:
            known = (each.of(result) for result in results)
            table[:, column] = [np.nan if value is None else value for value in known]
    return table


def figure(results: Sequence[Result], chosen: Metric) -> float | None:
    """One metric over these results; None where it applies to none of them."""
    if chosen.of is None:
        statistic = _SETS[chosen.name](results)
        return statistic.over(np.arange(statistic.count))
    column = values(results, [chosen])[:, 0]
    applies = column[~np.isnan(column)]
    return float(applies.mean()) if len(applies) else None


def summarise(results: Sequence[Result], ks: Iterable[int]) -> Group:
    """Every metric over these results, with its interval."""
    chosen = [metric(name, ks) for name in names(ks)]
    figures = {each.name: figure(results, each) for each in chosen}
    intervals: dict[str, Interval | None] = {}
    for each, ends in zip(chosen, mean_intervals(values(results, chosen)), strict=True):
        if each.of is None:
            statistic = _SETS[each.name](results)
            ends = interval(statistic.count, statistic.over)
        intervals[each.name] = ends
    if figures["wrong@1"] is None:  # only files with such marks have the metric
        del figures["wrong@1"], intervals["wrong@1"]
    return Group(
        len(results), sum(result.question.answerable is True for result in results), figures, intervals
    )


def group(results: Sequence[Result], by: Iterable[str]) -> dict[str, dict[str, list[Result]]]:
    """The results by dimension and key, keys in order; one result may stand under several keys."""
    keys: dict[str, Callable[[Result], Sequence[str]]] = {
        "tags": lambda result: result.question.tags,
        "lang": lambda result: (result.lang,),
        "lang_pair": lambda result: result.pairs,
    }
    grouped: dict[str, dict[str, list[Result]]] = {}
    for dimension in by:
        if dimension not in keys:
            raise GateError(f"unknown breakdown {dimension!r} (one of {', '.join(DIMENSIONS)})")
        rows: dict[str, list[Result]] = {}
        for result in results:
            for key in keys[dimension](result):
                rows.setdefault(key, []).append(result)
        grouped[dimension] = dict(sorted(rows.items()))
    return grouped


def _auroc(results: Sequence[Result]) -> Statistic:
    judged = [r for r in results if r.confidence is not None and r.question.answerable is not None]
    confidence = np.array([r.confidence for r in judged], dtype=np.float64)
    answerable = np.array([bool(r.question.answerable) for r in judged], dtype=bool)

    def over(rows: Rows) -> float | None:
        drawn, kind = confidence[rows], answerable[rows]
        return metrics.auroc(drawn[kind], drawn[~kind])

    return Statistic(len(judged), over)


def _calibration_error(results: Sequence[Result]) -> Statistic:
    # Nobody knows what is right for a question without gold.
    judged = [r for r in results if r.confidence is not None and r.question.answerable is not None]
    confidence = np.array([r.confidence for r in judged], dtype=np.float64)
    right = np.array([r.supported for r in judged], dtype=bool)
    return Statistic(len(judged), lambda rows: metrics.calibration_error(confidence[rows], right[rows]))


_SETS: dict[str, Callable[[Sequence[Result]], Statistic]] = {
    "auroc": _auroc,
    "calibration_error": _calibration_error,
}
