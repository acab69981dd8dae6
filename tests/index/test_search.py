"""Ranking: which chunks are compared with the question token by token."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index import build, load, make_article, search
from index.types import Vectors
from tests.conftest import ToyEncoder

QUESTION = "Who helps compulsive players?"
MEANT = "Centres must guard against irrational purchases."


class Knowing(ToyEncoder):
    """Reads the question as what it means."""

    def _rows(self, texts: Sequence[str]) -> Vectors:
        return super()._rows([MEANT if text == QUESTION else text for text in texts])


def test_the_nearest_chunk_is_compared_though_others_hold_all_words(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(3):
        words = f"Bus {number} helps compulsive players of chess."
        (folder / f"words{number}.txt").write_text(words, encoding="utf-8")
    (folder / "meant.txt").write_text(MEANT, encoding="utf-8")
    monkeypatch.setattr(search, "SHORTLIST", 2)

    hits = build(folder, tmp_path / "index", encoder=Knowing()).search(QUESTION, 4)

    assert {hit.chunk.article.id: hit.late is not None for hit in hits}["meant.txt"]
    assert sum(hit.late is not None for hit in hits) == 2


class Judging(ToyEncoder):
    """Says that passages of two sentences answer, and others do not."""

    def answer_odds(self, question, passage, sentences) -> tuple[float, ...] | None:
        return (300.0, 200.0) if len(sentences) == 2 else (-300.0,) * len(sentences)


def found(folder: Path, encoder: ToyEncoder) -> list[tuple[str, tuple[float, ...] | None]]:
    articles = [make_article("a.txt", "网点新增多了。"), make_article("b.txt", "网点多了。别的不说。")]
    hits = build(articles, folder, encoder=encoder).search("网点新增多少?", 2, "dense")
    return [(hit.chunk.article.id, hit.answer_odds) for hit in hits]


def test_a_chunk_with_a_sentence_that_answers_comes_first(tmp_path) -> None:
    assert found(tmp_path / "plain", ToyEncoder()) == [("a.txt", None), ("b.txt", None)]
    assert found(tmp_path / "judged", Judging()) == [("b.txt", (300.0, 200.0)), ("a.txt", (-300.0,))]


def test_a_chunk_that_is_not_judged_does_not_pass_one_that_is(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "JUDGED", 1)
    assert found(tmp_path, Judging()) == [("a.txt", (-300.0,)), ("b.txt", None)]


def test_another_way_to_read_questions_gives_another_fingerprint_and_needs_no_new_index(tmp_path) -> None:
    plain, judging = ToyEncoder(), Judging()
    judging.question_side = "judging"
    first = build([make_article("a.txt", "网点多了。")], tmp_path, encoder=plain)
    assert load(tmp_path, encoder=judging).fingerprint != first.fingerprint
    again = load(tmp_path, encoder=plain)
    assert again.fingerprint == first.fingerprint
    again.manifest = replace(again.manifest, late_floor=0.5)
    assert again.fingerprint != first.fingerprint


class Blind(ToyEncoder):
    """Sees no difference between texts."""

    def _rows(self, texts: Sequence[str]) -> Vectors:
        return super()._rows([MEANT for _ in texts])


def test_of_passages_with_the_same_translated_words_the_one_that_says_them_more_comes_first(tmp_path) -> None:
    articles = [
        make_article(
            "a.txt", "The lighthouse is old. Boats were painted green in spring and sold in autumn."
        ),
        make_article("b.txt", "The lighthouse is old. It was the first lighthouse."),
    ]
    first, second = build(articles, tmp_path, encoder=Blind()).search("灯塔", 2)

    assert (first.chunk.article.id, second.chunk.article.id) == ("b.txt", "a.txt")
    assert first.coverage == second.coverage > 0


class Translated(ToyEncoder):
    """Knows nothing of other languages but what translated words tell it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads_translations = True


def test_a_passage_in_another_language_is_compared_with_the_translated_question(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [
        make_article("a.txt", "Zebras graze in the morning."),
        make_article("b.txt", "The lighthouse is old."),
    ]
    question = "灯塔"

    plain = build(articles, tmp_path / "plain", encoder=ToyEncoder()).search(question, 2, "dense")
    assert [(hit.chunk.article.id, hit.cosine, hit.late.passage) for hit in plain] == [
        ("a.txt", pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-2)),
        ("b.txt", pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-2)),
    ]
    read = build(articles, tmp_path / "read", encoder=Translated())
    hits = read.search(question, 2, "dense")
    assert [hit.chunk.article.id for hit in hits] == ["b.txt", "a.txt"]
    assert hits[0].cosine > 0.2
    assert hits[0].late.passage > 0.4
    monkeypatch.setattr(search, "DEPTH", 1)
    assert [hit.chunk.article.id for hit in read.search(question, 1, "dense")] == ["b.txt"]


def test_a_passage_in_the_questions_language_is_not(tmp_path) -> None:
    articles = [make_article("a.txt", "灯塔很旧。"), make_article("b.txt", "The lighthouse is old.")]
    question = "灯塔在哪里"
    both = build(articles, tmp_path / "both", encoder=Translated())
    first = next(hit for hit in both.search(question, 2) if hit.own_language)
    plain = build(articles, tmp_path / "plain", encoder=ToyEncoder())
    assert first.cosine == next(hit for hit in plain.search(question, 2) if hit.own_language).cosine
    assert len(both.encode(question).other.tokens) == len(question) + len("lighthouse")
    # Where all articles are in its language, or the encoder is better without, a question is read once.
    alone = build(articles[:1], tmp_path / "alone", encoder=Translated())
    for index, once in ((alone, True), (plain, True), (both, False)):
        encoding = index.encode(question)
        assert (encoding.own is encoding.other) == once
