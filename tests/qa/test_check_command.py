"""`wenju check` and `wenju questions` as a shell sees them: exit code, standard output, one line of error."""

import json
import xml.etree.ElementTree as ET

import pytest

from index import build
from qa.cli import run
from tests.conftest import ToyEncoder

ROWS = [
    {
        "id": "d1",
        "question": "何时开奖",
        "tags": ["when"],
        "gold": [{"article": "draw.txt", "quote": "每周一开奖"}],
    },
    {
        "id": "d2",
        "question": "奖池多少钱",
        "tags": ["how"],
        "gold": [{"article": "pool.txt", "quote": "三亿元"}],
    },
    {"id": "d3", "question": "妈妈说什么", "gold": []},
]
ARTICLES = {"draw.txt": "彩票每周一开奖。地点在北京。", "pool.txt": "奖池有三亿元。发行由中心负责。"}


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder that has an index `.wenju` of the toy encoder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WENJU_INDEX", raising=False)
    (tmp_path / "articles").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    build(tmp_path / "articles", tmp_path / ".wenju", encoder=ToyEncoder())
    for module in ("store", "reader"):
        monkeypatch.setattr(f"index.{module}.load_encoder", lambda name=None: ToyEncoder())

    def command(*arguments):
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, [line for line in err.splitlines() if line.startswith("wenju: error: ")]

    return command


@pytest.fixture
def questions(tmp_path):
    return write(tmp_path / "q.jsonl", *ROWS)


def write(file, *rows):
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_a_check_prints_the_table_and_exits_0(shell, questions):
    code, out, errors = shell("check", questions)
    assert (code, errors) == (0, [])
    assert "3 questions, 2 answerable" in out
    assert "success@5            1.0000" in out


def test_json_on_standard_output_is_one_document_and_nothing_else(shell, questions):
    code, out, _ = shell("check", questions, "--json", "-", "--k", "1,2", "--by", "tags")
    document = json.loads(out)
    assert code == 0
    assert document["metrics"]["success@2"] == 1
    assert list(document["by"]) == ["tags"]


def test_every_file_asked_for_is_written(shell, questions, tmp_path):
    names = {
        "json": "r.json",
        "junit": "r.xml",
        "html": "r.html",
        "trec-run": "r.run",
        "trec-qrels": "r.qrels",
    }
    options = [part for option, name in names.items() for part in (f"--{option}", tmp_path / name)]
    assert shell("check", questions, *options)[0] == 0
    assert json.loads((tmp_path / "r.json").read_text())["questions"] == 3
    assert ET.parse(tmp_path / "r.xml").getroot().tag == "testsuites"
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    code, out, _ = shell("check", "score", tmp_path / "r.run", tmp_path / "r.qrels", "--min", "success@1=0.5")
    assert code == 0
    assert "2 questions, 2 answerable" in out


def test_another_systems_run_is_reported_on_too(shell, tmp_path):
    write(tmp_path / "o.run", "1 Q0 a 1 2.0 x", "1 Q0 b 2 1.0 x")
    write(tmp_path / "o.qrels", "1 0 b 1", "2 0 a 1")
    outputs = ("--html", "o.html", "--junit", "o.xml", "--json", "-")
    code, out, _ = shell("check", "score", "o.run", "o.qrels", "--min", "mrr@10=0.5", *outputs)
    assert (code, json.loads(out)["metrics"]["mrr@10"]) == (1, (1 / 2 + 0) / 2)
    assert "<footer>b</footer>" not in (tmp_path / "o.html").read_text()  # rank 2 was served
    assert "<footer>a</footer>" in (tmp_path / "o.html").read_text()
    assert "gold: a: " in (tmp_path / "o.xml").read_text()


def test_a_gate_that_holds_exits_0_and_one_that_fails_exits_1(shell, questions):
    assert shell("check", questions, "--min", "success@5=0.9", "--min", "success@5[how]=1")[0] == 0
    write(questions, *ROWS, {"id": "d4", "question": "彩票", "tags": ["no"], "gold": [ROWS[1]["gold"][0]]})
    code, out, errors = shell("check", questions, "--k", "1", "--min", "success@1=0.9", "--json", "r.json")
    assert code == 1
    assert errors == [
        "wenju: error: success@1 >= 0.9 failed: is 0.6667 over 3 questions, lost d4"
        " (mend what was lost, or change the gate)"
    ]
    assert "d4  " in out
    assert json.loads((questions.parent / "r.json").read_text(encoding="utf-8"))["passed"] is False


def test_a_repeat_run_passes_against_its_own_baseline(shell, questions):
    assert shell("check", questions, "--json", "old.json")[0] == 0
    code, out, _ = shell("check", questions, "--baseline", "old.json", "--max-drop", "success@5=0.02")
    assert code == 0
    assert "too small to tell" in " ".join(out.split())
    code, out, _ = shell("check", "compare", "old.json", "old.json", "--max-drop", "mrr@10=0")
    assert code == 0
    assert "mrr@10" in out


def changed(number, **changes):
    row = {**ROWS[number], **changes}
    return [*ROWS[:number], row, *ROWS[number + 1 :]]


FAULTS = {
    "bad JSON on line 7": ([*ROWS, "", "", "", "{oops}"], [], 2, "q.jsonl:7: not JSON: "),
    "unknown article": (
        changed(1, gold=[{"article": "gone.txt", "quote": "三"}]),
        [],
        3,
        "q.jsonl:2: d2: article 'gone.txt' is not in the index",
    ),
    "stale quote": (
        changed(1, gold=[{"article": "pool.txt", "quote": "四亿元"}]),
        [],
        3,
        "q.jsonl:2: d2: quote “四亿元” no longer stands in pool.txt",
    ),
    "duplicate id": (changed(1, id="d1"), [], 2, "q.jsonl:2: id 'd1' stands twice, first at q.jsonl:1"),
    "unknown metric": (ROWS, ["--min", "accuracy=0.9"], 2, "unknown metric 'accuracy' (one of success@1, "),
    "unknown tag": (
        ROWS,
        ["--min", "success@5[what]=0.9"],
        2,
        "no question is in group 'what' (one of how, when",
    ),
    "empty file": ([], [], 4, "q.jsonl: holds no question"),
    "nothing behind a floor": (
        ROWS[:2],
        ["--min", "auroc=0.5"],
        4,
        "auroc >= 0.5: no question here has this metric",
    ),
    "floor not met": (
        changed(0, question="奖池多少钱？"),
        ["--k", "1", "--min", "success@1=0.9"],
        1,
        "success@1 >= 0.9 failed: is 0.5000 over 2 questions, lost d1",
    ),
    "baseline missing": (ROWS, ["--baseline", "none.json"], 2, "none.json: cannot be read"),
    "baseline is no report": (ROWS, ["--baseline", "q.jsonl"], 2, "q.jsonl: not JSON"),
    "drop without a baseline": (
        ROWS,
        ["--max-drop", "success@5=0.1"],
        2,
        "--max-drop has nothing to compare with",
    ),
    "no such file": (None, [], 2, "q.jsonl: cannot be read: No such file or directory"),
    "bad cut-offs": (ROWS, ["--k", "1,two"], 2, "--k '1,two' is not a list of whole numbers"),
    "unknown mode": (ROWS, ["--mode", "sparse"], 2, "'sparse' is not one of"),
    "unknown breakdown": (
        ROWS,
        ["--by", "colour"],
        2,
        "unknown breakdown 'colour' (one of tags, lang, lang_pair)",
    ),
    "no folder for a report": (
        ROWS,
        ["--json", "none/r.json"],
        2,
        "none/r.json: no folder none to write it in",
    ),
    "index missing": (ROWS, ["--index", "none"], 3, "none: no index there"),
    "not a BEIR folder": (None, ["--beir", "articles"], 2, "got 1 files and --beir"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_one_line_and_its_exit_code(shell, tmp_path, fault):
    rows, options, expected, said = FAULTS[fault]
    if rows is not None:
        write(tmp_path / "q.jsonl", *rows)
    code, out, errors = shell("check", "q.jsonl", *options)
    assert (code, len(errors)) == (expected, 1)
    assert errors[0].startswith("wenju: error: ")
    assert said in errors[0]
    assert errors[0].endswith(")")


def test_a_baseline_of_other_questions_is_a_fault(shell, questions, tmp_path):
    other = write(tmp_path / "other.jsonl", changed(0, id="x", question="何处")[0])
    assert shell("check", other, "--json", "old.json")[0] == 0
    code, _, errors = shell("check", questions, "--baseline", "old.json")
    assert code == 2
    assert "old.json: a report on other questions, none is shared" in errors[0]


def test_an_index_of_another_model_is_a_fault(shell, questions, monkeypatch):
    for module in ("store", "reader"):
        monkeypatch.setattr(f"index.{module}.load_encoder", lambda name=None: ToyEncoder("other"))
    code, _, errors = shell("check", questions)
    assert (code, len(errors)) == (3, 1)
    assert "encoder" in errors[0]


def test_a_faulty_file_is_told_before_the_index_is_opened(shell, tmp_path):
    write(tmp_path / "q.jsonl", "{")
    code, _, errors = shell("check", "q.jsonl", "--index", "none")
    assert code == 2
    assert "q.jsonl:1" in errors[0]


def test_a_beir_folder_is_corpus_and_questions(shell, tmp_path):
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    write(folder / "corpus.jsonl", *({"_id": id, "title": "", "text": text} for id, text in ARTICLES.items()))
    write(folder / "queries.jsonl", {"_id": "1", "text": "何时开奖"}, {"_id": "2", "text": "奖池多少钱"})
    write(folder / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore", "1\tdraw.txt\t1", "2\tpool.txt\t1")
    for _ in range(2):
        code, out, _ = shell("check", "--beir", folder, "--json", "-", "--mode", "lexical")
        document = json.loads(out)
        assert code == 0
        assert (document["unit"], document["metrics"]["success@1"]) == ("articles", 1)
    assert [path.name for path in tmp_path.glob(".wenju-beir-*")]


def test_questions_are_counted_and_duplicates_named(shell, questions):
    write(questions, *ROWS, {"id": "d9", "question": "何时  开奖", "gold": []})
    code, out, _ = shell("questions", questions)
    assert code == 0
    assert "d9" not in out  # other white space inside Chinese text is another question
    write(questions, *ROWS, {"id": "d9", "question": " 何时开奖 ", "gold": []})
    code, out, _ = shell("questions", questions, "--json")
    counts = json.loads(out)
    assert (counts["questions"], counts["answerable"], counts["unanswerable"]) == (4, 2, 2)
    assert counts["same_question"] == [{"id": "d9", "as": "d1"}]
    assert counts["labels_checked"] is True


def test_questions_are_deduplicated_into_another_file(shell, questions, tmp_path):
    write(questions, *ROWS, ROWS[0])
    assert shell("questions", questions)[0] == 2
    code, out, _ = shell("questions", questions, "--dedupe", "clean.jsonl", "--json")
    assert (code, json.loads(out)["questions"]) == (0, 3)
    assert len((tmp_path / "clean.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_questions_names_stale_labels_where_there_is_an_index(shell, questions):
    write(questions, *changed(0, gold=[{"article": "draw.txt", "quote": "每周二"}]))
    code, _, errors = shell("questions", questions)
    assert (code, len(errors)) == (3, 1)
    assert "d1: quote “每周二” no longer stands in draw.txt" in errors[0]
