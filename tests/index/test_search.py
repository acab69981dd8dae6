"""Ranking: which chunks are compared with the question token by token."""

from collections.abc import Sequence

import pytest

from index import build, search
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
