"""Splits an article into sentences, and packs sentences into chunks. Pure: text in, offsets out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.layout import lines
from index.types import Article, Chunk, Span

ENGLISH_WIDTH = 0.4  # a Latin letter's share of a Chinese character's content: an estimate
PARAGRAPH_SHARE = 0.5  # of the target width; a chunk so full does not begin another paragraph
SENTENCE_CAP = 300  # width at which a sentence without an end is cut, at a comma where there is one

_CLOSERS = "”’」』）)】》〉\"'"
_END = re.compile(
    rf"(?:[。！？；｡؟۔]|．(?![\d〇零一二三四五六七八九])|[!?]+|…+|\.{{3,}})[{_CLOSERS}]*"
    rf"|;(?=\s|$|[\u2e80-\uffff])"
    rf"|\.[{_CLOSERS}]*(?=\s|$)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Lt|Maj|Capt|Sgt|Rev|Hon|Sen|Rep|Gov|Mt|Mts|Ft|Art|Sec|Fig"
    r"|Vol|pp|p|cf|ca|vs|approx|e\.g|i\.e|a\.m|p\.m|U\.S|U\.K|U\.N|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
    r"|Inc|Ltd|Co|Corp)|\b[A-Z]|\((?:b|d|c|est))\.$"
)
_LIST_NUMBER = re.compile(r"(?:^|[。！？；])\s*\d{1,3}\.$")
_ENTITY = re.compile(r"&#?\w{1,8};$")
_NAMED = re.compile(r"\w[“‘「『]")  # a quotation that begins within running text is a name, no speech
_OPENS = {"”": "“", "’": "‘", "」": "「", "』": "『", "》": "《", "〉": "〈"}
_LOWER = re.compile(r"\s+[a-z]")
_GOES_ON = "，、,"
_COMMA = re.compile(r"[，,、：:]")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Sizes in width: a Chinese character counts 1, any other ENGLISH_WIDTH."""

    target: int = 240
    overlap: int = 0

    @property
    def name(self) -> str:
        """Names the settings in the manifest: other names, other chunks."""
        return f"sentences-{self.target}-{self.overlap}-paragraphs"


DEFAULT = ChunkSettings()


def width(text: str) -> float:
    """The length of a text in Chinese characters' worth of content."""
    wide = sum(char >= "\u2e80" for char in text)
    return wide + (len(text) - wide) * ENGLISH_WIDTH


def _is_end(text: str, match: re.Match[str], end: int) -> bool:
    mark = match.group()
    if end == len(text):
        return True
    if text[end] in _GOES_ON:
        return False
    if mark[0] in "!?":
        inside = match.start() > 0 and text[match.start() - 1].isascii() and text[match.start() - 1].isalnum()
        if inside and text[end].isalnum():  # of an address or a name: ?id=3, Yahoo!公司
            return False
    elif mark[0] == ";":
        return not _ENTITY.search(text[max(0, match.start() - 10) : end])
    elif mark[0] == ".":
        before = text[max(0, match.start() - 12) : match.start() + 1]
        if mark.startswith("...") or _ABBREVIATION.search(before) or _LIST_NUMBER.search(before):
            return False
    followed = mark[0] in "!?." and _LOWER.match(text, end) is not None
    return not followed and not _is_name(text, match)


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether ! or ? close a quotation that is a part of its sentence: 节目“中国有嘻哈！”由……."""
    opening = _OPENS.get(match.group()[-1]) if match.group()[0] in "！？!?" else None
    place = text.rfind(opening, 0, match.start()) if opening else -1
    if not opening or place < 0:
        return False
    return opening in "《〈" or (place > 0 and _NAMED.match(text, place - 1) is not None)


def _end_of(text: str, match: re.Match[str]) -> int:
    """Where the sentence ends; a straight quotation mark that opens the next one is not its own."""
    end = match.end()
    return end - 1 if match.group().endswith('"') and text.count('"', 0, end - 1) % 2 == 0 else end


def _cut_long(text: str, start: int, end: int) -> Iterator[Span]:
    while width(text[start:end]) > SENTENCE_CAP:
        size = next(
            n for n in range(SENTENCE_CAP, end - start + 1) if width(text[start : start + n]) >= SENTENCE_CAP
        )
        half = start + size // 2
        breaks = [m.end() for mark in (_SPACE, _COMMA) for m in mark.finditer(text, half, start + size)]
        cut = breaks[-1] if breaks else start + size
        yield Span(start, cut)
        start = cut
    yield Span(start, end)


def sentences(text: str) -> list[Span]:
    """The sentences of one line of text, in order, without the white space between them.

    Ends are 。！？；… and their ASCII forms with the closing quotes and brackets that follow, unless a
    small letter comes next or they stand in an address, a name or the title of a work; a full stop does
    not end one in a number, an abbreviation or after the number of a list.
    A sentence wider than SENTENCE_CAP is cut.
    """
    found: list[Span] = []
    start = 0
    marks = [(match, _end_of(text, match)) for match in _END.finditer(text)]
    ends = [end for match, end in marks if _is_end(text, match, end)]
    for end in [*ends, len(text)]:
        piece = text[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            found.extend(_cut_long(text, left, start + len(piece.rstrip())))
        start = end
    return found


@dataclass(frozen=True, slots=True)
class _Unit:
    span: Span
    width: float
    heading: bool  # or a byline: it belongs to the text that follows
    paragraph: bool  # it is the first of its line
    opens: bool  # boilerplate stands before it: no chunk may span that


def _units(text: str) -> list[_Unit]:
    units: list[_Unit] = []
    opens = False
    for line in lines(text):
        opens = opens or line.kind == "boilerplate"
        for part in line.parts:
            opens = opens or part is not line.parts[0]
            piece = text[part.start : part.end]
            spans = sentences(piece) if line.kind == "text" else [Span(0, len(piece))]
            for span in spans:
                absolute = Span(part.start + span.start, part.start + span.end)
                size = width(piece[span.start : span.end])
                units.append(_Unit(absolute, size, line.kind != "text", span is spans[0], opens))
                opens = False
    return units


def _pack(units: list[_Unit], settings: ChunkSettings) -> Iterator[list[_Unit]]:
    """Greedy: a chunk ends before the sentence that would overrun the target, or before a heading.

    It also ends with its paragraph when it is PARAGRAPH_SHARE full, so that most passages begin one.
    """
    chunk: list[_Unit] = []
    size = 0.0
    for unit in units:
        has_text = any(not u.heading for u in chunk)
        overruns = size + unit.width > settings.target
        rounded = unit.paragraph and size >= PARAGRAPH_SHARE * settings.target
        full = has_text and (unit.heading or overruns or rounded)
        if chunk and (full or unit.opens):
            yield chunk
            tail = chunk[-1]
            keep = not unit.opens and not unit.heading and tail.width <= settings.overlap
            chunk = [tail] if keep else []
            size = sum(u.width for u in chunk)
        chunk.append(unit)
        size += unit.width
    if chunk:
        yield chunk


def split(article: Article, settings: ChunkSettings = DEFAULT) -> list[Chunk]:
    """The article's chunks in text order; an article of boilerplate alone gives none.

    Every sentence that is no boilerplate stands in at least one chunk. A heading opens the chunk of the
    text that follows it.
    """
    units = _units(article.text)
    groups = list(_pack(units, settings))
    return [
        Chunk(article, group[0].span.start, group[-1].span.end, tuple(unit.span for unit in group))
        for group in groups
    ]
