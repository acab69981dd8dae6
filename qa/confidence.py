"""Calibrated probability that the found passages answer the question: logistic regression on few features.

The weights stand in `calibration.json`, fitted by `python -m benchmarks.calibrate` on labelled questions
that are not the ones reported; see docs/decisions/0003.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WEIGHTS = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True, slots=True)
class Features:
    """What the decision to answer rests on. All are 0 where nothing was found.

    `sentence` cosine of the best sentence, `passage` cosine of the best passage, `coverage` share 0..1
    of the question's term weight in the best sentence's passage, `same_script` 1 where question and that
    passage are both Chinese or both not.
    """

    sentence: float = 0.0
    passage: float = 0.0
    coverage: float = 0.0
    same_script: float = 0.0

    def row(self) -> list[float]:
        """The regression's inputs: each cosine and the coverage, apart for same and other script."""
        same, other = self.same_script, 1 - self.same_script
        return [
            self.sentence * same,
            self.passage * same,
            self.coverage * same,
            self.sentence * other,
            self.passage * other,
            self.coverage * other,
            same,
        ]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic weights and the cut below which nothing is answered."""

    intercept: float
    weights: tuple[float, ...]
    cut: float

    def probability(self, features: Features) -> float:
        """Probability 0..1 that the passages answer."""
        row = features.row()
        logit = self.intercept + sum(w * x for w, x in zip(self.weights, row, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@cache
def calibration() -> Calibration:
    """The shipped calibration."""
    data = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
    return Calibration(data["intercept"], tuple(data["weights"]), data["cut"])
