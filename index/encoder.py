"""Loads a sentence-transformers encoder by name or path; the only door to sentence_transformers and torch.

The shipped encoder and any local folder load without a network. A name that is no folder is a hub
model, and loading it may download.
"""

import hashlib
import logging
import os
import warnings
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index import shipped
from index.errors import EncoderError
from index.fold import fold
from index.late import late_interaction, unit_rows
from index.types import Encoder, EncoderInfo, Encoding, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32  # texts a forward pass
FLOOR_MAX = 0.9  # an encoder that calls everything alike is not rescaled without end
UNRELATED = (
    "番茄炒蛋要先炒蛋",
    "The violin has four strings.",
    "火星有两颗卫星",
    "Interest rates rose in March.",
    "他把自行车停在桥下",
    "Penguins cannot fly.",
    "合同自签字之日起生效",
    "The patient was given antibiotics.",
)
TOKEN_DIM = 128  # of the vectors that an index keeps of tokens
PROJECTION = "late.npy"  # (TOKEN_DIM, dim) in a model's folder, where it was trained for late interaction
CHARACTERS = 20_000  # no encoder reads further: longer texts only cost tokenizer time


class SentenceEncoder:
    """An Encoder over a sentence-transformers model, with the prompts that its configuration declares."""

    def __init__(self, model: "SentenceTransformer", name: str, projection: Vectors | None = None) -> None:
        """`projection` (token_dim, dim) makes a token's vector smaller; without one a random one does."""
        self._model = model
        self._projection = projection
        prompts = model.prompts
        dim = model.get_embedding_dimension()
        if not dim:
            raise EncoderError(
                f"encoder {name}: gives no sentence vectors (name a sentence-transformers model)"
            )
        self.info = EncoderInfo(
            name=name,
            dim=dim,
            token_dim=TOKEN_DIM if projection is None else len(projection),
            weights=_digest(model, projection),
            query_prompt=prompts.get("query") or "",
            document_prompt=prompts.get("document") or prompts.get("passage") or "",
        )

    def encode_query(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each question."""
        return self._encode(texts, self.info.query_prompt)

    def encode_document(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each passage."""
        return self._encode(texts, self.info.document_prompt)

    def encode_sentences(self, texts: Sequence[str]) -> Vectors:
        """One unit row per sentence of a passage, shape (len(texts), dim), float32."""
        if not texts:
            return np.zeros((0, self.info.dim), dtype=np.float32)
        made = self._model_output(texts, self.info.document_prompt, "sentence_embedding")
        return self._checked(np.asarray(made, dtype=np.float32))

    def _encode(self, texts: Sequence[str], prompt: str) -> list[Encoding]:
        if not texts:
            return []
        rows = self._model_output(texts, prompt, None)
        placed = self._offsets(texts, prompt)
        return [self._encoding(row, offsets, len(prompt)) for row, offsets in zip(rows, placed, strict=True)]

    def _model_output(self, texts: Sequence[str], prompt: str, output: str | None) -> Any:  # noqa: ANN401
        return self._model.encode(
            [fold(text[:CHARACTERS]) for text in texts],
            prompt=prompt or None,
            batch_size=BATCH,
            output_value=output,
            normalize_embeddings=True,
            show_progress_bar=False,
        )

    def _offsets(self, texts: Sequence[str], prompt: str) -> list[list[tuple[int, int]]]:
        """Where the tokens stand in prompt and text; nothing where the tokenizer does not tell."""
        tokenizer = self._model.tokenizer
        if not getattr(tokenizer, "is_fast", False):
            return [[]] * len(texts)
        offsets: list[list[tuple[int, int]]] = tokenizer(
            [prompt + fold(text[:CHARACTERS]) for text in texts],
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )["offset_mapping"]
        return offsets

    def _encoding(self, row: dict[str, Any], offsets: list[tuple[int, int]], prompt: int) -> Encoding:
        vector = self._checked(row["sentence_embedding"].float().cpu().numpy()[None, :])
        states = np.zeros((0, self.info.dim), dtype=np.float32)
        if "token_embeddings" in row and "attention_mask" in row:
            states = row["token_embeddings"][row["attention_mask"].bool()].float().cpu().numpy()
        # A model whose output does not fit its tokenizer's offsets has no tokens to place.
        own = [n for n, (start, end) in enumerate(offsets) if end > max(start, prompt)]
        if len(states) != len(offsets):
            own = []
        starts = np.asarray([offsets[n][0] - prompt for n in own], dtype=np.int32)
        return Encoding(unit_rows(vector)[0], unit_rows(self._projected(states[own])), starts)

    def _projected(self, states: Vectors) -> Vectors:
        if not len(states):
            return np.zeros((0, self.info.token_dim), dtype=np.float32)
        if self._projection is None:
            self._projection = _random_projection(states.shape[1])
        projected: Vectors = states @ self._projection.T
        return projected

    def _checked(self, vectors: Vectors) -> Vectors:
        if not np.isfinite(vectors).all():
            raise EncoderError(
                f"encoder {self.info.name}: gives vectors that are not numbers (use another model)"
            )
        return vectors


def _random_projection(dim: int) -> Vectors:
    """Orthonormal rows, always the same (Johnson and Lindenstrauss, 1984: angles stay nearly as they are)."""
    square = np.random.default_rng(0).normal(size=(max(dim, TOKEN_DIM), max(dim, TOKEN_DIM)))
    rows: Vectors = np.linalg.qr(square)[0][:TOKEN_DIM, :dim].astype(np.float32)
    return rows


def cosine_floor(encoder: Encoder) -> float:
    """The mean cosine, 0 to FLOOR_MAX, between texts on subjects that have nothing in common.

    Near 0 for most encoders and 0.7 for some (e5): only what is above it says that texts are alike.
    """
    rows = np.stack([made.vector for made in encoder.encode_query(UNRELATED)])
    cosines = rows @ rows.T
    pairs = np.triu_indices(len(UNRELATED), 1)
    return _floor(float(cosines[pairs].mean()))


def late_floor(encoder: Encoder) -> float:
    """The same for late interaction."""
    pairs = permutations(encoder.encode_query(UNRELATED), 2)
    return _floor(float(np.mean([late_interaction(one.tokens, other, ()).passage for one, other in pairs])))


def _floor(mean: float) -> float:
    return round(min(FLOOR_MAX, max(0.0, mean)), 4)


def _digest(model: "SentenceTransformer", projection: Vectors | None) -> str:
    """Names the weights, wherever they were loaded from."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().data)
    if projection is not None:
        digest.update(np.ascontiguousarray(projection).data)
    return digest.hexdigest()[:16]


def load_encoder(name: str | None = None) -> Encoder:
    """The encoder of that folder or hub name; None gives the shipped one.

    Raises EncoderError where it cannot be loaded.
    """
    path = Path(name) if name else shipped.encoder()
    local = path.is_dir()
    if not name and not local:
        raise EncoderError(
            f"the shipped encoder is missing: {path} (install again, or name one with --model)"
        )
    if name and not local and (path.is_absolute() or name.startswith((".", "~"))):
        raise EncoderError(f"encoder {name}: no such folder (check the path given to --model)")
    label = shipped.ENCODER_NAME if path.resolve() == shipped.encoder().resolve() else name or str(path)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for library in ("sentence_transformers", "transformers", "huggingface_hub"):
        logging.getLogger(library).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()
            model = SentenceTransformer(str(path) if local else name, device="cpu", local_files_only=local)
            projection = np.load(path / PROJECTION) if (path / PROJECTION).is_file() else None
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"encoder {label}: cannot be loaded: {reason} (check the name given to --model)"
        ) from error
    return SentenceEncoder(model, label, projection)
