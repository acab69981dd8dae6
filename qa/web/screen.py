"""What the whole page shows for a list of questions in a language. Pure: values in, values out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from index import Article
from qa.types import Answer
from qa.web.answers import answer_html, pending_html, question_html
from qa.web.cards import corpus_html, panel_html
from qa.web.html import esc
from qa.web.strings import LABELS, Labels, UiLanguage
from qa.web.suggest import suggestions


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; `html` is already escaped."""

    role: Literal["user", "assistant"]
    html: str


_FOR_SCRIPT = ("title", "copied", "undo", "saved", "error_queue", "feedback_failed", "close", "theme")


@dataclass(frozen=True, slots=True)
class Corpus:
    """What stands in the index: all ids, and the articles to list."""

    ids: tuple[str, ...] = ()
    listed: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """The HTML of each part; `hero` and `messages` take turns, as there is a conversation or not."""

    lang: UiLanguage
    head: str
    tabs: str
    hero: str
    messages: list[Message]
    panel: str


def screen(
    lang: UiLanguage,
    questions: Sequence[str],
    answers: Sequence[Answer],
    corpus: Corpus,
    ready: bool,
) -> Screen:
    """`answers` may be shorter than `questions`: the last ones are then still being sought."""
    labels = LABELS[lang]
    found = len(answers[-1].passages) if answers else None
    return Screen(
        lang,
        head_html(lang, labels),
        tabs_html(found, labels),
        hero_html(corpus, labels),
        messages(questions, answers, labels, ready),
        _panel(answers, corpus, labels),
    )


def head_html(lang: UiLanguage, labels: Labels) -> str:
    """Name and tagline, and the words that behaviour.js needs."""
    words = {name: value for name, value in asdict(labels).items() if name in _FOR_SCRIPT}
    return (
        '<div class="wj-brand"><span class="wj-logo" aria-hidden="true">问</span>'
        f"<div><h1>Wenju <span>{esc(labels.title)}</span></h1><p>{esc(labels.tagline)}</p></div></div>"
        f'<div id="wj-words" hidden data-lang="{lang}" data-words="{esc(json.dumps(words))}"></div>'
    )


def tabs_html(found: int | None, labels: Labels) -> str:
    """The phone's two pages; on a wide screen both are in view and this is hidden."""
    count = f' <span class="wj-count">{found}</span>' if found is not None else ""
    return (
        f'<div class="wj-tabs" role="tablist" aria-label="{esc(labels.title)}">'
        '<button type="button" role="tab" id="wj-tab-chat" aria-controls="wj-chat" aria-selected="true">'
        f"{esc(labels.tab_chat)}</button>"
        '<button type="button" role="tab" id="wj-tab-side" aria-controls="wj-side" aria-selected="false">'
        f"{esc(labels.tab_passages)}{count}</button></div>"
    )


def hero_html(corpus: Corpus, labels: Labels) -> str:
    """First sight: what this is, and questions to try if the shipped articles are in the index."""
    rows = "".join(
        f'<li><button type="button" class="wj-try" data-question="{esc(s.question)}">'
        f'<small>{esc(s.kind)}</small><span lang="{s.lang}">{esc(s.question)}</span></button></li>'
        for s in suggestions(corpus.ids, labels)
    )
    tries = f"<h3>{esc(labels.try_one)}</h3><ul>{rows}</ul>" if rows else ""
    return (
        f'<div class="wj-hero"><h2>{esc(labels.hero_title)}</h2><p>{esc(labels.hero_text)}</p>{tries}</div>'
    )


def messages(
    questions: Sequence[str], answers: Sequence[Answer], labels: Labels, ready: bool
) -> list[Message]:
    """The conversation for gr.Chatbot."""
    rows: list[Message] = []
    for turn, question in enumerate(questions, 1):
        rows.append(Message("user", question_html(turn, question)))
        known = answers[turn - 1] if turn <= len(answers) else None
        html = answer_html(turn, known, labels) if known else pending_html(labels, ready)
        rows.append(Message("assistant", html))
    return rows


def _panel(answers: Sequence[Answer], corpus: Corpus, labels: Labels) -> str:
    if answers:
        body = panel_html(answers, labels)
    elif corpus.ids:
        body = corpus_html(corpus.listed, len(corpus.ids), labels)
    else:
        body = f'<p class="wj-hint">{esc(labels.passages_empty)}</p>'
    found = f' <span class="wj-count">{len(answers[-1].passages)}</span>' if answers else ""
    return f'<div class="wj-panel"><h2>{esc(labels.passages)}{found}</h2>{body}</div>'
