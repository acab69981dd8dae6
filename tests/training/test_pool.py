from types import SimpleNamespace

import numpy as np

from training.pool import Queue, Ragged


def table(sources: list[str], ready: int) -> SimpleNamespace:
    return SimpleNamespace(sources=np.array(sources), ready=lambda: ready)


def test_only_rows_with_a_teacher_vector_are_drawn() -> None:
    queue = Queue(table(["terms", "cedict", "terms", "terms"], ready=3), "terms", np.random.default_rng(0))
    assert queue.ready() == 2
    assert sorted(queue.take(2)) == [0, 2]


def test_every_row_is_drawn_once_before_any_is_drawn_again() -> None:
    queue = Queue(table(["terms"] * 5, ready=5), "terms", np.random.default_rng(0))
    assert sorted(queue.take(3) + queue.take(2)) == [0, 1, 2, 3, 4]


def test_ragged_rows_come_back_as_they_were() -> None:
    rows = Ragged(np.array([1, 2, 3, 4], np.int32), np.array([2, 2, 4]))
    assert [rows[row].tolist() for row in range(3)] == [[1, 2], [], [3, 4]]
