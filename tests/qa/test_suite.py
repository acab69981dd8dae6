"""The benchmark suite: rows as published, figures saved by label."""

import json

import pytest

from benchmarks.suite import Job, main, measure, save, table
from tests.conftest import ToyEncoder


@pytest.fixture
def rows(tmp_path, monkeypatch):
    for module in ("store", "reader"):
        monkeypatch.setattr(f"index.{module}.load_encoder", lambda name=None: ToyEncoder())
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(
        '{"_id": "d", "title": "", "text": "每周一开奖。"}\n', encoding="utf-8"
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "何时开奖"}\n', encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("q\td\t1\n", encoding="utf-8")
    return measure(Job(folder, None, tmp_path / "cache", None, ("lexical", "fused")))


def test_a_set_gives_a_row_for_each_mode(rows):
    assert [(row.name, row.mode, row.questions) for row in rows] == [
        ("set", "lexical", 1),
        ("set", "fused", 1),
    ]
    assert [row.metrics["success@1"] for row in rows] == [1, 1]
    assert rows[0].metrics["answer_rate"] is None  # answers are made under fused alone
    assert rows[1].metrics["answer_rate"] is not None


def test_the_table_has_a_line_for_each_row(rows):
    head, _, first, _ = table(rows).splitlines()
    assert first.startswith("| set | 1 / 1 | lexical | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | – |")
    assert head.count("|") == first.count("|")


def test_figures_are_saved_by_label(rows, tmp_path):
    file = save(rows, "abc123", tmp_path)
    document = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == "abc123.json"
    assert document["commit"] == "abc123"
    assert [row["mode"] for row in document["rows"]] == ["lexical", "fused"]


@pytest.mark.parametrize("arguments", [[], ["set", "--modes", "sparse"]])
def test_nothing_or_an_unknown_mode_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
