import pytest

from index import transliteration
from index.lexical import LexicalIndex
from index.transliteration import (
    by_key,
    chinese_keys,
    chinese_spelling,
    foreign_stretches,
    latin_key,
    latin_spelling,
    likeness,
    plain,
)
from index.words import tokens


def test_a_plain_word_has_letters_only() -> None:
    assert plain("Müller-Łódź’s") == "mullerlodzs"
    assert plain("Straße, Ærø 7") == "strasseaero"
    assert plain("沃灵顿") == ""


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("wallington", "FNTN"),  # ng before a consonant or at the end is one nasal
        ("angola", "NK"),
        ("schiller", "S"),
        ("philip", "FP"),
        ("cicero", "SS"),
        ("aoe", ""),
    ],
)
def test_a_key_is_the_consonants_without_liquids(word: str, key: str) -> None:
    assert latin_key(word) == key


def test_likeness_is_the_mean_probability_of_a_letter_over_every_way_to_cut_the_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {"灵": {"lin": 0.5, "ling": 0.25}, "顿": {"ton": 0.8, "gton": 0.1}}
    monkeypatch.setattr(transliteration, "sounds", lambda: table)
    assert likeness("灵顿", "lington") == pytest.approx((0.25 * 0.8 + 0.5 * 0.1) ** (1 / 9))
    assert likeness("灵顿", "linton") == pytest.approx((0.5 * 0.8) ** (1 / 8))
    assert likeness("顿", "xyz") == 0
    assert likeness("的", "ton") == 0


def test_a_chinese_name_has_the_key_of_the_name_that_it_spells() -> None:
    assert latin_key("wallington") in chinese_keys("沃灵顿")
    assert chinese_keys("灵顿") == []  # too short
    assert chinese_keys("的灵顿") == []


def test_stretches_are_runs_of_name_characters() -> None:
    assert foreign_stretches("在沃灵顿的科代尔看台和米兰") == ["沃灵顿", "科代尔"]


def test_the_best_spelling_among_the_known_words() -> None:
    known = by_key(["boateng", "botany", "wallington", "沃灵顿", "the", "库纳普"])
    assert latin_spelling("博阿滕", known)[1] == "boateng"
    assert latin_spelling("沃灵顿", known)[1] == "wallington"
    assert chinese_spelling("Wallington", known)[1] == "沃灵顿"
    assert latin_spelling("雷戈利尼", known) == (0.0, "")
    assert chinese_spelling("zzz", known) == (0.0, "")


def test_a_question_finds_a_foreign_name_that_no_table_knows() -> None:
    index = LexicalIndex.build([tokens("A fire in Kunap."), tokens("雷戈利尼墓的珍宝"), tokens("other")])
    assert [*index.question("库纳普的火灾").other[0].forms] == ["kunap"]
    treasures = index.question("Where are the Regolini treasures?").other[0]
    assert {"雷戈利尼"} <= treasures.forms.keys()


def test_a_translated_name_needs_no_spelling() -> None:
    index = LexicalIndex.build([tokens("The Panama Canal; Panam")])
    (panama,) = index.question("巴拿马").other
    assert panama.forms == {"panama": pytest.approx(panama.forms["panama"])}
