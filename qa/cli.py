"""The `wenju` command: reads arguments, calls the library, prints. Heavy modules load where needed."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from index import PassageIndex, UserError
from qa.check_command import check, questions
from qa.open import index_folder, open_or_build
from qa.progress import progress

MOST_PASSAGES = 100
HIGHEST_PORT = 65535
INTERRUPTED = 130

app = typer.Typer(
    name="wenju",
    help="Ask a collection of articles a question, and be shown the exact sentence that answers it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index (default: .wenju/ or $WENJU_INDEX).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

app.command()(check)
app.command()(questions)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_json(document: dict[str, Any]) -> None:
    _print(json.dumps(document, ensure_ascii=False, indent=2))


@app.command()
def build(
    corpus: Annotated[
        Path | None, typer.Argument(help="Folder or file of articles (default: the seeds).")
    ] = None,
    index: IndexOption = None,
    model: Annotated[
        str | None, typer.Option(help="Encoder: a folder or a hub name (default: the shipped one).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Embed everything again, over any index.")] = False,
) -> None:
    """Read articles, split and embed them, and write the index. A re-run embeds only what changed."""
    from index import build as build_index
    from index import seeds_folder

    folder = index_folder(index)
    with progress() as report:
        made = build_index(corpus or seeds_folder(), folder, model, force, report).manifest
    counts = f"{made.articles} articles, {made.chunks} chunks, {made.sentences} sentences"
    _print(f"{folder}: {counts}, by {made.encoder.name}")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in any language of the articles.")],
    k: Annotated[int, typer.Option("--k", help=f"How many passages to show, 1 to {MOST_PASSAGES}.")] = 5,
    explain: Annotated[bool, typer.Option("--explain", help="Show why each passage was found.")] = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Answer a question with the exact sentence, and show the passages that support it."""
    from index import checked_question
    from qa.answer import ask as ask_index
    from qa.terminal import show_answer

    if not 1 <= k <= MOST_PASSAGES:
        raise UserError(f"--k {k}: not a number of passages (give 1 to {MOST_PASSAGES})")
    checked_question(question)
    with progress() as report:
        opened = open_or_build(index_folder(index), given=index is not None, progress=report)
    answer = ask_index(question, opened, k)
    if as_json:
        _print_json(answer.as_dict(explain))
    else:
        show_answer(answer, explain)


@app.command()
def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show what the index holds: articles, chunks, languages, model, sizes, when it was built."""
    from qa.inspect import index_info
    from qa.terminal import show_table

    document = index_info(index_folder(index))
    if as_json:
        _print_json(document)
    else:
        show_table(document)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
    lang: Annotated[
        Literal["zh", "en"] | None,
        typer.Option(help="Language of the page: zh or en (default: the browser's)."),
    ] = None,
    index: IndexOption = None,
) -> None:
    """Open the chat and the HTTP API in the browser."""
    from qa.web.server import serve as serve_index

    if not 1 <= port <= HIGHEST_PORT:
        raise UserError(f"--port {port}: no such port (give 1 to {HIGHEST_PORT})")
    folder = index_folder(index)

    def opened() -> PassageIndex:
        with progress() as report:
            return open_or_build(folder, given=index is not None, progress=report)

    serve_index(folder, host, port, lang, opened)


@app.command()
def doctor(index: IndexOption = None) -> None:
    """Show what is missing or unusual on this machine, with the fix."""
    from qa.inspect import examine
    from qa.terminal import show_findings

    findings = examine(index_folder(index))
    show_findings(findings)
    if any(finding.level == "fault" for finding in findings):
        raise typer.Exit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and leaves the process with the contract's exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit code. Errors are one line on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(args=given or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        if result == INTERRUPTED:  # typer's own word for Ctrl-C
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except UserError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        told = getattr(error, "format_message", None)
        message = told() if told else str(error)
        return _fail(f"{message.rstrip('.')} (see `wenju --help`)", 2)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped (run the command again)", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        return _fail(f"{error.filename}: {error.strerror} (check the path and its permissions)", 2)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"wenju: error: {' '.join(message.split())}\n")
    return code
