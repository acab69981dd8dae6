"""How far a figure can be trusted: bootstrap intervals, and a test for two runs over the same questions.

Everything is seeded: the same numbers give the same interval and the same p, on every machine.
"""

from collections.abc import Callable
from itertools import product
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
RESAMPLES = 1000  # Efron and Tibshirani, 1993: enough for the ends of a percentile interval
FEWEST = 5  # questions below which resampling only repeats what was seen, and no interval is given
TRIALS = 10_000
EXACT_UP_TO = 13  # 2^13 sign patterns are fewer than TRIALS, so they are counted instead of drawn
SEED = 20070611
_BLOCK = 128  # resamples or trials drawn at once; bounds memory, and is part of what the seed means

_EXACT_SIGNS = 1000  # 0.5 ** 1000 is still a float; above it the normal curve is the binomial to many digits

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def mean_intervals(values: Floats) -> list[Interval | None]:
    """The 95 % percentile bootstrap interval of each column's mean, over resampled rows.

    NaN means that a metric does not apply to a question; a column with too few others has no interval.
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
    """
    rows, columns = values.shape
    applies = ~np.isnan(values)
    filled = np.where(applies, values, 0.0)
    rng = np.random.default_rng(SEED)
    means = np.empty((RESAMPLES, columns))
    for start in range(0, RESAMPLES, _BLOCK):
        size = min(_BLOCK, RESAMPLES - start)
        drawn = rng.integers(0, rows, size=(size, rows)) + rows * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)
        with np.errstate(invalid="ignore"):
            means[start : start + size] = (weights @ filled) / (weights @ applies)
    known = applies.sum(axis=0)
    return [_ends(column) if count >= FEWEST else None for column, count in zip(means.T, known, strict=True)]


def interval(count: int, statistic: Callable[[NDArray[np.int64]], float | None]) -> Interval | None:
    """The same interval for a statistic that is no mean: it is given the rows drawn."""
    if count < FEWEST:
        return None
    rng = np.random.default_rng(SEED)
    drawn = (statistic(rng.integers(0, count, size=count)) for _ in range(RESAMPLES))
    return _ends(np.array([np.nan if value is None else value for value in drawn]))


def _ends(values: Floats) -> Interval | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def randomisation_p(differences: Floats) -> float:
    """Two-sided p of the mean paired difference, if each sign were a coin's fall.

    Fisher's randomisation test as recommended by Smucker, Allan and Carterette, CIKM 2007. Questions
    that did not change cannot tell; with few that did, all sign patterns are counted exactly.
    """
    changed = differences[differences != 0]
    if not len(changed):
        return 1.0
    # A hair below, so that rounding does not make an equal sum look smaller.
    observed = abs(changed.sum()) * (1 - 1e-9)
    if len(changed) <= EXACT_UP_TO:
        signs = np.array(list(product((1.0, -1.0), repeat=len(changed))))
        return float(np.mean(np.abs(signs @ changed) >= observed))
    rng = np.random.default_rng(SEED)
    extreme = 0
    for start in range(0, TRIALS, _BLOCK):
        size = min(_BLOCK, TRIALS - start)
        signs = rng.choice((-1.0, 1.0), size=(size, len(changed)))
        extreme += int(np.count_nonzero(np.abs(signs @ changed) >= observed))
    # The observed pattern is one of those that could have fallen.
    return (extreme + 1) / (TRIALS + 1)


def visible_drop(questions: int, won: int = 0) -> float | None:
    """The smallest drop, in whole questions lost, that the test can find significant in such a set.

    `won` questions improved and stand against the lost ones. None where losing every other question
    would still prove nothing.

    >>> visible_drop(40) == 6 / 40   # two-sided p of 6 losses and no win is 2 / 2^6 = 0.03
    True
    >>> visible_drop(5) is None      # 2 / 2^5 = 0.06
    True
    """
    for lost in range(won + 1, questions - won + 1):
        if _sign_p(lost, won) < ALPHA:
            return (lost - won) / questions
    return None


def _sign_p(lost: int, won: int) -> float:
    """Two-sided p of the randomisation test where every change is one whole question."""
    changed = lost + won
    if changed > _EXACT_SIGNS:
        return erfc((lost - won) / sqrt(2 * changed))
    tail, term = 0.0, 0.5**changed
    for wins in range(won + 1):
        tail += term
        term *= (changed - wins) / (wins + 1)
    return min(1.0, 2 * tail)
