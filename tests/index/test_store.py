import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from index import Article, CorpusError, IndexFormatError, build, load, read_manifest, verify
from index.chunking import ChunkSettings
from index.encoder import UNRELATED
from tests.conftest import ToyEncoder

TORN = b"torn"


def test_a_loaded_index_finds_what_the_built_one_finds(corpus: Path, tmp_path: Path) -> None:
    built = build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    loaded = load(tmp_path / "ix", encoder=ToyEncoder())
    assert loaded.search("網點有多少個", 3) == built.search("網點有多少個", 3)
    assert loaded.fingerprint == built.fingerprint
    assert loaded.article_ids() == ["en.txt", "hans.txt", "hant.txt"]


def test_only_changed_articles_are_embedded_again_and_deleted_ones_are_gone(
    corpus: Path, tmp_path: Path
) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    (corpus / "en.txt").unlink()
    (corpus / "new.txt").write_text("全新的一句话。", encoding="utf-8")
    encoder = ToyEncoder()
    index = build(corpus, tmp_path / "ix", encoder=encoder)
    assert [text for text in encoder.encoded if text not in UNRELATED] == ["全新的一句话。"]
    assert index.article_ids() == ["hans.txt", "hant.txt", "new.txt"]
    assert not any("Jiaxing" in hit.chunk.text for hit in index.search("Jiaxing City", 10))
    assert index.search("全新的一句话", 1)[0].chunk.article.id == "new.txt"
    again = ToyEncoder()
    build(corpus, tmp_path / "ix", encoder=again, force=True)
    assert len(set(again.encoded) - set(UNRELATED)) > 1


def test_token_vectors_are_read_from_the_index_that_was_loaded(corpus: Path, tmp_path: Path) -> None:
    loaded = build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    before = loaded.search("網點有多少個", 1)
    (corpus / "aaa.txt").write_text("別的文章。", encoding="utf-8")
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    assert loaded.search("網點有多少個", 1) == before
    assert before[0].late is not None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE chunks SET token_vectors = x'0102'",
        "UPDATE chunks SET vectors = x'0102'",
        "UPDATE chunks SET start = start + 1",
        "UPDATE chunks SET article = 7",
        "UPDATE chunks SET sentences = x'00000000'",
        "DELETE FROM chunks",
        "DELETE FROM articles WHERE number = 2",
    ],
)
def test_damaged_chunks_are_named_before_anything_is_asked(corpus: Path, tmp_path: Path, damage: str) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    with closing(sqlite3.connect(tmp_path / "ix" / "index.sqlite")) as database:
        database.execute(damage)
        database.commit()
    named = r"index\.sqlite: damaged: chunks are missing or changed \(run `wenju build --force`\)"
    with pytest.raises(IndexFormatError, match=named):
        load(tmp_path / "ix", encoder=ToyEncoder())
    with pytest.raises(IndexFormatError, match=named):
        verify(tmp_path / "ix")


def test_a_chunk_is_read_after_the_title_of_its_article_and_its_tokens_stay_in_place(tmp_path: Path) -> None:
    title, said = "抚州福彩年会", "后来网点多了九十八个。"
    article = Article("a.txt", title, "大家都来开了会。" * 30 + "\n\n" + "天气一直很好。" + said, "zh-Hans")
    encoder = ToyEncoder()

    index = build([article], tmp_path, encoder=encoder)

    last = index.chunks()[-1]
    assert f"{title}\n{last.text}" in encoder.encoded
    assert "福彩" in [term.text for term in index.search("福彩", 1)[0].terms]
    late = index.search(said, 1)[0].late
    assert late is not None
    assert late.sentences[-1] == pytest.approx(1, abs=0.02)
    assert max(late.sentences[:-1]) < 0.5


def test_another_encoder_embeds_everything_again(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    other = ToyEncoder("other")
    build(corpus, tmp_path / "ix", encoder=other)
    assert other.encoded
    assert read_manifest(tmp_path / "ix").encoder.name == "other"


def test_old_files_go_and_the_folder_holds_one_generation(corpus: Path, tmp_path: Path) -> None:
    for _ in range(3):
        build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    names = sorted(file.name for file in (tmp_path / "ix").iterdir() if file.name != "build.lock")
    assert names == ["dense-3.faiss", "index.sqlite", "lexical-3.npz"]


@pytest.mark.parametrize("name", ["index.sqlite", "dense-1.faiss", "lexical-1.npz"])
@pytest.mark.parametrize("damage", ["torn", "cut", "flipped", "gone"])
def test_a_damaged_file_is_named_and_a_build_makes_it_whole(
    corpus: Path, tmp_path: Path, name: str, damage: str
) -> None:
    folder = tmp_path / "ix"
    build(corpus, folder, encoder=ToyEncoder())
    file = folder / name
    data = file.read_bytes()
    middle = data.index("深圳".encode()) if name == "index.sqlite" else len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    changed = {"torn": TORN, "cut": data[: len(data) // 2], "flipped": flipped, "gone": None}[damage]
    file.unlink() if changed is None else file.write_bytes(changed)
    with pytest.raises(IndexFormatError, match=r"wenju build"):
        load(folder, encoder=ToyEncoder())
    with pytest.raises(IndexFormatError):
        verify(folder)
    build(corpus, folder, encoder=ToyEncoder(), force=name == "index.sqlite")
    assert load(folder, encoder=ToyEncoder()).search("網點", 1)[0].chunk.article.id == "hant.txt"


def test_a_mismatch_is_refused_by_name(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "ix", encoder=ToyEncoder())
    with pytest.raises(IndexFormatError, match="made by encoder toy .* this is other"):
        load(tmp_path / "ix", encoder=ToyEncoder("other"))
    with pytest.raises(IndexFormatError, match="made with chunking sentences-"):
        load(tmp_path / "ix", encoder=ToyEncoder(), settings=ChunkSettings(target=50))
    with pytest.raises(IndexFormatError, match=r"none: no index there \(run `wenju build --index .*none`\)"):
        load(tmp_path / "none", encoder=ToyEncoder())


def test_a_failed_build_leaves_the_old_index(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ix"
    build(corpus, folder, encoder=ToyEncoder())
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (corpus / "bad.txt").write_bytes(b"")
    with pytest.raises(CorpusError):
        build(corpus, folder, encoder=ToyEncoder())

    class Broken(ToyEncoder):
        def encode_document(self, texts):
            raise RuntimeError("out of memory")

    (corpus / "bad.txt").write_text("新的文章。", encoding="utf-8")
    with pytest.raises(RuntimeError):
        build(corpus, folder, encoder=Broken(), force=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


KILLED = """
import os, sys
from pathlib import Path
from tests.conftest import ToyEncoder
from index import store
stage = int(sys.argv[3])
calls = 0
real = store._sync
def dying(path):
    global calls
    calls += 1
    if calls > stage:
        os.kill(os.getpid(), 9)
    return real(path)
store._sync = dying
store.build(Path(sys.argv[1]), Path(sys.argv[2]), encoder=ToyEncoder())
"""


@pytest.mark.parametrize("stage", range(4))
def test_a_build_killed_at_any_step_leaves_an_index_that_loads(
    corpus: Path, tmp_path: Path, stage: int
) -> None:
    folder = tmp_path / "ix"
    build(corpus, folder, encoder=ToyEncoder())
    (corpus / "en.txt").unlink()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(corpus), str(folder), str(stage)],
        cwd=Path(__file__).parents[2],
        env={**os.environ},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    committed = stage == 3
    assert ("en.txt" in load(folder, encoder=ToyEncoder()).article_ids()) is not committed
    assert build(corpus, folder, encoder=ToyEncoder()).article_ids() == ["hans.txt", "hant.txt"]


def test_boilerplate_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("展开全文\n分享到:\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no article holds a sentence"):
        build(tmp_path, tmp_path / "ix", encoder=ToyEncoder())
