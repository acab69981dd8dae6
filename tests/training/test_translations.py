import pytest

from training.parallel import Pair
from training.translations import lines


def table(*pairs: tuple[str, str], source: str = "x") -> dict[str, str]:
    return dict(line.split("\t") for line in lines(Pair(source, zh, en) for zh, en in pairs))


def test_what_stands_together_everywhere_is_the_translation() -> None:
    found = table(
        ("图书馆 学校", "library school"),
        ("图书馆 医院", "library hospital"),
        ("学校 医院", "school hospital"),
    )
    for chinese, english in (("图书馆", "library"), ("学校", "school"), ("医院", "hospital")):
        assert found[chinese].startswith(f"{english}:0.9")
        assert found[english].startswith(f"{chinese}:0.9")


def test_one_round_by_hand() -> None:
    found = table(("学校", "school"), ("学校", "academy"))
    assert found["学校"] == "academy:1.00 school:1.00"  # either is always 学校


def test_a_name_is_learned_part_by_part() -> None:
    found = table(("博阿滕·韦德", "Boateng Wade"), source="terms")
    assert found["boateng"].split(":")[0] in {"博阿滕", "博阿", "博", "阿滕"}
    assert "韦德" not in found["boateng"]


@pytest.mark.parametrize("source", ["cedict", "templates", "tatoeba+"])
def test_glosses_templates_and_passages_teach_nothing(source: str) -> None:
    assert lines([Pair("x", "学校", "school"), Pair(source, "医院", "hospital")]) == [
        "school\t学校:1.00",
        "学校\tschool:1.00",
    ]


def test_an_address_is_no_word() -> None:
    found = table(("学校", "school"), ("医院", "example.org"))
    assert found.keys() == {"学校", "school", "医院", "example", "org"}
    assert "example.org" not in found["医院"]
