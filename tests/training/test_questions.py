import random
from pathlib import Path

import pytest

from training import names
from training.questions import TOGETHER, templated

TELLING = [f"{{person}}做了第{n}件事。\t{{person}} did thing {n}." for n in range(9)]


def test_a_block_of_subjects_is_told_apart_by_their_names_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "PERSONS", 0)
    english = {f"人{n}号": f"Person No{n}X" for n in range(20)}
    terms = [f"{zh}\t{en}\tperson" for zh, en in english.items()]
    (tmp_path / "terms.tsv").write_text("\n".join(terms), encoding="utf-8")
    (tmp_path / "templates.tsv").write_text(
        "\n".join(["{person}是谁？\tWho is {person}?", *TELLING]), encoding="utf-8"
    )
    block = list(templated(tmp_path, random.Random(1)))[:TOGETHER]

    def bare(text: str, name: str) -> str:
        assert name in text or english[name] in text
        return text.replace(name, "_").replace(english[name], "_")

    assert len({row.key for row in block}) == TOGETHER
    assert len({(bare(row.query, row.key), bare(row.positive, row.key)) for row in block}) == 1
