import pytest

from index import PassageIndex, build, seeds_folder, shipped
from qa.answer import ask
from qa.web.strings import EN
from qa.web.suggest import SEEDS, suggestions

ANSWERS = ["四川遂宁", "31家党员实体店", "8个业务办理窗口", "Wang Wenxu, Deputy Governor"]


@pytest.fixture(scope="module")
def shipped_index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    if not shipped.encoder().is_dir():
        pytest.skip("the shipped encoder is not in this checkout (models/)")
    return build(seeds_folder(), tmp_path_factory.mktemp("shipped"))


@pytest.mark.slow
def test_every_suggested_question_is_answered_rightly(shipped_index: PassageIndex) -> None:
    said = [ask(suggestion.question, shipped_index).text for suggestion in suggestions(SEEDS, EN)]
    assert [quote in (text or "") for quote, text in zip(ANSWERS, said, strict=True)] == [True] * 4, said
