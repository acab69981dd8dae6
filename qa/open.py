"""Opens the index that a command works on, and builds the default one first if there is none."""

import os
from pathlib import Path

from index import PassageIndex, Progress, build, load, seeds_folder
from index.errors import IndexFormatError

DEFAULT_INDEX = Path(".wenju")


def index_folder(given: Path | None = None) -> Path:
    """The folder given, else `$WENJU_INDEX`, else `.wenju/` below the working folder."""
    return given or Path(os.environ.get("WENJU_INDEX") or DEFAULT_INDEX)


def open_or_build(folder: Path, given: bool = False, progress: Progress | None = None) -> PassageIndex:
    """The index in `folder`; where there is none and the folder was not `given` by name, one of the seeds."""
    if not (folder / "index.sqlite").exists():
        if given:
            raise IndexFormatError(f"{folder}: no index there (run `wenju build --index {folder}`)")
        return build(seeds_folder(), folder, progress=progress)
    return load(folder)
