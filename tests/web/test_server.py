import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index import IndexFormatError, PassageIndex, UserError
from qa.web.engine import Engine
from qa.web.guard import BODY_MAX
from qa.web.server import address, listen, serve
from tests.web.conftest import application, decided, ready

QUESTION = "深圳體彩完成了多少家實體店的檢查？"
SHENZHEN = "002_746af89e2fea7760.txt"


@pytest.fixture(scope="module")
def marks_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks") / "marks.jsonl"


@pytest.fixture(scope="module")
def started(seed_index: PassageIndex, marks_file: Path) -> Iterator[TestClient]:
    with TestClient(application(ready(seed_index), None, marks_file)) as client:
        yield client


@pytest.fixture
def client(started: TestClient, marks_file: Path) -> TestClient:
    """The application with an empty feedback file."""
    marks_file.unlink(missing_ok=True)
    return started


@pytest.fixture
def warming(seed_index: PassageIndex, tmp_path: Path) -> TestClient:
    return TestClient(application(Engine(lambda: seed_index, decided), None, tmp_path / "marks.jsonl"))


def test_health_and_readiness(client: TestClient, warming: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    assert warming.get("/healthz").status_code == 200
    assert warming.get("/readyz").status_code == 503
    early = warming.get("/api/ask", params={"question": "问题"})
    assert early.status_code == 503 and early.headers["retry-after"] and "loading" in early.json()["error"]


def test_ask_gives_the_contracts_document_both_ways(client: TestClient, seed_index: PassageIndex) -> None:
    posted = client.post("/api/ask", json={"question": QUESTION, "k": 3, "explain": True}).json()
    got = client.get("/api/ask", params={"question": QUESTION, "k": 3, "explain": True}).json()
    assert posted == got
    assert posted["answered"] and len(posted["passages"]) == 3 and posted["passages"][0]["terms"]
    text = seed_index.article(SHENZHEN).text
    first = posted["passages"][0]
    assert text[first["start"] : first["end"]] == first["text"]


@pytest.mark.parametrize("question", ["", "  ", "？！…", "🎉🎉", "字" * 100_000])
def test_a_question_that_asks_nothing_is_one_line(client: TestClient, question: str) -> None:
    said = client.post("/api/ask", json={"question": question})
    assert said.status_code == 400
    assert "\n" not in said.json()["error"] and "Traceback" not in said.text


def test_wrong_bodies_are_refused(client: TestClient) -> None:
    for body in ({}, {"question": "x", "k": 0}, {"question": "x", "k": 51}, {"question": "x", "more": 1}):
        assert client.post("/api/ask", json=body).status_code == 422


def test_articles(client: TestClient, seed_index: PassageIndex) -> None:
    assert [row["id"] for row in client.get("/api/articles").json()] == seed_index.article_ids()
    found = client.get("/api/article", params={"id": SHENZHEN}).json()
    assert found["text"] == seed_index.article(SHENZHEN).text
    assert client.get("/api/article", params={"id": "../../etc/passwd"}).status_code == 404


def test_the_article_view_checks_what_it_is_asked(client: TestClient) -> None:
    good = client.get("/wenju/article", params={"id": SHENZHEN, "lang": "en", "marks": "3-9"})
    assert "<mark>" in good.json()["html"]
    for marks in ("9-3", "0-99999999", "x"):
        wrong = client.get("/wenju/article", params={"id": SHENZHEN, "lang": "en", "marks": marks})
        assert wrong.status_code == 400 and marks in wrong.json()["error"]
    assert client.get("/wenju/article", params={"id": SHENZHEN, "lang": "fr"}).status_code == 422


def test_marks_are_written_and_taken_back(
    client: TestClient, marks_file: Path, seed_index: PassageIndex
) -> None:
    text = seed_index.article(SHENZHEN).text
    start = text.index("截至11月底")
    mark = {"kind": "right", "question": QUESTION, "article": SHENZHEN, "start": start - 1, "end": start + 8}
    first = client.post("/api/feedback", json=mark).json()
    assert first["path"] == str(marks_file.resolve()) and first["token"]
    row = json.loads(marks_file.read_text(encoding="utf-8"))
    assert row["gold"] == [{"article": SHENZHEN, "quote": text[start - 1 : start + 8].strip()}]
    assert client.post("/api/feedback", json=mark).json()["token"] is None
    assert client.post("/api/feedback", json={"kind": "undo", "token": first["token"]}).status_code == 200
    assert not marks_file.read_text(encoding="utf-8").strip()
    assert client.post("/api/feedback", json={"kind": "undo", "token": first["token"]}).status_code == 400


def test_should_have_refused_is_an_unanswerable_question(client: TestClient, marks_file: Path) -> None:
    client.post("/api/feedback", json={"kind": "refuse", "question": QUESTION})
    assert json.loads(marks_file.read_text(encoding="utf-8"))["gold"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"article": "none.txt", "start": 0, "end": 2},
        {"article": SHENZHEN, "start": 5, "end": 5},
        {"article": SHENZHEN, "start": -3, "end": 5},
        {"article": SHENZHEN, "start": 0, "end": 10**9},
    ],
)
def test_a_mark_that_points_nowhere_writes_nothing(client: TestClient, marks_file: Path, wrong: dict) -> None:
    mark = {"kind": "right", "question": "问题", **wrong}
    assert client.post("/api/feedback", json=mark).status_code == 400
    assert not marks_file.exists()


def test_every_response_carries_the_headers(client: TestClient) -> None:
    for path in ("/", "/api/articles", "/wenju/style.css", "/config", "/nothing", "/gradio_api/upload"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "'unsafe-inline'" not in policy.partition("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.com/x",
        "/gradio_api/file%3Dhttp://example.com/x",
        "/gradio_api/FILE=/etc/passwd",
        "/file=/etc/passwd",
        "/gradio_api/proxy=https://example.com",
        "/gradio_api/upload",
        "/gradio_api/component_server",
    ],
)
def test_closed_routes(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 403


def test_another_site_may_not_write(client: TestClient) -> None:
    mark = {"kind": "refuse", "question": "问题"}
    for origin, status in (("http://evil.example", 403), ("null", 403), ("http://testserver", 200)):
        assert client.post("/api/feedback", json=mark, headers={"Origin": origin}).status_code == status
    assert client.post("/api/ask", content=b"x" * (BODY_MAX + 1)).status_code == 413


def test_a_port_in_use_is_one_line_with_the_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port} is in use \(choose another: --port {port + 1}\)"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 7860)])
def test_an_address_that_cannot_be_is_refused(host: str, port: int) -> None:
    with pytest.raises(UserError):
        listen(host, port)


def test_the_address_to_open() -> None:
    assert address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert address("::1", 7860) == "http://[::1]:7860"


def test_serve_ends_with_the_indexs_own_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> PassageIndex:
        raise IndexFormatError("x: damaged (run `wenju build`)")

    monkeypatch.setattr("qa.web.server.create_app", application)
    # In a thread of its own: the browser of other tests keeps an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve, tmp_path, "127.0.0.1", 0, None, damaged, tmp_path / "marks.jsonl")
        with pytest.raises(IndexFormatError, match="damaged"):
            served.result(timeout=60)
