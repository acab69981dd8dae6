"""A question beside its translation: one vector and one list of tokens of both."""

import numpy as np
import pytest

from index.asking import encode_questions, with_translation
from index.types import Encoding
from tests.conftest import ToyEncoder


def encoding(vector: list[float], tokens: list[list[float]]) -> Encoding:
    rows = np.asarray(tokens, dtype=np.float32).reshape(-1, 2)
    starts = np.arange(len(rows), dtype=np.int32)
    return Encoding(np.asarray(vector, dtype=np.float32), rows, starts)


def test_the_translation_counts_half_in_the_vector_and_as_much_in_the_tokens() -> None:
    question = encoding([1, 0], [[1.5, 0], [0, 0.5], [1, 0]])
    both = with_translation(question, encoding([0, 1], [[0, 1]]))

    # (1, 0.5) has the length sqrt(1.25). Four tokens, so either has 2 of the lengths: 3 * 2/3 and 1 * 2.
    assert both.vector.tolist() == pytest.approx([1 / 1.25**0.5, 0.5 / 1.25**0.5])
    assert both.tokens.ravel().tolist() == pytest.approx([1, 0, 0, 1 / 3, 2 / 3, 0, 0, 2])
    assert np.linalg.norm(both.tokens, axis=1).mean() == pytest.approx(1)
    assert both.starts.tolist() == [0, 1, 2, 0]


def test_an_encoder_without_tokens_gives_none() -> None:
    assert with_translation(encoding([1, 0], []), encoding([0, 1], [])).tokens.shape == (0, 2)


def test_a_question_without_a_translation_is_read_once() -> None:
    first, second = encode_questions(ToyEncoder(), ["网点多了", "98"], ["outlets", ""])
    assert first.own.tokens.shape[0] == 4
    assert first.of(own_language=False).tokens.shape[0] == 4 + len("outlets")
    assert second.other is second.own is second.of(own_language=True)
    assert encode_questions(ToyEncoder(), [], []) == []
