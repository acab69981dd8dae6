import math
from pathlib import Path

import numpy as np
import pytest

from index import IndexFormatError
from index.lexical import (
    K1,
    B,
    LexicalIndex,
    Word,
    Words,
    possible,
    share,
)
from index.translations import translations
from index.words import tokens

OWN = np.ones(9, dtype=bool)


def test_the_share_of_a_question_that_stands_in_a_text() -> None:
    asked = [
        Word(2.0, {"网点": 1.0}),
        Word(1.0, {"98": 1.0}),
        Word(1.0, {"outlet": 0.8, "门店": 0.5}),
    ]
    assert share("新增網點98個", asked) == pytest.approx(3 / 4)
    assert share("Outlets in 1998", asked) == pytest.approx(0.8 / 4)
    assert share("outlet 门店", asked) == pytest.approx(0.8 / 4)  # the surer form counts
    assert share("", asked) == 0
    assert share("网点", []) == 0


def bm25(frequency: int, length: int, mean: float, documents: int, chunks: int) -> float:
    idf = math.log(1 + (chunks - documents + 0.5) / (documents + 0.5))
    return idf * frequency / (frequency + K1 * (1 - B + B * length / mean))


def test_scores_and_coverage_are_the_formula() -> None:
    index = LexicalIndex.build([["x", "b"], ["b", "b", "c", "d"], []])
    match = index.match(index.question("b c b"), OWN[:3])
    mean = (2 + 4 + 0) / 3
    assert match.scores[0] == pytest.approx(bm25(1, 2, mean, 2, 3))
    assert match.scores[1] == pytest.approx(bm25(2, 4, mean, 2, 3) + bm25(1, 4, mean, 1, 3))
    assert match.scores[2] == 0
    b, c = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)
    assert match.coverage.tolist() == pytest.approx([b / (b + c), 1.0, 0.0])


def test_a_term_that_no_chunk_holds_lowers_the_coverage() -> None:
    index = LexicalIndex.build([["x"], ["y"]])
    a, unseen = math.log(1 + 1.5 / 1.5), math.log(1 + 2.5 / 0.5)
    asked = index.question("x zzz")
    assert [word.weight for word in asked.own] == pytest.approx([a, unseen])
    assert index.match(asked, OWN[:2]).coverage[0] == pytest.approx(a / (a + unseen))


def test_explained_terms_add_up_to_the_score() -> None:
    index = LexicalIndex.build([["a", "b"], ["b", "c"]])
    asked = index.question("c b x")
    terms = index.explain(asked.own, 1)
    assert [term.text for term in terms] == ["c", "b"]
    assert sum(term.weight for term in terms) == pytest.approx(float(index.match(asked, OWN[:2]).scores[1]))
    assert index.explain(index.question("z").own, 1) == ()


def test_another_language_is_asked_translated_words_as_surely_as_they_translate() -> None:
    index = LexicalIndex.build([tokens("彩票网点"), tokens("The lottery opened"), tokens("A ticket")])
    asked = index.question("彩票")
    (lottery,) = asked.other
    forms = translations("彩票")
    assert lottery.forms == {"彩票": 1.0, "lottery": forms["lottery"], "ticket": forms["ticket"]}
    documents = 1 + forms["lottery"] + forms["ticket"]
    assert lottery.weight == pytest.approx(math.log(1 + (3 - documents + 0.5) / (documents + 0.5)))
    match = index.match(asked, np.array([True, False, False]))
    assert match.coverage.tolist() == pytest.approx([1, forms["lottery"], forms["ticket"]])
    lengths = [len(tokens(text)) for text in ("彩票网点", "The lottery opened", "A ticket")]
    saturated = 1 / (1 + K1 * (1 - B + B * lengths[1] / (sum(lengths) / 3)))
    scale = possible(asked.own) / possible(asked.other)
    assert match.scores[1] == pytest.approx(lottery.weight * forms["lottery"] * saturated * scale)


def test_an_unknown_word_is_translated_by_its_longest_known_parts() -> None:
    index = LexicalIndex.build([tokens("The provincial library"), tokens("other")])
    assert translations("省图书馆") == {}
    assert "library" in index.question("省图书馆").other[0].forms


def test_a_question_is_translated_word_by_word() -> None:
    index = LexicalIndex.build(
        [tokens("彩票在泉州"), tokens("A ticket in Quanzhou"), tokens("lighthouse 灯塔")]
    )
    assert translations("筹钱") == {}
    # What no chunk holds is left out before the surest is taken: a lottery is a ticket here.
    assert index.question("泉州的彩票什么时候筹钱？").translation(english=True) == "quanzhou ticket 筹钱"
    assert (
        index.question("Did a lighthouse in Quanzhou sell 98?").translation(english=False)
        == "灯塔 泉州 卖得 98"
    )
    assert index.question("的？").translation(english=True) == ""


def test_written_and_opened_it_is_the_same(tmp_path: Path) -> None:
    index = LexicalIndex.build([["网点", "b"], ["b"]])
    index.write(tmp_path / "l.npz")
    opened = LexicalIndex.open(tmp_path / "l.npz")
    asked = index.question("网点 b")
    assert opened.question("网点 b") == asked
    assert opened.match(asked, OWN[:2]).scores.tolist() == index.match(asked, OWN[:2]).scores.tolist()
    (tmp_path / "l.npz").write_bytes(b"torn")
    with pytest.raises(IndexFormatError, match=r"l\.npz: damaged"):
        LexicalIndex.open(tmp_path / "l.npz")


def forms(words: Words) -> set[str]:
    return {form for word in words for form in word.forms}


def test_a_name_finds_the_same_name_in_the_other_language() -> None:
    index = LexicalIndex.build([tokens("成都举办研讨会"), tokens("The meeting in Jiaxing"), tokens("重庆")])
    english = np.array([False, True, False])
    asked = index.question("What happened in Chengdu?")
    assert "成都" in forms(asked.other)
    assert index.match(asked, english).scores.argmax() == 0
    asked = index.question("嘉兴的会议")
    assert "jiaxing" in forms(asked.other)
    assert index.match(asked, ~english).scores.argmax() == 1
    assert index.match(index.question("chongqing"), english).scores.argmax() == 2


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("吕梁", "Lüliang"),
        ("吕梁", "Lvliang"),
        ("吕梁", "Luliang"),
        ("西安", "Xi'an"),
        ("西安", "Xi’an"),
        ("西安", "Xian"),
    ],
)
def test_every_spelling_of_a_name_finds_it_and_is_found(name: str, spelled: str) -> None:
    chinese = LexicalIndex.build([tokens(f"{name}的城墙"), tokens("其他")])
    assert name in forms(chinese.question(f"How long is the wall of {spelled}?").other)
    english = LexicalIndex.build([tokens(f"The wall of {spelled}"), tokens("other")])
    assert spelled.lower() in forms(english.question(f"{name}的城墙多长？").other)


@pytest.mark.parametrize("name", ["Xi'an", "Xi’an"])
def test_a_part_of_a_name_that_is_known_as_a_whole_is_no_word(name: str) -> None:
    index = LexicalIndex.build([tokens("西安的城墙"), tokens("习近平"), tokens("城墙")])
    assert [set(word.forms) for word in index.question(f"Where is {name}?").other] == [{"西安"}]
    # Part by part where the whole is nothing.
    (whole, *parts) = index.question("Where is Xi'qux?").other
    assert ("习近平" in parts[0].forms, len(parts)) == (True, 2)


def test_a_name_in_both_languages_counts_once() -> None:
    index = LexicalIndex.build([tokens("成都 Chengdu"), tokens("成都"), tokens("其他")])
    asked = index.question("Chengdu")
    (name,) = asked.other
    assert name.forms.keys() == {"chengdu", "成都"}
    assert index.match(asked, ~OWN[:3]).coverage.tolist() == [1, 1, 0]


def test_a_lower_case_word_beside_a_name_is_no_name() -> None:
    index = LexicalIndex.build([tokens("进入了成都")])
    rule, chengdu = index.question("the rule in Chengdu").other
    assert "入了" not in rule.forms  # which is rule in pinyin
    assert chengdu.forms == {"成都": 1.0}


def test_months_find_each_other_beside_a_figure_only() -> None:
    index = LexicalIndex.build([tokens("2020年10月22日"), tokens("on March 30, in May")])
    assert {"10": 1.0} in [word.forms for word in index.question("in October 2020").other]
    march = index.question("3月30日").other
    assert {"march": 1.0} in [word.forms for word in march]
    assert "3" not in forms(march)
    assert {"may": 1.0} in [word.forms for word in index.question("what may happen").other]
