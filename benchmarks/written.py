"""Makes a corpus and a questions file of our own written passages: `training/written/`.

    python -m benchmarks.written --out DIR

DIR/articles holds every passage as an article, in Chinese and English by turns; DIR/questions.jsonl asks
those that were held out of training, in both languages, with their near misses as unanswerable ones.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from training.written import Written, read_written

WRITTEN = Path(__file__).parent.parent / "training" / "written"
SEED = 30


def main(out: Annotated[Path, typer.Option(help="The folder to write.")]) -> None:
    """Write both."""
    held_out = read_written(WRITTEN, held_out=True)
    records = [*held_out, *read_written(WRITTEN)]
    random.Random(SEED).shuffle(records)
    named = {id(record): number for number, record in enumerate(records)}
    (out / "articles").mkdir(parents=True, exist_ok=True)
    for record in records:
        number = named[id(record)]
        text = record.text(english=_in_english(number)) + "\n"
        (out / "articles" / f"{number:04}.txt").write_text(text, encoding="utf-8")
    rows = [row for record in held_out for row in _questions(record, named[id(record)])]
    lines = [json.dumps({"id": f"w{place:04}", **row}, ensure_ascii=False) for place, row in enumerate(rows)]
    (out / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    typer.echo(f"{len(records)} articles, {len(rows)} questions")


def _in_english(number: int) -> bool:
    return number % 2 == 1


def _questions(record: Written, number: int) -> Iterator[dict[str, Any]]:
    english = _in_english(number)
    for place, question in record.questions:
        gold = [{"article": f"{number:04}.txt", "quote": record.sentences[place][english]}]
        for asks_english in (False, True):
            tag = "own" if asks_english == english else "crosslingual"
            yield _row(question[asks_english], asks_english, tag, gold)
    for miss in record.misses:
        for asks_english in (False, True):
            yield _row(miss[asks_english], asks_english, "unanswerable", [])


def _row(question: str, english: bool, tag: str, gold: list[dict[str, str]]) -> dict[str, Any]:
    return {"question": question, "lang": "en" if english else "zh-Hans", "tags": [tag], "gold": gold}


if __name__ == "__main__":
    typer.run(main)
