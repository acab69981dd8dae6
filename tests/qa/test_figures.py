import pytest

from qa.figures import holds_figure


@pytest.mark.parametrize(
    ("question", "sentence", "held"),
    [
        ("新馆有多大？", "新馆于2021年5月18日开放。", False),
        ("新馆有多大？", "新馆面积3.2万平方米。", True),
        ("新馆哪天开放？", "新馆于2021年5月18日开放。", True),
        ("新馆哪天开放？", "新馆面积3.2万平方米。", False),
        ("2021年新增了多少网点？", "2021年新增网点98个。", True),
        ("2021年新增了多少网点？", "2021年没有新增。", False),
        ("How many outlets were opened?", "In 2019 outlets were opened.", False),
        ("How many outlets were opened?", "It opened 2019 outlets.", True),
        ("When was it signed?", "It was signed on 9 June 2020.", True),
        ("When was it signed?", "Signed by 14 people.", False),
        ("谁签的？", "2020年签的。", False),
        ("楼有多高？", "楼高80米。", True),
        ("幾號舉行？", "于6月9日举行。", True),
        ("what percentage is paid out?", "It pays out 50 %.", True),
        ("Why so?", "It pays out 50 %.", False),
    ],
)
def test_a_figure_counts_where_it_is_of_the_kind_asked_for(question: str, sentence: str, held: bool) -> None:
    assert holds_figure(sentence, question) is held
