"""Marks become lines of a questions file: merged by question, undone in any order, nothing else touched."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from index import QuestionError
from qa.errors import FeedbackError, QuestionsError
from qa.feedback import FeedbackFile, as_line, deduplicate, same_text
from qa.questions import Place, Question, read_questions


@pytest.fixture
def file(tmp_path):
    return FeedbackFile(tmp_path / "marks" / "chat.jsonl")


def test_a_right_passage_becomes_a_question_that_check_reads(file):
    file.right("何时开奖？", "a.txt", "每周一开奖")
    (question,) = read_questions(file.path)
    assert question.question == "何时开奖？"
    assert question.lang == "zh-Hans"
    assert question.tags == ("chat",)
    assert question.gold == (Place("a.txt", "每周一开奖"),)


def test_all_that_is_said_of_a_question_stands_on_one_line(file):
    file.right("When is the draw?", "a.txt", "Monday")
    file.right(" when is  the DRAW? ", "b.txt", "Tuesday")
    file.wrong("When is the draw?", "c.txt", "Never")
    (question,) = read_questions(file.path)
    assert question.gold == (Place("a.txt", "Monday"), Place("b.txt", "Tuesday"))
    assert question.wrong == (Place("c.txt", "Never"),)


def test_the_same_mark_twice_changes_nothing(file):
    assert file.right("问", "a.txt", "答").added
    before = file.path.read_bytes()
    again = file.right("问", "a.txt", "答")
    assert not again.added
    assert file.path.read_bytes() == before
    file.undo(again)
    assert file.path.read_bytes() == before


def test_should_have_refused_is_an_empty_gold(file):
    file.unanswerable("今天天气？")
    assert read_questions(file.path)[0].answerable is False


def test_a_wrong_passage_alone_does_not_say_unanswerable(file):
    file.wrong("问", "a.txt", "不是")
    (question,) = read_questions(file.path)
    assert question.gold is None
    assert question.answerable is None


def test_the_last_word_counts(file):
    file.unanswerable("问")
    file.right("问", "a.txt", "答")
    assert read_questions(file.path)[0].gold == (Place("a.txt", "答"),)
    file.wrong("问", "a.txt", "答")
    (question,) = read_questions(file.path)
    assert question.gold is None
    assert question.wrong == (Place("a.txt", "答"),)


def test_marks_are_undone_in_any_order(file):
    first = file.right("问", "a.txt", "一")
    second = file.right("问", "a.txt", "二")
    wrong = file.wrong("问", "b.txt", "三")
    file.undo(first)
    assert read_questions(file.path)[0].gold == (Place("a.txt", "二"),)
    file.undo(wrong)
    file.undo(second)
    assert file.path.read_text() == ""


def test_undoing_right_after_refuse_leaves_no_line_that_says_unanswerable(file):
    file.unanswerable("问")
    mark = file.right("问", "a.txt", "答")
    file.undo(mark)
    assert file.path.read_text() == ""


def test_a_mark_that_somebody_removed_cannot_be_undone(file):
    mark = file.right("问", "a.txt", "答")
    file.path.write_text("")
    with pytest.raises(FeedbackError, match="no longer there"):
        file.undo(mark)


def test_other_lines_stay_byte_by_byte(file):
    file.path.parent.mkdir()
    by_hand = b'{"id":"d1",  "question":"\xe4\xb8\x80\xe2\x80\xa8","gold":[],"note":1}\r\n\r\n'
    file.path.write_bytes(by_hand)
    mark = file.right("二", "a.txt", "答")
    assert file.path.read_bytes().startswith(by_hand)
    file.undo(mark)
    assert file.path.read_bytes() == by_hand


def test_a_mark_on_a_hand_written_question_keeps_its_id_and_other_keys(file):
    file.path.parent.mkdir()
    file.path.write_text(
        '{"id": "d1", "question": "问", "tags": ["x"], "gold": [], "note": "mine"}\n', encoding="utf-8"
    )
    file.right("问", "a.txt", "答")
    row = json.loads(file.path.read_text(encoding="utf-8"))
    assert (row["id"], row["tags"], row["note"]) == ("d1", ["x"], "mine")
    assert row["gold"] == [{"article": "a.txt", "quote": "答"}]


def test_many_threads_lose_no_mark(file):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: file.right(f"问题{n % 10}", "a.txt", f"答{n}"), range(60)))
    questions = read_questions(file.path)
    assert len(questions) == 10
    assert sum(len(question.gold) for question in questions) == 60


def test_nothing_is_written_for_a_mark_that_says_nothing(file):
    with pytest.raises(FeedbackError):
        file.right("问", "a.txt", "  ")
    with pytest.raises(QuestionError):
        file.unanswerable("？")
    assert not file.path.exists()


def test_a_damaged_file_is_named_and_left_alone(file):
    file.path.parent.mkdir()
    file.path.write_text("{oops\n")
    with pytest.raises(QuestionsError, match=r"chat.jsonl:1: not JSON"):
        file.right("问", "a.txt", "答")
    assert file.path.read_text() == "{oops\n"


A, B = Place("a", "一"), Place("b", "二")


def test_deduplicate_makes_one_of_equal_questions():
    questions = [
        Question("d1", "When?", "en", ("x",), (A,)),
        Question("d2", "其他", gold=()),
        Question("d3", "when?  ", "en", ("y",), (B, A), (B,)),
    ]
    assert same_text(questions) == [("d3", "d1")]
    first, second = deduplicate(questions)
    assert first == Question("d1", "When?", "en", ("x", "y"), (A, B))
    assert second == questions[1]


def test_a_question_answered_anywhere_is_answered():
    (merged,) = deduplicate([Question("d1", "问", gold=()), Question("d2", "问", gold=None, wrong=(B,))])
    assert (merged.gold, merged.wrong) == ((), (B,))
    (merged,) = deduplicate([Question("d1", "问", gold=()), Question("d2", "问", gold=(A,))])
    assert merged.gold == (A,)


def test_a_line_is_read_back_as_it_was(tmp_path):
    question = Question("d1", "问", "zh-Hans", ("x",), (A, Place("b", None, 1, 4)), (B,))
    file = tmp_path / "q.jsonl"
    file.write_text(as_line(question), encoding="utf-8")
    (again,) = read_questions(file)
    assert again.digest == question.digest
    assert (again.gold, again.wrong, again.tags, again.lang) == (
        question.gold,
        question.wrong,
        ("x",),
        "zh-Hans",
    )
