import pytest

from training.batches import by_tokens, pad


def test_batches_hold_rows_of_similar_length_within_the_budget() -> None:
    assert by_tokens([5, 2, 9, 3], budget=10) == [[1, 3], [0], [2]]


def test_a_row_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert by_tokens([30, 2], budget=10) == [[1], [0]]


def test_batches_hold_at_most_the_given_rows() -> None:
    assert by_tokens([1, 1, 1], budget=100, most=2) == [[0, 1], [2]]


@pytest.mark.parametrize("lengths", [[], [4]])
def test_every_row_is_in_one_batch(lengths: list[int]) -> None:
    assert sum(by_tokens(lengths, budget=8), []) == list(range(len(lengths)))


def test_padding_fills_with_zero_and_masks_it() -> None:
    ids, mask = pad([[7, 8, 9], [5]])
    assert ids.tolist() == [[7, 8, 9], [5, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
