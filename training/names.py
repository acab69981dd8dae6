"""Chinese names put together at random, with their pinyin: a name is known by its sound in English.

Characters come from the names in jieba's dictionary, as often as they stand there, so that a
character that only sounds in a name is met in many.
"""

import random
from collections import Counter
from collections.abc import Iterator

import jieba

from index.bridge import romanised

PERSONS = PLACES = 4_000
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁任卢姚"
    "钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万武钱戴严莫孔向常汤聂章鲁"
)
SUFFIXES = (
    ("县", " County"), ("市", ""), ("市", " City"), ("镇", " Town"), ("镇", ""), ("乡", " Township"),
    ("村", " Village"), ("区", " District"), ("省", " Province"), ("路", " Road"), ("河", " River"),
    ("山", " Mountain"), ("湖", " Lake"), ("岛", " Island"), ("大学", " University"),
    ("中学", " Middle School"),
    ("集团", " Group"), ("", ""),
)  # fmt: skip
Name = tuple[str, str]


def characters(tag: str, ends: str = "", starts: str = "") -> Counter[str]:
    """How often characters stand in the three-character names of a tag, apart from the fixed one."""
    counts: Counter[str] = Counter()
    with jieba.get_dict_file() as lines:
        rows = [line.decode().split() for line in lines]
    for word, _, kind in rows:
        if kind == tag and len(word) == 3 and (word[-1] in ends if ends else word[0] in starts):
            counts.update(word[:2] if ends else word[1:])
    return counts


def persons(rng: random.Random) -> Iterator[Name]:
    """Surname and a given name of one or two characters; common surnames more often."""
    given = characters("nr", starts=SURNAMES)
    shares = [1 / (place + 10) for place in range(len(SURNAMES))]
    for surname in rng.choices(SURNAMES, shares, k=PERSONS):
        name = "".join(rng.choices(list(given), given.values(), k=rng.choice((1, 2, 2))))
        yield surname + name, f"{romanised(surname).capitalize()} {romanised(name).capitalize()}"


def places(rng: random.Random) -> Iterator[Name]:
    """Two characters and what kind of place it is."""
    drawn = characters("ns", ends="县市镇乡村区州")
    for suffix, kind in rng.choices(SUFFIXES, k=PLACES):
        name = "".join(rng.choices(list(drawn), drawn.values(), k=2))
        yield name + suffix, romanised(name).capitalize() + kind
