"""Makes retrieval sets in BEIR layout of passages of our own: held out of training, or never meant for it.

    python -m benchmarks.written --out DIR [--articles benchmarks/encyclopaedia]

Without `--articles` they are the held-out ones of `training/written/`, which are full of rare and invented
names; `benchmarks/encyclopaedia/` holds real subjects with the questions of a reading test.

DIR/written-ASKED-SAID holds every passage in the language SAID, and the questions that name their
subject in the language ASKED; in DIR/written-ASKED-both the passages are in both languages, and both of
them answer.

DIR/articles and DIR/questions.jsonl are for the confidence: the articles, in Chinese and English by
turns, and a questions file in both languages with their near misses as unanswerable questions.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from training.written import Written, read_articles, read_file

WRITTEN = Path(__file__).parent.parent / "training" / "written"
LANGUAGES = ("zh", "en")
SCRIPTS = ("zh-Hans", "en")  # of questions: Chinese sides are folded


def main(
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    articles: Annotated[Path | None, typer.Option(help="A folder of articles, all of them.")] = None,
) -> None:
    """Write six sets, and articles with their questions file."""
    if articles:
        read = [article for path in sorted(articles.glob("*.jsonl")) for article in read_file(path)]
    else:
        read = read_articles(WRITTEN, held_out=True)
    _write_articles(out, read)
    records = list(enumerate(record for article in read for record in article))
    for asked in LANGUAGES:
        questions = [
            (f"{number}-{place}", number, question[LANGUAGES.index(asked)])
            for number, record in records
            for place, (_, question) in enumerate(record.named)
        ]
        for said in (*LANGUAGES, "both"):
            languages = LANGUAGES if said == "both" else (said,)
            folder = out / f"written-{asked}-{said}"
            (folder / "qrels").mkdir(parents=True, exist_ok=True)
            corpus = [
                {"_id": f"{number}-{one}", "title": "", "text": record.text(english=one == "en")}
                for one in languages
                for number, record in records
            ]
            _write_rows(folder / "corpus.jsonl", corpus)
            _write_rows(folder / "queries.jsonl", [{"_id": id, "text": text} for id, _, text in questions])
            grades = [f"{id}\t{number}-{one}\t1" for id, number, _ in questions for one in languages]
            table = "\n".join(["query-id\tcorpus-id\tscore", *grades]) + "\n"
            (folder / "qrels" / "test.tsv").write_text(table, encoding="utf-8")
    typer.echo(f"{len(records)} passages, {len(questions)} questions")


def _write_articles(out: Path, articles: list[list[Written]]) -> None:
    (out / "articles").mkdir(parents=True, exist_ok=True)
    rows: dict[str, dict[str, Any]] = {}  # by question: a few are asked of two passages
    for number, article in enumerate(articles):
        english, name = number % 2 == 1, f"{number:04}.txt"
        text = "\n".join(record.text(english) for record in article) + "\n"
        (out / "articles" / name).write_text(text, encoding="utf-8")
        for record in article:
            for place, question in record.answered:
                gold = [{"article": name, "quote": record.sentences[place][english]}]
                for asked, language in enumerate(SCRIPTS):
                    tag = "own" if asked == english else "crosslingual"
                    rows.setdefault(question[asked], {"lang": language, "tags": [tag], "gold": gold})
            for miss in record.unanswered:
                for asked, language in enumerate(SCRIPTS):
                    row = {"lang": language, "tags": ["unanswerable"], "gold": []}
                    rows.setdefault(miss[asked], row)
    numbered = enumerate(rows.items())
    _write_rows(
        out / "questions.jsonl", [{"id": f"w{n:04}", "question": q, **row} for n, (q, row) in numbered]
    )


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
