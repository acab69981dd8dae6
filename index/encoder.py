"""Loads a sentence-transformers encoder by name or path; the only door to sentence_transformers and torch.

The shipped encoder and any local folder load without a network. A name that is no folder is a hub
model, and loading it may download.
"""

import copy
import hashlib
import io
import logging
import os
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index import shipped
from index.answering import AnswerHead
from index.errors import EncoderError
from index.fold import fold
from index.late import late_interaction, unit_rows
from index.types import Encoder, EncoderInfo, Encoding, Span, Vectors

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
LATE_HEAD = "late.npz"  # the arrays of a LateHead, in the folder of a model that was trained with one
ANSWER_HEAD = "answers.npz"  # the arrays of an AnswerHead, likewise
QUESTION_TOWER = "questions.safetensors"  # other weights for the layers that read questions, likewise
CHARACTERS = 20_000  # no encoder reads further: longer texts only cost tokenizer time


@dataclass(frozen=True, slots=True)
class LateHead:
    """Turns the states of tokens into what late interaction compares.

    `projection` (token_dim, dim) makes them small. A question's token counts for `rarity` (vocabulary,),
    its inverse document frequency in questions, times exp(`importance` (dim,) · state); without these
    all count alike.
    """

    projection: Vectors
    importance: Vectors | None = None
    rarity: Vectors | None = None

    def tokens(self, states: Vectors) -> Vectors:
        """Unit rows, shape (tokens, token_dim)."""
        return unit_rows(states @ self.projection.T)

    def asked(self, states: Vectors, ids: Sequence[int]) -> Vectors:
        """The same of a question's tokens, each as long as it counts: 1 in the mean."""
        rows = self.tokens(states)
        if not len(rows) or self.importance is None or self.rarity is None:
            return rows
        logits = states @ self.importance
        weights = self.rarity[ids] * np.exp(logits - logits.max())
        weighted: Vectors = rows * (weights / weights.mean())[:, None]
        return weighted


@dataclass(frozen=True, slots=True)
class QuestionTower:
    """The model with layers of their own for questions, and what makes their tokens small.

    Both towers share the input rows (Dong et al., EMNLP 2022), and so the tokenizer. `digest` names what
    is its own.
    """

    model: "SentenceTransformer"
    head: LateHead
    digest: str


_Token = tuple[int, int, int]  # its id, and where it begins and ends in the text


@dataclass(frozen=True, slots=True)
class _Read:
    """What the model makes of a text: its vector, and state, id and start of each of its own tokens."""

    vector: Vectors
    states: Vectors
    ids: list[int]
    starts: NDArray[np.int32]


class SentenceEncoder:
    """An Encoder over a sentence-transformers model, with the prompts that its configuration declares."""

    def __init__(
        self,
        model: "SentenceTransformer",
        name: str,
        head: LateHead | None = None,
        answers: Mapping[str, NDArray[np.float16]] | None = None,
        tower: QuestionTower | None = None,
    ) -> None:
        """Without a head of its own a model gets a random projection, and all tokens count alike.

        `answers` holds the arrays of an AnswerHead that was trained on this model's tokens. Without a `tower`
        questions are read as passages are.
        """
        self._model = model
        prompts = model.prompts
        dim = model.get_embedding_dimension()
        if not dim:
            raise EncoderError(
                f"encoder {name}: gives no sentence vectors (name a sentence-transformers model)"
            )
        self._head = head or _plain_head(dim)
        self.reads_translations = head is not None  # measured to help the shipped one; unknown of others
        self._asking, self._asking_head = (tower.model, tower.head) if tower else (model, self._head)
        self._answers = AnswerHead(answers, len(self._head.projection)) if answers is not None else None
        self.question_side = (tower.digest if tower else "") + _arrays_digest(answers or {})
        self.info = EncoderInfo(
            name=name,
            dim=dim,
            token_dim=len(self._head.projection),
            weights=_digest(model, head),
            query_prompt=prompts.get("query") or "",
            document_prompt=prompts.get("document") or prompts.get("passage") or "",
        )

    def encode_query(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each question; its token rows are as long as they count, 1 in the mean."""
        read = self._read(texts, self.info.query_prompt, self._asking)
        head = self._asking_head
        return [Encoding(one.vector, head.asked(one.states, one.ids), one.starts) for one in read]

    def encode_document(self, texts: Sequence[str]) -> list[Encoding]:
        """One for each passage."""
        read = self._read(texts, self.info.document_prompt, self._model)
        return [Encoding(one.vector, self._head.tokens(one.states), one.starts) for one in read]

    def encode_sentences(self, texts: Sequence[str]) -> Vectors:
        """One unit row per sentence of a passage, shape (len(texts), dim), float32."""
        if not texts:
            return np.zeros((0, self.info.dim), dtype=np.float32)
        made = self._model_output(texts, self.info.document_prompt, self._model, "sentence_embedding")
        return unit_rows(self._checked(np.asarray(made, dtype=np.float32)))

    def answer_odds(
        self, question: Vectors, passage: Encoding, sentences: Sequence[Span]
    ) -> tuple[float, ...] | None:
        """By the answer head in the model's folder; None where it has none."""
        return self._answers.odds(question, passage, sentences) if self._answers else None

    def _read(self, texts: Sequence[str], prompt: str, model: "SentenceTransformer") -> Iterator[_Read]:
        if texts:
            rows = self._model_output(texts, prompt, model, None)
            for row, tokens in zip(rows, self._placed(texts, prompt), strict=True):
                yield self._read_one(row, tokens, len(prompt))

    def _model_output(
        self, texts: Sequence[str], prompt: str, model: "SentenceTransformer", output: str | None
    ) -> Any:  # noqa: ANN401
        return model.encode(
            [fold(text[:CHARACTERS]) for text in texts],
            prompt=prompt or None,
            batch_size=BATCH,
            output_value=output,
            normalize_embeddings=True,
            show_progress_bar=False,
        )

    def _placed(self, texts: Sequence[str], prompt: str) -> list[list[_Token]]:
        """The tokens of prompt and text; none where the tokenizer does not tell where they stand."""
        tokenizer = self._model.tokenizer
        if not getattr(tokenizer, "is_fast", False):
            return [[]] * len(texts)
        made = tokenizer(
            [prompt + fold(text[:CHARACTERS]) for text in texts],
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )
        return [
            [(token, start, end) for token, (start, end) in zip(ids, offsets, strict=True)]
            for ids, offsets in zip(made["input_ids"], made["offset_mapping"], strict=True)
        ]

    def _read_one(self, row: dict[str, Any], tokens: list[_Token], prompt: int) -> _Read:
        vector = self._checked(row["sentence_embedding"].float().cpu().numpy()[None, :])
        states = np.zeros((0, self.info.dim), dtype=np.float32)
        if "token_embeddings" in row and "attention_mask" in row:
            states = row["token_embeddings"][row["attention_mask"].bool()].float().cpu().numpy()
        # A model whose output does not fit its tokenizer's offsets has no tokens to place.
        fits = len(states) == len(tokens)
        own = [n for n, (_, start, end) in enumerate(tokens) if fits and end > max(start, prompt)]
        starts = np.asarray([tokens[n][1] - prompt for n in own], dtype=np.int32)
        return _Read(unit_rows(vector)[0], states[own], [tokens[n][0] for n in own], starts)

    def _checked(self, vectors: Vectors) -> Vectors:
        if not np.isfinite(vectors).all():
            raise EncoderError(
                f"encoder {self.info.name}: gives vectors that are not numbers (use another model)"
            )
        return vectors


def _plain_head(dim: int) -> LateHead:
    """For a model without a head: all tokens count alike, in a projection that is always the same.

    Random orthonormal rows leave angles nearly as they are (Johnson and Lindenstrauss, 1984).
    """
    square = np.random.default_rng(0).normal(size=(max(dim, TOKEN_DIM), max(dim, TOKEN_DIM)))
    rows: Vectors = np.linalg.qr(square)[0][:TOKEN_DIM, :dim].astype(np.float32)
    return LateHead(rows)


def cosine_floor(encoder: Encoder) -> float:
    """The mean cosine, 0 to FLOOR_MAX, of questions with passages that have nothing in common with them.

    Near 0 for most encoders and 0.7 for some (e5): only what is above it says that texts are alike.
    """
    asked, said = encoder.encode_query(UNRELATED), encoder.encode_document(UNRELATED)
    pairs = permutations(range(len(UNRELATED)), 2)
    return _floor(float(np.mean([asked[a].vector @ said[b].vector for a, b in pairs])))


def late_floor(encoder: Encoder) -> float:
    """The same for late interaction."""
    asked, said = encoder.encode_query(UNRELATED), encoder.encode_document(UNRELATED)
    pairs = permutations(range(len(UNRELATED)), 2)
    return _floor(float(np.mean([late_interaction(asked[a].tokens, said[b], ()).passage for a, b in pairs])))


def _floor(mean: float) -> float:
    return round(min(FLOOR_MAX, max(0.0, mean)), 4)


def _fastest_exact(model: "SentenceTransformer") -> None:
    """Weights kept in bfloat16 are computed in it only where the processor multiplies it itself.

    Elsewhere, and for float16, torch is several times slower than with float32, which holds the same weights.
    """
    import torch

    stored = next(model.parameters()).dtype
    # An older torch does not tell.
    able: Mapping[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    if not (stored is torch.bfloat16 and (able.get("avx512_bf16") or able.get("amx_bf16"))):
        model.float()


def _digest(model: "SentenceTransformer", head: LateHead | None) -> str:
    """Names the weights, wherever they were loaded from."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().data)
    for array in (head.projection, head.importance, head.rarity) if head else ():
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def _question_tower(file: Path, model: "SentenceTransformer", head: LateHead | None) -> QuestionTower | None:
    """The tower that the file has the weights of; None without a file. Raises ValueError where it is none."""
    if not file.is_file():
        return None
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        content = file.read_bytes()
        weights = load(content)
        projection, importance = (weights.pop(name).float().numpy() for name in ("projection", "importance"))
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{file.name} is damaged") from error
    if head is None or projection.shape != head.projection.shape:
        raise ValueError(f"{file.name} does not fit {LATE_HEAD}")
    try:
        shared = (model[0].auto_model.embeddings, model.tokenizer)
        asking = copy.deepcopy(model, {id(part): part for part in shared})
        asking[0].auto_model.encoder.load_state_dict(weights)
    except (AttributeError, RuntimeError) as error:
        raise ValueError(f"{file.name} does not fit the model") from error
    digest = hashlib.sha256(content).hexdigest()[:16]
    return QuestionTower(asking, LateHead(projection, importance, head.rarity), digest)


def _arrays_digest(arrays: Mapping[str, NDArray[np.float16]]) -> str:
    """Names arrays by their content; empty for none."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()[:16] if arrays else ""


def load_encoder(name: str | None = None, judging: bool = True) -> Encoder:
    """The encoder of that folder or hub name; None gives the shipped one. Not `judging`: no answer head.

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
            from threadpoolctl import threadpool_limits
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()
            # Small products gain nothing from threads, and lose twentyfold where other programs are busy.
            threadpool_limits(1, user_api="blas")
            model = SentenceTransformer(str(path) if local else name, device="cpu", local_files_only=local)
            _fastest_exact(model)
            late = _arrays(path / LATE_HEAD)
            head = LateHead(**late) if late is not None else None
            tower = _question_tower(path / QUESTION_TOWER, model, head)
            answers = _arrays(path / ANSWER_HEAD) if judging else None
            encoder = SentenceEncoder(model, label, head, answers, tower)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"encoder {label}: cannot be loaded: {reason} (check the name given to --model)"
        ) from error
    return encoder


def _arrays(file: Path) -> dict[str, NDArray[Any]] | None:
    """Those of an .npz file by name; None where there is no such file."""
    if not file.is_file():
        return None
    try:
        with np.load(io.BytesIO(file.read_bytes())) as arrays:
            return dict(arrays)
    except (EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file.name} is damaged") from error
