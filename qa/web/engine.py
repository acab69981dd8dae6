"""The index while it loads and once it is there, and the answers it gave. Knows nothing of the browser."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from index import Article, PassageIndex, UserError
from qa.types import Answer

Status = Literal["warming", "ready", "failed"]
Asker = Callable[[str, PassageIndex, int], Answer]
KEPT = 256  # answers kept, so that a reload or a switch of language need not ask again
PASSAGES = 5


class NotReadyError(UserError):
    """The index is still loading."""


class Engine:
    """Opens the index in the background; `ask` waits for it."""

    def __init__(
        self,
        open_index: Callable[[], PassageIndex],
        ask: Asker,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        self._open = open_index
        self._ask = ask
        self._on_failure = on_failure
        self._index: PassageIndex | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, int], Answer] = OrderedDict()
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begins to load; returns at once."""
        threading.Thread(target=self._load, name="wenju-load", daemon=True).start()

    @property
    def status(self) -> Status:
        """`ready` only when a question would be answered without waiting."""
        if self._index is not None:
            return "ready"
        return "failed" if self._done.is_set() else "warming"

    def index(self, wait: float = 0.0) -> PassageIndex:
        """The index, waited for at most `wait` seconds; raises NotReadyError while it loads."""
        self._done.wait(wait)
        if self._index is not None:
            return self._index
        if self.error is not None:
            raise UserError(str(self.error)) from self.error
        raise NotReadyError("the model and the index are still loading (try again in a few seconds)")

    def ask(self, question: str, k: int = PASSAGES, wait: float = 0.0) -> Answer:
        """The answer, from memory if the same was asked before."""
        index = self.index(wait)
        with self._lock:
            known = self._answers.get((question, k))
            if known is None:
                known = self._ask(question, index, k)
                self._answers[question, k] = known
            self._answers.move_to_end((question, k))
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
            return known

    def articles(self, at_most: int) -> tuple[list[Article], int]:
        """The first articles and how many there are; none while the index loads."""
        if self._index is None:
            return [], 0
        ids = self._index.article_ids()
        return [self._index.article(id_) for id_ in ids[:at_most]], len(ids)

    def _load(self) -> None:
        try:
            index = self._open()
            self._warm(index)
            self._index = index
        except BaseException as error:  # the thread's owner reports it: nothing may be lost here
            self.error = error
        self._done.set()
        if self.error is not None and self._on_failure is not None:
            self._on_failure()

    def _warm(self, index: PassageIndex) -> None:
        """The first question pays for jieba's dictionary and torch's first run: let none of the users'."""
        self._ask("文章 article", index, PASSAGES)
