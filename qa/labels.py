"""Ties the labels of questions to the articles of an index, and passages to the labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from index import Article, Chunk, Span
from qa.errors import StaleLabelError
from qa.questions import Place, Question

_NAMED = 5  # further stale labels are counted, to keep the message one line


class Articles(Protocol):
    """The part of an index that labels need."""

    def article(self, identifier: str, /) -> Article:
        """KeyError where the index has no such article."""
        ...


@dataclass(frozen=True, slots=True)
class Located:
    """A place with its text and the spans where it stands: none where its article is not there at all."""

    place: Place
    spans: tuple[Span, ...]
    text: str
    language: str | None

    def reached_by(self, article: str, start: int, end: int) -> bool:
        """Whether the range start..end of the article overlaps the place anywhere."""
        return article == self.place.article and any(
            start < span.end and span.start < end for span in self.spans
        )

    def in_chunk(self, chunk: Chunk) -> bool:
        """Whether the chunk overlaps the place anywhere."""
        return self.reached_by(chunk.article.id, chunk.start, chunk.end)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question whose labels are tied to an index."""

    question: Question
    gold: tuple[Located, ...]
    wrong: tuple[Located, ...]


def tie(questions: Sequence[Question], index: Articles) -> list[Labelled]:
    """Every question with its places located; raises once, naming all labels that are stale."""
    stale: list[tuple[Question, str]] = []
    labelled = []
    for question in questions:
        try:
            gold = tuple(_locate(place, index) for place in question.gold or ())
            wrong = tuple(_locate(place, index) for place in question.wrong)
        except StaleLabelError as error:
            stale.append((question, str(error)))
        else:
            labelled.append(Labelled(question, gold, wrong))
    if stale:
        raise StaleLabelError(_stale_message(stale))
    return labelled


def _locate(place: Place, index: Articles) -> Located:
    whole = place.quote is None and place.start is None
    try:
        article = index.article(place.article)
    except KeyError:
        if whole:
            # trec_eval keeps a judged document that is not in the collection: it is never found.
            return Located(place, (), "", None)
        raise StaleLabelError(f"article {place.article!r} is not in the index") from None
    spans = (Span(0, len(article.text)),) if whole else tuple(_spans(place, article.text))
    if not spans:
        said = f"quote {_short(place.quote)}" if place.quote else f"end {place.end}"
        problem = "no longer stands in" if place.quote else "lies beyond the text of"
        raise StaleLabelError(f"{said} {problem} {place.article}")
    return Located(place, spans, article.text[spans[0].start : spans[0].end], article.language)


def _spans(place: Place, text: str) -> Iterable[Span]:
    if place.quote is not None:
        at = text.find(place.quote)
        while at >= 0:
            yield Span(at, at + len(place.quote))
            at = text.find(place.quote, at + 1)
    elif place.start is not None and place.end is not None and place.end <= len(text):
        yield Span(place.start, place.end)


def _short(quote: str | None, limit: int = 24) -> str:
    text = " ".join((quote or "").split())
    return f"“{text if len(text) <= limit else text[: limit - 1] + '…'}”"


def _stale_message(stale: Sequence[tuple[Question, str]]) -> str:
    question, problem = stale[0]
    message = f"{question.where or 'questions'}: {question.id}: {problem}"
    others = [other.id for other, _ in stale[1:]]
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        message += f"; stale too: {', '.join(others[:_NAMED])}{more}"
    return f"{message} (mend the labels, or build the index from the articles they were made for)"
