"""An answer as the chat shows it: the quoted sentences with their citations, or an honest refusal."""

from typing import Literal

from qa.types import Answer, Passage
from qa.web.html import BADGES, esc
from qa.web.strings import Labels

Level = Literal["high", "middle", "low"]
# Words for a calibrated probability: right at least four times in five, and more often right than not.
HIGH = 0.8
MIDDLE = 0.5
NEAR = 0.9  # a passage not cited is near when its evidence scores at least this share of the cited one's
TAIL = 12  # longest word kept on one line with its citation, in characters


def level(probability: float) -> Level:
    """The word for a calibrated probability."""
    if probability >= HIGH:
        return "high"
    return "middle" if probability >= MIDDLE else "low"


def relevance(answer: Answer, passage: Passage) -> Level:
    """A cited passage is as relevant as the answer is sure; the others are measured against it."""
    cited = [_strength(p) for p in answer.passages if p.rank in answer.citations]
    if not answer.answered or not cited:
        return level(min(answer.confidence, HIGH - 0.01)) if passage.rank == 1 else "low"
    sure = level(answer.confidence)
    if passage.rank in answer.citations:
        return "middle" if sure == "low" else sure
    return "middle" if _strength(passage) >= NEAR * max(cited) and sure != "low" else "low"


def _strength(passage: Passage) -> float:
    return max((evidence.score for evidence in passage.evidence), default=0.0)


def word(value: Level, labels: Labels) -> str:
    """The level in the reader's language."""
    return {"high": labels.high, "middle": labels.middle, "low": labels.low}[value]


def pieces(answer: Answer) -> list[tuple[str, int | None]]:
    """The answer's text cut at its evidence, each piece with the rank it was taken from.

    The pieces joined are the answer's text; a piece that no cited evidence accounts for has None.
    """
    text = answer.text or ""
    cited = [p for rank in answer.citations for p in answer.passages if p.rank == rank]
    quotes = [
        (p.hit.chunk.article.text[e.start : e.end], p.rank)
        for p in cited
        for e in p.evidence
        if e.start < e.end
    ]
    parts: list[tuple[str, int | None]] = []
    at = 0
    while at < len(text):
        found = [(text.find(quote, at), -len(quote), quote, rank) for quote, rank in quotes]
        places = sorted(place for place in found if place[0] >= 0)
        if not places:
            break
        start, _, quote, rank = places[0]
        if start > at:
            parts.append((text[at:start], None))
        parts.append((quote, rank))
        at = start + len(quote)
    if at < len(text):
        parts.append((text[at:], None))
    return parts


def question_html(turn: int, question: str) -> str:
    """The asked question; clicking it brings its passages back."""
    return f'<div class="wj-q"><a href="#t-{turn}">{esc(question)}</a></div>'


def pending_html(labels: Labels, warm: bool) -> str:
    """Shown while an answer is sought."""
    return f'<div class="wj-wait">{esc(labels.waiting if warm else labels.warming)}</div>'


def error_html(message: str) -> str:
    """One friendly line in place of an answer."""
    return f'<div class="wj-oops">{esc(message)}</div>'


def answer_html(turn: int, answer: Answer, labels: Labels) -> str:
    """The answer for the chat; its id is `a-<turn>`, citations link to `#p-<turn>-<rank>`."""
    body = _quoted(turn, answer, labels) if answer.answered else _refused(labels)
    state = "answered" if answer.answered else "refused"
    return f'<div class="wj-a {state}" id="a-{turn}">{body}{_footer(turn, answer, labels)}</div>'


def _quoted(turn: int, answer: Answer, labels: Labels) -> str:
    passages = {p.rank: p for p in answer.passages}
    lines = []
    cut = pieces(answer)
    ranked = [rank for _, rank in cut if rank is not None] + [None]
    for text, rank in cut:
        if rank is None:
            lines.append(f'<span class="wj-between">{esc(text)}</span>')
            continue
        lang = passages[rank].hit.chunk.article.language
        ranked.pop(0)
        # Sentences in a row from one passage share its number.
        cite = _citation(turn, rank, labels) if ranked[0] != rank else ""
        head, tail = _tail(text)
        lines.append(f'<span lang="{lang}">{esc(head)}<span class="wj-tail">{esc(tail)}{cite}</span></span>')
    shown = {rank for _, rank in cut}
    missing = "".join(_citation(turn, rank, labels) for rank in answer.citations if rank not in shown)
    return f'<blockquote class="wj-say">{"".join(lines)}{missing}</blockquote>{_sources(answer, labels)}'


def _tail(text: str) -> tuple[str, str]:
    """Cuts off what must stay on one line with the citation: the last word, or the last two characters."""
    start = text.rfind(" ") + 1
    if not 0 < len(text) - start <= TAIL:
        start = max(0, len(text) - 2)
    return text[:start], text[start:]


def _citation(turn: int, rank: int, labels: Labels) -> str:
    title = esc(labels.citation.format(n=rank))
    return f'<a class="wj-cite" href="#p-{turn}-{rank}" title="{title}">{rank}</a>'


def _sources(answer: Answer, labels: Labels) -> str:
    seen: dict[str, str] = {}
    for rank in answer.citations:
        for passage in answer.passages:
            if passage.rank == rank:
                article = passage.hit.chunk.article
                date = f" <time>{esc(article.date)}</time>" if article.date else ""
                badge = f'<span class="wj-badge" lang="{article.language}">{BADGES[article.language]}</span>'
                seen.setdefault(
                    article.id,
                    f'<div class="wj-source">{badge} <cite lang="{article.language}">'
                    f"{esc(article.title or labels.untitled)}</cite>{date}</div>",
                )
    return "".join(seen.values())


def _refused(labels: Labels) -> str:
    return (
        f'<div class="wj-none">{esc(labels.refused)}</div>'
        f'<div class="wj-hint">{esc(labels.refused_hint)}</div>'
    )


def _footer(turn: int, answer: Answer, labels: Labels) -> str:
    value = level(answer.confidence)
    name = labels.confidence if answer.answered else labels.chance
    sure = (
        f'<span class="wj-level {value}">{esc(name)} <b>{esc(word(value, labels))}</b> '
        f'<span class="wj-number">{answer.confidence:.0%}</span></span>'
    )
    see = (
        f'<a class="wj-see" href="#t-{turn}">{esc(labels.see_passages.format(n=len(answer.passages)))}</a>'
        if answer.passages
        else ""
    )
    acts = ""
    if answer.answered:
        acts = (
            f'<button type="button" class="wj-copy">{esc(labels.copy)}</button>'
            f'<button type="button" class="wj-refuse" title="{esc(labels.should_refuse_hint)}">'
            f"{esc(labels.should_refuse)}</button>"
        )
    return f'<div class="wj-foot">{sure}<span class="wj-acts">{see}{acts}</span></div>'
