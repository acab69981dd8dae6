import threading

import pytest

from index import IndexFormatError, PassageIndex, UserError
from qa.types import Answer
from qa.web.engine import KEPT, Engine, NotReadyError
from tests.web.conftest import decided


def test_it_is_warming_until_the_index_is_there(seed_index: PassageIndex) -> None:
    opened = threading.Event()

    def slow() -> PassageIndex:
        opened.wait(10)
        return seed_index

    engine = Engine(slow, decided)
    engine.start()
    assert engine.status == "warming"
    with pytest.raises(NotReadyError):
        engine.ask("问题")
    assert engine.articles(3) == ([], 0)
    opened.set()
    assert engine.index(wait=10) is seed_index
    assert engine.status == "ready"
    assert engine.articles(3)[1] == 5


def test_a_failure_is_kept_and_told() -> None:
    told = threading.Event()

    def broken() -> PassageIndex:
        raise IndexFormatError("x: damaged (run `wenju build`)")

    engine = Engine(broken, decided, told.set)
    engine.start()
    assert told.wait(10)
    assert engine.status == "failed"
    with pytest.raises(UserError, match="damaged"):
        engine.ask("问题")


def test_the_same_question_is_answered_once(seed_index: PassageIndex) -> None:
    asked: list[str] = []

    def counted(question: str, index: PassageIndex, k: int) -> Answer:
        asked.append(question)
        return Answer(question, None, (), 0.0, ())

    engine = Engine(lambda: seed_index, counted)
    engine.start()
    engine.index(wait=10)
    asked.clear()
    engine.ask("甲")
    engine.ask("甲")
    assert asked == ["甲"]
    for number in range(KEPT):
        engine.ask(f"问{number}")
    engine.ask("甲")
    assert asked.count("甲") == 2
