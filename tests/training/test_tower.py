"""The question tower: its losses by hand, what is drawn, and that the product reads what was trained."""

import json
import math
import random
import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from index import load_encoder, shipped
from training import tower
from training.examples import TITLE, Passage
from training.student import Student
from training.tower import Asked, Read, Said, held_loss, late_losses, mined_loss, padded, vector_losses

ONE, TWO, NONE = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]


def said(**changed) -> Said:
    """Two records of two sentences of a token each; the first record's are ONE and TWO, in both languages."""
    tokens, sentence, lengths = padded(
        [
            Passage(np.asarray(rows, dtype=np.float16), np.asarray([TITLE, 0, 1], dtype=np.int16))
            for rows in ([NONE, ONE, TWO], [NONE, ONE, TWO], [NONE, NONE, NONE], [ONE, NONE, NONE])
        ]
    )
    fields = {
        "vectors": torch.tensor([ONE, ONE, TWO, TWO]),
        "tokens": tokens,
        "sentence": sentence,
        "lengths": lengths,
        "sentences": torch.tensor([ONE, NONE, ONE, NONE, TWO, TWO, TWO, TWO]),
        "places": torch.tensor([[r, n, e] for r in (0, 1) for e in (0, 1) for n in (0, 1)]),
        "mined": torch.tensor([ONE, ONE, TWO]),
        "subject": torch.tensor([0, 0, 1]),
    }
    return Said(**(fields | changed))


def read(*vectors: list[float]) -> Read:
    """Questions of one token each, which is their vector."""
    rows = torch.tensor(vectors)
    ones = torch.ones(len(rows), 1)
    return Read(rows, rows[:, None], ones, ones.bool())


def asked(answer: int = 0, record: int = 0) -> Asked:
    return Asked(np.asarray([1, 2, 3], np.int32), record, answer, np.asarray([2, 3]))


def test_a_question_is_told_from_other_passages_and_other_sentences_but_not_from_translations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tower, "SCALE", 1.0)
    # Passages: its own at e against the other record's two at 1. Sentences: its own at e against its
    # neighbour's in the same language at 1 and the other record's four at 1.
    wanted = -math.log(math.e / (math.e + 2)) - math.log(math.e / (math.e + 5))
    for seed in range(4):
        loss = vector_losses(read(ONE), [asked()], said(), np.random.default_rng(seed))
        assert loss.item() == pytest.approx(wanted, abs=1e-5)


def test_late_interaction_ranks_the_own_passage_first_and_its_sentence_among_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tower, "LATE_SCALE", 1.0)
    monkeypatch.setattr(tower, "PASSAGES", 3)
    monkeypatch.setattr(tower, "NEAR_PASSAGES", 2)
    # The question's token is TWO: 1 in its own passage and 0 in the near ones; by sentences 1 in the second,
    # 0 in the first and in the four of the near ones. A title's token counts for the passage alone.
    wanted = -math.log(math.e / (math.e + 2)) - math.log(math.e / (math.e + 5))
    loss = late_losses(read(TWO), [asked(answer=1)], said(), np.random.default_rng(0))
    assert loss.item() == pytest.approx(wanted, abs=1e-5)
    # ONE is in a near passage's title too: no better there than at home, and in no sentence of it.
    wanted = -math.log(1 / (2 + 1 / math.e)) - math.log(math.e / (math.e + 5))
    loss = late_losses(read(ONE), [asked(answer=0)], said(), np.random.default_rng(0))
    assert loss.item() == pytest.approx(wanted, abs=1e-5)


def test_mined_passages_on_the_same_subject_are_no_negatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tower, "SCALE", 1.0)
    loss = mined_loss(torch.tensor([ONE]), np.asarray([0]), said())
    assert loss.item() == pytest.approx(-math.log(math.e / (math.e + 1)), abs=1e-5)


def test_questions_are_held_by_vector_and_by_token() -> None:
    assert held_loss([read(ONE)], [read(ONE)]).item() == pytest.approx(0)
    assert held_loss([read(ONE), read(TWO)], [read(ONE), read(ONE)]).item() == pytest.approx(1)


def test_mined_pairs_are_not_our_own_nor_too_many_of_a_kind(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tower, "MINED_OTHERS", 2)
    rows = [
        {"kind": kind, "key": str(n), "query": f"{kind} {n}", "positive": "p"}
        for kind in ("written_passage", "lines_en_zh")
        for n in range(5)
    ]
    rows.append({"kind": "faq", "key": "k", "query": "q" * 200, "positive": "p"})
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    queries, positives, keys = tower.read_mined(path, random.Random(0))
    assert len(queries) == len(positives) == len(set(keys)) == 2
    assert all(query.startswith("lines_en_zh") for query in queries)


def test_the_product_reads_questions_as_they_were_trained(tmp_path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(shipped.encoder(), folder)
    student = Student.of_folder(folder).eval()
    with torch.no_grad():
        student.body.encoder.layer[3].output.dense.weight *= -1
        student.late.weight[0] *= -3
        student.importance.weight *= -1
    whole = student.body.encoder.layer[3].output.dense.weight.detach().clone()
    tower.mix(student, Student.of_folder(folder), 0.75)
    mixed = student.body.encoder.layer[3].output.dense.weight
    assert mixed.detach().numpy() == pytest.approx(0.5 * whole.numpy(), abs=1e-6)
    tower.write(student, folder / "questions.safetensors")
    texts = ["中国的首都在哪里？", "Who opened it?"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    with torch.no_grad():
        trained = Read.by(student, [tower.ids_of(tokenizer, text, 64) for text in texts])
        before = Read.by(Student.of_folder(folder).eval(), [tower.ids_of(tokenizer, texts[0], 64)])

    found = load_encoder(str(folder)).encode_query(texts)

    assert (trained.vectors[0] @ before.vectors[0]).item() < 0.97
    for number, made in enumerate(found):
        inner = trained.inner[number]
        tokens = trained.tokens[number][inner].numpy()
        shares = trained.shares[number][inner].numpy()
        assert made.vector @ trained.vectors[number].numpy() > 0.999
        rows = made.tokens / np.linalg.norm(made.tokens, axis=1, keepdims=True)
        assert (rows * tokens).sum(1).min() > 0.99
        assert np.linalg.norm(made.tokens, axis=1) / len(rows) == pytest.approx(shares, abs=0.02)


def test_token_ids_that_are_cut_keep_the_last_special_one() -> None:
    class Counting:
        def encode(self, text: str):
            return type("Made", (), {"ids": [101, *range(len(text)), 102]})

    assert tower.ids_of(Counting(), "abc", 5).tolist() == [101, 0, 1, 2, 102]
    assert tower.ids_of(Counting(), "abcd", 5).tolist() == [101, 0, 1, 2, 102]
