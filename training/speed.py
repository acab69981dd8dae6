"""Speed of the encoder on Chinese beside the teacher on English, in one run on the same articles.

    python -m training.speed --model DIR --texts FILE

FILE holds parallel lines, Chinese<TAB>English (gzip): lines are joined into passages of one content in
two languages, so both the rate per character and the rate per passage can be compared.
"""

import logging
import random
import time
from pathlib import Path
from typing import Annotated

import torch
import typer
from sentence_transformers import SentenceTransformer

from training.options import Threads
from training.parallel import passages, read_parallel
from training.prepare import PASSAGE_EN_WORDS, SEED
from training.teacher import TEACHER

log = logging.getLogger(__name__)

PASSAGES = 160
ROUNDS = 3


def rate(model: SentenceTransformer, texts: list[str]) -> tuple[float, float]:
    """Characters and passages a second, the best of a few rounds."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        model.encode(texts, batch_size=32)
        seconds.append(time.perf_counter() - started)
    return sum(map(len, texts)) / min(seconds), len(texts) / min(seconds)


def main(
    model: Annotated[Path, typer.Option(help="The model folder.")],
    texts: Annotated[Path, typer.Option(help="A file of parallel lines.")],
    threads: Threads = 4,
) -> None:
    """Logs one line for each model, and the Chinese characters a token holds."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(threads)
    joined = list(passages(read_parallel(texts), random.Random(SEED), PASSAGE_EN_WORDS, True))[:PASSAGES]
    chinese, english = [p.zh for p in joined], [p.en for p in joined]
    ours = SentenceTransformer(str(model), device="cpu")
    theirs = SentenceTransformer(str(TEACHER), device="cpu")
    runs = (("ours", ours, chinese), ("ours", ours, english), ("teacher", theirs, english))
    for name, encoder, side in runs:
        rows = encoder.tokenizer(side, add_special_tokens=False)["input_ids"]
        per_token = sum(map(len, side)) / sum(map(len, rows))
        language = "Chinese" if side is chinese else "English"
        log.info(
            "%s on %s: %.0f characters a second, %.1f passages a second, %.2f characters a token",
            *(name, language, *rate(encoder, side), per_token),
        )


if __name__ == "__main__":
    typer.run(main)
