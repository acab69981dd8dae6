"""Prints answers and tables on a terminal; marks evidence by colour, and by ⟦ ⟧ where there is none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from qa.inspect import Finding
from qa.types import Answer, Passage

PLAIN_WIDTH = 10_000  # columns where there is no terminal: a pipe gets whole lines
BADGE = {"zh-Hans": "简", "zh-Hant": "繁", "en": "EN", "und": "–"}
COLOURS = {"ok": "green", "note": "yellow", "fault": "red"}


class _Console(Console):
    """A console whose reader may leave (`wenju ask … | head`): rich itself exits with 1, a failed gate."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console() -> Console:
    console = _Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else _Console(highlight=False, width=PLAIN_WIDTH, soft_wrap=True)


def show_answer(answer: Answer, explain: bool) -> None:
    """The answer's sentences with their citations, then the passages with the evidence marked."""
    console = _console()
    if answer.text is None:
        console.print(Text("The articles do not answer this. Nearest passages:", style="bold yellow"))
    else:
        cited = "".join(f"[{number}]" for number in answer.citations)
        console.print(Text(f"{answer.text} {cited}", style="bold"))
    console.print(Text(f"confidence {answer.confidence:.2f}", style="dim"))
    for passage in answer.passages:
        console.print()
        _show_passage(console, passage, explain)


def _show_passage(console: Console, passage: Passage, explain: bool) -> None:
    hit, chunk = passage.hit, passage.hit.chunk
    article = chunk.article
    line = article.text.count("\n", 0, chunk.start) + 1
    about = " · ".join(filter(None, (article.title, article.source, article.date)))
    console.print(Text(f"[{passage.rank}] {about}", style="bold cyan"))
    place = (
        f"    {article.id} · line {line} · characters {chunk.start}–{chunk.end} · {BADGE[article.language]}"
    )
    console.print(Text(place, style="dim"))
    console.print(Text("    ").append_text(_marked(passage, console.is_terminal)))
    if explain:
        terms = "  ".join(f"{term.text} {term.weight:.2f}" for term in hit.terms) or "none"
        cosine = "–" if hit.cosine is None else f"{hit.cosine:.3f}"
        late = "–" if hit.late is None else f"{hit.late.passage:.3f}"
        odds = f"{max(hit.answer_odds):.2f}" if hit.answer_odds else "–"
        console.print(
            Text(
                f"    dense rank {hit.dense_rank or '–'}, cosine {cosine}, late interaction {late}"
                f" · answer log odds {odds}"
                f" · lexical rank {hit.lexical_rank or '–'}, coverage {hit.coverage:.2f}"
                f" · fused score {hit.score:.4f}\n    matched terms: {terms}",
                style="dim",
            )
        )


def _marked(passage: Passage, colour: bool) -> Text:
    text, position = passage.hit.chunk.article.text, passage.hit.chunk.start
    marked = Text()
    for evidence in passage.evidence:
        piece = text[evidence.start : evidence.end]
        marked.append(_flat(text[position : evidence.start]))
        marked.append(_flat(piece) if colour else f"⟦{_flat(piece)}⟧", style="bold yellow" if colour else "")
        position = evidence.end
    return marked.append(_flat(text[position : passage.hit.chunk.end]))


def _flat(text: str) -> str:
    """Line ends become spaces, so that a passage is one paragraph; other control characters go."""
    spaced = " ".join(text.splitlines()) + (" " if text.endswith("\n") else "")
    return "".join(char for char in spaced if char.isprintable())


def show_table(document: Mapping[str, Any]) -> None:
    """Names and values, one a line; a nested mapping or list on its own lines."""
    console = _console()
    for name, value in _rows(document):
        console.print(f"[bold]{escape(name):<24}[/bold] {escape(str(value))}")


def _rows(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{name}.")
        else:
            yield prefix + name, ", ".join(map(str, value)) if isinstance(value, list) else value


def show_findings(findings: Sequence[Finding]) -> None:
    """One line a finding, with its fix."""
    console = _console()
    for finding in findings:
        fix = f" ({finding.fix})" if finding.fix else ""
        console.print(
            Text(f"{finding.level:<6}", style=COLOURS[finding.level]).append(f"{finding.what}{fix}", style="")
        )
