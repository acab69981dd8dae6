"""TREC and BEIR judgement files and run files: read for scoring, written so that other tools agree.

What is exported scores in trec_eval, ir_measures or ranx exactly as in the report it came from: a run
row stands where `metrics.positions` puts it, scores fall strictly, so that no tool's way of breaking
ties can matter, and a gold place has one id of its own however many passages overlap it. Only recall@k
may differ, and only where one passage reaches several gold places across the cut.
"""

from collections.abc import Iterable
from pathlib import Path

from qa import metrics
from qa.errors import NothingEvaluatedError, QuestionsError
from qa.questions import Place, Question, read_lines
from qa.report import Report, Result

Qrels = dict[str, dict[str, int]]
Run = dict[str, dict[str, float]]
_TAG = "wenju"  # the run's name in its last column


def read_qrels(path: Path) -> Qrels:
    """Grades by query and document: four TREC columns, or three of BEIR with their header line."""
    qrels: Qrels = {}
    for number, text in read_lines(path):
        columns = text.split("\t") if "\t" in text else text.split()
        if len(columns) not in (3, 4):
            raise QuestionsError(f"{path}:{number}: {len(columns)} columns, not 3 (BEIR) or 4 (TREC qrels)")
        query, document, grade = columns[0], columns[-2], columns[-1]
        if number == 1 and len(columns) == 3 and not _is_whole(grade):
            continue
        if not _is_whole(grade):
            raise QuestionsError(f"{path}:{number}: grade {grade!r} is not a whole number (mend this line)")
        qrels.setdefault(query.strip(), {})[document.strip()] = int(grade)
    if not qrels:
        raise NothingEvaluatedError(f"{path}: holds no judgement (zero questions never pass)")
    return qrels


def read_run(path: Path) -> Run:
    """Scores by query and document, from six TREC columns; the rank column is ignored, as in trec_eval."""
    run: Run = {}
    for number, text in read_lines(path):
        columns = text.split()
        if len(columns) != 6:
            raise QuestionsError(
                f"{path}:{number}: {len(columns)} columns, not the 6 of a TREC run (mend this line)"
            )
        query, _, document, _, score, _ = columns
        try:
            value = float(score)
        except ValueError:
            raise QuestionsError(
                f"{path}:{number}: score {score!r} is not a number (mend this line)"
            ) from None
        if document in run.setdefault(query, {}):
            raise QuestionsError(f"{path}:{number}: {query} has document {document} twice (keep one)")
        run[query][document] = value
    return run


def ranked(scores: dict[str, float]) -> list[str]:
    """Documents best first; of equal scores the later name comes first, as trec_eval has it."""
    return sorted(sorted(scores, reverse=True), key=lambda document: -scores[document])


def judged(qrels: Qrels, run: Run) -> list[Result]:
    """Each judged query with the ranks of its relevant documents; one missing from the run has none.

    Documents graded 0 or less are not relevant, unjudged ones are not wrong. Queries without a
    relevant document are left out: no ranking of them can be better than another.
    """
    results = []
    for query, grades in qrels.items():
        gold = tuple(Place(document, grade=grade) for document, grade in grades.items() if grade > 0)
        if not gold:
            continue
        rank = {document: at for at, document in enumerate(ranked(run.get(query, {})), start=1)}
        question = Question(query, query, gold=gold)
        ranks = tuple(rank.get(place.article) for place in gold)
        results.append(Result(question, question.digest, "und", (), ranks))
    return results


def qrels_text(report: Report) -> str:
    """The report's gold as TREC qrels, to score a run exported with it."""
    rows = (f"{_token(r.id)} 0 {name} {grade}" for r in report.results for name, grade in _gold(report, r))
    return "".join(f"{row}\n" for row in rows)


def run_text(report: Report) -> str:
    """The report's rankings as a TREC run."""
    return "".join(f"{row}\n" for result in report.results for row in _run_rows(report, result))


def _gold(report: Report, result: Result) -> Iterable[tuple[str, int]]:
    for number, place in enumerate(result.question.gold or ()):
        yield _token(place.article if report.unit == "articles" else f"{result.id}/gold{number}"), place.grade


def _run_rows(report: Report, result: Result) -> Iterable[str]:
    golden = [name for name, _ in _gold(report, result)]
    places = metrics.positions(result.gold_ranks)
    at = {position: golden[place] for place, position in enumerate(places) if position is not None}
    others = [
        _token(
            chunk.article.id if report.unit == "articles" else f"{chunk.article.id}:{chunk.start}-{chunk.end}"
        )
        for rank, chunk in enumerate(result.found, start=1)
        if rank not in result.gold_ranks
    ]
    # A gold place may stand below the last passage found, where one passage reaches several.
    length = max([len(result.found), *at])
    for position in range(1, length + 1):
        name = at.get(position) or (others.pop(0) if others else None)
        if name:
            yield f"{_token(result.id)} Q0 {name} {position} {length - position + 1} {_TAG}"


def _token(text: str) -> str:
    """White space parts the columns, so names must not hold any."""
    return "_".join(text.split())


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("-").isascii() and text.strip().lstrip("-").isdigit()
