"""What the browser's marks become: one line in the questions file each, and a word back to the reader."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from index import PassageIndex, UserError
from qa.feedback import FeedbackFile, Mark
from qa.web.strings import LABELS, Labels, UiLanguage

Kind = Literal["right", "wrong", "refuse", "undo"]
UNDOABLE = 1000  # marks that can be taken back by name; a browser forgets them on a reload


class MarkBody(BaseModel):
    """The body of POST /api/feedback. `start` and `end` are code point offsets into the article.

    `undo` needs only the `token` that the mark's receipt gave.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    question: str = Field(default="", max_length=4000)
    article: str = Field(default="", max_length=1000)
    start: int = 0
    end: int = 0
    token: str = Field(default="", max_length=64)
    lang: UiLanguage = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`token` takes the mark back; None where nothing was added, or something was taken back."""

    token: str | None
    path: str
    message: str


class Marks:
    """The feedback file, and the marks that can still be taken back by token."""

    def __init__(self, file: FeedbackFile) -> None:
        self._file = file
        self._made: OrderedDict[str, Mark] = OrderedDict()
        self._lock = threading.Lock()

    def record(self, body: MarkBody, index: PassageIndex) -> Receipt:
        """Writes the mark or takes one back. Raises UserError for a mark that points nowhere."""
        labels = LABELS[body.lang]
        with self._lock:
            if body.kind == "undo":
                return self._undo(body.token, labels)
            mark = self._made_from(body, index)
            path = str(self._file.path.resolve())
            if not mark.added:
                return Receipt(None, path, labels.saved_again.format(path=path))
            token = uuid4().hex
            self._made[token] = mark
            while len(self._made) > UNDOABLE:
                self._made.popitem(last=False)
            return Receipt(token, path, labels.saved.format(path=path))

    def _made_from(self, body: MarkBody, index: PassageIndex) -> Mark:
        if body.kind == "refuse":
            return self._file.unanswerable(body.question)
        quote = quoted(body, index)
        if body.kind == "right":
            return self._file.right(body.question, body.article, quote)
        return self._file.wrong(body.question, body.article, quote)

    def _undo(self, token: str, labels: Labels) -> Receipt:
        mark = self._made.pop(token, None)
        if mark is None:
            raise UserError(labels.nothing_to_undo)
        self._file.undo(mark)
        path = str(self._file.path.resolve())
        return Receipt(None, path, labels.undone.format(path=path))


def quoted(body: MarkBody, index: PassageIndex) -> str:
    """The marked text without white space at its ends, which a selection easily catches."""
    try:
        text = index.article(body.article).text
    except KeyError:
        raise UserError(f"no article {body.article!r} in the index (ask again)") from None
    if not 0 <= body.start < body.end <= len(text):
        raise UserError(f"{body.start}-{body.end} is no range of {body.article} (select text again)")
    return text[body.start : body.end].strip()
