"""TREC and BEIR files: what is read, and that what is written scores the same in ir_measures."""

import json

import ir_measures
import pytest
from ir_measures import AP, RR, R, Success, nDCG

from qa.beir import index_beir, read_beir
from qa.checking import check
from qa.errors import NothingEvaluatedError, QuestionsError
from qa.questions import Place, Question
from qa.trec import judged, qrels_text, read_qrels, read_run, run_text
from tests.qa.check_fakes import FakeIndex, article

A = article("a b.txt", "甲一", "甲二", "甲三", "甲四")
B = article("b", "first", "second")
RANKINGS = {
    "one": [("a b.txt", 0), ("b", 1), ("a b.txt", 2)],
    "two": [("b", 0), ("b", 1), ("a b.txt", 3), ("a b.txt", 1)],
    "both": [("b", 1), ("a b.txt", 1)],
}
QUESTIONS = [
    Question("q 1", "one", gold=(Place("a b.txt", "甲三"), Place("b", "first"))),
    Question("q2", "two", gold=(Place("a b.txt", "甲二"),)),
    Question("q3", "both", gold=(Place("a b.txt", "甲"), Place("a b.txt", None, 3, 5), Place("b", "first"))),
    Question("q4", "finds nothing", gold=(Place("b", "first"),)),
    Question("q5", "one", gold=()),
]


def exported(tmp_path, report):
    run, qrels = tmp_path / "out.run", tmp_path / "out.qrels"
    run.write_text(run_text(report), encoding="utf-8")
    qrels.write_text(qrels_text(report), encoding="utf-8")
    return run, qrels


@pytest.mark.parametrize("unit", ["passages", "articles"])
def test_what_is_exported_scores_the_same_elsewhere(tmp_path, unit):
    report = check(QUESTIONS, FakeIndex([A, B], RANKINGS), unit=unit, answerer=None)
    run, qrels = exported(tmp_path, report)
    ours = report.total.metrics
    for name, measure in {
        "success@1": Success @ 1,
        "success@5": Success @ 5,
        "recall@10": R @ 10,
        "mrr@10": RR @ 10,
        "ndcg@10": nDCG @ 10,
        "map@10": AP @ 10,
    }.items():
        judgements, ranking = ir_measures.read_trec_qrels(str(qrels)), ir_measures.read_trec_run(str(run))
        theirs = ir_measures.calc_aggregate([measure], judgements, ranking)[measure]
        assert theirs == pytest.approx(ours[name], abs=1e-12), name


def test_what_is_exported_can_be_read_back(tmp_path):
    report = check(QUESTIONS, FakeIndex([A, B], RANKINGS), answerer=None)
    run, qrels = exported(tmp_path, report)
    results = judged(read_qrels(qrels), read_run(run))
    assert [result.gold_ranks for result in results] == [(3, None), (4,), (2, 3, None), (None,)]


def write(folder, name, *rows):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def beir(tmp_path, qrels=("query-id\tcorpus-id\tscore", "q1\td1\t1", "q2\td2\t2")):
    write(
        tmp_path,
        "corpus.jsonl",
        {"_id": "d1", "title": "甲", "text": "甲一"},
        {"_id": "d2", "text": "second"},
    )
    write(
        tmp_path,
        "queries.jsonl",
        {"_id": "q1", "text": "问一"},
        {"_id": "q2", "text": "two"},
        {"_id": "q3", "text": "x"},
    )
    write(tmp_path, "qrels/test.tsv", *qrels)
    return tmp_path


def test_a_beir_folder_gives_articles_and_questions(tmp_path):
    found = read_beir(beir(tmp_path))
    assert [(each.id, each.text, each.language) for each in found.articles] == [
        ("d1", "甲一", "zh-Hans"),
        ("d2", "second", "en"),
    ]
    assert [(each.id, each.question, each.gold) for each in found.questions] == [
        ("q1", "问一", (Place("d1"),)),
        ("q2", "two", (Place("d2", grade=2),)),
    ]
    assert found.notes == ()


def test_what_is_left_out_of_a_beir_folder_is_said(tmp_path):
    rows = ("q1\td1\t1", "q1\tgone\t1", "q2\td2\t0", "q3\tempty\t1")
    folder = beir(tmp_path, rows)
    with (folder / "corpus.jsonl").open("a") as corpus:
        corpus.write('{"_id": "empty", "title": "", "text": " "}\n')
    found = read_beir(folder)
    assert [question.id for question in found.questions] == ["q1", "q3"]
    assert found.notes == (
        "1 queries without a relevant document are left out",
        "1 documents without text cannot be found",
        "1 judged documents are not in corpus.jsonl and count as never found",
    )


def test_a_question_longer_than_an_index_takes_is_cut(tmp_path):
    folder = beir(tmp_path, ("q9\td1\t1",))
    write(folder, "queries.jsonl", {"_id": "q9", "text": "长" * 3000})
    found = read_beir(folder)
    assert found.questions[0].question == "长" * 2000
    assert found.notes == ("1 queries are longer than 2,000 characters and are cut there",)


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("corpus.jsonl", ['{"_id": "d1", "text": "a"}', "{"], "corpus.jsonl:2: not JSON"),
        ("corpus.jsonl", ['{"_id": "d1", "text": "a"}'] * 2, "corpus.jsonl:2: document 'd1' stands twice"),
        ("queries.jsonl", ['{"_id": "q1"}'], "queries.jsonl:1: text is missing"),
        ("qrels/test.tsv", ["q1\td1\tone", "q1\td1\tone"], "test.tsv:2: grade 'one' is not a whole number"),
        ("qrels/test.tsv", ["q1 d1"], "test.tsv:1: 2 columns"),
        ("qrels/test.tsv", ["zz\td1\t1"], "test.tsv: query 'zz' is not in queries.jsonl"),
    ],
)
def test_a_faulty_beir_file_is_named(tmp_path, name, rows, said):
    folder = beir(tmp_path)
    write(folder, name, *rows)
    with pytest.raises(QuestionsError) as caught:
        read_beir(folder)
    assert said in str(caught.value)


def test_a_folder_that_is_not_beir_is_named(tmp_path):
    with pytest.raises(QuestionsError, match=r"no corpus\.jsonl there"):
        read_beir(tmp_path)


def test_judgements_that_judge_nothing_relevant_evaluate_nothing(tmp_path):
    with pytest.raises(NothingEvaluatedError):
        read_beir(beir(tmp_path, ("q1\td1\t0",)))
    with pytest.raises(NothingEvaluatedError):
        read_qrels(write(tmp_path, "empty.qrels", ""))


@pytest.mark.parametrize(
    ("line", "said"),
    [("q1 Q0 d1 1 0.5", "5 columns"), ("q1 Q0 d1 1 high x", "score 'high'"), ("q1 Q0 d0 2 1 x", "d0 twice")],
)
def test_a_faulty_run_line_is_named(tmp_path, line, said):
    with pytest.raises(QuestionsError, match=r"out\.run:2: .*" + said):
        read_run(write(tmp_path, "out.run", "q1 Q0 d0 1 2 x", line))


def test_a_beir_index_is_kept_beside_the_index_and_used_again(tmp_path, monkeypatch):
    found = read_beir(beir(tmp_path))
    built = []
    monkeypatch.setattr("qa.beir.build", lambda articles, folder, **options: built.append(folder) or "built")
    assert index_beir(found, tmp_path / ".wenju") == "built"
    assert built == [tmp_path / f".wenju-beir-{found.digest}"]
    monkeypatch.setattr("qa.beir.load", lambda folder: "loaded")
    assert index_beir(found, tmp_path / ".wenju") == "loaded"
