"""Serves the page and the HTTP routes. `serve` is what both `wenju serve` and `app.py` call."""

import errno
import os
import socket
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from index import PassageIndex, UserError
from qa.answer import ask
from qa.types import Answer
from qa.web.engine import Engine

if TYPE_CHECKING:
    from fastapi import FastAPI

FEEDBACK = Path("feedback.jsonl")
GRACE_SECONDS = 1
PORT_MAX = 65535


def serve(
    index_dir: Path,
    host: str,
    port: int,
    lang: Literal["zh", "en"] | None,
    open_index: Callable[[], PassageIndex],
    feedback: Path = FEEDBACK,
) -> None:
    """Serves until interrupted. The port opens at once; model and index load behind it.

    Raises UserError where the port cannot be had, and whatever `open_index` raised.
    """
    listening = listen(host, port)  # before gradio is imported, which takes seconds
    import uvicorn

    server: uvicorn.Server | None = None

    def stop() -> None:
        if server is not None:
            server.should_exit = True

    engine = Engine(open_index, _ask, stop)
    app = create_app(engine, lang, feedback)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS)
    server = uvicorn.Server(config)
    engine.start()
    url = address(host, listening.getsockname()[1])
    _say(f"wenju: {url}  (index {index_dir}, marks go to {feedback}; Ctrl+C ends)")
    try:
        server.run(sockets=[listening])
    finally:
        listening.close()
    if engine.error is not None:
        raise engine.error


def create_app(engine: Engine, lang: str | None = None, feedback: Path = FEEDBACK) -> "FastAPI":
    """The application; the engine may still be loading."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported
    import gradio as gr
    from fastapi import FastAPI

    from qa.feedback import FeedbackFile
    from qa.web.api import add_error_answers, api_routes
    from qa.web.app import build_blocks, theme
    from qa.web.guard import Guard

    app = FastAPI(title="Wenju", docs_url=None, redoc_url=None)
    app.include_router(api_routes(engine, FeedbackFile(feedback)))
    add_error_answers(app)
    _add_static(app)
    gr.mount_gradio_app(
        app,
        build_blocks(engine, lang),
        path="/",
        theme=theme(),
        # Gradio would inject this css twice, once with other precedence: it only hides the page until
        # the real style sheet is there.
        css=".gradio-container { visibility: hidden }",
        head='<link rel="stylesheet" href="wenju/style.css"><script src="wenju/behaviour.js"></script>',
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        show_error=False,
        max_file_size="1mb",
        enable_monitoring=False,
        pwa=False,
        ssr_mode=False,
        mcp_server=False,
    )
    app.add_middleware(Guard)
    return app


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; says in one line why there is none."""
    if not 0 <= port <= PORT_MAX:
        raise UserError(f"port {port} does not exist (choose one from 1024 to {PORT_MAX} with --port N)")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror:
        raise UserError(f"host {host} is unknown (use --host 127.0.0.1)") from None
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UserError(_why_not(host, port, error)) from None
    return listening


def address(host: str, port: int) -> str:
    """What to open in a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use (choose another: --port {port + 1 if port < PORT_MAX else 7860})"
    if error.errno == errno.EACCES:
        return f"port {port} needs administrator rights (choose one above 1023: --port 7860)"
    return f"{host}:{port} cannot be opened: {error.strerror} (use --host 127.0.0.1 --port 7860)"


def _ask(question: str, index: PassageIndex, k: int) -> Answer:
    return ask(question, index, k)


def _add_static(app: "FastAPI") -> None:
    from fastapi import Response

    fresh = {"Cache-Control": "no-cache"}

    @app.get("/wenju/behaviour.js", include_in_schema=False)
    def behaviour() -> Response:
        return Response(_static("behaviour.js"), media_type="text/javascript", headers=fresh)

    @app.get("/wenju/style.css", include_in_schema=False)
    def style() -> Response:
        return Response(_static("style.css"), media_type="text/css", headers=fresh)


def _static(name: str) -> str:
    return resources.files("qa.web").joinpath("static", name).read_text(encoding="utf-8")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
