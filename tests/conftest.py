"""A toy encoder derived from the text itself, and indexes made with it: real behaviour, no model."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index import EncoderInfo, PassageIndex, build, fold, seeds_folder
from index.types import Encoding, Vectors

DIM = 256


class ToyEncoder:
    """Hashed character bigrams of the folded text: texts that share pieces are near, in either script."""

    def __init__(self, name: str = "toy") -> None:
        self.info = EncoderInfo(
            name=name, dim=DIM, token_dim=DIM, weights=f"{name}-weights", query_prompt="", document_prompt=""
        )
        self.question_side = ""
        self.reads_translations = False
        self.encoded: list[str] = []

    def encode_query(self, texts: Sequence[str]) -> list[Encoding]:
        return [
            Encoding(
                self._rows([text])[0],
                self._rows([text[place : place + 2] for place in range(len(text))]),
                np.arange(len(text), dtype=np.int32),
            )
            for text in texts
        ]

    def encode_document(self, texts: Sequence[str]) -> list[Encoding]:
        self.encoded.extend(texts)
        return self.encode_query(texts)

    def encode_sentences(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        return self._rows(texts)

    def answer_odds(self, question, passage, sentences) -> tuple[float, ...] | None:
        return None

    def _rows(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIM), dtype=np.float32)
        for row, text in enumerate(texts):
            folded = fold(text).lower()
            for place in range(len(folded)):
                rows[row, zlib.crc32(folded[place : place + 2].encode()) % DIM] += 1
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.maximum(norms, 1e-9)


@pytest.fixture
def toy_encoder() -> ToyEncoder:
    return ToyEncoder()


@pytest.fixture(scope="session")
def seed_index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    """The five seeds under the toy encoder."""
    return build(seeds_folder(), tmp_path_factory.mktemp("seeds"), encoder=ToyEncoder())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three small articles: simplified, traditional, English."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "hans.txt").write_text(
        "深圳体彩开展检查\n新浪彩票 2023年12月27日 10:11\n"
        "截至11月底，已完成对2473家实体店的检查。活动送出书籍651本。\n",
        encoding="utf-8",
    )
    (folder / "hant.txt").write_text(
        "江西省福彩中心黨支部聚焦目標定位，全省站點總數達5706個。撫州市新增網點98個！\n", encoding="utf-8"
    )
    (folder / "en.txt").write_text(
        "The conference was held in Jiaxing City. Wang Wenxu, Deputy Governor, spoke on No. 5 of the plan.\n",
        encoding="utf-8",
    )
    return folder
