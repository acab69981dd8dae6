"""The house rules that a reviewer would otherwise have to remember."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = [
    {"index.types", "index.errors", "index.fold", "index.shipped"},
    {"index.decoding", "index.layout", "index.language", "index.bridge", "index.late"},
    {"index.answering", "index.asking", "index.translations", "index.transliteration"},
    {"index.chunking", "index.words"},
    {"index.corpus", "index.encoder", "index.dense", "index.lexical"},
    {"index.search"},
    {"index.reader"},
    {"index.store"},
    {"index"},
]
DOORS = {
    "sentence_transformers": {"index/encoder.py"},
    "transformers": {"index/encoder.py"},
    "torch": {"index/encoder.py"},
    "faiss": {"index/dense.py"},
    "jieba": {"index/words.py"},
    "pypinyin": {"index/bridge.py"},
}


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({f"{node.module}.{alias.name}" for alias in node.names} | {node.module})
            found.discard("index")
    return found


def test_every_import_inside_the_index_goes_down() -> None:
    layer_of = {module: number for number, layer in enumerate(LAYERS) for module in layer}
    for file in (ROOT / "index").glob("*.py"):
        module = "index" if file.stem == "__init__" else f"index.{file.stem}"
        upward = {
            name
            for name in imports(file)
            if name in layer_of and name != module and layer_of[name] >= layer_of[module]
        }
        assert not upward, f"{module} imports {upward}"


def test_the_index_never_imports_qa() -> None:
    for file in (ROOT / "index").glob("*.py"):
        assert not {name for name in imports(file) if name.split(".")[0] in ("qa", "app", "benchmarks")}, file


def test_heavy_libraries_have_one_door() -> None:
    for file in [*(ROOT / "index").rglob("*.py"), *(ROOT / "qa").rglob("*.py"), ROOT / "app.py"]:
        name = file.relative_to(ROOT).as_posix()
        for library in {found.split(".")[0] for found in imports(file)}:
            assert name in DOORS.get(library, {name}), f"{name} imports {library}"
            assert library != "gradio" or name.startswith("qa/web/"), f"{name} imports gradio"


def test_no_drawer_modules() -> None:
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert not [file for file in ROOT.glob("*/**/*.py") if file.name in drawers and ".venv" not in file.parts]
