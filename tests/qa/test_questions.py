"""Questions files: what is read, and the one line that a faulty one gets."""

import json
from typing import get_args

import pytest

from index.types import Language
from qa.errors import NothingEvaluatedError, QuestionsError, StaleLabelError
from qa.labels import tie
from qa.questions import LANGUAGES, Place, Question, read_questions
from tests.qa.check_fakes import FakeIndex, article

GOOD = {
    "id": "d1",
    "question": "何时开奖？",
    "lang": "zh-Hans",
    "tags": ["a", "a"],
    "gold": [{"article": "x", "quote": "周一"}],
}


def write(tmp_path, *rows):
    file = tmp_path / "q.jsonl"
    file.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8"
    )
    return file


def row(**changes):
    return {key: value for key, value in {**GOOD, **changes}.items() if value != "drop"}


def test_reads_every_field(tmp_path):
    file = write(
        tmp_path, GOOD, "", row(id="d2", gold=[{"article": "x", "start": 3, "end": 9}]), row(id="d3", gold=[])
    )
    first, second, third = read_questions(file)
    assert first == Question("d1", "何时开奖？", "zh-Hans", ("a",), (Place("x", "周一"),), (), f"{file}:1")
    assert second.gold == (Place("x", None, 3, 9),)
    assert second.where == f"{file}:3"
    assert third.answerable is False


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")
    assert [question.id for question in read_questions(file)] == ["d1"]


def test_languages_are_those_of_the_index():
    assert get_args(Language) == LANGUAGES


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "d1", "question": ', "q.jsonl:2: not JSON: Expecting value at column 25"),
        ("[1]", "q.jsonl:2: holds a list, not an object"),
        ("[" * 100_000, "q.jsonl:2: not usable JSON: nested too deep"),
        ("9" * 5_000, "q.jsonl:2: not usable JSON: a number too long"),
        (row(id="drop"), "q.jsonl:2: id is missing"),
        (row(id=7), "q.jsonl:2: id is the number 7"),
        (row(id="d9", question="  "), "q.jsonl:2: question is an empty text"),
        (row(id="d9", question="？！"), "q.jsonl:2: d9: the question has no word"),
        (row(id="d9", question="彩" * 2001), "q.jsonl:2: d9: the question has 2,001 characters"),
        (row(id="d9", lang="zh"), "q.jsonl:2: d9: unknown lang 'zh' (one of zh-Hans, zh-Hant, en, und)"),
        (row(id="d9", lang=["en"]), "q.jsonl:2: d9: unknown lang ['en']"),
        (row(id="d9", tags="factoid"), "q.jsonl:2: d9: tags is the text 'factoid', not a list"),
        (
            row(id="d9", gold="drop"),
            "q.jsonl:2: d9: gold is missing (write [] where the corpus has no answer)",
        ),
        (row(id="d9", gold={"article": "x"}), "q.jsonl:2: d9: gold is an object, not a list"),
        (row(id="d9", gold=[{"quote": "周一"}]), "q.jsonl:2: d9: gold names no article"),
        (
            row(id="d9", gold=[{"article": "x"}]),
            "q.jsonl:2: d9: gold: neither a quote nor start and end in x",
        ),
        (row(id="d9", gold=[{"article": "x", "quote": ""}]), "q.jsonl:2: d9: gold: quote is an empty text"),
        (
            row(id="d9", gold=[{"article": "x", "start": 4, "end": 4}]),
            "q.jsonl:2: d9: gold: start 4 and end 4 hold no",
        ),
        (
            row(id="d9", gold=[{"article": "x", "start": True, "end": 2}]),
            "d9: gold: neither a quote nor start and end",
        ),
        (row(), "q.jsonl:2: id 'd1' stands twice, first at "),
    ],
)
def test_a_faulty_line_is_named(tmp_path, line, said):
    with pytest.raises(QuestionsError) as caught:
        read_questions(write(tmp_path, GOOD, line))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_bad_json_on_line_seven(tmp_path):
    rows = [row(id=f"d{number}") for number in range(6)]
    with pytest.raises(QuestionsError, match=r"q.jsonl:7: not JSON"):
        read_questions(write(tmp_path, *rows, "{oops}"))


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_bytes(json.dumps(GOOD).encode() + b"\n" + "何时".encode("gb18030"))
    with pytest.raises(QuestionsError, match=r"q.jsonl:2: byte 0xba is not UTF-8"):
        read_questions(file)


def test_an_empty_file_evaluates_nothing(tmp_path):
    with pytest.raises(NothingEvaluatedError, match="holds no question") as caught:
        read_questions(write(tmp_path, "", "  "))
    assert caught.value.exit_code == 4


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(QuestionsError, match="none.jsonl: cannot be read: No such file"):
        read_questions(tmp_path / "none.jsonl")


INDEX = FakeIndex([article("x", "每周一开奖", "周一不休息")], {})


def ask(*gold, id="d1"):
    return Question(id, "何时开奖？", None, (), gold, (), f"q.jsonl:{id[1:]}")


def test_a_quote_counts_wherever_it_stands():
    (labelled,) = tie([ask(Place("x", "周一"))], INDEX)
    assert [(span.start, span.end) for span in labelled.gold[0].spans] == [(1, 3), (6, 8)]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("y", "周一"), "q.jsonl:1: d1: article 'y' is not in the index"),
        (Place("x", "周日"), "q.jsonl:1: d1: quote “周日” no longer stands in x"),
        (Place("x", None, 5, 99), "q.jsonl:1: d1: end 99 lies beyond the text of x"),
    ],
)
def test_a_stale_label_is_named_by_id(place, said):
    with pytest.raises(StaleLabelError) as caught:
        tie([ask(place)], INDEX)
    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 3


def test_all_stale_labels_are_named_on_one_line():
    questions = [ask(Place("x", "周日"), id=f"d{number}") for number in range(9)]
    with pytest.raises(StaleLabelError, match="stale too: d1, d2, d3, d4, d5 and 3 more"):
        tie(questions, INDEX)
