"""The frozen values that an answer and a check are made of, and the shape of their JSON."""

from dataclasses import dataclass, field
from typing import Any

from index import Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that supports the answer: offsets into the article, score 0..1."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A found chunk with its marked evidence. `rank` counts from 1; evidence is in text order."""

    rank: int
    hit: Hit
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` gives.

    `text` is evidence text word for word, or None where the articles do not answer.
    `citations` are the ranks of the passages that `text` was taken from, in its order.
    `confidence` (0..1) is the calibrated probability that the passages answer the question.
    `timings` are milliseconds for encode, search and answer.
    """

    question: str
    text: str | None
    citations: tuple[int, ...]
    confidence: float
    passages: tuple[Passage, ...]
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether there is an answer; passages are there either way."""
        return self.text is not None

    def as_dict(self, explain: bool = False) -> dict[str, Any]:
        """The contract's `ask --json` document; `explain` adds to each passage why it was found."""
        return {
            "question": self.question,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "answer": {"text": self.text, "citations": list(self.citations)} if self.answered else None,
            "passages": [_passage_dict(passage, explain) for passage in self.passages],
            "timings_ms": {name: round(value, 1) for name, value in self.timings.items()},
        }


def _passage_dict(passage: Passage, explain: bool) -> dict[str, Any]:
    hit, chunk = passage.hit, passage.hit.chunk
    article = chunk.article
    row: dict[str, Any] = {
        "rank": passage.rank,
        "article": article.id,
        "title": article.title,
        "date": article.date,
        "source": article.source,
        "language": article.language,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "evidence": [
            {"start": e.start, "end": e.end, "text": article.text[e.start : e.end]} for e in passage.evidence
        ],
        "score": round(hit.score, 6),
        "cosine": None if hit.cosine is None else round(hit.cosine, 4),
        "lexical_rank": hit.lexical_rank,
        "dense_rank": hit.dense_rank,
    }
    if explain:
        row["coverage"] = round(hit.coverage, 4)
        row["late"] = None if hit.late is None else round(hit.late.passage, 4)
        row["answer_log_odds"] = round(max(hit.answer_odds), 4) if hit.answer_odds else None
        row["terms"] = [{"text": term.text, "weight": round(term.weight, 4)} for term in hit.terms]
    return row
