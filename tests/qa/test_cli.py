import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from index import build
from qa import cli
from tests.conftest import ToyEncoder


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every command uses the toy encoder, and its default index lies in a folder of its own."""
    for module in ("store", "reader"):
        monkeypatch.setattr(f"index.{module}.load_encoder", lambda name=None: ToyEncoder())
    monkeypatch.delenv("WENJU_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)


def wenju(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_build_ask_and_info_work_on_the_default_index(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    code, out, err = wenju(capsys, "build", str(corpus))
    assert (code, out.split(",")[0]) == (0, ".wenju: 3 articles")
    assert "wenju: embedding: " in err
    code, out, _ = wenju(capsys, "ask", "撫州市新增网点多少个？", "--json", "--k", "2")
    answer = json.loads(out)
    assert (code, len(answer["passages"])) == (0, 2)
    first = answer["passages"][0]
    text = (corpus / first["article"]).read_text(encoding="utf-8")
    assert text[first["start"] : first["end"]] == first["text"]
    assert [text[e["start"] : e["end"]] for e in first["evidence"]] == [e["text"] for e in first["evidence"]]
    code, out, _ = wenju(capsys, "info", "--json")
    about = json.loads(out)
    assert (about["articles"], about["languages"]) == (3, {"en": 1, "zh-Hans": 1, "zh-Hant": 1})
    assert about["model"]["name"] == "toy"


def test_ask_builds_the_default_index_of_the_seeds_when_there_is_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = wenju(capsys, "ask", "抚州市新增网点多少个？", "--explain")
    assert code == 0
    assert "⟦" in out
    assert "matched terms:" in out
    assert (tmp_path / ".wenju" / "index.sqlite").is_file()


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty"),
        ("  \n", "the question is empty"),
        ("？！……", "the question has no word: ？！……"),
        ("😀🎉", "the question has no word: 😀🎉"),
        ("图书馆 \ud83d 面积", "the question holds bytes that are no text"),
        ("长" * 100_000, "the question has 100,000 characters, at most 2,000"),
    ],
)
def test_a_question_that_asks_nothing_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], question: str, message: str
) -> None:
    code, out, err = wenju(capsys, "ask", question)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"wenju: error: {message}")


def test_every_wrong_usage_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 9)
    for arguments, message in (
        (["build", "gone"], "gone: no such file or folder"),
        (["build", "empty"], "empty: holds no article"),
        (["build", "empty.txt"], "empty.txt: empty"),
        (["build", "binary.txt"], "binary.txt: not text"),
        (["ask"], "Missing argument 'question'"),
        (["ask", "x", "--k", "0"], "--k 0: not a number of passages"),
        (["serve", "--port", "99999"], "--port 99999: no such port"),
        (["nonsense"], "No such command 'nonsense'"),
        (["ask", "x", "--colour"], "No such option: --colour"),
        (["serve", "--lang", "fr"], "Invalid value for '--lang'"),
        (["ask", "x", "--index", "ix" * 200], "ixix"),
    ):
        code, out, err = wenju(capsys, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), (arguments, err)
        assert err.startswith(f"wenju: error: {message}"), (arguments, err)


def test_a_missing_or_damaged_index_is_one_line_and_exit_3(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    code, _, err = wenju(capsys, "ask", "x", "--index", "gone")
    assert (code, err) == (3, "wenju: error: gone: no index there (run `wenju build --index gone`)\n")
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    (tmp_path / "ix" / "dense-1.faiss").write_bytes(b"torn")
    for command in (["ask", "x"], ["doctor"]):
        code, _, err = wenju(capsys, *command, "--index", "ix")
        assert code == (3 if command[0] == "ask" else 2)
    code, _, err = wenju(capsys, "ask", "x", "--index", "ix")
    assert err == "wenju: error: ix/dense-1.faiss: damaged (run `wenju build` to make it again)\n"


def test_an_index_of_another_model_is_named_and_exit_3(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder("other"))
    code, _, err = wenju(capsys, "ask", "x", "--index", "ix")
    assert code == 3
    assert "made by encoder other (256 dimensions" in err
    assert "this is toy" in err


def test_the_environment_names_the_index(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENJU_INDEX", str(tmp_path / "mine"))
    assert wenju(capsys, "build", str(corpus))[0] == 0
    assert (tmp_path / "mine" / "index.sqlite").is_file()


def test_a_port_in_use_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = wenju(capsys, "serve", "--port", str(port))
    assert (code, err.count("\n")) == (2, 1)
    assert f"port {port}" in err
    assert "--port" in err


def test_nothing_heavy_is_imported_by_the_command_line_until_it_is_needed() -> None:
    code = (
        "import sys, index, qa, qa.cli\n"
        "heavy = {'torch', 'faiss', 'gradio', 'jieba', 'sentence_transformers', 'transformers', 'fastapi'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ},
    )
    assert done.stdout.strip() == "[]"


def test_an_index_folder_that_cannot_be_made_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.file").touch()
    code, _, err = wenju(capsys, "build", str(corpus), "--index", "a.file/ix")
    assert code == 2
    assert err.endswith("error: a.file/ix: Not a directory (check the path and its permissions)\n")


@pytest.mark.parametrize("command", [["ask", "网点"], ["ask", "网点", "--json"], ["info"]])
def test_a_reader_that_leaves_is_no_failure(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert cli.run([*command, "--index", "ix"]) == 0
        monkeypatch.undo()


def test_ctrl_c_is_one_line_and_exit_130(
    capsys: pytest.CaptureFixture[str], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("index.store._write", interrupted)
    code, _, err = wenju(capsys, "build", str(corpus), "--index", "ix")
    assert code == 130
    assert err.strip().endswith("wenju: error: stopped (run the command again)")


def test_doctor_tells_the_fix(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        from importlib.metadata import PackageNotFoundError, version

        if name == "jieba":
            raise PackageNotFoundError(name)
        return "2.15.0" if name == "torch" else version(name)

    monkeypatch.setattr("qa.inspect.version", missing)
    code, out, _ = wenju(capsys, "doctor")
    assert code == 2
    assert "fault jieba is not installed (pip install jieba)" in out
    assert "note  torch 2.15.0 is newer than was tried (pip install 'torch<2.14')" in out
