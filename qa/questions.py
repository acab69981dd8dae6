"""Questions files: JSON Lines of questions with the places that answer them. Reads, never writes.

A label points at text (an article and a quote, or offsets), not at chunks, so it survives another
chunking. Whether the text still stands in the index is the business of `labels.py`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index import QuestionError, checked_question
from qa.errors import NothingEvaluatedError, QuestionsError

LANGUAGES = ("zh-Hans", "zh-Hant", "en", "und")
KEYS = frozenset({"id", "question", "lang", "tags", "gold", "wrong"})


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of an article: a quote, wherever it stands there, or offsets, or (neither) all of it.

    `grade` is the gain in nDCG; only TREC and BEIR judgements have other grades than 1.
    """

    article: str
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    grade: int = 1

    def as_dict(self) -> dict[str, Any]:
        """The form of a questions file."""
        if self.quote is not None:
            return {"article": self.article, "quote": self.quote}
        return {"article": self.article, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what would answer it.

    `gold` empty: the corpus does not answer it and refusing is right. None: nobody has said, only
    `wrong` places are known. `wrong` places were marked as no answer by a reader. `where` is the
    file and line, for messages.
    """

    id: str
    question: str
    lang: str | None = None
    tags: tuple[str, ...] = ()
    gold: tuple[Place, ...] | None = ()
    wrong: tuple[Place, ...] = ()
    where: str = ""

    @property
    def answerable(self) -> bool | None:
        """None where nobody has said."""
        return None if self.gold is None else bool(self.gold)

    @property
    def digest(self) -> str:
        """Equal for the same question with the same labels; tags and language do not count."""
        gold = (
            None if self.gold is None else [(*place.as_dict().values(), place.grade) for place in self.gold]
        )
        wrong = [tuple(place.as_dict().values()) for place in self.wrong]
        text = json.dumps([self.question, gold, wrong], ensure_ascii=False)
        return sha256(text.encode()).hexdigest()[:12]


def read_questions(path: str | Path) -> list[Question]:
    """All questions of a file, in its order; every line must be right and every id its own."""
    lines = read_lines(Path(path))
    questions = [parse_question(text, f"{path}:{number}") for number, text in lines]
    if not questions:
        raise NothingEvaluatedError(f"{path}: holds no question (zero questions never pass; add a line)")
    require_distinct(questions)
    return questions


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers; refuses what is not UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise QuestionsError(f"{path}: cannot be read: {error.strerror} (give an existing file)") from None
    rows = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            text = raw.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise QuestionsError(
                f"{path}:{number}: byte {raw[error.start]:#04x} is not UTF-8 (save the file as UTF-8)"
            ) from None
        if text:
            rows.append((number, text))
    return rows


def parse_object(text: str, where: str) -> dict[str, Any]:
    """One JSON object; the message says in which column the JSON breaks off."""
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise QuestionsError(
            f"{where}: not JSON: {error.msg} at column {error.colno} (mend this line)"
        ) from None
    except ValueError:
        raise QuestionsError(f"{where}: not usable JSON: a number too long (mend this line)") from None
    except RecursionError:
        raise QuestionsError(f"{where}: not usable JSON: nested too deep (mend this line)") from None
    if not isinstance(row, dict):
        raise QuestionsError(f"{where}: holds {_kind(row)}, not an object (write {{…}} on each line)")
    return row


def parse_question(text: str, where: str) -> Question:
    """One line of a questions file."""
    row = parse_object(text, where)
    id = _text(row, "id", where)
    question = _text(row, "question", where)
    try:
        checked_question(question)
    except QuestionError as error:
        raise QuestionsError(f"{where}: {id}: {error}") from None
    lang = row.get("lang")
    if lang is not None and lang not in LANGUAGES:
        raise QuestionsError(f"{where}: {id}: unknown lang {lang!r} (one of {', '.join(LANGUAGES)})")
    tags = row.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        raise QuestionsError(f'{where}: {id}: tags is {_kind(tags)}, not a list of texts (write ["factoid"])')
    wrong = _places(row, "wrong", where, id) or ()
    gold = _places(row, "gold", where, id)
    if gold is None and not wrong:
        raise QuestionsError(f"{where}: {id}: gold is missing (write [] where the corpus has no answer)")
    return Question(id, question, lang, tuple(dict.fromkeys(tags)), gold, wrong, where)


def require_distinct(questions: Sequence[Question]) -> None:
    """Raises where an id stands twice, naming both lines."""
    seen: dict[str, Question] = {}
    for question in questions:
        first = seen.get(question.id)
        if first is not None:
            raise QuestionsError(
                f"{question.where or 'questions'}: id {question.id!r} stands twice, first at"
                f" {first.where or 'an earlier place'} (give each question its own id)"
            )
        seen[question.id] = question


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        found = f"is {_kind(value)}" if key in row else "is missing"
        raise QuestionsError(f"{where}: {key} {found} (write a text)")
    return value


def _places(row: dict[str, Any], key: str, where: str, id: str) -> tuple[Place, ...] | None:
    """None where the key is absent or null; two equal places are one."""
    places = row.get(key)
    if places is None:
        return None
    if not isinstance(places, list):
        raise QuestionsError(f"{where}: {id}: {key} is {_kind(places)}, not a list (write [{{…}}] or [])")
    return tuple(dict.fromkeys(_place(place, f"{where}: {id}: {key}") for place in places))


def _place(row: object, what: str) -> Place:
    if not isinstance(row, dict):
        raise QuestionsError(f'{what} holds {_kind(row)} (write {{"article": …, "quote": …}})')
    article, quote, start, end = (row.get(key) for key in ("article", "quote", "start", "end"))
    if not isinstance(article, str) or not article:
        raise QuestionsError(f"{what} names no article (write its file name as `wenju ask --json` shows it)")
    if quote is not None:
        if not isinstance(quote, str) or not quote.strip():
            raise QuestionsError(f"{what}: quote is {_kind(quote)} (copy a piece of {article})")
        return Place(article, quote)
    # bool is an int to isinstance, and `true` is no offset.
    if type(start) is not int or type(end) is not int:
        raise QuestionsError(f"{what}: neither a quote nor start and end in {article} (write one of them)")
    if not 0 <= start < end:
        raise QuestionsError(f"{what}: start {start} and end {end} hold no text (0 <= start < end)")
    return Place(article, None, start, end)


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "an empty text",
        bool: "true or false",
        type(None): "null",
    }
    if isinstance(value, str) and value.strip():
        return f"the text {value[:40]!r}"
    return names.get(type(value), f"the number {value}")
