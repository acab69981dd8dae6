"""The student network and how it is kept: the teacher's body on input rows of our own."""

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel, BertModel

from training.teacher import TEACHER, pool
from training.vocabulary import english_pieces


class Student(nn.Module):
    """Token ids to unit vectors; `rows` is apart from `body` so that its gradients stay sparse."""

    def __init__(self, rows: torch.Tensor) -> None:
        """The teacher's body under the given input rows."""
        super().__init__()
        self.rows = nn.Embedding.from_pretrained(rows.clone(), freeze=False, sparse=True)
        # Eager attention: on short rows its backward pass takes a third of the fused one's time.
        self.body: BertModel = AutoModel.from_pretrained(TEACHER, attn_implementation="eager")
        self.body.embeddings.word_embeddings = nn.Embedding(1, rows.shape[1])
        self.body.embeddings.word_embeddings.requires_grad_(False)
        self.body.pooler = None

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """One unit vector a row, float32."""
        inputs = self.rows(ids)
        # Without the cache: several threads run forward passes at the same time.
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            states = self.body(inputs_embeds=inputs, attention_mask=mask).last_hidden_state
        return pool(states, mask)


def frozen_rows(tokenizer: Tokenizer) -> torch.Tensor:
    """The rows that stay the teacher's: English pieces of plain ASCII (Chinese text uses the other marks)."""
    pieces = english_pieces()
    return torch.tensor([row for row, piece in enumerate(pieces) if piece.isascii()])
