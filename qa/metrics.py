"""The measures of a check as pure functions. They know ranks, grades and confidences, no index.

`ranks` holds, for each gold place of one question, the rank (from 1) of the first passage that
reaches it, or None. A question without any result has only None and so counts 0 everywhere.

Each gold place counts once: a second passage over the same place is neither rewarded nor a new
relevant item. Where one passage reaches several places at once, success, recall and MRR see its
rank for all of them, and nDCG and MAP give the further places the next free positions (`positions`),
so that the ideal ranking scores exactly 1 and the ideal is over the gold alone. With one place per
passage, which is the usual case and always so for documents, everything equals trec_eval.
"""

from collections.abc import Sequence
from math import log2

import numpy as np
from numpy.typing import NDArray

Ranks = Sequence[int | None]
Numbers = Sequence[float] | NDArray[np.float64]
CALIBRATION_BINS = 10  # equal width, as in Guo et al., ICML 2017


def success(ranks: Ranks, k: int) -> float:
    """1 if any gold place is reached in the first k, else 0: trec_eval `success_k`."""
    return float(any(rank is not None and rank <= k for rank in ranks))


def recall(ranks: Ranks, k: int) -> float:
    """Gold places reached in the first k / gold places: trec_eval `recall_k`.

    Cannot reach 1 where a question has more gold places than k passages can hold.
    """
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def reciprocal_rank(ranks: Ranks, k: int) -> float:
    """1 / rank of the first gold place, 0 below rank k: trec_eval `recip_rank`, cut at k.

    Voorhees, "The TREC-8 Question Answering Track Report", TREC 1999.
    """
    first = min((rank for rank in ranks if rank is not None), default=None)
    return 0.0 if first is None or first > k else 1 / first


def positions(ranks: Ranks) -> list[int | None]:
    """The ranks made distinct: of places reached at once, the later ones take the next free position.

    >>> positions([1, 1, 4, None])
    [1, 2, 4, None]
    """
    result: list[int | None] = [None] * len(ranks)
    last = 0
    for rank, place in sorted((rank, place) for place, rank in enumerate(ranks) if rank is not None):
        last = max(rank, last + 1)
        result[place] = last
    return result


def ndcg(ranks: Ranks, k: int, grades: Sequence[int] | None = None) -> float:
    """DCG@k / ideal DCG@k, DCG = sum of grade / log2(position + 1): trec_eval `ndcg_cut_k`.

    Järvelin and Kekäläinen, ACM TOIS 2002, with the linear gain of trec_eval. The ideal is over the
    gold places, found or not. Every grade is 1 unless given.
    """
    gains = [1] * len(ranks) if grades is None else list(grades)
    # The better place first, so that places reached at once get the positions the ideal gives them.
    order = sorted(range(len(gains)), key=lambda place: -gains[place])
    places = positions([ranks[place] for place in order])
    found = sum(
        gains[place] / log2(at + 1)
        for place, at in zip(order, places, strict=True)
        if at is not None and at <= k
    )
    ideal = sum(gains[place] / log2(at + 1) for at, place in enumerate(order[:k], start=1))
    return found / ideal


def average_precision(ranks: Ranks, k: int) -> float:
    """Sum over places found by k of (places found so far / position) / gold places: trec_eval `map_cut_k`.

    Buckley and Voorhees, SIGIR 2000. Divided by all gold places, also where there are more than k.
    """
    found = sorted(at for at in positions(ranks) if at is not None and at <= k)
    return sum(count / at for count, at in enumerate(found, start=1)) / len(ranks)


def auroc(positive: Numbers, negative: Numbers) -> float | None:
    """Chance that a positive scores above a negative, ties counted half; None without one of each.

    The Mann-Whitney U statistic / (positives * negatives): Hanley and McNeil, Radiology 1982.
    """
    if not len(positive) or not len(negative):
        return None
    below = np.sort(np.asarray(negative, dtype=np.float64))
    above = np.asarray(positive, dtype=np.float64)
    wins = np.searchsorted(below, above, side="left")
    wins_and_ties = np.searchsorted(below, above, side="right")
    return float((wins + wins_and_ties).sum() / (2 * len(above) * len(below)))


def calibration_error(confidences: Numbers, right: Sequence[bool] | NDArray[np.bool_]) -> float | None:
    """Sum over bins of |mean confidence - share right| * share of questions; None without any.

    Expected calibration error: Naeini et al., AAAI 2015; ten bins of equal width.
    """
    if not len(confidences):
        return None
    given, truth = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    bins = bin_of(given)
    gap = np.bincount(bins, weights=given - truth, minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / len(given))


def bin_of(confidences: Numbers) -> NDArray[np.int64]:
    """The calibration bin of each confidence, 0 to 9; a confidence of 1 belongs to the last."""
    scaled = np.floor(np.asarray(confidences, dtype=np.float64) * CALIBRATION_BINS).astype(np.int64)
    return np.clip(scaled, 0, CALIBRATION_BINS - 1)
