"""BEIR folders as corpus and questions in one: each document is an article, the gold is whole documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index import Article, IndexFormatError, PassageIndex, Progress, build, language, load
from qa.errors import NothingEvaluatedError, QuestionsError
from qa.questions import Place, Question, parse_object, read_lines
from qa.trec import read_qrels

_QUESTION_MAX = 2000  # characters that a question may have; benchmark queries may be whole documents
_FILES = ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv")


@dataclass(frozen=True, slots=True)
class BeirSet:
    """What a BEIR folder holds. `notes` say what was left out or cut."""

    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    digest: str
    notes: tuple[str, ...]


def read_beir(folder: Path) -> BeirSet:
    """Raises QuestionsError, with file and line, where the folder is not as BEIR lays it out."""
    for name in _FILES:
        if not (folder / name).is_file():
            raise QuestionsError(f"{folder}: no {name} there (a BEIR folder holds {', '.join(_FILES)})")
    corpus, queries, judgements = (folder / name for name in _FILES)
    texts: dict[str, tuple[str, str]] = {}
    for where, row in _rows(corpus):
        id = _field(row, "_id", where)
        if id in texts:
            raise QuestionsError(f"{where}: document {id!r} stands twice (give each document its own _id)")
        texts[id] = (str(row.get("title") or ""), str(row.get("text") or ""))
    articles = tuple(
        Article(id, title or None, _whole(title, text), language(_whole(title, text)))
        for id, (title, text) in texts.items()
        if _whole(title, text).strip()
    )
    asked = {_field(row, "_id", where): (_field(row, "text", where), where) for where, row in _rows(queries)}
    questions, notes = _questions(read_qrels(judgements), asked, str(judgements))
    notes += _corpus_notes(texts, articles, questions)
    return BeirSet(articles, tuple(questions), sha256(corpus.read_bytes()).hexdigest()[:12], tuple(notes))


def index_beir(
    beir: BeirSet, beside: Path, model: str | None = None, progress: Progress | None = None
) -> PassageIndex:
    """The set's index, in a cache folder named after `beside` and the corpus; made again if it must."""
    folder = beside.with_name(f"{beside.name}-beir-{beir.digest}")
    if model is None:
        try:
            return load(folder)
        except IndexFormatError:
            pass  # none yet, or made by another encoder: build says if it cannot be done
    return build(beir.articles, folder, model=model, progress=progress)


def _whole(title: str, text: str) -> str:
    """Title and text as one article, so that a document can be found by its title."""
    return f"{title}\n{text}" if title and not text.startswith(title) else text


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, text in read_lines(path):
        where = f"{path}:{number}"
        yield where, parse_object(text, where)


def _field(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise QuestionsError(f"{where}: {key} is missing or empty (write a text)")
    return value


def _questions(
    qrels: dict[str, dict[str, int]], asked: dict[str, tuple[str, str]], name: str
) -> tuple[list[Question], list[str]]:
    questions, notes, cut = [], [], 0
    for id, grades in qrels.items():
        if id not in asked:
            raise QuestionsError(
                f"{name}: query {id!r} is not in queries.jsonl (keep the three files together)"
            )
        text, where = asked[id]
        gold = tuple(Place(document, grade=grade) for document, grade in grades.items() if grade > 0)
        if gold:
            cut += len(text.strip()) > _QUESTION_MAX
            questions.append(Question(id, text.strip()[:_QUESTION_MAX], gold=gold, where=where))
    if not questions:
        raise NothingEvaluatedError(f"{name}: judges no document relevant (zero questions never pass)")
    if len(questions) < len(qrels):
        notes.append(f"{len(qrels) - len(questions)} queries without a relevant document are left out")
    if cut:
        notes.append(f"{cut} queries are longer than {_QUESTION_MAX:,} characters and are cut there")
    return questions, notes


def _corpus_notes(
    texts: dict[str, tuple[str, str]], articles: tuple[Article, ...], questions: list[Question]
) -> list[str]:
    notes = []
    if len(articles) < len(texts):
        notes.append(f"{len(texts) - len(articles)} documents without text cannot be found")
    missing = {place.article for question in questions for place in question.gold or ()} - texts.keys()
    if missing:
        notes.append(f"{len(missing)} judged documents are not in corpus.jsonl and count as never found")
    return notes
