"""The answer head: what it learns from, its loss, and that the product computes what was trained."""

import math
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from index.answering import AnswerHead
from index.types import Encoding, Span
from training import answering
from training.answering import FAR, Batch, Group, Network, batch_of, batches, loss_of, read, without, write
from training.examples import NOTHING, TITLE, Asked, Examples, Passage
from training.student import LATE_DIM

RNG = np.random.default_rng(0)


def passage(*sentences: int) -> Passage:
    """One random token for each number, of that sentence."""
    rows = RNG.normal(size=(len(sentences), LATE_DIM)).astype(np.float16)
    return Passage(rows, np.asarray(sentences, dtype=np.int16))


def asked(tokens: int, answer: int = 0, record: int = 0) -> Asked:
    return Asked(RNG.normal(size=(tokens, LATE_DIM)).astype(np.float16), record, answer)


def odds(network: Network, rows: Sequence[tuple[Asked, Passage]]) -> torch.Tensor:
    with torch.no_grad():
        return network(batch_of(rows))


def test_the_product_computes_what_was_trained() -> None:
    torch.manual_seed(0)
    network, question, said = Network(), asked(5), passage(TITLE, TITLE, 0, 0, 1, 1, 1, 3)
    arrays = {n: t.numpy() for n, t in network.state_dict().items()}
    starts = np.asarray([-9, -5, 0, 4, 10, 12, 14, 30], dtype=np.int32)
    sentences = [Span(0, 10), Span(10, 20), Span(20, 30), Span(30, 40)]

    found = AnswerHead(arrays, LATE_DIM).odds(
        question.tokens.astype(np.float32),
        Encoding(said.tokens[0], said.tokens.astype(np.float32), starts),
        sentences,
    )

    trained = odds(network, [(question, said)])[0].tolist()
    assert trained[2] == FAR
    assert found[2] == pytest.approx(min(found[0], found[1], found[3]))
    assert [found[0], found[1], found[3]] == pytest.approx([trained[0], trained[1], trained[3]], abs=1e-4)
    assert len({round(value, 3) for value in found}) == 3


def test_what_was_written_goes_on_from_there(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, other, row = Network(), Network(), (asked(3), passage(TITLE, 0, 1))

    write(network, tmp_path / "answers.npz")
    read(other, tmp_path / "answers.npz")

    assert odds(other, [row])[0].tolist() == pytest.approx(odds(network, [row])[0].tolist(), abs=1e-2)
    assert [file.name for file in tmp_path.iterdir()] == ["answers.npz"]


def test_a_finished_run_trains_no_more_until_its_tokens_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = SimpleNamespace(info=SimpleNamespace(weights="w"), question_side="tower")
    passages, questions = [passage(0, 1) for _ in range(8)], [asked(2, 0, n) for n in range(4)]
    questions[3] = asked(2, NOTHING, 3)
    few = Examples(
        passages, questions, np.asarray([[(2 * n + 2 + m) % 8 for m in range(6)] for n in range(4)])
    )
    monkeypatch.setattr(answering, "load_encoder", lambda *_, **__: encoder)
    monkeypatch.setattr(answering, "read_examples", lambda *_, **__: few)
    torch.manual_seed(5)
    write(Network(), tmp_path / "answers.npz")

    def written() -> np.ndarray:
        with np.load(tmp_path / "answers.npz") as arrays:
            return np.concatenate([arrays[name].astype(np.float32).ravel() for name in arrays.files])

    def after(onward: float) -> np.ndarray:
        answering.main(tmp_path, tmp_path, 1e-9, 1, onward)  # no time but for one step
        return written()

    first = written()
    once, again = after(0.3), after(0.3)
    encoder.question_side = "another tower"
    other, anew = after(0.3), after(0)

    assert 0 < np.abs(once - first).max() < 1e-2
    assert (again == once).all()
    assert 0 < np.abs(other - once).max() < 1e-2
    assert np.abs(anew - first).max() > 0.1


def test_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    network, short, long = Network(), (asked(2), passage(0, 1)), (asked(9), passage(TITLE, 0, 0, 1, 1, 2))

    alone, together = odds(network, [short])[0], odds(network, [short, long])

    assert together[0, :2].tolist() == pytest.approx(alone.tolist(), abs=1e-5)
    assert together[0, 2] == FAR


@pytest.mark.parametrize(("answer", "logit"), [(1, 2.0), (NOTHING, 0.0)])
def test_the_loss_is_between_all_sentences_of_a_group_and_nothing(answer: int, logit: float) -> None:
    def known(batch: Batch) -> torch.Tensor:
        return torch.tensor([[1.0, 2.0], [3.0, FAR], [4.0, 5.0]])

    group = Group(asked(3), (passage(0, 1), passage(0), passage(0, 1)), answer)

    total = math.log(sum(map(math.exp, (1, 2, 3, 4, 5, 0))))
    assert loss_of(known, [group]).item() == pytest.approx(total - logit, abs=1e-4)


def test_a_sentence_is_taken_out_with_its_tokens() -> None:
    left = without(passage(TITLE, 0, 1, 1, 2), 1)
    assert left.sentence.tolist() == [TITLE, 0, 2]
    assert len(left.tokens) == 3


def test_a_question_is_read_with_its_own_passage_first_and_with_near_ones() -> None:
    passages = [passage(0, 1) for _ in range(8)]
    questions = [asked(2, record % 2, record) for record in range(4)] + [asked(2, NOTHING, 3)]
    near = np.asarray([[(2 * question.record + 2 + n) % 8 for n in range(6)] for question in questions])

    groups = [g for b in islice(batches(Examples(passages, questions, near), RNG), 40) for g in b]

    assert {id(group.question) for group in groups} == set(map(id, questions))
    for group in groups:
        first, *others = group.passages
        own = passages[2 * group.question.record : 2 * group.question.record + 2]
        taken_out = group.question.answer != NOTHING == group.answer
        assert any(np.isin(first.tokens, each.tokens).all() for each in own)
        assert (group.question.answer in first.sentence) == (group.answer != NOTHING)
        assert group.answer in (group.question.answer, NOTHING)
        assert taken_out == (len(first.tokens) == 1)
        assert not any(other is each for other in others for each in own)
    assert 0 < sum(group.answer == NOTHING != group.question.answer for group in groups) < len(groups) / 2
