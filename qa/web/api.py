"""The HTTP routes beside the page: health, ask, article, feedback."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from index import Article, Span, UserError
from qa.feedback import FeedbackFile
from qa.web.article import article_html, parse_marks
from qa.web.engine import PASSAGES, Engine, NotReadyError
from qa.web.feedback import MarkBody, Marks
from qa.web.strings import LABELS, UiLanguage

PASSAGES_MAX = 50
Count = Annotated[int, Field(ge=1, le=PASSAGES_MAX)]


class AskBody(BaseModel):
    """The body of POST /api/ask."""

    model_config = ConfigDict(extra="forbid")

    question: str
    k: Count = PASSAGES
    explain: bool = False


class NoSuchArticleError(UserError):
    """The index holds no article of that id."""


def api_routes(engine: Engine, feedback: FeedbackFile) -> APIRouter:
    """All routes; they answer 503 until the index is there."""
    router = APIRouter()
    _health(router, engine)
    _ask(router, engine)
    _article(router, engine)
    _feedback(router, engine, Marks(feedback))
    return router


def add_error_answers(app: FastAPI) -> None:
    """A UserError becomes `{"error": "<one line>"}`: 503 while loading, 404 for an article, 400 otherwise."""

    @app.exception_handler(UserError)
    def answer(_: Request, error: UserError) -> JSONResponse:
        status = {NotReadyError: 503, NoSuchArticleError: 404}.get(type(error), 400)
        headers = {"Retry-After": "2"} if status == 503 else None
        return JSONResponse({"error": str(error)}, status, headers)


def _health(router: APIRouter, engine: Engine) -> None:
    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """200 once a question would be answered at once, 503 before."""
        return JSONResponse({"status": engine.status}, 200 if engine.status == "ready" else 503)


def _ask(router: APIRouter, engine: Engine) -> None:
    @router.post("/api/ask")
    def ask(body: AskBody) -> dict[str, Any]:
        """The same document as `wenju ask --json`."""
        return engine.ask(body.question, body.k).as_dict(explain=body.explain)

    @router.get("/api/ask")
    def ask_by_url(question: str, k: Count = PASSAGES, explain: bool = False) -> dict[str, Any]:
        """As POST, for a browser's address bar."""
        return engine.ask(question, k).as_dict(explain=explain)


def _article(router: APIRouter, engine: Engine) -> None:
    def find(identifier: str) -> Article:
        try:
            return engine.index().article(identifier)
        except KeyError:
            raise NoSuchArticleError(
                f"no article {identifier!r} in the index (GET /api/articles lists them)"
            ) from None

    def about(article: Article) -> dict[str, str | None]:
        return {
            "id": article.id,
            "title": article.title,
            "language": article.language,
            "source": article.source,
            "date": article.date,
        }

    @router.get("/api/articles")
    def articles() -> list[dict[str, str | None]]:
        """Every article without its text."""
        index = engine.index()
        return [about(index.article(identifier)) for identifier in index.article_ids()]

    @router.get("/api/article")
    def article(id: str) -> dict[str, str | None]:
        """One article with the text that all offsets point into."""
        found = find(id)
        return about(found) | {"text": found.text}

    @router.get("/wenju/article", include_in_schema=False)
    def article_view(id: str, lang: UiLanguage, marks: str = "", passage: str = "") -> dict[str, str]:
        """The inside of the page's article dialog."""
        found = find(id)
        try:
            spans = parse_marks(marks, len(found.text))
            around: list[Span] = parse_marks(passage, len(found.text))
        except ValueError as error:
            raise UserError(f"marks {marks!r} cannot be read: {error} (write 3-9,12-20)") from None
        return {"html": article_html(found, spans, around[0] if around else None, LABELS[lang])}


def _feedback(router: APIRouter, engine: Engine, marks: Marks) -> None:
    @router.post("/api/feedback")
    def mark(body: MarkBody) -> dict[str, str | None]:
        """Writes one labelled question, or takes one back."""
        return asdict(marks.record(body, engine.index()))
