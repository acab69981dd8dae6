"""Late interaction: how well a passage's tokens match each token of a question.

MaxSim as in ColBERT (Khattab and Zaharia, SIGIR 2020), as a mean so that it compares between questions:
each question token takes its best cosine among the passage's tokens, times what the token counts for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.types import Encoding, Late, Span, Vectors

NEAR = 0.5  # the cosine from which a token of the question is not missing; fitted, see docs/decisions/0003
_LEAST = 1e-9  # a row of nothing stays nothing


def late_interaction(question: Vectors, passage: Encoding, sentences: Sequence[Span]) -> Late:
    """A passage's match with a question's token vectors of shape (n, m), each as long as it counts.

    The sentences are spans of the passage's own text. No tokens on either side give 0, and a sentence
    beyond what the encoder read has the passage's own values: nothing is known against it.
    """
    if not len(question) or not len(passage.tokens):
        nothing = (0.0,) * len(sentences)
        return Late(0.0, nothing, nothing)
    cosines = question @ passage.tokens.T
    near = NEAR * np.linalg.norm(question, axis=1)
    best = cosines.max(1)
    parts = []
    for span in sentences:
        inside = (passage.starts >= span.start) & (passage.starts < span.end)
        parts.append(cosines[:, inside].max(1) if inside.any() else best)
    return Late(
        passage=float(best.mean()),
        sentences=tuple(float(part.mean()) for part in parts),
        missing=tuple(float(np.maximum(0.0, near - part).mean()) for part in parts),
    )


def unit_rows(rows: Vectors) -> Vectors:
    """Rows scaled to length 1."""
    scaled: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _LEAST)
    return scaled


def to_bytes(rows: Vectors) -> NDArray[np.int8]:
    """Each row in 8 bits a value, its greatest at 127: only directions are kept."""
    scale = 127 / np.maximum(np.abs(rows).max(axis=1, keepdims=True, initial=0.0), _LEAST)
    packed: NDArray[np.int8] = np.rint(rows * scale).astype(np.int8)
    return packed


def from_bytes(packed: NDArray[np.int8]) -> Vectors:
    """The unit rows that `to_bytes` packed, within a hundredth."""
    return unit_rows(packed.astype(np.float32))
