"""Which sentence of a passage answers a question, or that none does: both are read together by tokens.

A small transformer (Vaswani et al., NeurIPS 2017; layer norms first) over token vectors that are there
already, as in PreTTR (MacAvaney et al., SIGIR 2020). The attention heads of a layer also attend by how the
tokens of question and passage match, each as much as it has learned to: by their cosine, times what the
question's token counts for. Trained by `training/answering.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.types import Encoding, Span, Vectors

TOKENS_READ = 64  # of a question, the first
HEAD_DIM = 32
_NORM_LEAST = 1e-5  # as torch's LayerNorm


class AnswerHead:
    """The trained arrays, by the names that the network in `training/answering.py` gives them."""

    def __init__(self, arrays: Mapping[str, NDArray[np.float16]], token_dim: int) -> None:
        """Raises KeyError or ValueError where they are no head for token vectors of that length."""
        self._arrays = {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}
        self._layers = sum(name.endswith(".scale") for name in self._arrays)
        if not self._layers or any(not array.ndim for array in self._arrays.values()):
            raise ValueError("the answer head has no layer")
        many = np.ones((TOKENS_READ, token_dim), dtype=np.float32)
        odds = self.odds(many, Encoding(many[0], many, np.zeros(len(many), dtype=np.int32)), [Span(0, 1)])
        if odds is None or not np.isfinite(odds).all():
            raise ValueError("the answer head gives no numbers")

    def odds(
        self, question: Vectors, passage: Encoding, sentences: Sequence[Span]
    ) -> tuple[float, ...] | None:
        """The log odds of each sentence, a span of the passage's own text, against "no sentence answers".

        `question` (n, token_dim) has rows as long as they count; the first TOKENS_READ are read. Tokens
        before the first sentence, a title's, are read too. A sentence beyond what the encoder read has the
        least of the others. None without tokens on either side.
        """
        asked, said = question[:TOKENS_READ], passage.tokens
        sentence = np.searchsorted([span.start for span in sentences], passage.starts, side="right") - 1
        numbers = np.unique(sentence[sentence >= 0])
        if not len(asked) or not len(numbers):
            return None
        states = self._states(asked, said)[len(asked) :]
        pooled = np.stack([_pooled(states[sentence == number]) for number in numbers])
        made = self._linear("answers", np.maximum(self._linear("pooled", pooled), 0))[:, 0]
        odds = np.full(len(sentences), made.min())
        odds[numbers] = made
        return tuple(odds.tolist())

    def _states(self, asked: Vectors, said: Vectors) -> Vectors:
        """Of all tokens of both after the last layer, shape (asked + said, width)."""
        first = self._linear("asked", asked) + self._arrays["places"][: len(asked)]
        states = np.concatenate([first, self._linear("said", said)])
        matches = asked @ said.T
        for number in range(self._layers):
            states = self._layer(f"layers.{number}.", states, matches)
        return self._norm("norm", states)

    def _layer(self, name: str, states: Vectors, matches: Vectors) -> Vectors:
        made = self._linear(name + "attend", self._norm(name + "norm", states))
        query, key, value = made.reshape(len(states), 3, -1, HEAD_DIM).transpose(1, 2, 0, 3)
        logits = (query / np.float32(np.sqrt(HEAD_DIM))) @ key.transpose(0, 2, 1)
        near = self._arrays[name + "scale"][:, None, None] * matches
        asked = len(matches)
        logits[:, :asked, asked:] += near
        logits[:, asked:, :asked] += near.transpose(0, 2, 1)
        logits -= logits.max(axis=2, keepdims=True)
        weights = np.exp(logits, out=logits)
        mixed = (weights @ value) / weights.sum(axis=2, keepdims=True)
        states = states + self._linear(name + "mix", mixed.transpose(1, 0, 2).reshape(states.shape))
        hidden = np.maximum(self._linear(name + "widen", self._norm(name + "norm2", states)), 0)
        return states + self._linear(name + "narrow", hidden)

    def _linear(self, name: str, rows: Vectors) -> Vectors:
        made: Vectors = rows @ self._arrays[name + ".weight"].T + self._arrays[name + ".bias"]
        return made

    def _norm(self, name: str, rows: Vectors) -> Vectors:
        centred = rows - rows.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + np.float32(_NORM_LEAST))
        made: Vectors = centred / spread * self._arrays[name + ".weight"] + self._arrays[name + ".bias"]
        return made


def _pooled(states: Vectors) -> Vectors:
    pooled: Vectors = np.concatenate([states.max(axis=0), states.mean(axis=0)])
    return pooled
