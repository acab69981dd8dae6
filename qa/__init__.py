"""Turns a question into an answer, and measures how well that works."""

from qa.answer import ask
from qa.types import Answer, Evidence, Passage

__all__ = ["Answer", "Evidence", "Passage", "ask"]
