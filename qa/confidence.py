"""Calibrated probability that the found passages answer the question: logistic regression on their features.

The weights stand in `calibration.json`, fitted by `python -m benchmarks.calibrate` on labelled questions
that are not the ones reported: with an answer head, and without (other encoders, and lexical mode); see
docs/decisions/0003 and 0007.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WEIGHTS = Path(__file__).with_name("calibration.json")
_LARGEST_LOGIT = 30.0


@dataclass(frozen=True, slots=True)
class Features:
    """What the decision to answer rests on.

    `sentence` and `passage` are the best sentence's and the best passage's cosine above the encoder's
    floor, `late` the best passage's late interaction above its own, `missing` what the best sentence
    lacks of the question in it, `share` and `coverage` the shares 0..1 of the question's words in sentence
    and passage, translated ones in another language, `own_language` whether the best sentence is in
    the question's, and `unnamed` the share of the question's names and years that its article never mentions.
    `odds` are the log odds that the best sentence answers, and the greatest of the deciding passages; None
    where nothing was judged.
    """

    sentence: float
    passage: float
    late: float
    missing: float
    share: float
    coverage: float
    own_language: bool
    unnamed: float
    odds: tuple[float, float] | None = None

    def row(self) -> list[float]:
        """The regression's inputs: all values apart for own and other language, and which of them it is."""
        own, other = float(self.own_language), float(not self.own_language)
        values = [
            self.sentence,
            self.passage,
            self.late,
            self.missing,
            self.share,
            self.coverage,
            self.unnamed,
            *(self.odds or ()),
        ]
        return [*(value * own for value in values), *(value * other for value in values), own]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic weights and the cut below which nothing is answered."""

    intercept: float
    weights: tuple[float, ...]
    cut: float

    def probability(self, features: Features) -> float:
        """Probability 0..1 that the passages answer."""
        logit = self.intercept + sum(w * x for w, x in zip(self.weights, features.row(), strict=True))
        return logistic(logit)


def logistic(logit: float) -> float:
    """The probability 0..1 of log odds, which may be of any size."""
    return 1 / (1 + math.exp(-max(-_LARGEST_LOGIT, min(_LARGEST_LOGIT, logit))))


@cache
def calibration(judged: bool) -> Calibration:
    """The shipped calibration for features with the odds of an answer head, or without them."""
    data = json.loads(_WEIGHTS.read_text(encoding="utf-8"))["judged" if judged else "unjudged"]
    return Calibration(data["intercept"], tuple(data["weights"]), data["cut"])
