"""JUnit XML: each question a test case, each gate one too. CI servers show it.

Red if and only if the command fails: where a gate failed, the questions it lost are failures; where
all gates hold, a question that was not found is `skipped`, with its fate as the message.
"""

import re
import xml.etree.ElementTree as ET

from qa.gates import fate
from qa.report import Report, Result, Verdict

_EXCERPT = 300  # characters of a gold place
# XML 1.0 has no way to write these, not even as a character reference.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report) -> str:
    """One document with the suites `gates` and `questions`."""
    root = ET.Element("testsuites", name="wenju check")
    _suite(root, "gates", [_gate(verdict) for verdict in report.verdicts])
    blamed = {id for verdict in report.verdicts if not verdict.passed for id in verdict.lost}
    _suite(root, "questions", [_question(result, result.id in blamed) for result in report.results])
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, cases: list[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)), errors="0")
    for outcome, attribute in (("failure", "failures"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(outcome) is not None for case in cases)))
    suite.extend(cases)


def _case(suite: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=_clean(f"wenju.{suite}"), name=_clean(name))


def _gate(verdict: Verdict) -> ET.Element:
    case = _case("gates", verdict.gate)
    if verdict.passed:
        ET.SubElement(case, "system-out").text = _clean(verdict.note)
    else:
        failure = ET.SubElement(case, "failure", message=_clean(verdict.note), type="GateFailed")
        failure.text = _clean("\n".join(f"{id} {how}" for id, how in verdict.lost.items()))
    return case


def _question(result: Result, blamed: bool) -> ET.Element:
    tags = f" [{', '.join(result.question.tags)}]" if result.question.tags else ""
    case = _case("questions", f"{result.id} {result.question.question}{tags}")
    if blamed:
        failure = ET.SubElement(case, "failure", message=_clean(fate(result)), type="QuestionLost")
        failure.text = _clean(_details(result))
    elif not result.good:
        ET.SubElement(case, "skipped", message=_clean(f"{fate(result)}, within the gates"))
    return case


def _details(result: Result) -> str:
    places = result.question.gold or ()
    texts = result.gold_texts or ("",) * len(places)  # another system's run has judgements and no texts
    gold = [f"gold: {p.article}: {text[:_EXCERPT]}" for p, text in zip(places, texts, strict=True)]
    found = [
        f"{rank}. {c.article.id} {c.start}-{c.end}: {c.text}"
        for rank, c in enumerate(result.found[:3], start=1)
    ]
    return "\n".join([*gold, *found])


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
