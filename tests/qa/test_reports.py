"""Reports: JUnit that parses, HTML that cannot be broken out of, a table that says what was found."""

import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from qa.checking import check
from qa.gates import compare, judge, parse_gate
from qa.questions import Place, Question
from qa.report import dump
from qa.reports.figures import rank_histogram
from qa.reports.html import html_page
from qa.reports.junit import junit_xml
from qa.reports.terminal import console, show_comparison, show_report
from qa.saved import read_report
from tests.qa.check_fakes import FakeIndex, answerer, article

EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
A = article("a<b>.txt", "甲一" + EVIL, "[bold]甲二[/bold]\x00\x0b", "甲三")
QUESTIONS = [
    Question("q1", "first", "en", ("easy",), (Place("a<b>.txt", "甲一"),)),
    Question("q2" + EVIL, "missed " + EVIL, "en", (EVIL,), (Place("a<b>.txt", "甲三"),)),
    Question("q3", "[red]refuse[/red] \x07me", "en", ("no",), ()),
]
RANKINGS = {
    "first": [("a<b>.txt", 0), ("a<b>.txt", 1)],
    "missed " + EVIL: [("a<b>.txt", 0), ("a<b>.txt", 1)],
    "[red]refuse[/red] \x07me": [("a<b>.txt", 1)],
}


@pytest.fixture
def report():
    return check(QUESTIONS, FakeIndex([A], RANKINGS, name="model" + EVIL), answerer=answerer({}))


def judged(report, *floors):
    return judge(report, [parse_gate("min", floor) for floor in floors])


def suites(report):
    root = ET.fromstring(junit_xml(report))
    return {suite.get("name"): suite for suite in root}


def test_junit_has_a_case_for_each_question_and_gate(report):
    found = suites(judged(report, "success@5=0.5"))
    assert [case.get("name") for case in found["gates"]] == ["success@5 >= 0.5"]
    names = [case.get("name") for case in found["questions"]]
    assert names[0] == "q1 first [easy]"
    assert names[2] == "q3 [red]refuse[/red] \ufffdme [no]"  # XML cannot hold a bell
    assert found["questions"].get("tests") == "3"


def test_junit_is_green_where_the_gates_hold(report):
    found = suites(judged(report, "success@5=0.5"))
    assert [suite.get("failures") for suite in found.values()] == ["0", "0"]
    skipped = [
        case.find("skipped").get("message") for case in found["questions"] if case.find("skipped") is not None
    ]
    assert skipped == ["not found, within the gates", "answered, within the gates"]


def test_junit_is_red_where_a_gate_failed_and_shows_gold_and_found(report):
    found = suites(judged(report, "success@5=0.9"))
    assert (found["gates"].get("failures"), found["questions"].get("failures")) == ("1", "1")
    failure = found["questions"][1].find("failure")
    assert failure.get("message") == "not found"
    assert "gold: a<b>.txt: 甲三" in failure.text
    assert "1. a<b>.txt 0-" in failure.text


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_no_text_becomes_markup_in_the_page(report):
    page = html_page(judged(report, "success@5=0.9"), "file" + EVIL)
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.seen
    assert "img" not in tags.seen
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert tags.seen.count("style") == 1
    assert "\x00" not in page


def test_the_page_needs_nothing_else(report):
    page = html_page(report, "q.jsonl")
    tags = Tags()
    tags.feed(page)
    assert not {"src", "href", "srcset", "data", "action"} & set(tags.attributes)
    assert not {"link", "iframe", "object"} & set(tags.seen)
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_page_shows_gold_and_what_was_found_first(report):
    page = html_page(report, "q.jsonl")
    assert "<p>甲三</p>" in page
    assert "1. a&lt;b&gt;.txt" in page
    assert page.index("missed &lt;") < page.index("[red]refuse[/red]")


def test_the_histogram_counts_answerable_questions(report):
    assert "rank 1: 1 questions" in rank_histogram(report.results)
    assert "rank none: 1 questions" in rank_histogram(report.results)


def printed(show, *what):
    stream = io.StringIO()
    show(*what, console(stream))
    return stream.getvalue()


def test_the_table_says_what_the_report_says(report):
    text = printed(show_report, judged(report, "success@5=0.9"), "q.jsonl")
    assert "q.jsonl: 3 questions, 2 answerable" in text
    assert re.search(r"success@5 +0\.5000", text)
    assert re.search(r"easy +1 +1\.000", text)
    assert "FAIL  success@5 >= 0.9: is 0.5000 over 2 questions" in text


def test_questions_cannot_colour_the_terminal(report):
    text = printed(show_report, report, "q.jsonl")
    assert "[red]refuse[/red]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_comparison_lists_what_changed(report, tmp_path):
    (tmp_path / "a.json").write_text(dump(report.as_dict()), encoding="utf-8")
    rankings = {**RANKINGS, "first": [("a<b>.txt", 1), ("a<b>.txt", 0)]}
    after = check(QUESTIONS, FakeIndex([A], rankings), answerer=answerer({}))
    (tmp_path / "b.json").write_text(dump(after.as_dict()), encoding="utf-8")
    comparison = compare(read_report(tmp_path / "a.json"), read_report(tmp_path / "b.json"))
    text = printed(show_comparison, comparison)
    assert "q1  rank 1 -> rank 2: first" in text
    rows = {row["metric"]: row for row in comparison.as_dict()["changes"]}
    assert rows["mrr@10"]["lost"] == [{"id": "q1", "before": 1, "after": 2}]
    assert (rows["mrr@10"]["before"], rows["mrr@10"]["after"]) == (0.5, 0.25)
