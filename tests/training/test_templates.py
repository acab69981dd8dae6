import random
import re
from pathlib import Path

import pytest

import training
from training.templates import fill, read_glossary, read_rows

GLOSSARY = Path(training.__file__).parent / "glossary"


def test_a_slot_is_filled_alike_in_both_languages() -> None:
    filled = fill("{person}是谁？", "Who is {person}?", {"person": [("牛顿", "Newton")]}, random.Random(0))
    assert filled == ("牛顿是谁？", "Who is Newton?")


def test_numbered_slots_of_one_type_are_filled_apart() -> None:
    terms = {"place": [("巴黎", "Paris"), ("伦敦", "London")]}
    made = {fill("{place1}到{place2}", "{place1} to {place2}", terms, random.Random(n)) for n in range(40)}
    assert ("巴黎到伦敦", "Paris to London") in made


def test_a_type_without_terms_gives_nothing() -> None:
    assert fill("{dragon}在哪里？", "Where is {dragon}?", {}, random.Random(0)) is None


def test_the_same_seed_gives_the_same_pairs() -> None:
    (GLOSSARY / "terms.tsv").exists() or pytest.skip("no glossary")
    first = read_glossary(GLOSSARY, random.Random(5))
    assert first == read_glossary(GLOSSARY, random.Random(5))


def test_both_sides_of_every_template_have_the_same_slots() -> None:
    slot = re.compile(r"\{\w+\}")
    uneven = [
        row
        for row in read_rows(GLOSSARY / "templates.tsv")
        if set(slot.findall(row[0])) != set(slot.findall(row[1]))
    ]
    assert uneven == []


def test_a_template_and_a_term_with_the_article_give_one() -> None:
    terms = {"event": [("超级碗", "the Super Bowl")]}
    assert fill("谁赢了{event}？", "Who won the {event}?", terms, random.Random(0)) == (
        "谁赢了超级碗？",
        "Who won the Super Bowl?",
    )
    assert fill("{event}在二月。", "{event} is in February.", terms, random.Random(0)) == (
        "超级碗在二月。",
        "The Super Bowl is in February.",
    )
