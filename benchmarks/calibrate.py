"""Fits the confidence of an answer and the cut below which nothing is answered: `qa/calibration.json`.

    python -m benchmarks.calibrate --index .wenju --questions FILE [--index IX --questions FILE]

A questions file gives answerable and unanswerable questions to the index named in its place. Each file weighs
the same. The cut refuses at most REFUSED_MOST of what the passages answer, in the mean of the files and in
ten-fold cross-validation, whose figures are printed; report on other questions. All is done twice: with the
encoder's answer head, and as if it had none, as other encoders have.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from index import PassageIndex, load, load_encoder
from qa.answer import read_hits
from qa.confidence import Features
from qa.labels import tie
from qa.questions import read_questions

TARGET = Path(__file__).parent.parent / "qa" / "calibration.json"
SHOWN = 5
FOLDS = 10
REGULARISATION = 1.0  # sklearn's C
SPREAD_LEAST = 1e-9
REFUSED_MOST = 0.11  # of the questions whose passages answer, in the mean of the files


@dataclass(frozen=True, slots=True)
class Case:
    """One decision: what it rests on, whether the passages answer, and how much it weighs."""

    features: Features
    answers: bool
    weight: float


def main(
    index: Annotated[list[Path], typer.Option(help="The index that the questions ask.")],
    questions: Annotated[list[Path], typer.Option(help="Labelled questions that are not the reported ones.")],
    write: Annotated[bool, typer.Option(help="Write the fit.")] = True,
) -> None:
    """Fit, print and write the calibration."""
    if len(index) != len(questions):
        raise typer.BadParameter(
            f"{len(index)} indexes for {len(questions)} questions files (name one for each)"
        )
    fits = {}
    for judging in (True, False):
        kind = "judged" if judging else "unjudged"
        typer.echo(f"{kind}:")
        encoder = load_encoder(judging=judging)
        asked = zip(index, questions, strict=True)
        fits[kind] = fit([(file, cases(load(one, encoder=encoder), file)) for one, file in asked])
    if write:
        TARGET.write_text(json.dumps(fits, indent=2) + "\n", encoding="utf-8")


def fit(groups: Sequence[tuple[Path, Sequence[Case]]]) -> dict[str, Any]:
    """Intercept, weights and cut; prints what the cut does to each file's cases."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    every = [case for _, group in groups for case in group]
    raw = np.asarray([case.features.row() for case in every])
    # Inputs of one spread, so that the regularisation asks no more of one than of another.
    spread = raw.std(axis=0) + SPREAD_LEAST
    rows = raw / spread
    answers = np.asarray([case.answers for case in every])
    weights = np.asarray([case.weight for case in every])
    model = LogisticRegression(C=REGULARISATION, max_iter=1000)
    fitted = {"sample_weight": weights * len(weights) / weights.sum()}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(model, rows, answers, cv=folds, method="predict_proba", params=fitted)[:, 1]
    sizes = [len(group) for _, group in groups]
    ends = np.cumsum(sizes)[:-1]
    answered = [
        some[right] for some, right in zip(np.split(guessed, ends), np.split(answers, ends), strict=True)
    ]
    cut = _cut(answered)
    typer.echo(f"cut {cut:.2f}")
    for (file, _), kept, right in zip(
        groups, np.split(guessed >= cut, ends), np.split(answers, ends), strict=True
    ):
        typer.echo(
            f"{file}: {len(kept)} cases, false answers {kept[~right].mean():.3f}, "
            f"refusals {(~kept[right]).mean():.3f}"
        )
    model.fit(rows, answers, **fitted)
    return {
        "intercept": round(float(model.intercept_[0]), 4),
        "weights": [round(float(weight), 4) for weight in model.coef_[0] / spread],
        "cut": round(cut, 4),
    }


def _cut(answered: Sequence[np.ndarray]) -> float:
    """The greatest probability, in hundredths, below which no more than REFUSED_MOST lie in the mean."""
    cuts = [round(cut, 2) for cut in np.arange(0.1, 0.9, 0.01)]
    refused = {cut: np.mean([(some < cut).mean() for some in answered]) for cut in cuts}
    return max(cut for cut in cuts if refused[cut] <= REFUSED_MOST or cut == cuts[0])


def cases(index: PassageIndex, file: Path) -> list[Case]:
    """A questions file's, asked of an index."""
    labelled = tie(read_questions(file), index)
    made = []
    for each in labelled:
        question = each.question.question
        encoding = index.encode(question)
        hits = index.search(question, SHOWN, encoding=encoding)
        found = any(place.in_chunk(hit.chunk) for place in each.gold for hit in hits)
        made.append(Case(read_hits(question, index, hits, encoding).features, found, 1 / len(labelled)))
    return made


if __name__ == "__main__":
    typer.run(main)
