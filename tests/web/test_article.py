import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Article, PassageIndex, Span
from qa.web.article import article_html, lines, parse_marks
from qa.web.strings import EN
from tests.web.test_html import content

_LINE = re.compile(r'<p data-start="(\d+)">(.*?)</p>', re.DOTALL)


def blocks(html: str) -> list[tuple[int, str]]:
    return [(int(start), content(inside)) for start, inside in _LINE.findall(html)]


def test_every_line_of_every_seed_stands_at_its_offset(seed_index: PassageIndex) -> None:
    for identifier in seed_index.article_ids():
        article = seed_index.article(identifier)
        shown = blocks(article_html(article, [], None, EN))
        assert all(article.text[start : start + len(text)] == text for start, text in shown)
        assert "".join("".join(text for _, text in shown).split()) == "".join(article.text.split())


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=80))
def test_lines_hold_all_that_is_not_space(text: str) -> None:
    spans = list(lines(text))
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())
    assert all("\n" not in text[s.start : s.end] and "\r" not in text[s.start : s.end] for s in spans)


def test_a_mark_over_two_lines_is_marked_in_both() -> None:
    html = article_html(Article("a", None, "甲乙\r\n丙丁", "zh-Hans"), [Span(1, 5)], Span(0, 2), EN)
    assert blocks(html) == [(0, "甲乙"), (4, "丙丁")]
    assert re.findall("<mark>(.)</mark>", html) == ["乙", "丙"]
    assert '<span class="wj-range">甲<mark>乙</mark></span>' in html


def test_the_passage_is_shaded_within_its_lines() -> None:
    html = article_html(Article("a", None, "甲乙丙丁", "zh-Hans"), [Span(2, 4)], Span(1, 3), EN)
    assert '>甲<span class="wj-range">乙<mark>丙</mark></span><mark>丁</mark></p>' in html


def test_the_article_is_escaped() -> None:
    article = Article("<i>", "<b>题", "</div><script>x</script>", "en", "<u>", None)
    html = article_html(article, [Span(0, 6)], None, EN)
    assert not re.search("<(script|b|i|u)>", html)


def test_marks_are_read_and_checked() -> None:
    assert parse_marks("3-9,12-20", 20) == [Span(3, 9), Span(12, 20)]
    assert parse_marks("", 5) == []
    for wrong in ("1-21", "5-5", "x-3", "-1-3", "4", "²-3"):
        with pytest.raises(ValueError):
            parse_marks(wrong, 20)
