import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from index import Span
from qa.web.html import attributes, esc, folded_lines, marked, merge

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60)


def content(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_what_markup_markdown_or_a_template_would_read_is_an_entity() -> None:
    assert esc("<b> & \"q\" 'q'") == "&#60;b&#62; &#38; &#34;q&#34; &#39;q&#39;"
    assert esc("${x} {{y}}") == "&#36;&#123;x&#125; &#123;&#123;y&#125;&#125;"
    assert esc("*a* _b_ `c`\n\n[d](e)") == "&#42;a&#42; &#95;b&#95; &#96;c&#96;&#10;&#10;&#91;d&#93;(e)"


def test_marks_are_cut_at_code_points() -> None:
    text = "前😀中𠮷后"
    assert marked(text, 0, 5, [Span(1, 3)]) == "前<mark>😀中</mark>𠮷后"


def test_marks_outside_the_range_are_clipped_and_overlapping_ones_joined() -> None:
    spans = [Span(8, 12), Span(0, 3), Span(2, 5), Span(5, 5), Span(20, 30)]
    assert merge(spans, 1, 10) == [Span(1, 5), Span(8, 10)]
    assert marked("0123456789ab", 1, 10, spans) == "<mark>1234</mark>567<mark>89</mark>"


@given(texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4))
def test_the_text_content_is_the_text_itself(text: str, pairs: list[tuple[int, int]]) -> None:
    html = marked(text, 0, len(text), [Span(a, b) for a, b in pairs])
    assert content(html) == text
    assert content(folded_lines(html)) == text
    assert set(re.findall(r"<[^>]*>", html)) <= {"<mark>", "</mark>"}


def test_a_run_of_line_ends_is_one_gap() -> None:
    assert folded_lines(esc("a\r\n\nb\nc")).count("wj-br") == 2


def test_attributes_escape_and_leave_out() -> None:
    assert attributes({"id": 'a"b', "hidden": True, "title": None, "open": False}) == ' id="a&#34;b" hidden'
