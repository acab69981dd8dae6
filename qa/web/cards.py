"""The panel beside the chat: one section per question, one card per passage."""

from collections.abc import Sequence

from index import Article, Language, Span
from qa.types import Answer, Passage
from qa.web.answers import Level, relevance, word
from qa.web.html import BADGES, attributes, esc, folded_lines, marked
from qa.web.strings import Labels

TERMS_SHOWN = 10  # matched terms listed, the weightiest first
CORPUS_SHOWN = 12  # article titles listed before the first question


def badge(language: Language, labels: Labels) -> str:
    """简, 繁 or EN, with the full name for screen readers and as a tooltip."""
    names = {
        "zh-Hans": labels.lang_hans,
        "zh-Hant": labels.lang_hant,
        "en": labels.lang_en,
        "und": labels.lang_und,
    }
    name = esc(names[language])
    return (
        f'<span class="wj-badge" title="{name}"><span aria-hidden="true">{BADGES[language]}</span>'
        f'<span class="wj-sr">{name}</span></span>'
    )


def meta(article: Article) -> str:
    """Source and date of an article, in one line; its file where the text tells neither."""
    parts = [f'<span class="wj-src">{esc(article.source)}</span>'] if article.source else []
    if article.date:
        parts.append(f"<time>{esc(article.date)}</time>")
    return "".join(parts) or file_name(article)


def file_name(article: Article) -> str:
    """The article's id, which is its file's name in the corpus."""
    return f'<span class="wj-file" title="{esc(article.id)}">{esc(article.id)}</span>'


def panel_html(turns: Sequence[Answer], labels: Labels) -> str:
    """All questions' passages; the last section is shown, the others wait to be called back."""
    last = len(turns)
    sections = "".join(
        section_html(number, answer, labels, number == last) for number, answer in enumerate(turns, 1)
    )
    return f'<div class="wj-sections">{sections}</div>'


def section_html(turn: int, answer: Answer, labels: Labels, shown: bool) -> str:
    """One question's passages: the cited ones first, then the others, or the nearest if it was refused."""
    cited = [p for rank in answer.citations for p in answer.passages if p.rank == rank]
    others = [p for p in answer.passages if p.rank not in answer.citations]
    other_title = labels.further if cited else labels.nearest
    if answer.answered and not cited:
        other_title = labels.passages
    groups = _group(turn, answer, cited, labels.cited, labels, "cited")
    groups += _group(turn, answer, others, other_title, labels, "other")
    if not answer.passages:
        groups = f'<p class="wj-hint">{esc(labels.nothing_found)}</p>'
    named = attributes({"id": f"t-{turn}", "data-question": answer.question, "hidden": not shown})
    return (
        f'<section class="wj-section{"" if answer.answered else " refused"}"{named} tabindex="-1">'
        f'<h3 class="wj-asked"><span>{esc(labels.asked)}</span> {esc(answer.question)}</h3>{groups}</section>'
    )


def _group(
    turn: int, answer: Answer, passages: Sequence[Passage], title: str, labels: Labels, kind: str
) -> str:
    if not passages:
        return ""
    cards = "".join(card_html(turn, answer, passage, labels) for passage in passages)
    return f'<div class="wj-group {kind}"><h4>{esc(title)}</h4>{cards}</div>'


def card_html(turn: int, answer: Answer, passage: Passage, labels: Labels) -> str:
    """One passage. Its text content is the passage's text, the evidence in <mark>."""
    chunk = passage.hit.chunk
    article = chunk.article
    marks = [Span(e.start, e.end) for e in passage.evidence]
    named = attributes(
        {
            "id": f"p-{turn}-{passage.rank}",
            "data-rank": passage.rank,
            "data-article": article.id,
            "data-start": chunk.start,
            "data-end": chunk.end,
            "data-marks": ",".join(f"{m.start}-{m.end}" for m in marks),
            "aria-labelledby": f"h-{turn}-{passage.rank}",
        }
    )
    level = relevance(answer, passage)
    return (
        f'<article class="wj-card {level}"{named} tabindex="-1">'
        f'<header><span class="wj-rank">{passage.rank}</span>'
        f'<h5 id="h-{turn}-{passage.rank}" lang="{article.language}" title="{esc(article.id)}">'
        f"{esc(article.title or labels.untitled)}</h5>"
        f"{badge(article.language, labels)}</header>"
        f'<div class="wj-meta"><span class="wj-about">{meta(article)}</span>'
        f"{_relevance(level, passage, labels)}</div>"
        f'<p class="wj-text" lang="{article.language}">'
        f"{folded_lines(marked(article.text, chunk.start, chunk.end, marks))}</p>"
        f'<div class="wj-do">{_actions(turn, labels)}</div>{why_html(passage, labels)}</article>'
    )


def _relevance(level: Level, passage: Passage, labels: Labels) -> str:
    cosine = passage.hit.cosine
    hint = None if cosine is None else labels.relevance_hint.format(cosine=f"{cosine:.2f}")
    bars = '<i class="wj-bars" aria-hidden="true"><i></i><i></i><i></i></i>'
    return (
        f'<span class="wj-rel {level}"{attributes({"title": hint})}>'
        f"{esc(labels.relevance)} {bars}<b>{esc(word(level, labels))}</b></span>"
    )


def _actions(turn: int, labels: Labels) -> str:
    buttons = [
        f'<button type="button" class="wj-open">{esc(labels.show_article)}</button>',
        f'<a class="wj-back" href="#a-{turn}">{esc(labels.back)}</a>',
        '<span class="wj-marks">',
    ]
    for kind, name, hint in (
        ("right", labels.right, labels.right_hint),
        ("wrong", labels.wrong, labels.wrong_hint),
    ):
        buttons.append(
            f'<button type="button" class="wj-mark {kind}" data-kind="{kind}" aria-pressed="false"'
            f' title="{esc(hint)}">{esc(name)}</button>'
        )
    return "".join(buttons) + "</span>"


def why_html(passage: Passage, labels: Labels) -> str:
    """A fold with both ranks, cosine, late interaction, answer odds, the matched terms, and the score."""
    hit = passage.hit
    dense = [_rank(hit.dense_rank, labels)]
    if hit.cosine is not None:
        dense.append(esc(labels.why_cosine.format(n=f"{hit.cosine:.3f}")))
    if hit.late is not None:
        dense.append(esc(labels.why_late.format(n=f"{hit.late.passage:.3f}")))
    rows = [
        (labels.why_dense, " · ".join(dense)),
        *([(labels.why_answers, f"{max(hit.answer_odds):+.2f}")] if hit.answer_odds else []),
        (labels.why_lexical, _rank(hit.lexical_rank, labels)),
        (labels.why_terms, _terms(passage, labels)),
        (labels.why_score, f"{hit.score:.4f}"),
    ]
    cells = "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in rows)
    return f'<details class="wj-why"><summary>{esc(labels.why)}</summary><dl>{cells}</dl></details>'


def _rank(rank: int | None, labels: Labels) -> str:
    return esc(labels.why_not_found if rank is None else labels.why_rank.format(n=rank))


def _terms(passage: Passage, labels: Labels) -> str:
    terms = sorted(passage.hit.terms, key=lambda term: -term.weight)
    if not terms:
        return esc(labels.why_no_terms)
    chips = [f"<li>{esc(term.text)} <b>{term.weight:.2f}</b></li>" for term in terms[:TERMS_SHOWN]]
    if len(terms) > TERMS_SHOWN:
        chips.append(f"<li>+{len(terms) - TERMS_SHOWN}</li>")
    return f'<ul class="wj-terms">{"".join(chips)}</ul>'


def corpus_html(articles: Sequence[Article], total: int, labels: Labels) -> str:
    """Before the first question: what can be asked about."""
    rows = "".join(
        f'<li><button type="button" class="wj-open" data-article="{esc(article.id)}">'
        f'{badge(article.language, labels)}<span class="wj-item"><b lang="{article.language}">'
        f'{esc(article.title or labels.untitled)}</b><span class="wj-about">{meta(article)}</span>'
        "</span></button></li>"
        for article in articles
    )
    rest = total - len(articles)
    more = f'<p class="wj-hint">{esc(labels.corpus_more.format(n=rest))}</p>' if rest > 0 else ""
    return (
        f'<div class="wj-corpus"><p class="wj-hint">{esc(labels.passages_empty)}</p>'
        f"<h3>{esc(labels.corpus_title.format(n=total))}</h3><ul>{rows}</ul>{more}</div>"
    )
