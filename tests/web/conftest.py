"""A server over the seeds with the toy encoder, and a browser that may reach nothing else."""

import asyncio
import gc
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from index import Article, Chunk, Hit, PassageIndex, Term
from index.types import Late
from qa.answer import ask
from qa.types import Answer, Evidence, Passage
from qa.web.engine import Engine
from qa.web.server import create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 20_000  # a busy machine is slow, not wrong
REFUSED = "天气"  # a question with this word is not answered, whatever the calibration says


def decided(question: str, index: PassageIndex, k: int) -> Answer:
    """Real passages; whether they answer is fixed here, so that these tests do not hang on calibration."""
    found = ask(question, index, k)
    if REFUSED in question:
        return replace(found, text=None, citations=(), confidence=0.12)
    first = found.passages[0]
    quote = first.evidence[0]
    text = first.hit.chunk.article.text[quote.start : quote.end]
    return replace(found, text=text, citations=(1,), confidence=0.93)


def ready(index: PassageIndex) -> Engine:
    """An engine that has loaded."""
    engine = Engine(lambda: index, decided)
    engine.start()
    engine.index(wait=60)
    return engine


def application(engine: Engine, lang: str | None, feedback: Path) -> FastAPI:
    """`create_app`, without the event loops that gradio makes for its locks and leaves open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        made = create_app(engine, lang, feedback)
        asyncio.set_event_loop(None)
        gc.collect()
    return made


def passage(
    text: str, evidence: list[tuple[int, int]], rank: int = 1, start: int = 0, end: int | None = None
) -> Passage:
    """A passage of an article made of `text`."""
    article = Article("a.txt", "题目", text, "zh-Hans", "来源", "2024-01-02")
    chunk = Chunk(article, start, len(text) if end is None else end)
    terms = (Term("彩票", 1.25), Term("<b>", 2.5))
    hit = Hit(
        chunk, score=0.0328, cosine=0.71, dense_rank=2, lexical_rank=1, terms=terms, late=Late(0.62, (), ())
    )
    return Passage(rank, hit, tuple(Evidence(a, b, 0.9) for a, b in evidence))


@dataclass(frozen=True)
class Site:
    """A running server and the file that its marks go to."""

    url: str
    feedback: Path


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Engine], Site]]:
    """Starts a server for an engine; all are stopped at the end."""
    import uvicorn

    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(engine: Engine) -> Site:
        feedback = tmp_path_factory.mktemp("marks") / "feedback.jsonl"
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            application(engine, None, feedback), log_level="warning", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        running.append((server, thread))
        return Site(f"http://127.0.0.1:{listening.getsockname()[1]}", feedback)

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def site(serving: Callable[[Engine], Site], seed_index: PassageIndex) -> Site:
    """One server over the seeds for all tests that only look."""
    return serving(ready(seed_index))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium fonts-noto-cjk)")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens the page in a fresh browser; at the end nothing may have left the server or gone wrong."""
    opened: list[BrowserContext] = []
    outside: list[str] = []
    errors: list[str] = []

    def watch(page: Page) -> None:
        page.on("request", lambda r: r.url.startswith((where.url, "data:", "blob:")) or outside.append(r.url))
        page.on("console", lambda m: m.type == "error" and not _expected(m.text) and errors.append(m.text))
        page.on("pageerror", lambda error: errors.append(str(error)))

    def open_page(locale: str = "zh-CN", phone: bool = False, dark: bool = False, at: Site = site) -> Page:
        nonlocal where
        where = at
        context = browser.new_context(
            locale=locale,
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 800},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=phone,
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        page = context.new_page()
        watch(page)
        page.goto(at.url)
        return page

    where = site
    yield open_page
    for context in opened:
        context.close()
    assert not outside
    assert not errors


def _expected(message: str) -> bool:
    """Gradio's page has inline scripts that the policy stops, as it should; 4xx are the tests' own doing."""
    return "inline script" in message or "status of 4" in message
