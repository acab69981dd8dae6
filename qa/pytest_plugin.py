"""The fixture `wenju_report` for pytest: `def test_retrieval(wenju_report): wenju_report.require({...})`.

The questions file and the index come from `--wenju-questions` and `--wenju-index`, or from the ini
options `wenju_questions` and `wenju_index`, relative to the project's root. Nothing heavy is imported
before a test asks for the fixture; a project may override `wenju_index` with an index of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from qa.checking import Searcher
    from qa.report import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, on the command line and in the ini file."""
    options = parser.getgroup("wenju", "retrieval checks")
    for name, what in (("questions", "questions file (JSON Lines)"), ("index", "folder of the index")):
        options.addoption(f"--wenju-{name}", metavar="PATH", help=f"{what} for the fixture wenju_report")
        parser.addini(f"wenju_{name}", f"{what} for the fixture wenju_report")


@pytest.fixture(scope="session")
def wenju_index(pytestconfig: pytest.Config) -> "Searcher":
    """The index checked: the folder named by the options, else `$WENJU_INDEX` or `.wenju/`."""
    from index import UserError, load
    from qa.open import index_folder

    given = _option(pytestconfig, "index")
    try:
        return load(index_folder(given))
    except UserError as error:
        pytest.fail(f"wenju: {error}", pytrace=False)


@pytest.fixture(scope="session")
def wenju_report(pytestconfig: pytest.Config, wenju_index: "Searcher") -> Iterator["Report"]:
    """The report on the questions file, checked once a session."""
    from index import UserError
    from qa.checking import check

    questions = _option(pytestconfig, "questions")
    if questions is None:
        pytest.fail("wenju: no questions file (set wenju_questions in the ini file)", pytrace=False)
    try:
        report = check(questions, wenju_index)
    except UserError as error:
        pytest.fail(f"wenju: {error}", pytrace=False)
    yield report


def _option(config: pytest.Config, name: str) -> Path | None:
    given = config.getoption(f"--wenju-{name}")
    if given:
        return config.invocation_params.dir / str(given)
    ini = config.getini(f"wenju_{name}")
    return config.rootpath / str(ini) if ini else None
