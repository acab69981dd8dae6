from pathlib import Path

import pytest

from index import translations as module
from index.translations import translations


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "t.tsv"
    monkeypatch.setattr(module, "PATH", path)
    module._lines.cache_clear()
    translations.cache_clear()
    yield path
    module._lines.cache_clear()
    translations.cache_clear()


def test_every_line_is_found_and_nothing_else(table: Path) -> None:
    rows = {
        "a": {"甲": 1.0},
        "ab": {"乙": 0.5, "丙丁": 0.25},
        "b": {"甲": 0.1},
        "甲": {"a": 1.0},
        "甲乙": {"x:y": 0.3},
    }
    lines = [
        f"{word}\t{' '.join(f'{form}:{sure:.2f}' for form, sure in row.items())}\n"
        for word, row in rows.items()
    ]
    table.write_text("".join(lines), encoding="utf-8")
    assert {word: translations(word) for word in rows} == rows
    for word in ("", "0", "aa", "abc", "乙", "甲甲", "龘"):
        assert translations(word) == {}


def test_the_shipped_table_knows_both_directions_and_is_in_order() -> None:
    assert translations("彩票")["lottery"] > 0.5
    assert translations("lottery")["彩票"] > 0.3
    assert translations("zzzzz") == {}
    words = [line.partition(b"\t")[0] for line in module.PATH.read_bytes().splitlines()]
    assert words == sorted(words)
    assert len(words) == len(set(words))
