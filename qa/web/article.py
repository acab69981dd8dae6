"""The whole article, one block per line, each block knowing its offset, with the evidence marked."""

import re
from collections.abc import Iterator, Sequence

from index import Article, Span
from qa.web.cards import badge, file_name, meta
from qa.web.html import esc, marked, merge
from qa.web.strings import Labels

_LINE = re.compile(r"[^\r\n]+")


def lines(text: str) -> Iterator[Span]:
    """The lines that hold something to read; offsets are into the text."""
    for match in _LINE.finditer(text):
        if match[0].strip():
            yield Span(match.start(), match.end())


def parse_marks(marks: str, length: int) -> list[Span]:
    """`3-9,12-20` as spans inside a text of this length; whatever is not one raises ValueError."""
    spans = []
    for part in filter(None, marks.split(",")):
        start, _, end = part.partition("-")
        span = Span(int(start), int(end))
        if not 0 <= span.start < span.end <= length:
            raise ValueError(f"{part} lies outside the article's {length} characters")
        spans.append(span)
    return spans


def article_html(article: Article, marks: Sequence[Span], passage: Span | None, labels: Labels) -> str:
    """The dialog's inside. `data-start` on a line is the code point offset of its text content."""
    body = "".join(_line(article, line, marks, passage) for line in lines(article.text))
    title = esc(article.title or labels.untitled)
    about = meta(article) + (file_name(article) if article.source or article.date else "")
    several = (
        f'<button type="button" class="wj-next">{esc(labels.next_mark)}</button>' if len(marks) > 1 else ""
    )
    return (
        f'<header><div><h2 id="wj-article-title" lang="{article.language}">{title}</h2>'
        f'<div class="wj-about">{badge(article.language, labels)}{about}</div></div>'
        f'<button type="button" class="wj-close" aria-label="{esc(labels.close)}">'
        '<span aria-hidden="true">×</span></button></header>'
        f'<div class="wj-body" lang="{article.language}" tabindex="0" data-article="{esc(article.id)}">'
        f"{body}</div>"
        f'<footer><span class="wj-hint">{esc(labels.article_hint)}</span>{several}'
        f'<button type="button" class="wj-use" disabled>{esc(labels.article_use)}</button></footer>'
    )


def _line(article: Article, line: Span, marks: Sequence[Span], passage: Span | None) -> str:
    text = article.text
    found = merge([passage] if passage else [], line.start, line.end)
    inside = found[0] if found else Span(line.start, line.start)
    before = marked(text, line.start, inside.start, marks)
    within = marked(text, inside.start, inside.end, marks)
    after = marked(text, inside.end, line.end, marks)
    within = f'<span class="wj-range">{within}</span>' if within else ""
    return f'<p data-start="{line.start}">{before}{within}{after}</p>'
