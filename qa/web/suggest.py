"""Questions offered at first sight: for the shipped articles one of each kind, for others none."""

from collections.abc import Iterable
from dataclasses import dataclass

from qa.web.strings import Labels


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`kind` tells the reader which language asks which."""

    kind: str
    question: str
    lang: str


SEEDS = frozenset(
    {
        "000_6321e48973b4ffe4.txt",
        "001_59d7a43ad1484d0e.txt",
        "002_746af89e2fea7760.txt",
        "003_95558e79fa358f5f.txt",
        "004_b33c973ada491090.txt",
    }
)


def suggestions(article_ids: Iterable[str], labels: Labels) -> tuple[Suggestion, ...]:
    """Four questions if the index holds all the shipped articles, else none."""
    if SEEDS.difference(article_ids):
        return ()
    return (
        Suggestion(labels.kind_same, "2023年4月的川渝体彩协同发展交流会在哪里举行？", "zh-Hans"),
        Suggestion(labels.kind_script, "深圳體彩在多少家實體店建設了“黨員服務崗”？", "zh-Hant"),
        Suggestion(
            labels.kind_en_zh,
            "How many business windows did the Yancheng sports lottery center set up?",
            "en",
        ),
        Suggestion(labels.kind_zh_en, "出席会议的浙江省副省长叫什么名字？", "zh-Hans"),
    )
