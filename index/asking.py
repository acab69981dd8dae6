"""A question as the encoder reads it, for passages in its own language and for those in another.

Those in another are compared with its translation word by word as well: the encoder reads that worse than the
question, but it holds names and rare words that the encoder does not know (docs/decisions/0008).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.late import unit_rows
from index.types import Encoder, Encoding, Vectors

TRANSLATION_WEIGHT = 0.5  # of the translation's vector beside the question's; fitted, see docs/decisions/0008


@dataclass(frozen=True, slots=True)
class QuestionEncoding:
    """A question as chunks in its own language are compared with it, and as those in another are."""

    own: Encoding
    other: Encoding

    def of(self, own_language: bool) -> Encoding:
        """The encoding for a chunk."""
        return self.own if own_language else self.other


def encode_questions(
    encoder: Encoder, questions: Sequence[str], translations: Sequence[str]
) -> list[QuestionEncoding]:
    """One for each question, in order; where its translation is empty both its encodings are one object."""
    made = encoder.encode_query([*questions, *filter(None, translations)])
    translated = iter(made[len(questions) :])
    return [
        QuestionEncoding(own, with_translation(own, next(translated)) if translation else own)
        for own, translation in zip(made[: len(questions)], translations, strict=True)
    ]


def with_translation(question: Encoding, translation: Encoding) -> Encoding:
    """Both as one: the tokens of the translation after the question's, either as heavy as the other."""
    vector = question.vector + np.float32(TRANSLATION_WEIGHT) * translation.vector
    both = len(question.tokens) + len(translation.tokens)
    return Encoding(
        unit_rows(vector[None, :])[0],
        np.concatenate([_weighing(question.tokens, both / 2), _weighing(translation.tokens, both / 2)]),
        np.concatenate([question.starts, translation.starts]),
    )


def _weighing(tokens: Vectors, weight: float) -> Vectors:
    """Token rows that are together as long as this, and were 1 in the mean."""
    weighed: Vectors = tokens * np.float32(weight / max(1, len(tokens)))
    return weighed
