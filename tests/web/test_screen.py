import pytest

from index import Article
from qa.types import Answer
from qa.web.screen import Corpus, hero_html, screen
from qa.web.strings import EN, LABELS, LANGUAGES, ui_language
from qa.web.suggest import SEEDS, suggestions

ANSWER = Answer("甲？", None, (), 0.1, ())


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        (None, "", "zh-Hans"),
        ("zh", "en", "zh-Hans"),
        ("en", "zh-CN", "en"),
        (None, "fr-FR,en-GB;q=0.8", "en"),
        (None, "zh-TW,zh;q=0.9", "zh-Hant"),
        (None, "zh-Hant-HK", "zh-Hant"),
        (None, "zh", "zh-Hans"),
        (None, "fr", "zh-Hans"),
    ],
)
def test_the_language_is_the_wanted_one_or_the_browsers(
    wanted: str | None, accepted: str, language: str
) -> None:
    assert ui_language(wanted, accepted) == language


def test_the_shipped_articles_bring_one_question_of_each_kind() -> None:
    offered = suggestions(SEEDS | {"another.txt"}, EN)
    assert [s.lang for s in offered] == ["zh-Hans", "zh-Hant", "en", "zh-Hans"]
    assert [s.kind for s in offered] == [EN.kind_same, EN.kind_script, EN.kind_en_zh, EN.kind_zh_en]


def test_other_articles_bring_none() -> None:
    assert suggestions(sorted(SEEDS)[1:], EN) == ()
    assert "wj-try" not in hero_html(Corpus(("a.txt",), ()), EN)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_without_its_answer_is_pending(lang: str) -> None:
    shown = screen(lang, ["甲？", "乙？"], [ANSWER], Corpus(), ready=True)  # type: ignore[arg-type]
    roles = [message.role for message in shown.messages]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert LABELS[lang].waiting in shown.messages[-1].html  # type: ignore[index]
    assert 'wj-count">0<' in shown.tabs


def test_before_the_first_question_the_articles_are_listed() -> None:
    article = Article("a.txt", "题目", "正文", "zh-Hans")
    shown = screen("en", [], [], Corpus(("a.txt",), (article,)), ready=True)
    assert "题目" in shown.panel and "wj-count" not in shown.tabs


def test_while_the_index_loads_the_page_says_so() -> None:
    shown = screen("en", ["甲？"], [], Corpus(), ready=False)
    assert EN.warming in shown.messages[-1].html
