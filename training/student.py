"""The student network and how it is kept: the teacher's body on input rows of our own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel, BertModel

from index.encoder import LATE_HEAD
from training.teacher import TEACHER, pool
from training.vocabulary import english_pieces

LATE_DIM = 128  # an index keeps this many bytes a token


class Student(nn.Module):
    """Token ids to unit vectors; `rows` is apart from `body` so that its gradients stay sparse.

    `late` projects the last states of tokens for late interaction, where a token is a small vector. What
    each token of a question counts for in it is `rarity` (one number a row) and what `importance` learns.
    """

    def __init__(self, rows: torch.Tensor, layers: int = 6) -> None:
        """The first layers of the teacher's body under the given input rows."""
        super().__init__()
        self.rows = nn.Embedding.from_pretrained(rows.clone(), freeze=False, sparse=True)
        # Eager attention: on short rows its backward pass takes a third of the fused one's time.
        self.body: BertModel = AutoModel.from_pretrained(TEACHER, attn_implementation="eager")
        self.keep(range(layers))
        self.body.embeddings.word_embeddings = nn.Embedding(1, rows.shape[1])
        self.body.embeddings.word_embeddings.requires_grad_(False)
        self.body.pooler = None
        self.late = nn.Linear(rows.shape[1], LATE_DIM, bias=False)
        nn.init.orthogonal_(self.late.weight)
        self.importance = nn.Linear(rows.shape[1], 1, bias=False)
        nn.init.zeros_(self.importance.weight)
        self.rarity: torch.Tensor
        self.register_buffer("rarity", torch.ones(len(rows)))

    @classmethod
    def of_state(cls, state: Mapping[str, torch.Tensor]) -> Self:
        """The student of a checkpoint."""
        layers = {name.split(".")[3] for name in state if name.startswith("body.encoder.layer.")}
        student = cls(state["rows.weight"], len(layers))
        student.load_state_dict(state)
        return student

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """The student of an exported model, in float32."""
        body = AutoModel.from_pretrained(folder, dtype=torch.float32)
        head = np.load(folder / LATE_HEAD)
        state = {f"body.{name}": tensor for name, tensor in body.state_dict().items()}
        rows = state.pop("body.embeddings.word_embeddings.weight")
        student = cls(rows, body.config.num_hidden_layers)
        state |= {
            "late.weight": torch.from_numpy(head["projection"]),
            "importance.weight": torch.from_numpy(head["importance"])[None, :],
            "rarity": torch.from_numpy(head["rarity"]),
        }
        own = student.state_dict()
        student.load_state_dict(own | {name: tensor for name, tensor in state.items() if name in own})
        return student

    def keep(self, layers: Sequence[int]) -> None:
        """Drops the other layers."""
        self.body.encoder.layer = nn.ModuleList(self.body.encoder.layer[number] for number in layers)
        self.body.config.num_hidden_layers = len(layers)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One unit vector a row, float32."""
        return pool(self.states(ids, mask), mask)

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last layer's vector of every token, shape (rows, tokens, dim)."""
        inputs = self.rows(ids)
        # Without the cache: several threads run forward passes at the same time.
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            states: torch.Tensor = self.body(inputs_embeds=inputs, attention_mask=mask).last_hidden_state
        return states

    def token_vectors(self, states: torch.Tensor) -> torch.Tensor:
        """Unit vectors of the tokens, shape (rows, tokens, LATE_DIM), float32."""
        return nn.functional.normalize(self.late(states.float()), dim=2)

    def token_shares(self, states: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What each token counts for, shape (rows, tokens): 0 outside the mask, 1 in all in a row."""
        logits = self.importance(states.float())[:, :, 0] + self.rarity[ids].log()
        return logits.masked_fill(~mask, float("-inf")).softmax(1)


def frozen_rows(tokenizer: Tokenizer) -> torch.Tensor:
    """The rows that stay the teacher's: English pieces of plain ASCII (Chinese text uses the other marks)."""
    pieces = english_pieces()
    return torch.tensor([row for row, piece in enumerate(pieces) if piece.isascii()])
