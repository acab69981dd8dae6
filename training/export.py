"""Stage 7: a checkpoint becomes a folder that plain `SentenceTransformer(path)` loads.

    python -m training.export --work DIR --checkpoint NAME --out models/wenju-bilingual

The folder is made beside the old one and then takes its place; the hand-written files of the old
one (model card, licence, notice) are carried over.
"""

import json
import logging
import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from huggingface_hub import save_torch_state_dict
from transformers import AutoModel

from index.encoder import LATE_HEAD
from training.options import Work
from training.student import Student
from training.teacher import TEACHER
from training.vocabulary import MAX_TOKENS, SPECIAL

log = logging.getLogger(__name__)

SHARD = "44900KB"  # the embedding alone fills one file; no file may be over 45 MB
HAND_WRITTEN = ("README.md", "LICENSE", "NOTICE")


def weights(student: Student) -> dict[str, torch.Tensor]:
    """The state of a BertModel in bfloat16; the pooler is the teacher's and is not used."""
    # The rows come first, so that they fill the first file and everything else the second.
    state = {"embeddings.word_embeddings.weight": student.rows.weight.detach()}
    state |= {name: tensor for name, tensor in student.body.state_dict().items() if name not in state}
    teacher = AutoModel.from_pretrained(TEACHER).state_dict()
    state |= {name: tensor for name, tensor in teacher.items() if name.startswith("pooler.")}
    return {
        name: tensor.bfloat16().contiguous() for name, tensor in state.items() if tensor.is_floating_point()
    }


def write_settings(folder: Path, rows: int, layers: int) -> None:
    """The json files around the weights."""
    config = json.loads((TEACHER / "config.json").read_text(encoding="utf-8"))
    for stale in ("_name_or_path", "torch_dtype", "transformers_version", "gradient_checkpointing"):
        config.pop(stale, None)
    # As the student computed in training; twice as fast as float32 where the processor has it.
    config |= {"vocab_size": rows, "num_hidden_layers": layers, "dtype": "bfloat16"}
    config |= {"architectures": ["BertModel"]}
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {
        str(t["id"]): {k: v for k, v in t.items() if k != "id"}
        for t in tokenizer["added_tokens"] if t["content"] in SPECIAL
    }  # fmt: skip
    settings = {
        "config.json": config,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            # Naming the special ones here keeps transformers from reading all 23,000 added tokens
            # of tokenizer.json into Python objects again: loading takes 0.5 s instead of 1.2 s.
            "added_tokens_decoder": special,
            **{f"{token[1:-1].lower()}_token": token for token in SPECIAL},
        },
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "", "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
    for name, value in settings.items():
        (folder / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    shutil.copy(TEACHER / "modules.json", folder)
    shutil.copytree(TEACHER / "1_Pooling", folder / "1_Pooling")


def swap(new: Path, out: Path) -> None:
    """Puts `new` in the place of `out` by renaming."""
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def main(
    work: Work,
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    checkpoint: Annotated[str, typer.Option(help="Which checkpoint of the work folder.")] = "contrast",
    mean_with: Annotated[
        Path | None, typer.Option(help="An exported model that the checkpoint goes on from.")
    ] = None,
) -> None:
    """Writes the folder OUT; with `--mean-with` the mean of both weights (Izmailov et al., UAI 2018)."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    student = Student.of_state(torch.load(work / f"{checkpoint}.pt")["student"])
    if mean_with is not None:
        before = Student.of_folder(mean_with).state_dict()
        student.load_state_dict(
            {name: (own + before[name]) / 2 for name, own in student.state_dict().items()}
        )
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    shutil.copy(work / "tokenizer.json", new)
    np.savez(
        new / LATE_HEAD,
        projection=student.late.weight.detach().numpy(),
        importance=student.importance.weight[0].detach().numpy(),
        rarity=student.rarity.numpy(),
    )
    save_torch_state_dict(weights(student), new, max_shard_size=SHARD)
    write_settings(new, student.rows.num_embeddings, len(student.body.encoder.layer))
    for path in new.glob("*.safetensors"):
        path.chmod(0o644)
    for name in HAND_WRITTEN:
        if (out / name).exists():
            shutil.copy(out / name, new)
    swap(new, out)
    sizes = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
    log.info("%s: %.1f MB in all, largest file %.1f MB", out, sum(sizes) / 1e6, max(sizes) / 1e6)


if __name__ == "__main__":
    typer.run(main)
