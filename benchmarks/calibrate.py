"""Fits the confidence of an answer and the cut below which nothing is answered: `qa/calibration.json`.

    python -m benchmarks.calibrate --index .wenju --questions FILE [--index IX --questions FILE] [--beir DIR]

A questions file gives answerable and unanswerable questions to the index named in its place. A BEIR folder
gives each question twice: with all that was found, and without the passages of its gold documents, when
nothing that is left answers it. Each file and each folder weighs the same. The cut refuses at most
REFUSED_MOST of what the passages answer of the first file, in ten-fold cross-validation, whose figures are
printed; report on other questions. All is fitted twice: with the odds of an answer head and, for encoders
that have none, without them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from index import Hit, PassageIndex, load
from qa.answer import read_hits
from qa.beir import index_beir, read_beir
from qa.confidence import Features
from qa.labels import tie
from qa.questions import read_questions

TARGET = Path(__file__).parent.parent / "qa" / "calibration.json"
SHOWN = 5
DEPTH = 25  # hits searched, so that five are left without the gold documents
SAMPLE = 600  # questions of a BEIR folder
FOLDS = 10
REGULARISATION = 1.0  # sklearn's C
SPREAD_LEAST = 1e-9
REFUSED_MOST = 0.03  # of the questions whose passages answer; on other files it becomes up to a tenth


@dataclass(frozen=True, slots=True)
class Case:
    """One decision: what it rests on, whether the passages answer, and how much it weighs."""

    features: Features
    answers: bool
    weight: float


def main(
    index: Annotated[list[Path], typer.Option(help="The index that the questions ask.")],
    questions: Annotated[list[Path], typer.Option(help="Labelled questions that are not the reported ones.")],
    beir: Annotated[list[Path] | None, typer.Option(help="BEIR folders.")] = None,
    write: Annotated[bool, typer.Option(help="Write the fit.")] = True,
) -> None:
    """Fit, print and write the calibration."""
    if len(index) != len(questions):
        raise typer.BadParameter(
            f"{len(index)} indexes for {len(questions)} questions files (name one for each)"
        )
    groups = [list(_own(load(one), file)) for one, file in zip(index, questions, strict=True)]
    groups += [list(_beir(folder, index[0])) for folder in beir or ()]
    names = [str(source) for source in (*questions, *(beir or ()))]
    fits = {}
    for kind in ("judged", "unjudged"):
        typer.echo(f"{kind}:")
        fits[kind] = _fit(dict(zip(names, groups, strict=True)))
        groups = [[replace(c, features=replace(c.features, odds=None)) for c in group] for group in groups]
    if write:
        TARGET.write_text(json.dumps(fits, indent=2) + "\n", encoding="utf-8")


def _fit(groups: Mapping[str, Sequence[Case]]) -> dict[str, Any]:
    """Intercept, weights and cut; prints what the cut does to each group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    cases = [case for group in groups.values() for case in group]
    raw = np.asarray([case.features.row() for case in cases])
    # Inputs of one spread, so that the regularisation asks no more of one than of another.
    spread = raw.std(axis=0) + SPREAD_LEAST
    rows = raw / spread
    answers = np.asarray([case.answers for case in cases])
    weights = np.asarray([case.weight for case in cases])
    model = LogisticRegression(C=REGULARISATION, max_iter=1000)
    fitted = {"sample_weight": weights * len(weights) / weights.sum()}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(model, rows, answers, cv=folds, method="predict_proba", params=fitted)[:, 1]
    sizes = [len(group) for group in groups.values()]
    cut = _cut(guessed[: sizes[0]][answers[: sizes[0]]])
    typer.echo(f"cut {cut:.2f}")
    ends = np.cumsum(sizes)[:-1]
    for name, kept, answered in zip(
        groups, np.split(guessed >= cut, ends), np.split(answers, ends), strict=True
    ):
        typer.echo(
            f"{name}: {len(kept)} cases, false answers {kept[~answered].mean():.3f}, "
            f"refusals {(~kept[answered]).mean():.3f}"
        )
    model.fit(rows, answers, **fitted)
    return {
        "intercept": round(float(model.intercept_[0]), 4),
        "weights": [round(float(weight), 4) for weight in model.coef_[0] / spread],
        "cut": round(cut, 4),
    }


def _cut(answered: np.ndarray) -> float:
    """The greatest probability, in hundredths, below which at most REFUSED_MOST of the answered ones lie."""
    cuts = [round(cut, 2) for cut in np.arange(0.1, 0.9, 0.01)]
    return max(cut for cut in cuts if (answered < cut).mean() <= REFUSED_MOST or cut == cuts[0])


def _own(index: PassageIndex, file: Path) -> Iterator[Case]:
    labelled = tie(read_questions(file), index)
    for each in labelled:
        question = each.question.question
        hits = index.search(question, SHOWN)
        found = any(place.in_chunk(hit.chunk) for place in each.gold for hit in hits)
        yield _case(question, index, hits, found, 1 / len(labelled))


def _beir(folder: Path, index: Path) -> Iterator[Case]:
    data = read_beir(folder)
    opened = index_beir(data, index.with_name(f"{index.name}-{folder.name}"))
    sample = np.random.default_rng(0).permutation(len(data.questions))[:SAMPLE]
    for place in sample.tolist():
        question = data.questions[place]
        gold = {each.article for each in question.gold or ()}
        hits = opened.search(question.question, DEPTH)
        found = any(hit.chunk.article.id in gold for hit in hits[:SHOWN])
        yield _case(question.question, opened, hits[:SHOWN], found, 0.5 / len(sample))
        others = [hit for hit in hits if hit.chunk.article.id not in gold]
        if others:
            yield _case(question.question, opened, others[:SHOWN], False, 0.5 / len(sample))


def _case(question: str, index: PassageIndex, hits: Sequence[Hit], answers: bool, weight: float) -> Case:
    return Case(read_hits(question, index, hits, index.encode(question)).features, answers, weight)


if __name__ == "__main__":
    typer.run(main)
