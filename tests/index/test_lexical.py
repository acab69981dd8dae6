import math
from pathlib import Path

import pytest

from index import IndexFormatError
from index.lexical import B, K1, LexicalIndex, question_tokens, share, tokens


def test_tokens_are_folded_words_and_bigrams() -> None:
    assert tokens("撫州市新增網點98個") == tokens("抚州市新增网点98个")
    assert {"98", "网点", "新增"} <= set(tokens("撫州市新增網點98個"))
    assert tokens("安全") == ["安全", "安", "全"]
    assert tokens("Outlets' 26.06 e-mail，。！") == ["outlet", "26.06", "26", "06", "e-mail", "e", "mail"]
    assert tokens("😀，。") == []


def test_question_words_are_no_terms() -> None:
    assert question_tokens("抚州新增了多少网点？") == tokens("抚州新增了") + tokens("网点")
    assert question_tokens("How many outlets did it open?") == ["outlet", "open"]
    assert question_tokens("为什么？") == tokens("为什么")


def test_the_share_of_a_question_that_stands_in_a_text() -> None:
    weights = {"网点": 2.0, "98": 1.0, "outlet": 1.0}
    assert share("新增網點98個", weights) == pytest.approx(3 / 4)
    assert share("Outlets in 1998", weights) == pytest.approx(1 / 4)
    assert share("", weights) == 0
    assert share("网点", {}) == 0


def bm25(frequency: int, length: int, mean: float, documents: int, chunks: int) -> float:
    idf = math.log(1 + (chunks - documents + 0.5) / (documents + 0.5))
    return idf * frequency / (frequency + K1 * (1 - B + B * length / mean))


def test_scores_and_coverage_are_the_formula() -> None:
    index = LexicalIndex.build([["a", "b"], ["b", "b", "c", "d"], []])
    match = index.match(["b", "c", "b"])
    mean = (2 + 4 + 0) / 3
    assert match.scores[0] == pytest.approx(bm25(1, 2, mean, 2, 3))
    assert match.scores[1] == pytest.approx(bm25(2, 4, mean, 2, 3) + bm25(1, 4, mean, 1, 3))
    assert match.scores[2] == 0
    b, c = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)
    assert match.coverage.tolist() == pytest.approx([b / (b + c), 1.0, 0.0])


def test_a_term_that_no_chunk_holds_lowers_the_coverage() -> None:
    index = LexicalIndex.build([["a"], ["b"]])
    a, unseen = math.log(1 + 1.5 / 1.5), math.log(1 + 2.5 / 0.5)
    assert index.match(["a", "zzz"]).coverage[0] == pytest.approx(a / (a + unseen))
    assert index.idf(["a", "zzz"]) == pytest.approx({"a": a, "zzz": unseen})


def test_explained_terms_add_up_to_the_score() -> None:
    index = LexicalIndex.build([["a", "b"], ["b", "c"]])
    terms = index.explain(["c", "b", "x"], 1)
    assert [term.text for term in terms] == ["c", "b"]
    assert sum(term.weight for term in terms) == pytest.approx(float(index.match(["c", "b"]).scores[1]))
    assert index.explain(["a"], 1) == ()


def test_written_and_opened_it_is_the_same(tmp_path: Path) -> None:
    index = LexicalIndex.build([["网点", "b"], ["b"]])
    index.write(tmp_path / "l.npz")
    opened = LexicalIndex.open(tmp_path / "l.npz")
    assert opened.match(["网点", "b"]).scores.tolist() == index.match(["网点", "b"]).scores.tolist()
    (tmp_path / "l.npz").write_bytes(b"torn")
    with pytest.raises(IndexFormatError, match=r"l\.npz: damaged"):
        LexicalIndex.open(tmp_path / "l.npz")
