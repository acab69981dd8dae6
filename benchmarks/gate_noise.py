"""How often a gate on a drop fails where nothing got worse, and where something did, by size of the set.

    python -m benchmarks.gate_noise

Two runs of a system that serves 90 % of the questions: 4 % of them change sides by chance, as often one
way as the other, and in the second case one question in ten is lost besides. Seeded simulation.
"""

import sys

import numpy as np

from qa.significance import ALPHA, Floats, randomisation_p

RUNS = 400
ALLOWED = 0.02
CHANGING = 0.04
SIZES = (40, 120, 400, 1000)


def differences(rng: np.random.Generator, size: int, lost: float) -> Floats:
    """Per question: 1 where it was served before and is not now, -1 the other way round."""
    before = rng.random(size) < 0.9
    after = before ^ (rng.random(size) < CHANGING * np.where(before, 0.5 / 0.9, 0.5 / 0.1))
    after &= rng.random(size) >= lost
    return before.astype(np.float64) - after.astype(np.float64)


def failing(size: int, lost: float) -> tuple[float, float]:
    """Share of runs that fail by the drop alone, and by the drop and the test."""
    rng = np.random.default_rng(7)
    larger = significant = 0
    for _ in range(RUNS):
        drop = differences(rng, size, lost)
        if drop.mean() > ALLOWED:
            larger += 1
            significant += randomisation_p(drop) < ALPHA
    return larger / RUNS, significant / RUNS


def main() -> int:
    """Prints the table of docs/decisions/0004."""
    cases = ("nothing worse: drop alone", "drop and test", "a tenth lost: drop alone", "drop and test")
    sys.stdout.write(f"| questions | {' | '.join(cases)} |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- |\n")
    for size in SIZES:
        cells = [f"{share:.3f}" for lost in (0.0, 0.1) for share in failing(size, lost)]
        sys.stdout.write(f"| {size} | {' | '.join(cells)} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
