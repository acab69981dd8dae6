"""Gates: floors, ceilings, drops that are real, drops that may be chance, and sets too small to tell."""

import json
import random
from dataclasses import replace

import pytest

from index import Article, build
from qa.checking import check
from qa.errors import CheckFailed, GateError, NothingEvaluatedError, QuestionsError
from qa.gates import compare, judge, parse_gate
from qa.questions import Place, Question
from qa.report import dump
from qa.saved import read_report
from tests.conftest import ToyEncoder
from tests.qa.check_fakes import FakeIndex, ShuffledEncoder, answerer, article

LINES = article("a", *(f"第{number}行" for number in range(12)))


def questions(count):
    tags = [("even",), ("odd",)]
    gold = (Place("a", "第0行"),)
    return [Question(f"q{n}", f"问{n}", "zh-Hans", tags[n % 2], gold) for n in range(count)]


def report(ranks, unanswered=(), **options):
    """A report in which question n has its gold at ranks[n], 0 for nowhere."""
    rankings = {
        f"问{n}": [("a", 1)] * (rank - 1) + [("a", 0)] if rank else [("a", 1)] * 10
        for n, rank in enumerate(ranks)
    }
    asked = questions(len(ranks)) + [Question(f"u{n}", f"无{n}", "zh-Hans") for n in range(len(unanswered))]
    rankings |= {f"无{n}": [("a", 1)] for n in range(len(unanswered))}
    confidences = {f"无{n}": confidence for n, confidence in enumerate(unanswered)}
    return check(asked, FakeIndex([LINES], rankings), answerer=answerer(confidences), **options)


def saved(made, tmp_path, name="old.json"):
    file = tmp_path / name
    file.write_text(dump(made.as_dict()), encoding="utf-8")
    return read_report(file)


def verdict(made, kind, text, baseline=None):
    (only,) = judge(made, [parse_gate(kind, text)], baseline).verdicts
    return only


def test_a_floor_that_is_met_to_the_last_digit_passes():
    assert verdict(report([1] * 19 + [0]), "min", "success@5=0.95").passed
    assert verdict(report([1, 3, 3]), "min", f"mrr@10={(1 + 1 / 3 + 1 / 3) / 3}").passed


def test_a_floor_that_is_not_met_names_the_questions_lost():
    failed = verdict(report([1, 6, 0, 2]), "min", "success@5=0.75")
    assert not failed.passed
    assert failed.note == "is 0.5000 over 4 questions, lost q1, q2"
    assert failed.lost == {"q1": "rank 6: 问1", "q2": "not found: 问2"}


def test_a_floor_on_a_group_looks_at_the_group_alone():
    made = report([1, 0, 1, 0])
    assert verdict(made, "min", "success@5[even]=1").passed
    assert not verdict(made, "min", "success@5[odd]=0.1").passed
    assert verdict(made, "min", "success@5[zh-Hans>zh-Hans]=0.5").passed


def test_a_group_can_be_gated_without_being_broken_down():
    assert verdict(report([1, 0], by=()), "min", "success@5[even]=1").passed


def test_a_ceiling_is_for_what_should_be_low():
    made = report([1], unanswered=[0.9, 0.1])
    assert verdict(made, "max", "false_answer_rate=0.5").passed
    failed = verdict(made, "max", "false_answer_rate=0.4")
    assert failed.lost == {"u0": "answered: 无0"}


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("min", "success@5", "--min 'success@5' is not METRIC=VALUE"),
        ("min", "success@5=much", "'much' is not a number"),
        ("min", "success@5=95", "95 is not between 0 and 1"),
        ("min", "success@5=nan", "nan is not between 0 and 1"),
        ("min", "false_answer_rate=0.1", "better when lower (use --max false_answer_rate=0.1)"),
        ("max", "success@5=0.9", "better when higher (use --min success@5=0.9)"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(kind, text, said):
    with pytest.raises(GateError) as caught:
        parse_gate(kind, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accuracy=0.9", "unknown metric 'accuracy' (one of success@1, "),
        ("success@7=0.9", "unknown metric 'success@7' (add 7 to --k)"),
        (
            "success@5[uneven]=0.9",
            "no question is in group 'uneven' (one of even, odd, zh-Hans, zh-Hans>zh-Hans)",
        ),
    ],
)
def test_a_gate_on_what_the_report_does_not_hold_is_refused(text, said):
    with pytest.raises(GateError) as caught:
        verdict(report([1, 1]), "min", text)
    assert said in str(caught.value)


def test_a_floor_with_no_question_behind_it_does_not_pass():
    with pytest.raises(NothingEvaluatedError, match="auroc") as caught:
        verdict(report([1, 1]), "min", "auroc=0.5")
    assert caught.value.exit_code == 4


def test_a_large_drop_fails_and_names_lost_and_won_with_ranks(tmp_path):
    before = saved(report([1] * 30 + [0] * 10), tmp_path)
    after = report([1] * 18 + [7] * 12 + [2] + [0] * 9)
    failed = verdict(after, "max-drop", "success@5=0.02", before)
    assert not failed.passed
    assert len(failed.lost) == 12
    assert failed.lost["q18"] == "rank 1 -> rank 7: 问18"
    assert failed.won == {"q30": "not found -> rank 2: 问30"}
    assert "0.7500 before, 0.4750 now over 40 questions (12 lost, 1 won" in failed.note


def test_a_drop_within_what_is_allowed_passes(tmp_path):
    before = saved(report([1] * 40), tmp_path)
    assert verdict(report([1] * 30 + [0] * 10), "max-drop", "success@5=0.25", before).passed


def test_a_drop_that_may_be_chance_passes_and_says_so(tmp_path):
    before = saved(report([1] * 40), tmp_path)
    passed = verdict(report([1] * 35 + [0] * 5), "max-drop", "success@5=0.02", before)
    assert passed.passed
    assert "p = 0.0625" in passed.note
    assert "larger than allowed, but may be chance" in passed.note
    assert "too small to tell: 40 questions can show only drops from 0.1500" in passed.note


def test_a_set_that_can_show_no_drop_says_so_even_when_nothing_changed(tmp_path):
    before = saved(report([1] * 5), tmp_path)
    lost_all = verdict(report([0] * 5), "max-drop", "success@5=0.02", before)
    assert lost_all.passed
    assert "too small to tell: 5 questions can show no drop at all" in lost_all.note
    assert "too small to tell" in verdict(report([1] * 5), "max-drop", "success@5=0.02", before).note


def test_a_clear_gain_is_not_called_too_small(tmp_path):
    before = saved(report([0] * 12 + [1] * 28), tmp_path)
    note = verdict(report([1] * 40), "max-drop", "success@5=0.02", before).note
    assert "12 won" in note
    assert "small" not in note


def test_a_set_that_is_large_enough_says_nothing_of_size(tmp_path):
    before = saved(report([1] * 400), tmp_path)
    assert "small" not in verdict(report([1] * 399 + [0]), "max-drop", "success@5=0.02", before).note


def test_more_false_answers_are_a_drop(tmp_path):
    before = saved(report([1], unanswered=[0.1] * 20), tmp_path)
    failed = verdict(
        report([1], unanswered=[0.9] * 8 + [0.1] * 12), "max-drop", "false_answer_rate=0.1", before
    )
    assert not failed.passed
    assert failed.lost["u0"] == "refused -> answered: 无0"


def test_a_drop_in_one_group_is_not_hidden_by_the_other(tmp_path):
    before = saved(report([1] * 40), tmp_path)
    after = report([1, 0] * 20)
    assert not verdict(after, "max-drop", "success@5[odd]=0.1", before).passed
    assert verdict(after, "max-drop", "success@5[even]=0.1", before).passed


def test_questions_that_were_changed_are_not_compared(tmp_path):
    before = saved(report([1] * 20), tmp_path)
    after = report([1] * 22)
    changed = replace(after.results[0], digest="other")
    note = verdict(
        replace(after, results=(changed, *after.results[1:])), "max-drop", "success@5=0", before
    ).note
    assert "over 19 questions" in note
    assert "3 questions stand in one report only" in note


def test_a_baseline_of_other_questions_is_refused(tmp_path):
    other = check([Question("x", "问0", gold=(Place("a", "第3行"),))], FakeIndex([LINES], {}), answerer=None)
    with pytest.raises(
        QuestionsError, match="old.json: a report on other questions, none is shared"
    ) as caught:
        judge(report([1]), [], saved(other, tmp_path))
    assert caught.value.exit_code == 2


def test_a_baseline_that_ranked_articles_is_refused(tmp_path):
    with pytest.raises(QuestionsError, match="ranks articles, this one passages"):
        judge(report([1]), [], saved(report([1], unit="articles"), tmp_path))


def test_a_drop_needs_a_baseline_and_single_values(tmp_path):
    made = report([1] * 6, unanswered=[0.1])
    with pytest.raises(GateError, match="nothing to compare with"):
        verdict(made, "max-drop", "success@5=0.1")
    with pytest.raises(GateError, match="auroc has no value of single questions"):
        verdict(made, "max-drop", "auroc=0.1", saved(made, tmp_path))


def test_a_cut_off_that_the_baseline_lacks_is_refused(tmp_path):
    before = saved(report([1] * 6, ks=(1, 5)), tmp_path)
    with pytest.raises(GateError, match="success@20"):
        verdict(report([1] * 6, ks=(1, 20)), "max-drop", "success@20=0.1", before)


@pytest.mark.parametrize("text", ["{}", "[]", '{"results": [{"id": "q0"}]}', "not json", '{"results": 3}'])
def test_a_file_that_is_no_report_is_refused(tmp_path, text):
    file = tmp_path / "old.json"
    file.write_text(text)
    with pytest.raises(QuestionsError, match=r"old\.json: "):
        read_report(file)


def test_a_report_survives_its_file(tmp_path):
    made = report([1, 0, 4], unanswered=[0.7])
    again = saved(made, tmp_path)
    assert [r.gold_ranks for r in again.results] == [r.gold_ranks for r in made.results]
    assert [r.digest for r in again.results] == [r.digest for r in made.results]
    assert all(each.before == each.after for each in compare(again, again).changes)


def test_require_raises_with_the_questions_lost():
    made = report([1, 0, 6], unanswered=[0.9])
    made.require({"success@1": 0.3, "success@5[even]": 0.5})
    with pytest.raises(CheckFailed) as caught:
        made.require({"success@5": 0.95}, {"false_answer_rate": 0.0})
    assert caught.value.exit_code == 1
    assert str(caught.value).split("\n") == [
        "success@5 >= 0.95 failed: is 0.3333 over 3 questions, lost q1, q2;"
        " false_answer_rate <= 0 failed: is 1.0000 over 1 questions, lost u0"
        " (mend what was lost, or change the gate)",
        "  q1 not found: 问1",
        "  q2 rank 6: 问2",
        "  u0 answered: 无0",
    ]
    with pytest.raises(GateError, match="nothing is required"):
        made.require({})


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """A real index over sixty articles, and questions in pieces of words: only the dense side finds them."""
    draw = random.Random(1)
    words = [["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=10)) for _ in range(8)] for _ in range(60)]
    articles = [Article(f"{n}.txt", None, " ".join(row) + ".", "en") for n, row in enumerate(words)]
    asked = [
        Question(f"q{n}", " ".join(word[1:-1] for word in row[2:6]), "en", gold=(Place(f"{n}.txt", row[3]),))
        for n, row in enumerate(words)
    ]
    return build(articles, tmp_path_factory.mktemp("system"), encoder=ToyEncoder()), asked


@pytest.mark.parametrize("mode", ["dense", "fused"])
def test_a_planted_regression_is_caught_and_a_repeat_run_passes(system, tmp_path, monkeypatch, mode):
    index, asked = system
    before = saved(check(asked, index, mode=mode), tmp_path)
    repeat = check(asked, index, mode=mode)
    gate = parse_gate("max-drop", "success@1=0.02")
    assert repeat.total.metrics["success@1"] > 0.9
    assert judge(repeat, [gate], before).passed
    assert json.loads(dump(repeat.as_dict()))["results"] == [r.as_dict() for r in repeat.results]

    monkeypatch.setattr(index, "encoder", ShuffledEncoder())
    broken = judge(check(asked, index, mode=mode), [gate], before)
    assert not broken.passed
    with pytest.raises(CheckFailed, match="failed: "):
        broken.require({"success@1": 0.9})


def test_two_runs_of_the_same_system_give_the_same_document(system):
    index, asked = system
    first, second = (check(asked, index).as_dict() for _ in range(2))
    del first["timings_s"], second["timings_s"]
    assert first == second
