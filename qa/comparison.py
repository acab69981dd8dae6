"""Two runs over the same questions: what changed, question by question, and whether it is chance.

Only questions that stand in both runs with the same text and the same labels are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa.errors import QuestionsError
from qa.report import Result
from qa.saved import Saved
from qa.scoring import Metric, values
from qa.significance import ALPHA, randomisation_p, visible_drop

_EPSILON = 1e-9  # sums of shares such as 1/3 differ in the last bits


@dataclass(frozen=True, slots=True)
class Pairs:
    """The questions compared, in the new run's order, and those only one run has (by id)."""

    before: tuple[Result, ...]
    after: tuple[Result, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def uncompared(self) -> int:
        """Questions that stand in one run only, or were changed between them."""
        return len({*self.only_before, *self.only_after})

    def within(self, ids: frozenset[str]) -> "Pairs":
        """The pairs of some questions alone."""
        kept = [place for place, result in enumerate(self.after) if result.id in ids]
        before, after = (tuple(rows[place] for place in kept) for rows in (self.before, self.after))
        return Pairs(before, after, self.only_before, self.only_after)


@dataclass(frozen=True, slots=True)
class Change:
    """A metric over the questions compared.

    `worse` is how far it fell (rose, where lower is better), negative for a gain. `lost` and `won` are
    (before, after) results of questions that got worse and better, the largest change first.
    `visible` is the smallest drop such a set can show, None where it can show none.
    """

    metric: str
    questions: int
    before: float
    after: float
    worse: float
    p: float
    visible: float | None
    lost: tuple[tuple[Result, Result], ...]
    won: tuple[tuple[Result, Result], ...]

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `check compare`: per question the ranks before and now."""

        def ranks(pairs: Sequence[tuple[Result, Result]]) -> list[dict[str, Any]]:
            return [{"id": new.id, "before": old.rank, "after": new.rank} for old, new in pairs]

        return {
            "metric": self.metric,
            "questions": self.questions,
            "before": round(self.before, 6),
            "after": round(self.after, 6),
            "p": round(self.p, 6),
            "visible_drop": self.visible,
            "lost": ranks(self.lost),
            "won": ranks(self.won),
        }

    @property
    def significant(self) -> bool:
        """Whether chance alone would seldom make such a difference."""
        return self.p < ALPHA

    def exceeds(self, allowed: float) -> bool:
        """Whether the drop is larger than allowed, chance or not."""
        return self.worse > allowed + _EPSILON

    def blind(self, allowed: float) -> bool:
        """Whether drops larger than allowed could pass unseen: the set is too small to tell."""
        return self.visible is None or self.visible > allowed + _EPSILON


def pair(before: Saved, after: Sequence[Result], unit: str) -> Pairs:
    """Raises QuestionsError where the earlier report ranks another unit, or shares no question."""
    if before.unit != unit:
        raise QuestionsError(f"{before.name}: ranks {before.unit}, this one {unit} (compare like with like)")
    known = {result.id: result for result in before.results}
    shared = [r for r in after if r.id in known and known[r.id].digest == r.digest]
    if not shared:
        raise QuestionsError(
            f"{before.name}: a report on other questions, none is shared (give a baseline of the same file)"
        )
    ids = {result.id for result in shared}
    return Pairs(
        tuple(known[result.id] for result in shared),
        tuple(shared),
        tuple(id for id in known if id not in ids),
        tuple(result.id for result in after if result.id not in ids),
    )


def change(pairs: Pairs, metric: Metric) -> Change | None:
    """None where the metric has no value of single questions, or applies to none of these."""
    if metric.of is None:
        return None
    old, new = (values(rows, [metric])[:, 0] for rows in (pairs.before, pairs.after))
    both = ~np.isnan(old) & ~np.isnan(new)
    if not both.any():
        return None
    drop = (new - old if metric.lower_is_better else old - new) * both.astype(float)
    drop = np.where(both & (np.abs(drop) > _EPSILON), drop, 0.0)
    order = np.argsort(-np.abs(drop), kind="stable").tolist()
    lost = tuple((pairs.before[row], pairs.after[row]) for row in order if drop[row] > 0)
    won = tuple((pairs.before[row], pairs.after[row]) for row in order if drop[row] < 0)
    return Change(
        metric=metric.name,
        questions=int(both.sum()),
        before=float(old[both].mean()),
        after=float(new[both].mean()),
        worse=float(drop[both].mean()),
        p=randomisation_p(drop[both]),
        visible=visible_drop(int(both.sum()), len(won)),
        lost=lost,
        won=won,
    )
