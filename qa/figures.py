"""Tells whether a question asks for an amount or a date, and whether a sentence holds one that it lacks."""

import re

_AMOUNT = re.compile(
    r"多少|[几幾](?![月日号號])|多[大高长長远遠重宽寬深快久]|编号|編號"
    r"|\bhow (many|much|long|old|big|large|tall|high|wide|deep|far|heavy|fast)\b"
    r"|\bwhat (number|percentage|share|proportion)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"哪一?[年天日月]|[几幾][月日号號]|何时|何時|[什甚]么时候|[什甚]麼時候|日期"
    r"|\bwhen\b|\bwhat (year|date|day)\b",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"  # beside a figure
_DATED = re.compile(
    r"\d{4}\s*年(?:\s*\d{1,2}\s*月)?(?:\s*\d{1,2}\s*[日号號])?|\d{1,2}\s*月(?:\s*\d{1,2}\s*[日号號])?"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|\b{_MONTH} \d{{1,2}}\b(?:, \d{{4}})?|\b\d{{1,2}} {_MONTH}(?: \d{{4}})?"
    rf"|\b(?:in|since|until|by|from|to|of|{_MONTH}) (?:1[5-9]|20)\d\d\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+")


def holds_figure(sentence: str, question: str) -> bool:
    """Whether a sentence has a figure of the kind asked for that the question has not.

    A date is no amount: a question for both may be given either, and one for neither none.
    """
    amount, date = _AMOUNT.search(question) is not None, _DATE.search(question) is not None
    found = set()
    if amount:
        found.update(_FIGURE.findall(_DATED.sub(" ", sentence)))
    if date:
        found.update(figure for dated in _DATED.findall(sentence) for figure in _FIGURE.findall(dated))
    return not found <= set(_FIGURE.findall(question))
