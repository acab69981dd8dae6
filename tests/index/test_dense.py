from pathlib import Path

import numpy as np
import pytest

from index import IndexFormatError
from index.dense import DenseIndex

VECTORS = np.asarray([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], dtype=np.float32)
OWNERS = np.asarray([0, 0, 1, 2], dtype=np.int64)


def test_a_chunk_counts_by_its_best_vector_and_ties_go_by_row() -> None:
    index = DenseIndex.build(VECTORS, OWNERS)
    rows, cosines = index.search(np.asarray([0, 1], dtype=np.float32), 3)
    assert rows.tolist() == [0, 1, 2]
    assert cosines.tolist() == pytest.approx([1, 0.8, 0], abs=1e-3)
    rows, _ = DenseIndex.build(np.repeat(VECTORS[:1], 3, axis=0), np.arange(3)).search(VECTORS[0], 2)
    assert rows.tolist() == [0, 1]


def test_chunks_with_many_near_vectors_do_not_crowd_out_the_others() -> None:
    vectors = np.asarray([[1, 0]] * 50 + [[0, 1]], dtype=np.float32)
    index = DenseIndex.build(vectors, np.asarray([0] * 50 + [1]))
    rows, _ = index.search(np.asarray([1, 0], dtype=np.float32), 2)
    assert rows.tolist() == [0, 1]


def test_vectors_of_a_chunk_come_back_in_order() -> None:
    index = DenseIndex.build(VECTORS, OWNERS)
    assert index.vectors(0) == pytest.approx(VECTORS[:2], abs=1e-3)
    assert index.vectors(2) == pytest.approx(VECTORS[3:], abs=1e-3)


def test_written_and_opened_it_is_the_same_and_a_torn_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "d.faiss"
    DenseIndex.build(VECTORS, OWNERS).write(file)
    assert DenseIndex.open(file, OWNERS).search(VECTORS[2], 1)[0].tolist() == [1]
    with pytest.raises(IndexFormatError, match="4 vectors, expected 2"):
        DenseIndex.open(file, OWNERS[:2])
    file.write_bytes(b"torn")
    with pytest.raises(IndexFormatError, match=r"d\.faiss: damaged"):
        DenseIndex.open(file, OWNERS)
