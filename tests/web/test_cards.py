import re
from dataclasses import replace
from html import unescape

from index import Article, PassageIndex, Term
from qa.types import Answer
from qa.web.cards import card_html, corpus_html, panel_html, section_html, why_html
from qa.web.strings import EN, LABELS, ZH_HANS
from tests.web.conftest import decided, passage
from tests.web.test_html import content

NASTY = "甲<img src=x onerror=alert(1)>乙${alert(1)}丙{{x}}丁\n\n戊"


def text_of(card: str) -> str:
    found = re.search(r'<p class="wj-text"[^>]*>(.*?)</p>', card, re.DOTALL)
    assert found
    return content(found[1])


def test_a_card_shows_its_passage_exactly_and_nothing_of_it_as_markup() -> None:
    shown = passage(NASTY, [(1, 5)], start=1)
    html = card_html(1, Answer("问", "x", (1,), 0.9, (shown,)), shown, ZH_HANS)
    assert text_of(html) == NASTY[1:]
    assert "<img" not in html and "${" not in html and "{{" not in html
    assert "<mark>&#60;img</mark>" in html


def test_every_passage_of_the_seeds_is_shown_exactly(seed_index: PassageIndex) -> None:
    answer = decided("深圳體彩完成了多少家實體店的檢查？", seed_index, 50)
    for found in answer.passages:
        html = card_html(1, answer, found, EN)
        chunk = found.hit.chunk
        assert text_of(html) == chunk.text
        marks = "".join(content(mark) for mark in re.findall(r"<mark>(.*?)</mark>", html))
        assert marks == "".join(chunk.article.text[e.start : e.end] for e in found.evidence)
        ranges = ",".join(f"{e.start}-{e.end}" for e in found.evidence)
        assert f'data-marks="{ranges}"' in html


def test_a_card_names_language_source_date_and_relevance() -> None:
    shown = passage("正文。", [(0, 3)])
    html = card_html(2, Answer("问", "正文。", (1,), 0.9, (shown,)), shown, EN)
    parts = ('id="p-2-1"', "Simplified Chinese", "来源", "2024-01-02", "Relevance", "cosine similarity 0.71")
    for part in parts:
        assert part in html


def test_an_article_that_tells_nothing_is_named_by_its_file() -> None:
    bare = Article("x/y.txt", None, "正文。", "und")
    shown = passage("正文。", [(0, 3)])
    shown = replace(shown, hit=replace(shown.hit, chunk=replace(shown.hit.chunk, article=bare)))
    html = card_html(1, Answer("问", None, (), 0.1, (shown,)), shown, EN)
    assert "Untitled" in html and "x/y.txt" in html


def test_why_shows_both_ranks_the_cosine_the_terms_and_the_score() -> None:
    html = unescape(why_html(passage("正文。", []), EN))
    for part in ("rank 2", "cosine 0.710", "token by token 0.620", "rank 1", "彩票 <b>1.25</b>", "0.0328"):
        assert part in html
    assert "&#60;b&#62; <b>2.50</b>" in why_html(passage("正文。", []), EN)


def test_why_tells_the_best_sentences_odds_where_they_are_known() -> None:
    shown = passage("正文。", [])
    judged = replace(shown, hit=replace(shown.hit, answer_odds=(-2.0, 1.5)))
    assert "<dt>Answers (log odds)</dt><dd>+1.50</dd>" in why_html(judged, EN)
    assert "log odds" not in why_html(shown, EN)


def test_why_lists_the_weightiest_terms_and_counts_the_rest() -> None:
    shown = passage("正文。", [])
    terms = tuple(Term(f"词{n}", n) for n in range(13))
    html = why_html(replace(shown, hit=replace(shown.hit, terms=terms)), EN)
    assert html.index("词12 ") < html.index("词3 ") and "词2 " not in html and "<li>+3</li>" in html


def test_why_says_where_a_side_did_not_find_the_passage() -> None:
    shown = passage("正文。", [])
    shown = replace(shown, hit=replace(shown.hit, dense_rank=None, lexical_rank=None, terms=()))
    assert why_html(shown, EN).count(EN.why_not_found) == 2
    assert EN.why_no_terms in why_html(shown, EN)


def test_cited_passages_come_before_the_others() -> None:
    one, two = passage("甲。", [(0, 2)], 1), passage("乙。", [(0, 2)], 2)
    html = section_html(1, Answer("问", "乙。", (2,), 0.9, (one, two)), ZH_HANS, True)
    assert html.index('id="p-1-2"') < html.index('id="p-1-1"')
    assert ZH_HANS.cited in html and ZH_HANS.further in html


def test_the_passages_of_a_refused_question_are_labelled_as_not_answering() -> None:
    html = section_html(1, Answer("问", None, (), 0.1, (passage("甲。", [(0, 2)]),)), EN, True)
    assert EN.nearest in html and EN.cited not in html


def test_only_the_last_questions_passages_are_in_view() -> None:
    answer = Answer('a"b', None, (), 0.1, ())
    html = panel_html([answer, answer], EN)
    assert re.findall(r'id="t-(\d)"[^>]*?( hidden)?(?: tabindex)', html) == [("1", " hidden"), ("2", "")]
    assert 'data-question="a&#34;b"' in html and EN.nothing_found in html


def test_the_corpus_list_counts_what_it_does_not_show() -> None:
    article = Article("a.txt", "<i>题</i>", "正文", "en", None, "2024-01-02")
    html = corpus_html([article], 3, EN)
    assert "and 2 more" in html and "<i>" not in html and 'data-article="a.txt"' in html


def test_every_language_has_every_label_and_the_same_places_to_fill() -> None:
    for name in EN.__slots__:
        texts = [getattr(labels, name) for labels in LABELS.values()]
        assert all(texts), name
        assert len({tuple(sorted(re.findall(r"\{(\w+)\}", text))) for text in texts}) == 1, name
