"""What a check finds on an index whose ranking is given, so that every figure can be said in advance."""

import json
from dataclasses import replace
from math import log2

import pytest

from qa.checking import check
from qa.errors import GateError, NothingEvaluatedError, QuestionsError
from qa.questions import Place, Question
from qa.report import dump
from tests.qa.check_fakes import FakeIndex, answerer, article

A = article("a", "甲一", "甲二", "甲三", "甲四")
B = article("b", "first of b", "second of b", language="en")
RANKINGS = {
    "first": [("a", 0), ("a", 1), ("b", 0)],
    "third": [("a", 0), ("a", 1), ("b", 1)],
    "none": [("a", 3)],
}
QUESTIONS = [
    Question("q1", "first", "en", ("easy",), (Place("a", "甲一"),)),
    Question("q2", "third", "en", ("hard",), (Place("b", "second"),)),
    Question("q3", "none", "zh-Hans", ("hard",), (Place("a", "甲二"), Place("b", "first"))),
    Question("q4", "lost", "zh-Hant", (), (Place("a", "甲一"),)),
    Question("q5", "nonsense", "zh-Hans", (), ()),
]
CONFIDENCES = {"first": 0.9, "third": 0.8, "none": 0.2}


def run(questions=QUESTIONS, rankings=RANKINGS, **options):
    index = FakeIndex([A, B], rankings)
    return check(questions, index, answerer=answerer(CONFIDENCES), **options)


def test_every_figure():
    figures = run().total.metrics
    assert figures["success@1"] == 1 / 4
    assert figures["success@3"] == figures["success@5"] == 2 / 4
    assert figures["recall@3"] == (1 + 1 + 0 + 0) / 4
    assert figures["mrr@10"] == pytest.approx((1 + 1 / 3) / 4)
    assert figures["ndcg@10"] == pytest.approx((1 + 1 / log2(4)) / 4)
    assert figures["map@10"] == pytest.approx((1 + 1 / 3) / 4)
    assert figures["evidence@1"] == 1 / 4
    assert figures["answer_rate"] == 2 / 5
    assert figures["false_refusal_rate"] == 2 / 4
    assert figures["false_answer_rate"] == 0 / 1
    # confidence .9 .8 .2 0 against 0: three wins and a tie
    assert figures["auroc"] == (3 + 0.5) / 4
    # bins: .9 right, .8 right, .2 wrong, 0 and 0 wrong
    assert figures["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.2 + 0) / 5)
    assert "wrong@1" not in figures


def test_every_result():
    results = run().results
    assert [result.rank for result in results] == [1, 3, None, None, None]
    assert results[2].gold_ranks == (None, None)
    assert [result.answered for result in results] == [True, True, False, False, False]
    assert [result.evidence_hit for result in results] == [True, False, False, False, None]
    assert [result.pairs for result in results] == [
        ("en>zh-Hans",),
        ("en>en",),
        ("zh-Hans>zh-Hans", "zh-Hans>en"),
        ("zh-Hant>zh-Hans",),
        (),
    ]


def test_groups_have_their_own_figures():
    by = run().by
    assert set(by["tags"]) == {"easy", "hard"}
    assert by["tags"]["hard"].metrics["success@3"] == 1 / 2
    assert by["lang"]["zh-Hans"].questions == 2
    assert by["lang"]["zh-Hans"].answerable == 1
    assert by["lang_pair"]["zh-Hans>en"].metrics["success@10"] == 0


def test_the_document_has_the_form_of_the_contract():
    document = json.loads(dump(run().as_dict()))
    assert document["index"] == {"model": "fake", "fingerprint": "f" * 16, "articles": 2, "chunks": 6}
    assert (document["questions"], document["answerable"]) == (5, 4)
    assert set(document["metrics"]) >= {
        *(f"{name}@{k}" for name in ("success", "recall") for k in (1, 3, 5, 10)),
        *(
            "mrr@10",
            "ndcg@10",
            "evidence@1",
            "answer_rate",
            "false_answer_rate",
            "false_refusal_rate",
            "auroc",
        ),
    }
    assert document["by"]["tags"]["hard"]["questions"] == 2
    row = document["results"][1]
    wanted = {"id": "q2", "rank": 3, "answered": True, "confidence": 0.8, "evidence_hit": False}
    assert {key: row[key] for key in wanted} == wanted


def test_the_index_is_searched_once_and_deep_enough():
    index = FakeIndex([A, B], RANKINGS)
    check(QUESTIONS[:1], index, ks=(1, 20), answerer=None)
    assert index.asked == [("first", 20, "fused", True)]


def test_one_side_alone_is_asked_without_a_vector():
    index = FakeIndex([A, B], RANKINGS)
    check(QUESTIONS[:1], index, mode="lexical", answerer=None)
    assert index.asked == [("first", 10, "lexical", False)]


def test_without_an_answerer_what_needs_answers_is_unknown():
    report = check(QUESTIONS, FakeIndex([A, B], RANKINGS), answerer=None)
    assert report.total.metrics["success@1"] == 1 / 4
    assert {
        report.total.metrics[name] for name in ("evidence@1", "answer_rate", "auroc", "calibration_error")
    } == {None}


def test_two_places_reached_by_one_passage_are_both_found_at_its_rank():
    question = Question("q", "first", gold=(Place("a", None, 0, 1), Place("a", None, 1, 2)))
    (result,) = run([question]).results
    assert result.gold_ranks == (1, 1)


def test_a_passage_that_only_touches_a_place_is_no_hit():
    between = Question("q", "first", gold=(Place("a", None, 2, 3),))  # the line end after 甲一
    assert run([between]).results[0].rank is None
    last = Question("q", "first", gold=(Place("a", None, 1, 3),))
    assert run([last]).results[0].rank == 1


def test_articles_are_ranked_by_their_best_passage():
    question = Question("q", "third", gold=(Place("b"),))
    assert run([question]).results[0].rank == 3
    report = run([question], unit="articles")
    (result,) = report.results
    assert (report.unit, result.rank) == ("articles", 2)
    assert [chunk.text for chunk in result.found] == ["甲一", "second of b"]
    assert result.gold_texts == (B.text,)


def test_where_articles_are_ranked_any_passage_of_one_is_a_hit():
    question = Question("q", "first", gold=(Place("a", "甲三"), Place("a", "甲四")))
    assert run([question]).results[0].gold_ranks == (None, None)
    assert run([question], unit="articles").results[0].gold_ranks == (1,)


def test_articles_are_searched_deeper_until_enough_remain():
    many = [article(f"m{number}", "文") for number in range(12)]
    long = article("long", *["长"] * 60)
    rankings = {"deep": [("long", line) for line in range(60)] + [(each.id, 0) for each in many]}
    index = FakeIndex([long, *many], rankings)
    report = check([Question("q", "deep", gold=(Place("m3"),))], index, unit="articles", answerer=None)
    assert [k for _, k, _, _ in index.asked] == [30, 120]
    assert report.results[0].rank == 5  # long, m0, m1, m2, m3


def test_a_judged_document_outside_the_collection_is_never_found():
    report = run([Question("q", "first", gold=(Place("a"), Place("gone")))], unit="articles")
    assert report.results[0].gold_ranks == (1, None)
    assert report.total.metrics["recall@10"] == 1 / 2


def test_a_passage_marked_wrong_counts_while_it_stands_first():
    marked = replace(QUESTIONS[0], gold=None, wrong=(Place("a", "甲一"),))
    report = run([marked, replace(marked, id="q9", question="none")])
    assert report.total.metrics["wrong@1"] == 1 / 2
    assert report.total.metrics["success@1"] is None
    assert report.total.answerable == 0


def test_language_is_told_from_the_question_where_the_file_is_silent():
    assert run([replace(QUESTIONS[0], lang=None)]).results[0].lang == "en"


def test_progress_reaches_the_total():
    seen = []
    run(progress=lambda *each: seen.append(each))
    assert seen[-1] == ("check", 5, 5)


def test_zero_questions_never_pass():
    with pytest.raises(NothingEvaluatedError):
        run([])


def test_equal_ids_are_refused_from_python_too():
    with pytest.raises(QuestionsError, match="'q1' stands twice"):
        run([QUESTIONS[0], QUESTIONS[0]])


@pytest.mark.parametrize("options", [{"ks": ()}, {"ks": (0,)}, {"mode": "sparse"}, {"by": ("colour",)}])
def test_unknown_options_are_refused(options):
    with pytest.raises(GateError):
        run(**options)
