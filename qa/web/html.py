"""Safe HTML from article text. Everything that came from outside passes through `esc`, slice by slice."""

import re
from collections.abc import Iterable, Sequence

from index import Language, Span

# Beyond HTML's own: `$ { }` because gradio's templates evaluate them, "` \\ * _ [ ] ~ # |" because the
# chat renders Markdown, and line ends because a blank line would end a raw HTML block there.
_SPECIAL = re.compile(r"[&<>\"'${}`\\*_\[\]~#|\r\n\u2028\u2029]")
_LINE_ENDS = re.compile(r"(?:&#(?:10|13);)+")
BADGES: dict[Language, str] = {"zh-Hans": "简", "zh-Hant": "繁", "en": "EN", "und": "?"}


def esc(text: str) -> str:
    """The text as numeric entities wherever HTML, Markdown or a template could read a meaning into it."""
    safe = text.replace("\0", "\ufffd")
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", safe)


def attributes(values: dict[str, str | int | bool | None]) -> str:
    """Attributes with a leading space each; None and False are left out, True stands alone."""
    parts = []
    for name, value in values.items():
        if value is True:
            parts.append(f" {name}")
        elif value is not None and value is not False:
            parts.append(f' {name}="{esc(str(value))}"')
    return "".join(parts)


def merge(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The spans clipped to [start, end), in order, overlapping ones joined, empty ones dropped."""
    clipped = (Span(max(span.start, start), min(span.end, end)) for span in spans)
    merged: list[Span] = []
    for span in sorted((s for s in clipped if s.start < s.end), key=lambda s: (s.start, s.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def marked(text: str, start: int, end: int, marks: Sequence[Span]) -> str:
    """text[start:end] as HTML with the marks in <mark>; the text content stays exactly text[start:end]."""
    parts, at = [], start
    for span in merge(marks, start, end):
        parts.append(esc(text[at : span.start]))
        parts.append(f"<mark>{esc(text[span.start : span.end])}</mark>")
        at = span.end
    parts.append(esc(text[at:end]))
    return "".join(parts)


def folded_lines(html: str) -> str:
    """Escaped line ends, as a small gap each run: a blank line costs less room, the text stays the same."""
    return _LINE_ENDS.sub(lambda match: f'<span class="wj-br">{match[0]}</span>', html)
