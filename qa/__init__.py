"""Turns a question into an answer, and measures how well that works."""

from qa.answer import ask
from qa.checking import check
from qa.errors import CheckFailed
from qa.report import Report
from qa.types import Answer, Evidence, Passage

__all__ = ["Answer", "CheckFailed", "Evidence", "Passage", "Report", "ask", "check"]
