import gzip
from pathlib import Path

from training.parallel import Pair, passages, read_dictionary, read_parallel
from training.prepare import interleave

LAWS = """申請人應檢附文件。\tApplicants shall attach the documents.
第3條修正。\tArticle 3 amended.
第5條修正。\tArticle 5 amended.
"""
DICTIONARY = """開放\tvariant of x; to lift; to open; open; public
开放\tto lift
"""


def test_lines_are_folded_and_those_that_differ_in_numbers_only_are_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "tw_laws.tsv.gz"
    path.write_bytes(gzip.compress(LAWS.encode()))
    assert read_parallel(path) == [
        Pair("tw_laws", "申请人应检附文件。", "Applicants shall attach the documents."),
        Pair("tw_laws", "第3条修正。", "Article 3 amended."),
    ]


def test_a_line_without_chinese_or_far_too_long_for_its_translation_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv.gz"
    path.write_bytes(gzip.compress(("ABC\tABC\n" + "很" * 40 + "\tvery\n").encode()))
    assert read_parallel(path) == []


def test_a_dictionary_word_has_its_first_three_useful_glosses(tmp_path: Path) -> None:
    path = tmp_path / "dict.tsv.gz"
    path.write_bytes(gzip.compress(DICTIONARY.encode()))
    assert read_dictionary(path) == [Pair("cedict", "开放", "to lift; to open; open")]


def test_passages_join_consecutive_lines_up_to_the_goal() -> None:
    import random

    pairs = [Pair("s", f"第{n}行。", f"line {n}") for n in range(4)]
    joined = list(passages(pairs, random.Random(0), (4, 4), ordered=True))
    assert joined == [
        Pair("s+", "第0行。第1行。", "line 0 line 1"),
        Pair("s+", "第2行。第3行。", "line 2 line 3"),
    ]


def test_interleaved_groups_keep_their_proportion_in_every_stretch() -> None:
    many, few = [Pair("m", str(n), "") for n in range(4)], [Pair("f", str(n), "") for n in range(2)]
    assert [pair.source for pair in interleave([many, few])] == ["m", "f", "m", "m", "f", "m"]
