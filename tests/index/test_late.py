"""Late interaction by hand: the mean over the question's tokens of their best cosines."""

import numpy as np
import pytest

from index import Span
from index.late import from_bytes, late_interaction, to_bytes, unit_rows
from index.types import Encoding

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]
DIAGONAL = [0.6, 0.8]


def tokens(*placed: tuple[int, list[float]]) -> Encoding:
    starts = np.asarray([start for start, _ in placed], dtype=np.int32)
    rows = np.asarray([row for _, row in placed], dtype=np.float32).reshape(-1, 2)
    return Encoding(np.zeros(0, dtype=np.float32), rows, starts)


def test_each_question_token_takes_its_best_match() -> None:
    asked = np.asarray([EAST, NORTH], dtype=np.float32)

    late = late_interaction(asked, tokens((0, EAST), (4, DIAGONAL)), ())

    assert late.passage == pytest.approx((1.0 + 0.8) / 2)


def test_a_sentence_is_matched_by_the_tokens_that_begin_in_it() -> None:
    asked = np.asarray([EAST, NORTH], dtype=np.float32)
    passage = tokens((0, EAST), (4, DIAGONAL))

    late = late_interaction(asked, passage, (Span(0, 4), Span(4, 9)))

    assert late.sentences == pytest.approx(((1.0 + 0.0) / 2, (0.6 + 0.8) / 2))


def test_a_sentence_that_the_encoder_did_not_read_has_the_passages_own_value() -> None:
    asked = np.asarray([EAST], dtype=np.float32)

    late = late_interaction(asked, tokens((0, DIAGONAL)), (Span(0, 4), Span(4, 9)))

    assert late.sentences == pytest.approx((0.6, 0.6))


def test_what_no_token_of_a_sentence_comes_near_is_missing() -> None:
    # North has no cosine of a half in the first sentence, and counts for three quarters of the question.
    asked = np.asarray([[0.5, 0.0], [0.0, 1.5]], dtype=np.float32)
    passage = tokens((0, EAST), (4, DIAGONAL), (9, NORTH))

    late = late_interaction(asked, passage, (Span(0, 4), Span(4, 9), Span(9, 12), Span(20, 30)))

    assert late.missing == pytest.approx((0.75 * 0.5, 0.0, 0.25 * 0.5, 0.0))


@pytest.mark.parametrize(
    ("asked", "passage"), [(np.zeros((0, 2), np.float32), [(0, EAST)]), (np.asarray([EAST], np.float32), [])]
)
def test_no_tokens_on_either_side_give_nothing(asked: np.ndarray, passage: list) -> None:
    late = late_interaction(asked, tokens(*passage), (Span(0, 4),))

    assert (late.passage, late.sentences, late.missing) == (0.0, (0.0,), (0.0,))


def test_rows_keep_their_direction_in_8_bits() -> None:
    rows = np.asarray([[3.0, 4.0], [0.0, -0.002]], dtype=np.float32)

    packed = to_bytes(rows)

    assert packed.tolist() == [[95, 127], [0, -127]]
    assert from_bytes(packed) == pytest.approx(unit_rows(rows), abs=0.01)


def test_a_row_of_nothing_stays_nothing() -> None:
    assert from_bytes(to_bytes(np.zeros((1, 3), dtype=np.float32))).tolist() == [[0, 0, 0]]
