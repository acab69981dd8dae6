from qa.types import Answer
from qa.web.answers import answer_html, level, pieces, question_html, relevance
from qa.web.strings import EN, ZH_HANS
from tests.web.conftest import passage
from tests.web.test_html import content

TEXT = "第一句。第二句！<script>alert(1)</script>"


def answer(text: str | None, citations: tuple[int, ...], confidence: float = 0.9) -> Answer:
    passages = (passage(TEXT, [(0, 4)], 1), passage(TEXT, [(4, 8)], 2), passage(TEXT, [(8, 33)], 3))
    return Answer("问？", text, citations, confidence, passages)


def test_an_answer_is_cut_at_its_evidence() -> None:
    assert pieces(answer("第一句。第二句！", (1, 2))) == [("第一句。", 1), ("第二句！", 2)]
    assert pieces(answer("第二句！ 第一句。", (2, 1))) == [("第二句！", 2), (" ", None), ("第一句。", 1)]


def test_text_that_no_evidence_accounts_for_is_kept_without_a_citation() -> None:
    assert pieces(answer("别的。第一句。尾", (1,))) == [("别的。", None), ("第一句。", 1), ("尾", None)]


def test_the_answer_stands_word_for_word_with_its_citation() -> None:
    html = answer_html(3, answer("第一句。", (1,)), ZH_HANS)
    assert 'id="a-3"' in html and 'href="#p-3-1"' in html
    assert content(html).startswith("第一句。1")


def test_two_sentences_of_one_passage_share_its_number() -> None:
    passages = (passage(TEXT, [(0, 4), (4, 8)]),)
    html = answer_html(1, Answer("问？", "第一句。\n第二句！", (1,), 0.9, passages), ZH_HANS)
    assert html.count('class="wj-cite"') == 1
    assert content(html).startswith("第一句。\n第二句！1")


def test_a_citation_without_its_evidence_in_the_text_is_still_shown() -> None:
    assert 'href="#p-1-2"' in answer_html(1, answer("第一句。", (1, 2)), ZH_HANS)


def test_article_text_never_becomes_markup() -> None:
    html = answer_html(1, answer("<script>alert(1)</script>", (3,)), EN)
    assert "<script" not in html
    assert "<script" not in question_html(1, "<script>x</script>")
    assert "\n" not in html  # a blank line would end the raw HTML block in the chat's Markdown


def test_a_refusal_says_so_and_quotes_nothing() -> None:
    html = answer_html(1, answer(None, (), 0.1), EN)
    assert EN.refused in html and "<blockquote" not in html and "wj-cite" not in html
    assert EN.should_refuse not in html


def test_confidence_in_words() -> None:
    words = [level(probability) for probability in (0.8, 0.79, 0.5, 0.49)]
    assert words == ["high", "middle", "middle", "low"]


def test_a_passage_is_never_highly_relevant_to_a_refused_question() -> None:
    refused = answer(None, (), 0.95)
    assert [relevance(refused, p) for p in refused.passages] == ["middle", "low", "low"]


def test_the_cited_passage_is_as_relevant_as_the_answer_is_sure() -> None:
    sure, unsure = answer("第一句。", (1,), 0.9), answer("第一句。", (1,), 0.6)
    assert relevance(sure, sure.passages[0]) == "high"
    assert relevance(unsure, unsure.passages[0]) == "middle"
    assert relevance(sure, sure.passages[1]) == "middle"  # its evidence scores as much as the cited one's
