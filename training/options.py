"""The command-line options that the stages share."""

from pathlib import Path
from typing import Annotated

import typer

Work = Annotated[
    Path, typer.Option(help="Folder for tables, vectors and checkpoints; outside the repository.")
]
Data = Annotated[Path, typer.Option(help="Folder of the training files: parallel/, dict/, pairs/.")]
Benchmarks = Annotated[Path, typer.Option(help="Folder of retrieval sets in BEIR layout.")]
Minutes = Annotated[float, typer.Option(help="Planned training time; the learning rates end at zero there.")]
Threads = Annotated[
    int, typer.Option(help="Threads for torch; one less than the cores when they are shared.")
]
