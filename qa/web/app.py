"""The page as gradio components, and which event changes which of them.

The questions live in the browser (local storage), answers are found again from them: the server keeps
no session, a reload or a switch of language rebuilds the page, and a tab costs no open connection.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components.chatbot import Message as ChatMessage
from gradio.components.chatbot import MessageDict

from index import QuestionError, UserError, checked_question
from qa.types import Answer
from qa.web.cards import CORPUS_SHOWN
from qa.web.engine import Engine, NotReadyError
from qa.web.html import esc
from qa.web.screen import Corpus, Message, Screen, screen
from qa.web.strings import LABELS, LANGUAGES, Labels, UiLanguage, ui_language

TURNS = 20  # questions kept in one conversation
WAIT_SECONDS = 180.0  # how long a question asked while the model loads may wait
POLL_SECONDS = 1.0
QUERY_MAX = 2000  # characters taken from `?q=` in the address
STORAGE_SECRET = "wenju"  # local storage is the user's own; a fixed value lets it outlive a restart
FONT = ["IBM Plex Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC"]
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """Every component that an event reads or changes."""

    head: gr.HTML
    lang: gr.Radio
    new: gr.Button
    theme: gr.Button
    tabs: gr.HTML
    hero: gr.HTML
    chat: gr.Chatbot
    notice: gr.HTML
    box: gr.Textbox
    panel: gr.HTML
    questions: gr.BrowserState
    chosen: gr.BrowserState
    timer: gr.Timer

    def all(self) -> list[Any]:
        """As outputs of an event."""
        return [getattr(self, name) for name in self.__slots__]


def build_blocks(engine: Engine, lang: str | None) -> gr.Blocks:
    """The whole page; `lang` is what the server was started with, None to follow the browser."""
    blocks = gr.Blocks(title="Wenju", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400))
    with blocks:
        parts = _layout(ui_language(lang))
        _wire(blocks, parts, Page(engine, parts, lang))
    blocks.queue(api_open=False, max_size=32, default_concurrency_limit=4)
    return blocks


def theme() -> gr.themes.Base:
    """Gradio's plain theme with packaged fonts; colours and sizes stand in style.css."""
    latin = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 600))
    return gr.themes.Base(font=[latin, *FONT[1:]], font_mono=["ui-monospace", "monospace"]).set(
        body_background_fill="#fbfaf7",
        body_background_fill_dark="#15181a",
        body_text_color="#22272a",
        body_text_color_dark="#e6e4df",
    )


def _layout(lang: UiLanguage) -> Parts:
    labels = LABELS[lang]
    empty = screen(lang, (), (), Corpus(), ready=False)
    with gr.Row(elem_id="wj-top"):
        head = gr.HTML(empty.head, elem_id="wj-head", apply_default_css=False)
        spoken = gr.Radio(
            [("简", "zh-Hans"), ("繁", "zh-Hant"), ("EN", "en")],
            value=lang,
            label=labels.language,
            show_label=False,
            container=False,
            elem_id="wj-lang",
        )
        new = gr.Button(labels.new_chat, elem_id="wj-new", size="sm")
        dark = gr.Button(labels.theme, elem_id="wj-theme", size="sm")
    tabs = gr.HTML(empty.tabs, elem_id="wj-tabs", apply_default_css=False)
    with gr.Row(elem_id="wj-main"):
        with gr.Column(elem_id="wj-chat"):
            hero, chat, notice, box = _chat_column(labels)
        with gr.Column(elem_id="wj-side"):
            panel = gr.HTML(empty.panel, elem_id="wj-panel", apply_default_css=False)
    questions = gr.BrowserState([], storage_key="wenju.questions", secret=STORAGE_SECRET)
    chosen = gr.BrowserState(None, storage_key="wenju.language", secret=STORAGE_SECRET)
    timer = gr.Timer(POLL_SECONDS, active=False)
    return Parts(head, spoken, new, dark, tabs, hero, chat, notice, box, panel, questions, chosen, timer)


def _chat_column(labels: Labels) -> tuple[gr.HTML, gr.Chatbot, gr.HTML, gr.Textbox]:
    hero = gr.HTML("", elem_id="wj-first", apply_default_css=False)
    chat = gr.Chatbot(
        visible=False,
        elem_id="wj-log",
        label=labels.chat,
        show_label=False,
        container=False,
        buttons=[],
        feedback_options=None,
        layout="bubble",
        latex_delimiters=[],
        height="100%",
        group_consecutive_messages=False,
    )
    notice = gr.HTML("", elem_id="wj-notice", apply_default_css=False)
    box = gr.Textbox(
        elem_id="wj-box",
        label=labels.question,
        show_label=False,
        container=False,
        placeholder=labels.placeholder,
        lines=1,
        max_lines=6,
        submit_btn=labels.send,
        scale=0,
    )
    return hero, chat, notice, box


class Page:
    """The event handlers: each gives the updates of the parts it changes."""

    def __init__(self, engine: Engine, parts: Parts, lang: str | None) -> None:
        self._engine = engine
        self._parts = parts
        self._lang = lang

    def load(self, questions: object, chosen: object, request: gr.Request) -> Updates:
        """The page as it was left, in the language chosen there, or the server's, or the browser's."""
        wanted = chosen if isinstance(chosen, str) and chosen in LANGUAGES else self._lang
        lang = ui_language(wanted, request.headers.get("accept-language", ""))
        warming = self._engine.status == "warming"
        updates = self._page(lang, cleaned(questions))
        linked = request.query_params.get("q", "")[:QUERY_MAX]
        if linked:  # put into the box, not asked: a link must not act
            updates[self._parts.box] = _box(LABELS[lang], linked)
        return updates | {self._parts.timer: gr.Timer(active=warming), self._parts.lang: gr.Radio(value=lang)}

    def tick(self, questions: object, lang: UiLanguage) -> Updates:
        """While the index loads: nothing; then the page, and no more ticks."""
        if self._engine.status == "warming":
            return {self._parts.timer: gr.skip()}
        return self._page(lang, cleaned(questions)) | {self._parts.timer: gr.Timer(active=False)}

    def speak(self, lang: UiLanguage, questions: object) -> Updates:
        """The same page in another language."""
        return self._page(lang, cleaned(questions)) | {self._parts.chosen: lang}

    def restart(self, lang: UiLanguage) -> Updates:
        """A new conversation."""
        return self._page(lang, []) | {self._parts.questions: []}

    def send(self, text: str, questions: object, lang: UiLanguage) -> Iterator[Updates]:
        """First the question with a sign that it is being looked up, then its answer and passages."""
        labels, parts = LABELS[lang], self._parts
        try:
            question = checked_question(text)
        except QuestionError:
            yield {parts.notice: _notice(question_error(text, labels), "error")}
            return
        asked = [*cleaned(questions), question][-TURNS:]
        yield self._waiting(lang, asked)
        try:
            self._engine.ask(question, wait=WAIT_SECONDS)
        except UserError as error:
            said = _notice(labels.error_other.format(error=error), "error")
            yield self._page(lang, asked[:-1]) | {parts.notice: said, parts.box: gr.Textbox(value=text)}
            return
        yield self._page(lang, asked) | {parts.questions: asked}

    def _waiting(self, lang: UiLanguage, asked: Sequence[str]) -> Updates:
        parts = self._parts
        shown = self._screen(lang, asked, self._known(asked[:-1]))
        return {
            parts.hero: gr.HTML(visible=False),
            parts.chat: gr.Chatbot(value=_conversation(shown.messages), visible=True),
            parts.notice: "",
            parts.box: gr.Textbox(value=""),
        }

    def _page(self, lang: UiLanguage, questions: Sequence[str]) -> Updates:
        parts, labels = self._parts, LABELS[lang]
        shown = self._screen(lang, questions, self._known(questions))
        return {
            parts.head: shown.head,
            parts.new: gr.Button(value=labels.new_chat),
            parts.theme: gr.Button(value=labels.theme),
            parts.lang: gr.Radio(label=labels.language),
            parts.tabs: shown.tabs,
            parts.hero: gr.HTML(value=shown.hero, visible=not questions),
            parts.chat: gr.Chatbot(
                value=_conversation(shown.messages), visible=bool(questions), label=labels.chat
            ),
            parts.notice: self._state(labels),
            parts.box: _box(labels),
            parts.panel: shown.panel,
        }

    def _screen(self, lang: UiLanguage, questions: Sequence[str], answers: Sequence[Answer]) -> Screen:
        listed, _ = self._engine.articles(CORPUS_SHOWN)
        ids = self._engine.index().article_ids() if listed else ()
        ready = self._engine.status == "ready"
        return screen(lang, questions, answers, Corpus(tuple(ids), tuple(listed)), ready)

    def _known(self, questions: Sequence[str]) -> list[Answer]:
        try:
            return [self._engine.ask(question) for question in questions]
        except NotReadyError:
            return []

    def _state(self, labels: Labels) -> str:
        if self._engine.status == "ready":
            return ""
        if self._engine.status == "failed":
            return _notice(labels.failed.format(error=self._engine.error), "error")
        return _notice(labels.warming, "warming")


def cleaned(stored: object) -> list[str]:
    """The questions in local storage that could be asked: anyone can write anything there."""
    rows = stored if isinstance(stored, list) else []
    kept = []
    for row in rows[-TURNS:]:
        try:
            kept.append(checked_question(row if isinstance(row, str) else ""))
        except QuestionError:
            continue
    return kept


def question_error(text: str, labels: Labels) -> str:
    """One friendly line in the reader's language."""
    stripped = text.strip()
    if not stripped:
        return labels.error_empty
    if not any(char.isalnum() for char in stripped):
        return labels.error_words
    return labels.error_long.format(n=f"{len(stripped):,}")


def _box(labels: Labels, text: str | None = None) -> gr.Textbox:
    if text is None:  # what stands in the box stays
        return gr.Textbox(label=labels.question, placeholder=labels.placeholder, submit_btn=labels.send)
    return gr.Textbox(
        value=text, label=labels.question, placeholder=labels.placeholder, submit_btn=labels.send
    )


def _conversation(messages: Sequence[Message]) -> list[MessageDict | ChatMessage]:
    return [MessageDict(role=message.role, content=message.html) for message in messages]


def _notice(text: str, kind: str) -> str:
    role = "alert" if kind == "error" else "status"
    return f'<div class="wj-notice {kind}" role="{role}">{esc(text)}</div>'


def _wire(blocks: gr.Blocks, parts: Parts, page: Page) -> None:
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "outputs": parts.all()}
    blocks.load(page.load, [parts.questions, parts.chosen], **quiet)
    parts.timer.tick(page.tick, [parts.questions, parts.lang], **quiet)
    parts.lang.input(page.speak, [parts.lang, parts.questions], **quiet)
    parts.new.click(page.restart, [parts.lang], **quiet)
    parts.box.submit(page.send, [parts.box, parts.questions, parts.lang], **quiet)
