"""The answer head on arrays by chance: what it reads, and what it refuses."""

from collections.abc import Callable

import numpy as np
import pytest

from index.answering import HEAD_DIM, TOKENS_READ, AnswerHead
from index.types import Encoding, Span

DIM = 4
WIDTH = 2 * HEAD_DIM
Arrays = dict[str, np.ndarray]


@pytest.fixture
def arrays() -> Arrays:
    rng = np.random.default_rng(0)
    shapes = {
        "asked": (WIDTH, DIM),
        "said": (WIDTH, DIM),
        "layers.0.attend": (3 * WIDTH, WIDTH),
        "layers.0.mix": (WIDTH, WIDTH),
        "layers.0.widen": (2 * WIDTH, WIDTH),
        "layers.0.narrow": (WIDTH, 2 * WIDTH),
        "pooled": (WIDTH, 2 * WIDTH),
        "answers": (1, WIDTH),
    }
    made = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
    made |= {f"{name}.bias": rng.normal(size=shape[0]) for name, shape in shapes.items()}
    for norm in ("norm", "layers.0.norm", "layers.0.norm2"):
        made |= {f"{norm}.weight": np.ones(WIDTH), f"{norm}.bias": np.zeros(WIDTH)}
    return made | {"places": rng.normal(size=(TOKENS_READ, WIDTH)), "layers.0.scale": np.asarray([1.0, 8.0])}


def tokens(*starts: int) -> Encoding:
    rows = np.random.default_rng(1).normal(size=(len(starts), DIM)).astype(np.float32)
    return Encoding(np.zeros(DIM, dtype=np.float32), rows, np.asarray(starts, dtype=np.int32))


def question(count: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(count, DIM)).astype(np.float32)


TWO = [Span(0, 10), Span(10, 20)]


def test_without_tokens_of_question_or_sentences_nothing_is_known(arrays: Arrays) -> None:
    head = AnswerHead(arrays, DIM)
    assert head.odds(question(0), tokens(0, 10), TWO) is None
    assert head.odds(question(3), tokens(), TWO) is None
    assert head.odds(question(3), tokens(-7, -2), TWO) is None  # a title alone
    assert head.odds(question(3), tokens(0, 10), []) is None


def test_a_sentence_beyond_what_was_read_has_the_least_of_the_others(arrays: Arrays) -> None:
    first, second, unread = AnswerHead(arrays, DIM).odds(question(3), tokens(0, 4, 10), [*TWO, Span(20, 30)])
    assert first != second
    assert unread == min(first, second)


def test_a_title_is_read_with_the_passage(arrays: Arrays) -> None:
    head, said = AnswerHead(arrays, DIM), tokens(-3, 0, 10)
    without = Encoding(said.vector, said.tokens[1:], said.starts[1:])
    assert head.odds(question(3), said, TWO) != pytest.approx(head.odds(question(3), without, TWO))


def test_of_a_long_question_the_first_tokens_are_read(arrays: Arrays) -> None:
    head, long = AnswerHead(arrays, DIM), question(TOKENS_READ + 9)
    assert head.odds(long, tokens(0, 10), TWO) == head.odds(long[:TOKENS_READ], tokens(0, 10), TWO)
    assert head.odds(long, tokens(0, 10), TWO) != head.odds(long[1:], tokens(0, 10), TWO)


@pytest.mark.parametrize(
    ("change", "dim"),
    [
        (lambda made: made.pop("answers.bias"), DIM),
        (lambda made: made.pop("layers.0.scale"), DIM),
        (lambda made: made.update({"asked.weight": np.full((WIDTH, DIM), np.nan)}), DIM),
        (lambda made: made.update({"places": made["places"][:5]}), DIM),
        (lambda made: made.update({"answers.weight": np.asarray(1.0)}), DIM),
        (lambda made: None, DIM + 1),
    ],
)
def test_arrays_that_are_no_head_are_refused(
    arrays: Arrays, change: Callable[[Arrays], object], dim: int
) -> None:
    change(arrays)
    with pytest.raises((KeyError, ValueError)):
        AnswerHead(arrays, dim)
