"""Chat becomes a test set: marks made by a reader, as lines of a questions file that `check` reads.

One question has one line, whatever is marked about it: marks add places to it, equal marks change
nothing, and every mark can be undone, in any order. Lines of other questions stay as they are, byte
by byte, so a hand-written file can be marked into.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from index import checked_question, language
from qa.errors import FeedbackError
from qa.questions import Place, Question, parse_question, read_lines

TAG = "chat"
Kind = Literal["right", "wrong", "unanswerable"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader said of a question: this place answers it, this one does not, or nothing does.

    `id` is the question's in the file. `added` is False where the file said so already: taking such
    a mark back changes nothing.
    """

    id: str
    question: str
    kind: Kind
    place: Place | None
    added: bool


class FeedbackFile:
    """A questions file that a reader's marks are written to; safe to use from a server's threads.

    >>> file = FeedbackFile("feedback.jsonl")               # doctest: +SKIP
    >>> mark = file.right("大乐透何时开奖？", "a.txt", "每周一、三、六开奖")  # doctest: +SKIP
    >>> file.undo(mark)                                     # doctest: +SKIP
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()

    def right(self, question: str, article: str, quote: str) -> Mark:
        """`quote`, an exact piece of the article, answers the question."""
        return self._mark(question, "right", _quoted(article, quote))

    def wrong(self, question: str, article: str, quote: str) -> Mark:
        """The piece of the article does not answer the question, though it was shown for it."""
        return self._mark(question, "wrong", _quoted(article, quote))

    def unanswerable(self, question: str) -> Mark:
        """The articles do not answer the question: it should have been refused."""
        return self._mark(question, "unanswerable", None)

    def undo(self, mark: Mark) -> None:
        """Takes back what the mark added; a line that says nothing more goes away.

        Raises FeedbackError where the file no longer holds what was marked.
        """
        if mark.added:
            with self._lock:
                self._take_back(mark)

    def _mark(self, text: str, kind: Kind, place: Place | None) -> Mark:
        text = " ".join(text.split())
        checked_question(text)
        with self._lock:
            lines = _read(self.path)
            at = _line_of(lines, self.path, lambda known: _key(known.question) == _key(text))
            if at is None:
                id = f"{TAG}-{sha256(_key(text).encode()).hexdigest()[:10]}"
                lines.append(as_line(_with(Question(id, text, language(text), (TAG,), None), kind, place)))
            else:
                known = _parsed(lines[at], self.path, at)
                id = known.id
                if _holds(known, kind, place):
                    return Mark(id, text, kind, place, added=False)
                lines[at] = _line(_with(known, kind, place), lines[at])
            _write(self.path, lines)
            return Mark(id, text, kind, place, added=True)

    def _take_back(self, mark: Mark) -> None:
        lines = _read(self.path)
        at = _line_of(lines, self.path, lambda known: known.id == mark.id)
        known = None if at is None else _parsed(lines[at], self.path, at)
        if at is None or known is None or not _holds(known, mark.kind, mark.place):
            raise FeedbackError(f"{self.path}: the mark on {mark.id} is no longer there (reload the page)")
        left = _without(known, mark.kind, mark.place)
        lines[at : at + 1] = [] if left is None else [_line(left, lines[at])]
        _write(self.path, lines)


def deduplicate(questions: list[Question]) -> list[Question]:
    """The questions with those of equal text made one, under the first one's id, with all their places.

    Places and tags keep their order. Said both unanswerable and answered, a question is answered.
    """
    merged: dict[str, Question] = {}
    for question in questions:
        key = _key(question.question)
        first = merged.get(key)
        merged[key] = question if first is None else _merged(first, question)
    return list(merged.values())


def same_text(questions: list[Question]) -> list[tuple[str, str]]:
    """(id, id of the first question with the same text) of each question that stands again."""
    first: dict[str, str] = {}
    pairs = ((question.id, first.setdefault(_key(question.question), question.id)) for question in questions)
    return [(id, original) for id, original in pairs if id != original]


def as_line(question: Question) -> str:
    """The question as one line of a questions file."""
    row: dict[str, Any] = {"id": question.id, "question": question.question}
    if question.lang:
        row["lang"] = question.lang
    row["tags"] = list(question.tags)
    row["gold"] = None if question.gold is None else [place.as_dict() for place in question.gold]
    if question.wrong:
        row["wrong"] = [place.as_dict() for place in question.wrong]
    return json.dumps(row, ensure_ascii=False)


def _quoted(article: str, quote: str) -> Place:
    if not quote.strip():
        raise FeedbackError("the marked text is empty (select some text)")
    return Place(article, quote)


def _key(text: str) -> str:
    """Questions that differ in white space or letter case alone are the same question."""
    return " ".join(text.split()).casefold()


def _holds(question: Question, kind: Kind, place: Place | None) -> bool:
    if kind == "unanswerable":
        return question.gold == ()
    return place in ((question.gold or ()) if kind == "right" else question.wrong)


def _with(question: Question, kind: Kind, place: Place | None) -> Question:
    """The question with one more mark; the last word counts where marks contradict each other."""
    if kind == "unanswerable" or place is None:
        return replace(question, gold=())
    gold = tuple(each for each in question.gold or () if each != place)
    wrong = tuple(each for each in question.wrong if each != place)
    if kind == "right":
        return replace(question, gold=(*gold, place), wrong=wrong)
    # Only a place that answers was taken away: an empty gold would say that nothing answers.
    return replace(
        question, gold=gold or (question.gold if question.gold == () else None), wrong=(*wrong, place)
    )


def _without(question: Question, kind: Kind, place: Place | None) -> Question | None:
    """The question without a mark, None where nothing is left to say."""
    gold, wrong = question.gold, question.wrong
    if kind == "wrong":
        wrong = tuple(each for each in wrong if each != place)
    else:
        # No place left is not the same as "nothing answers it".
        gold = tuple(each for each in gold or () if each != place) or None
    return replace(question, gold=gold, wrong=wrong) if gold is not None or wrong else None


def _merged(first: Question, other: Question) -> Question:
    if first.gold is None or other.gold is None:
        gold = other.gold if first.gold is None else first.gold
    else:
        gold = tuple(dict.fromkeys(first.gold + other.gold))
    wrong = tuple(place for place in dict.fromkeys(first.wrong + other.wrong) if place not in (gold or ()))
    return replace(first, tags=tuple(dict.fromkeys(first.tags + other.tags)), gold=gold, wrong=wrong)


def _read(path: Path) -> list[str]:
    if not path.exists():
        return []
    read_lines(path)  # refuses what is not UTF-8, with the line
    # Neither splitlines nor text mode: lines end at \n alone, and a kept line keeps its \r.
    return path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")


def _parsed(line: str, path: Path, at: int) -> Question:
    return parse_question(line.lstrip("\ufeff"), f"{path}:{at + 1}")


def _line_of(lines: list[str], path: Path, wanted: Callable[[Question], bool]) -> int | None:
    return next(
        (at for at, line in enumerate(lines) if line.strip() and wanted(_parsed(line, path, at))), None
    )


def _line(question: Question, before: str) -> str:
    """The new line, with the keys that only the old one has kept as they were."""
    old = json.loads(before.lstrip("\ufeff"))
    new = json.loads(as_line(question))
    kept = {key: value for key, value in old.items() if key not in new and key not in ("wrong", "lang")}
    return json.dumps({**new, **kept}, ensure_ascii=False)


def _write(path: Path, lines: list[str]) -> None:
    """Replaces the file at once, so that a reader or a crash never meets half of it."""
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes("".join(f"{line}\n" for line in lines).encode())
        os.replace(beside, path)
    except OSError as error:
        raise FeedbackError(f"{path}: cannot be written: {error.strerror} (check the folder)") from None
