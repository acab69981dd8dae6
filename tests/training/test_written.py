"""Our own passages: a tenth is kept for measuring, and Chinese sides are folded."""

import json

from training.written import Written, read_written, written_pairs


def line(number: int) -> str:
    row = {
        "s": [[f"第{number}個網點。", f"Outlet {number}."], ["開了。", "It opened."]],
        "q": [[0, "哪個網點？", "Which outlet?"]],
        "m": [["誰開的？", "Who opened it?"]],
    }
    return json.dumps(row, ensure_ascii=False)


def test_every_tenth_passage_of_a_file_is_held_out(tmp_path) -> None:
    for name in ("a", "b"):
        lines = "\n".join(line(number) for number in range(1, 13))
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")

    assert [record.sentences[0][1] for record in read_written(tmp_path, held_out=True)] == ["Outlet 10."] * 2
    assert len(read_written(tmp_path)) == 22


def test_of_articles_every_tenth_is_held_out_whole(tmp_path) -> None:
    (tmp_path / "articles").mkdir()
    lines = "\n".join(line(number) for number in range(1, 45))
    (tmp_path / "articles" / "a.jsonl").write_text(lines, encoding="utf-8")

    held_out = [record.sentences[0][1] for record in read_written(tmp_path, held_out=True)]

    assert held_out == ["Outlet 37.", "Outlet 38.", "Outlet 39.", "Outlet 40."]
    assert len(read_written(tmp_path)) == 40


def test_of_more_than_five_questions_the_first_four_have_no_context() -> None:
    questions = [(0, ("问", str(number))) for number in range(7)]

    assert [asked for _, (_, asked) in Written([], questions, [], [], []).named] == ["4", "5", "6"]
    assert [asked for _, (_, asked) in Written([], questions[:5], [], [], []).named] == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]


def test_a_passage_is_its_sentences_and_chinese_is_folded(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text(line(1), encoding="utf-8")

    (record,) = read_written(tmp_path)
    short, whole = written_pairs([record])

    assert (record.text(english=False), record.text(english=True)) == (
        "第1个网点。开了。",
        "Outlet 1. It opened.",
    )
    assert [(pair.zh, pair.en) for pair in short] == [
        ("第1个网点。", "Outlet 1."),
        ("开了。", "It opened."),
        ("哪个网点？", "Which outlet?"),
        ("谁开的？", "Who opened it?"),
    ]
    assert [(pair.source, pair.en) for pair in whole] == [("written+", "Outlet 1. It opened.")]


def test_pairs_are_one_question_that_the_passage_answers_and_one_that_it_does_not(tmp_path) -> None:
    twins = [[1, "網點何時開？", "When did it open?", "網點何時關？", "When did it close?"]]
    others = [[0, "第幾家？", "Which branch?", "誰付錢？", "Who paid?"]]
    row = {**json.loads(line(1)), "t": twins, "p": others}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")

    (record,) = read_written(tmp_path)

    assert record.answered == [
        (0, ("哪个网点？", "Which outlet?")),
        (1, ("网点何时开？", "When did it open?")),
        (0, ("第几家？", "Which branch?")),
    ]
    assert record.unanswered == [
        ("谁开的？", "Who opened it?"),
        ("网点何时关？", "When did it close?"),
        ("谁付钱？", "Who paid?"),
    ]
