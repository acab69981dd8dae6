"""Examples for the answer head: where sentences begin, what stands before a passage, what is near."""

import json

from tests.conftest import ToyEncoder
from training.examples import NEAR, NOTHING, TITLE, read_examples


def test_tokens_know_their_sentence_and_a_later_passage_is_read_after_the_articles_first_words(
    tmp_path,
) -> None:
    (tmp_path / "articles").mkdir()
    rows = [
        {
            "s": [[f"第{number}个网点。", f"Outlet {number}."], ["开了。", "It opened."]],
            "q": [[1, "开了吗？", "Did it open?"]],
            "m": [["谁开的？", "Who opened it?"]],
            "t": [[0, "哪个网点开了？", "Which outlet opened?", "哪个网点关了？", "Which outlet closed?"]],
        }
        for number in range(8)
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "articles" / "a.jsonl").write_text(lines, encoding="utf-8")

    made = read_examples(tmp_path, ToyEncoder())

    # The toy encoder has a token a character; English sentences are joined by a space.
    assert made.passages[0].sentence.tolist() == [0] * len("第0个网点。") + [1] * len("开了。")
    assert made.passages[1].sentence.tolist() == [0] * len("Outlet 0. ") + [1] * len("It opened.")
    second = [TITLE] * len("Outlet 0.\n") + [0] * len("Outlet 1. ") + [1] * len("It opened.")
    assert made.passages[3].sentence.tolist() == second
    # Each in both languages: a question, its twin that is answered, a near miss, the twin that is not.
    assert [(q.record, q.answer) for q in made.questions[:8:2]] == [
        (0, 1),
        (0, 0),
        (0, NOTHING),
        (0, NOTHING),
    ]
    assert {q.record for q in made.questions[:8]} == {0} != {made.questions[8].record}
    assert made.near.shape == (len(made.questions), NEAR)
    for question, near in zip(made.questions, made.near.tolist(), strict=True):
        assert question.record not in {number // 2 for number in near}
        assert len(set(near)) == NEAR
