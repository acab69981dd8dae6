"""The fixture in a project of its own."""

import json

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from tests.qa.check_fakes import FakeIndex, article

@pytest.fixture(scope="session")
def wenju_index():
    return FakeIndex([article("a", "甲一", "甲二")], {"first": [("a", 0)], "second": [("a", 0)]})
"""


@pytest.fixture
def project(pytester, monkeypatch):
    rows = [
        {"id": "q1", "question": "first", "gold": [{"article": "a", "quote": "甲一"}]},
        {"id": "q2", "question": "second", "gold": [{"article": "a", "quote": "甲二"}]},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (pytester.path / "questions.jsonl").write_text(text, encoding="utf-8")
    pytester.makeconftest(CONFTEST)
    pytester.makeini("[pytest]\nwenju_questions = questions.jsonl\n")
    # Marks evidence with a real index only; the fake one is ranked.
    monkeypatch.setattr("qa.checking.check.__defaults__", (*_defaults()[:-1], None))
    return pytester


def _defaults():
    from qa.checking import check

    return check.__defaults__


def test_a_floor_that_holds_passes(project):
    project.makepyfile("def test_retrieval(wenju_report): wenju_report.require({'success@5': 0.5})")
    project.runpytest("-p", "qa.pytest_plugin").assert_outcomes(passed=1)


def test_a_floor_that_fails_names_the_questions_lost(project):
    project.makepyfile("def test_retrieval(wenju_report): wenju_report.require({'success@5': 0.95})")
    result = project.runpytest("-p", "qa.pytest_plugin")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*success@5 >= 0.95 failed: is 0.5000*lost q2*", "*q2 not found: second"])


def test_a_missing_or_faulty_file_is_said_in_a_line(project):
    project.makepyfile("def test_retrieval(wenju_report): pass")
    result = project.runpytest("-p", "qa.pytest_plugin", "--wenju-questions", "none.jsonl")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*wenju: *none.jsonl: cannot be read*"])
    project.makeini("[pytest]\n")
    result = project.runpytest("-p", "qa.pytest_plugin")
    result.stdout.fnmatch_lines(["*wenju: no questions file (set wenju_questions*"])
