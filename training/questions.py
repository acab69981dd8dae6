"""Stage 6a: question-to-passage pairs for the contrastive stage.

    python -m training.questions --data DIR --work DIR

Four kinds: the mined pairs (law title or question to article, notice title to notice); a line of a
passage to the passage, within and across the languages; our own question templates to passages of
our own statement templates about the same person, place or term; and the questions of our own written
passages to the sentence that answers and to the whole passage.
"""

import gzip
import json
import logging
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from index.fold import fold
from training.options import Data, Work
from training.parallel import Pair, clean, read_parallel
from training.prepare import UNORDERED
from training.templates import Term, fill, read_rows, read_terms
from training.written import read_written

log = logging.getLogger(__name__)

SEED = 23
MINED = {
    "cnlaw_title_article": 8_000, "cnlaw_definition_q": 981, "cnlaw_penalty_q": 3_000, "cnlaw_cases": 158,
    "govcn_policy_title_para": 1_383, "twlaw_title_article_hant": 5_000, "twlaw_definition_q_hant": 3_551,
    "twgazette_en_title_doc_hant": 12_000, "twgazette_zh_title_doc_hant": 6_000,
    "twconst_issue_holding_hant": 370, "techdocs_faq_pingcap": 304, "techdocs_heading_para_pingcap": 2_000,
}  # fmt: skip
LINES = {
    "tw_laws_moj": 12_000, "ms_dynamics365_ops_zhcn": 4_000, "ms_alchemy_insights_zhcn": 2_000,
    "ms_partner_center_zhcn": 2_000, "python_docs_zhcn": 2_000, "tico19_tm_en_zh": 3_000,
    "china_dashboard_digest": 1_400, "china_dashboard_news": 3_000, "mozilla_www": 1_500, "ud_pud": 995,
    "tatoeba_cmn": 8_000,
}  # fmt: skip
LINE_WORDS = (5, 40)
PASSAGE_LINES = (3, 7)
PASSAGE_WORDS = 170
TEMPLATED = 48_000
TOGETHER = 8  # subjects
WRITTEN_PASSES = 4
SUBJECTS = (
    "person",
    "name",
    "place",
    "org",
    "term",
    "event",
    "concept",
    "work",
    "disease",
    "animal",
    "plant",
    "food",
)


@dataclass(frozen=True)
class Question:
    """A query and a passage that answers it; at most one pair of a `key` goes into a batch.

    `miss` is a query of the same field that the passage does not answer; empty where none is known.
    """

    kind: str
    key: str
    query: str
    positive: str
    miss: str = ""


def mined(folder: Path, rng: random.Random) -> Iterator[Question]:
    """The pairs as they were found; the key is the law or document named first in the query."""
    for source, most in MINED.items():
        with gzip.open(folder / f"{source}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        rng.shuffle(rows)
        for row in rows[:most]:
            query, positive = fold(clean(row["query"])), fold(clean(row["positive"]))
            law = query.split(" ")[0]
            yield Question(source, law if "title_article" in source else query, query, positive)


def groups(pairs: list[Pair], rng: random.Random) -> Iterator[list[Pair]]:
    """Consecutive lines that make a passage of at most PASSAGE_WORDS English words."""
    group: list[Pair] = []
    goal = rng.randint(*PASSAGE_LINES)
    for pair in pairs:
        if group and (len(group) == goal or sum(p.words for p in group) + pair.words > PASSAGE_WORDS):
            if len(group) >= PASSAGE_LINES[0]:
                yield group
            group, goal = [], rng.randint(*PASSAGE_LINES)
        group.append(pair)


def lines(path: Path, rng: random.Random) -> Iterator[Question]:
    """A line to its passage; within a language the line is left out of it half the time."""
    pairs = read_parallel(path)
    source = pairs[0].source
    if source in UNORDERED:
        rng.shuffle(pairs)
    for group in groups(pairs, rng):
        asked = rng.choice(group)
        if not LINE_WORDS[0] <= asked.words <= LINE_WORDS[1]:
            continue
        ask_zh, answer_zh = rng.choice([(True, False), (False, True), (True, True), (False, False)])
        within = ask_zh == answer_zh and source not in UNORDERED and rng.random() < 0.5
        rest = [p for p in group if p is not asked] if within else group
        passage = "".join(p.zh for p in rest) if answer_zh else " ".join(p.en for p in rest)
        query = asked.zh if ask_zh else asked.en
        kind = f"lines_{'zh' if ask_zh else 'en'}_{'zh' if answer_zh else 'en'}"
        yield Question(kind, passage, query, passage)


def templated(folder: Path, rng: random.Random) -> Iterator[Question]:
    """A question about a subject to a passage of statements, most of them about the same subject.

    A block of subjects has the same question and the same statements, so that only their names tell them
    apart.
    """
    terms = read_terms(folder, rng)
    asking: dict[str, list[Term]] = defaultdict(list)
    telling: dict[str, list[Term]] = defaultdict(list)
    for zh, en, *_ in read_rows(folder / "templates.tsv"):
        for kind in SUBJECTS:
            if f"{{{kind}}}" in zh:
                (telling if zh.endswith("。") else asking)[kind].append((zh, en))
    kinds = [kind for kind in SUBJECTS if asking[kind] and len(telling[kind]) > PASSAGE_LINES[1]]
    shares = [len(terms[kind]) ** 0.5 for kind in kinds]
    for _ in range(TEMPLATED // TOGETHER):
        kind = rng.choices(kinds, shares)[0]
        asked, told = rng.choice(asking[kind]), rng.sample(telling[kind], rng.randint(*PASSAGE_LINES))
        ask_en, answer_en = rng.randint(0, 1), rng.randint(0, 1)
        for subject in rng.sample(terms[kind], TOGETHER):
            about = {**terms, kind: [subject]}
            question = fill(*asked, about, rng)
            said = [made for made in (fill(*text, about, rng) for text in told) if made]
            if question and said:
                passage = (" " if answer_en else "").join(text[answer_en] for text in said)
                yield Question("templated", subject[0], fold(question[ask_en]), fold(passage))


def written(folder: Path, rng: random.Random) -> Iterator[Question]:
    """Our own questions, in the order of their passages so that a batch holds sentences of one passage."""
    records = read_written(folder)
    for _ in range(WRITTEN_PASSES):
        for record in records:
            for place, question in record.questions:
                sentence = record.sentences[place]
                key, said = sentence[0], sentence[rng.randint(0, 1)]
                miss = rng.choice(record.misses)[rng.randint(0, 1)]
                yield Question("written_sentence", key, question[rng.randint(0, 1)], said, miss)
        for turn in range(max((len(record.questions) for record in records), default=0)):
            for record in records:
                if turn < len(record.questions):
                    question = record.questions[turn][1]
                    key, said = record.text(english=False), record.text(english=rng.random() < 0.5)
                    miss = rng.choice(record.misses)[rng.randint(0, 1)]
                    yield Question("written_passage", key, question[rng.randint(0, 1)], said, miss)


def main(data: Data, work: Work) -> None:
    """Writes WORK/questions.jsonl."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    rng = random.Random(SEED)
    found = list(mined(data / "pairs", rng))
    for path in sorted((data / "parallel").glob("*.tsv.gz")):
        rows = list(lines(path, rng)) if path.name.split(".")[0] in LINES else []
        rng.shuffle(rows)
        found += rows[: LINES.get(path.name.split(".")[0], 0)]
    found += templated(Path(__file__).parent / "glossary", rng)
    found += written(Path(__file__).parent / "written", rng)
    with (work / "questions.jsonl").open("w", encoding="utf-8") as out:
        for row in found:
            out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    log.info("%d question-to-passage pairs", len(found))


if __name__ == "__main__":
    typer.run(main)
