"""Batches of token rows: by a budget of padded tokens, sorted by length."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray


def by_tokens(lengths: Sequence[int], budget: int, most: int = 1_000_000) -> list[list[int]]:
    """Row numbers grouped by similar length; rows x longest of a group stays within `budget`."""
    batches: list[list[int]] = []
    current: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Rows come in rising length, so this row is the longest of the group it joins.
        if current and ((len(current) + 1) * lengths[row] > budget or len(current) == most):
            batches.append(current)
            current = []
        current.append(row)
    if current:
        batches.append(current)
    return batches


def pad(rows: Sequence[Sequence[int] | NDArray[np.int32]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids filled with 0 to the longest row, and the mask of the real ones."""
    longest = max(len(r) for r in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
    return ids, (torch.arange(longest) < torch.tensor([len(r) for r in rows])[:, None]).long()
