import pytest

from training.transliteration import LEAST_NAMES, LEAST_PARTS, first_guess, improved, lines, names


def test_names_are_paired_part_by_part_and_only_those_spelled_by_sound() -> None:
    letters = "abcdefghijklmno"
    rows = [["沃尔特·司各特", f"Walter{some} Scott{some}", "person"] for some in letters[:LEAST_PARTS]]
    rows += [
        ["沃特灵", f"Wotling{some}", "place"] for some in letters[:LEAST_NAMES]
    ]  # 灵 among the sure ones
    rows += [["特尔丹", f"Terdan{some}", "place"] for some in letters[: LEAST_NAMES - 1]]  # 丹 too seldom
    rows += [
        ["特尔沃", "Telvo", "place"],
        ["大阪", "Osaka", "place"],
        ["尔沃", "Erwo", "place"],  # in pinyin
        ["司各特·沃尔特", "Scott", "person"],
        ["特各", "Teg", "term"],
    ]
    found = names(rows)
    assert {zh for zh, _ in found} == {"沃尔特", "司各特", "沃特灵", "特尔沃"}
    assert ("沃尔特", "waltera") in found
    assert ("司各特", "scotta") in found


def test_rounds_find_the_only_cut_that_explains_every_name() -> None:
    known = [("巴马", "bama"), ("马巴", "maba"), ("巴巴", "baba"), ("马马", "mama")]
    table = first_guess(known)
    for _ in range(8):
        table = improved(table, known)
    assert table["巴"]["ba"] == pytest.approx(1, abs=0.02)
    assert table["马"]["ma"] == pytest.approx(1, abs=0.02)


def test_a_characters_own_pinyin_is_always_among_its_letters() -> None:
    table = dict(line.split("\t") for line in lines([("巴马", "bomo")]))
    assert table["巴"] == "bo:1.000 ba:0.020"
