"""Runs questions against an index and scores what comes back: `check` -> Report. Judges nothing.

Metrics stand in `metrics.py`, figures in `scoring.py`, pass or fail in `gates.py`. The module is not
called `check`, because `qa.check` is the function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from index import Article, Hit, Manifest, Mode, Progress, QuestionEncoding, language
from qa.answer import answer_from_hits
from qa.errors import GateError, NothingEvaluatedError
from qa.labels import Labelled, Located, tie
from qa.questions import Place, Question, read_questions, require_distinct
from qa.report import SHOWN, IndexInfo, Report, Result, Unit
from qa.scoring import DIMENSIONS, group, summarise
from qa.types import Answer

KS = (1, 3, 5, 10)
_DEPTH = 10  # of MRR, nDCG and MAP
_BATCH = 256  # questions searched at once: the encoder's batches stay full, and progress shows
_CHUNKS_PER_ARTICLE = 3  # first guess of how deep to search so that enough articles remain
_MODES = ("dense", "lexical", "fused")

Answerer = Callable[[str, Any, Sequence[Hit], QuestionEncoding | None], Answer]
"""Makes an answer from question, index, hits shown, and the question's encoding (None in lexical mode)."""


class Searcher(Protocol):
    """The part of a PassageIndex that a check needs."""

    @property
    def manifest(self) -> Manifest:
        """What the index was made with."""
        ...

    @property
    def fingerprint(self) -> str:
        """Equal for indexes that give equal results."""
        ...

    def encode_all(self, questions: Sequence[str], /) -> Sequence[QuestionEncoding]:
        """The questions as an encoder reads them."""
        ...

    def article(self, identifier: str, /) -> Article:
        """KeyError where the index has no such article."""
        ...

    def search(self, question: str, k: int, mode: Mode, encoding: QuestionEncoding | None) -> list[Hit]:
        """Best first, ties in a fixed order; the encoding is the question's, None in lexical mode."""
        ...


def check(
    questions: str | Path | Sequence[Question],
    index: Searcher,
    ks: Sequence[int] = KS,
    mode: Mode = "fused",
    progress: Progress | None = None,
    by: Sequence[str] = DIMENSIONS,
    unit: Unit = "passages",
    answerer: Answerer | None = answer_from_hits,
) -> Report:
    """The report on these questions: every metric, for all and by group, and each question's result.

    `unit` "articles" ranks articles by their best passage, as BEIR does. Without an `answerer`
    passages are ranked only, and what needs answers is None in the report. Raises for faulty
    or stale labels, and where there is no question at all.
    """
    cuts, mode = _checked(ks, mode)
    if isinstance(questions, str | Path):
        questions = read_questions(questions)
    require_distinct(questions)
    if not questions:
        raise NothingEvaluatedError("no question was given (zero questions never pass)")
    if unit == "articles":
        questions = [_by_article(question) for question in questions]
    labelled = tie(questions, index)
    run = _Run(index, mode, unit, max(*cuts, _DEPTH), answerer, progress or _silent)
    results, timings = run.over(labelled)
    manifest = index.manifest
    info = IndexInfo(manifest.encoder.name, index.fingerprint, manifest.articles, manifest.chunks)
    return scored(results, info, cuts, mode, by, unit, timings)


def scored(
    results: Sequence[Result],
    info: IndexInfo,
    ks: Sequence[int] = KS,
    mode: str = "fused",
    by: Sequence[str] = DIMENSIONS,
    unit: Unit = "passages",
    timings: Mapping[str, float] | None = None,
) -> Report:
    """The report on results that are there already, whoever ranked them."""
    started = perf_counter()
    groups = group(results, by)
    by_group = {
        name: {key: summarise(some, ks) for key, some in rows.items()} for name, rows in groups.items()
    }
    total = summarise(results, ks)
    spent = {**(timings or {}), "score": perf_counter() - started}
    return Report(info, mode, unit, tuple(ks), total, by_group, tuple(results), spent)


def _checked(ks: Iterable[int], mode: Mode) -> tuple[tuple[int, ...], Mode]:
    cuts = tuple(sorted(set(ks)))
    if not cuts or cuts[0] < 1:
        raise GateError(f"k is {', '.join(map(str, cuts)) or 'empty'} (give whole numbers from 1)")
    if mode not in _MODES:
        raise GateError(f"unknown mode {mode!r} (one of {', '.join(_MODES)})")
    return cuts, mode


def _by_article(question: Question) -> Question:
    """The question with whole articles for gold: where articles are ranked, any passage of one is a hit."""
    grades: dict[str, int] = {}
    for place in question.gold or ():
        grades[place.article] = max(place.grade, grades.get(place.article, 0))
    gold = tuple(Place(article, grade=grade) for article, grade in grades.items())
    return replace(question, gold=None if question.gold is None else gold)


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass over the questions: searches once, deep enough for everything that is asked of it."""

    index: Searcher
    mode: Mode
    unit: Unit
    depth: int
    answerer: Answerer | None
    progress: Progress

    def over(self, labelled: Sequence[Labelled]) -> tuple[list[Result], dict[str, float]]:
        """A result for each question, and the seconds that each stage took."""
        timings = {"encode": 0.0, "search": 0.0, "answer": 0.0}
        results: list[Result] = []
        for start in range(0, len(labelled), _BATCH):
            batch = labelled[start : start + _BATCH]
            began = perf_counter()
            encodings = self._encode([each.question.question for each in batch])
            encoded = perf_counter()
            hits = [self._search(each.question.question, v) for each, v in zip(batch, encodings, strict=True)]
            searched = perf_counter()
            results.extend(self._result(*found) for found in zip(batch, hits, encodings, strict=True))
            timings["encode"] += encoded - began
            timings["search"] += searched - encoded
            timings["answer"] += perf_counter() - searched
            self.progress("check", len(results), len(labelled))
        return results, timings

    def _encode(self, questions: Sequence[str]) -> Sequence[QuestionEncoding | None]:
        if self.mode == "lexical":
            return [None] * len(questions)
        return self.index.encode_all(questions)

    def _search(self, question: str, encoding: QuestionEncoding | None) -> list[Hit]:
        if self.unit == "passages":
            return self.index.search(question, self.depth, self.mode, encoding)
        # Deeper until `depth` articles remain, or there are no more passages to find.
        k = self.depth * _CHUNKS_PER_ARTICLE
        hits = self.index.search(question, k, self.mode, encoding)
        while len(hits) == k and len({hit.chunk.article.id for hit in hits}) < self.depth:
            k *= 4
            hits = self.index.search(question, k, self.mode, encoding)
        return hits

    def _result(self, labelled: Labelled, hits: Sequence[Hit], encoding: QuestionEncoding | None) -> Result:
        question = labelled.question
        ranked = _first_of_each_article(hits) if self.unit == "articles" else list(hits)
        ranked = ranked[: self.depth]
        first = ranked[0].chunk if ranked else None
        result = Result(
            question=question,
            digest=question.digest,
            lang=question.lang or language(question.question),
            pairs=(),
            gold_ranks=tuple(_rank(place, ranked) for place in labelled.gold),
            wrong_first=any(first is not None and place.in_chunk(first) for place in labelled.wrong)
            if labelled.wrong
            else None,
            found=tuple(hit.chunk for hit in ranked),
            gold_texts=tuple(place.text for place in labelled.gold),
        )
        targets = dict.fromkeys(place.language for place in labelled.gold if place.language)
        result = replace(result, pairs=tuple(f"{result.lang}>{target}" for target in targets))
        if self.answerer is None:
            return result
        answer = self.answerer(question.question, self.index, hits[:SHOWN], encoding)
        return replace(
            result,
            answered=answer.answered,
            confidence=float(answer.confidence),
            evidence_hit=_evidence_hit(labelled.gold, answer) if labelled.gold else None,
        )


def _first_of_each_article(hits: Iterable[Hit]) -> list[Hit]:
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.chunk.article.id, hit)
    return list(best.values())


def _rank(place: Located, hits: Sequence[Hit]) -> int | None:
    return next((rank for rank, hit in enumerate(hits, start=1) if place.in_chunk(hit.chunk)), None)


def _evidence_hit(gold: Sequence[Located], answer: Answer) -> bool:
    if not answer.passages:
        return False
    first = answer.passages[0]
    article = first.hit.chunk.article.id
    return any(place.reached_by(article, e.start, e.end) for place in gold for e in first.evidence)
