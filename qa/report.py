"""What a check gives: a result for each question, figures for all and for each group. Frozen, and JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from index import Chunk
from qa.questions import Question
from qa.significance import Interval

SHOWN = 5  # passages that `ask` shows, and that an answer is made from
Unit = Literal["passages", "articles"]
Figures = Mapping[str, float | None]
"""Metric name to value; None where no question stood behind it."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one question fared.

    `gold_ranks` follow the question's gold: the rank of the first passage (or article) that reaches
    each place, None where none of the searched ones does. `answered`, `confidence` and `evidence_hit`
    are None where nothing was answered, only ranked. `wrong_first`: the first passage is one that a
    reader marked wrong; None without such marks. `found` are the first chunks and `gold_texts` the
    texts of the gold places, both absent in a report that was read from a file.
    """

    question: Question
    digest: str
    lang: str
    pairs: tuple[str, ...]
    gold_ranks: tuple[int | None, ...]
    answered: bool | None = None
    confidence: float | None = None
    evidence_hit: bool | None = None
    wrong_first: bool | None = None
    found: tuple[Chunk, ...] = ()
    gold_texts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The question's."""
        return self.question.id

    @property
    def rank(self) -> int | None:
        """Of the first gold hit."""
        return min((rank for rank in self.gold_ranks if rank is not None), default=None)

    @property
    def supported(self) -> bool:
        """Whether the passages shown hold an answer: what `confidence` is the probability of."""
        return self.rank is not None and self.rank <= SHOWN

    @property
    def good(self) -> bool:
        """Whether a reader was served: shown an answer's passage, or refused where there is none."""
        if self.question.answerable:
            return self.supported
        return not (self.answered and self.question.answerable is False) and not self.wrong_first

    def as_dict(self) -> dict[str, Any]:
        """The contract's row, and what a later comparison needs."""
        first = self.found[0] if self.found else None
        return {
            "id": self.id,
            "rank": self.rank,
            "answered": self.answered,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "evidence_hit": self.evidence_hit,
            "question": self.question.question,
            "digest": self.digest,
            "answerable": self.question.answerable,
            "lang": self.lang,
            "lang_pair": list(self.pairs),
            "tags": list(self.question.tags),
            "gold_ranks": list(self.gold_ranks),
            "gold_grades": [place.grade for place in self.question.gold or ()],
            "wrong_first": self.wrong_first,
            "first": first and {"article": first.article.id, "start": first.start, "end": first.end},
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Figures over some of the questions, with their 95 % bootstrap intervals."""

    questions: int
    answerable: int
    metrics: Figures
    intervals: Mapping[str, Interval | None]

    def as_dict(self) -> dict[str, Any]:
        """The contract's figures, with intervals under the same names."""
        return {
            "questions": self.questions,
            "answerable": self.answerable,
            "metrics": {name: _rounded(value) for name, value in self.metrics.items()},
            "intervals": {
                name: None if ends is None else [round(end, 6) for end in ends]
                for name, ends in self.intervals.items()
            },
        }


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which index was checked."""

    model: str
    fingerprint: str
    articles: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate found. `note` is for a reader; `lost` and `won` say by id how questions fared."""

    gate: str
    passed: bool
    note: str
    lost: Mapping[str, str] = field(default_factory=dict)
    won: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """A row of the report's `gates`."""
        return {
            "gate": self.gate,
            "passed": self.passed,
            "note": self.note,
            "lost": dict(self.lost),
            "won": dict(self.won),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A whole check. `unit` says what ranks count: passages, or articles (best passage of each)."""

    index: IndexInfo
    mode: str
    unit: Unit
    ks: tuple[int, ...]
    total: Group
    by: Mapping[str, Mapping[str, Group]]
    results: tuple[Result, ...]
    timings: Mapping[str, float] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()

    @property
    def depth(self) -> int:
        """Ranks beyond this were not looked at."""
        return max(*self.ks, 10)

    @property
    def passed(self) -> bool:
        """Whether no gate failed; true without gates."""
        return all(verdict.passed for verdict in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """The contract's document."""
        index = self.index
        return {
            "index": {
                "model": index.model,
                "fingerprint": index.fingerprint,
                "articles": index.articles,
                "chunks": index.chunks,
            },
            "mode": self.mode,
            "unit": self.unit,
            "ks": list(self.ks),
            **self.total.as_dict(),
            "by": {
                name: {key: group.as_dict() for key, group in groups.items()}
                for name, groups in self.by.items()
            },
            "gates": [verdict.as_dict() for verdict in self.verdicts],
            "passed": self.passed,
            "timings_s": {name: round(value, 3) for name, value in self.timings.items()},
            "results": [result.as_dict() for result in self.results],
        }

    def require(self, at_least: Mapping[str, float], at_most: Mapping[str, float] | None = None) -> None:
        """Raises CheckFailed, naming the questions lost, where a metric misses its bound.

        Keys are written as in the gates: `success@5`, `success@5[crosslingual]`. `at_most` is for
        metrics that are better when lower, such as `false_answer_rate`.
        """
        from qa.gates import require  # gates judge reports, so they cannot be imported above

        require(self, at_least, at_most or {})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def dump(document: Mapping[str, Any]) -> str:
    """JSON as every command here writes it."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
