"""Loads a sentence-transformers encoder by name or path; the only door to sentence_transformers and torch.

The shipped encoder and any local folder load without a network. A name that is no folder is a hub
model, and loading it may download.
"""

import hashlib
import logging
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index import shipped
from index.errors import EncoderError
from index.fold import fold
from index.types import Encoder, EncoderInfo, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32  # texts a forward pass
SLICE = 512  # texts between two progress reports
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
CHARACTERS = 20_000  # no encoder reads further: longer texts only cost tokenizer time


class SentenceEncoder:
    """An Encoder over a sentence-transformers model, with the prompts that its configuration declares."""

    def __init__(self, model: "SentenceTransformer", name: str) -> None:
        self._model = model
        prompts = model.prompts
        dim = model.get_embedding_dimension()
        if not dim:
            raise EncoderError(
                f"encoder {name}: gives no sentence vectors (name a sentence-transformers model)"
            )
        self.info = EncoderInfo(
            name=name,
            dim=dim,
            weights=_digest(model),
            query_prompt=prompts.get("query") or "",
            document_prompt=prompts.get("document") or prompts.get("passage") or "",
        )

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """One unit row per question, shape (len(texts), dim), float32; no texts gives (0, dim)."""
        return self._encode(texts, self.info.query_prompt, None)

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """One unit row per passage; `progress` is called with the number done so far."""
        return self._encode(texts, self.info.document_prompt, progress)

    def _encode(self, texts: Sequence[str], prompt: str, progress: Callable[[int], None] | None) -> Vectors:
        if not texts:
            return np.zeros((0, self.info.dim), dtype=np.float32)
        folded = [fold(text[:CHARACTERS]) for text in texts]
        rows: list[Vectors] = []
        for start in range(0, len(folded), SLICE):
            part = self._model.encode(
                folded[start : start + SLICE],
                prompt=prompt or None,
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            rows.append(np.asarray(part, dtype=np.float32))
            if progress:
                progress(min(start + SLICE, len(folded)))
        vectors = np.concatenate(rows)
        if not np.isfinite(vectors).all():
            raise EncoderError(
                f"encoder {self.info.name}: gives vectors that are not numbers (use another model)"
            )
        return vectors


def cosine_floor(encoder: Encoder) -> float:
    """The mean cosine, 0 to FLOOR_MAX, between texts on subjects that have nothing in common.

    Near 0 for most encoders and 0.7 for some (e5): only what is above it says that texts are alike.
    """
    rows = encoder.encode_query(UNRELATED)
    cosines = rows @ rows.T
    pairs = np.triu_indices(len(UNRELATED), 1)
    return round(min(FLOOR_MAX, max(0.0, float(cosines[pairs].mean()))), 4)


def _digest(model: "SentenceTransformer") -> str:
    """Names the weights, wherever they were loaded from."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().data)
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
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"encoder {label}: cannot be loaded: {reason} (check the name given to --model)"
        ) from error
    return SentenceEncoder(model, label)
