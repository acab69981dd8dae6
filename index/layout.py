"""Tells the lines of an article apart: title, byline, heading, text, and boilerplate that is never a passage.

Only looks at one article's text; says nothing about chunks. All offsets are into the text as given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from index.fold import fold
from index.types import Span

Kind = Literal["heading", "text", "byline", "boilerplate"]

HEADING_WIDTH = 32  # characters; the longest section heading of the seeds has 29
TITLE_WIDTH = 200  # characters; a longer first line is a paragraph
HEAD_LINES = 8  # lines with text in which a byline or a breadcrumb may stand

_LINE = re.compile(r"[^\r\n\u2028\u2029]+")
_IMAGE_STUB = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)[ \t|]*")
_SENTENCE_END = re.compile(r"[。！？!?；;…：:，,、.][”’」』）)\"']*$")
_HAS_WORD = re.compile(r"\w")
_MARKDOWN_HEADING = re.compile(r"^#{1,6}\s+\S")
_BREADCRUMB = re.compile(
    r"^(您|你)?(现在)?(所在)?的?(当前)?位置\s*[:：]|^[^。.]{1,20}(\s*[>›»]\s*[^>›»。.]{1,20}){2,}$"
)
_BOILERPLATE = re.compile(
    r"^(展开全文|收起全文|阅读原文|查看更多|点击查看.{0,8}|返回(顶部|列表|首页)|打印本页|关闭窗口|新闻详情|正文"
    r"|((分享|收藏|点赞|评论|转发|打印|举报|纠错)[\s|·]*){2,}"
    r"|.{0,6}APP(内)?阅读.{0,12}|扫一扫.{0,20}|分享(到|至)?\s*[:：]?|分享(到|至).{0,20}"
    r"|相关(阅读|推荐|链接|新闻)\s*[:：]?|(上|下)一篇\s*[:：].*|友情链接\s*[:：]?.*|版权所有.*|免责声明.*"
    r"|(责任?编辑?|编辑)\s*[:：].{0,20}|(标签|关键词)\s*[:：].{0,60}|(©|Copyright ©).*"
    r"|Share( this)?( article)?:?|Read more:?|Advertisement|Related( articles| stories| links)?:?"
    r"|(Tags|Filed under):.{0,60}|Back to top|All rights reserved.?)$",
    re.IGNORECASE,
)
_LINK_FARM_HEAD = re.compile(r"^(友情链接|相关链接|网站链接)")
_LINK_FARM = re.compile(r"^([\w·]{2,12}网[\s|]*){3,}$")
DATE = re.compile(
    r"((?:19|20)\d\d)\s*(?:年|[-/.])\s*(1[0-2]|0?[1-9])\s*(?:月|[-/.])\s*(3[01]|[12]\d|0?[1-9])\s*日?"
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
SOURCE = re.compile(r"(?:来源|來源|Source|稿源)\s*[:：]\s*([^\s|｜]+(?: [A-Z][\w.]*)*)")
_BYLINE_WORDS = re.compile(
    r"(录入|发布|更新|发表)?(时间|日期)\s*[:：]|作者\s*[:：]|字号|浏览次数|阅读量|Published|Updated"
)
_LISTED = re.compile(
    r"[（(]?([一二三四五六七八九十]+|\d+)[、.．)）]"
)  # an item of a list, when and where something is
_MEDIUM = re.compile(r"(网|报|社|电视台|客户端|新闻|日报|晚报|News|Times|Post|Daily|Agency)$")
BYLINE_REST = 16  # characters that may stand beside a byline's date, clock and labels


@dataclass(frozen=True, slots=True)
class Line:
    """One line without white space at its ends, and what it is; `parts` are its text around image stubs."""

    span: Span
    kind: Kind
    parts: tuple[Span, ...]


def _is_byline(text: str) -> bool:
    """Whether the line is a date, a source, a clock or a label, and little else."""
    rest = DATE.sub("", SOURCE.sub("", text))
    plain = _BYLINE_WORDS.sub("", _CLOCK.sub("", rest))
    remainder = re.sub(r"[\s|｜·:：-]", "", plain)
    if len(remainder) > BYLINE_REST or _SENTENCE_END.search(text) or _LISTED.match(text):
        return False
    dated = DATE.search(text) is not None
    labelled = SOURCE.search(text) is not None or plain != rest
    return labelled or (dated and (not remainder or _MEDIUM.search(remainder) is not None))


def _kind(original: str, seen: int, after_link_head: bool) -> Kind:
    text = fold(original)
    if not _HAS_WORD.search(text) or _BOILERPLATE.match(text) or _LINK_FARM.match(text):
        return "boilerplate"
    if after_link_head and not _SENTENCE_END.search(text):
        return "boilerplate"
    if seen < HEAD_LINES and _BREADCRUMB.match(text):
        return "boilerplate"
    if 0 < seen < HEAD_LINES and len(text) <= TITLE_WIDTH:
        if _is_byline(text):
            return "byline"
        if text.isdigit() and len(text) == 1:
            return "byline"  # see `counter` in `lines`
    if _MARKDOWN_HEADING.match(text):
        return "heading"
    if len(text) <= HEADING_WIDTH and not _SENTENCE_END.search(text):
        return "heading"
    return "text"


def _parts(text: str, start: int) -> Iterator[Span]:
    """The stretches of a line around its image stubs, without white space at their ends."""
    position = 0
    for stub in [*_IMAGE_STUB.finditer(text), None]:
        end = stub.start() if stub else len(text)
        piece = text[position:end]
        if _HAS_WORD.search(piece):
            left = len(piece) - len(piece.lstrip())
            yield Span(start + position + left, start + position + len(piece.rstrip()))
        position = stub.end() if stub else end


def lines(text: str) -> list[Line]:
    """Every line with a visible character, in order."""
    found: list[Line] = []
    after_link_head = False
    for match in _LINE.finditer(text):
        raw = match.group()
        stripped = raw.strip().strip("\ufeff\u200b")
        if not stripped:
            continue
        start = match.start() + raw.index(stripped)
        span = Span(start, start + len(stripped))
        visible = _IMAGE_STUB.sub("", stripped).strip()
        kind = _kind(visible, len(found), after_link_head) if visible else "boilerplate"
        after_link_head = bool(_LINK_FARM_HEAD.match(visible)) or (after_link_head and kind == "boilerplate")
        counter = kind == "byline" and visible.isdigit()  # of comments, beside the date
        silent = kind == "boilerplate" or counter
        parts = () if silent else tuple(_parts(stripped, start))
        found.append(Line(span, kind, parts))
    return found


def title_line(found: list[Line]) -> Line | None:
    """The line that is the title: the first that is no boilerplate, short or with a byline below it.

    None where the article begins with a paragraph of text.
    """
    content = [line for line in found if line.kind != "boilerplate"]
    for place, line in enumerate(content[:3]):
        if line.kind == "byline":
            continue
        short = line.span.end - line.span.start <= TITLE_WIDTH
        followed_by_byline = place + 1 < len(content) and content[place + 1].kind == "byline"
        return line if short and (line.kind == "heading" or followed_by_byline) else None
    return None
