import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import make_article, read_articles, seeds_folder
from index.chunking import SENTENCE_CAP, ChunkSettings, sentences, split, width
from index.layout import lines


def pieces(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他来了。她走了！真的吗？是。", ["他来了。", "她走了！", "真的吗？", "是。"]),
        ("他说：“公益。我是党员。”然后走了。", ["他说：“公益。", "我是党员。”", "然后走了。"]),
        ("甲；乙;丙", ["甲；", "乙;", "丙"]),
        ("销量26.06亿元,增116.9%。", ["销量26.06亿元,增116.9%。"]),
        ("等等……后来", ["等等……", "后来"]),
        ("See No. 5 of the plan. It costs $3.50. OK?", ["See No. 5 of the plan.", "It costs $3.50.", "OK?"]),
        ("Dr. Li of the U.S. office met J. Smith.", ["Dr. Li of the U.S. office met J. Smith."]),
        ("He left. then came.", ["He left. then came."]),
        ('She said "yes." He left.', ['She said "yes."', "He left."]),
        (
            "报名网址是https://a.org/apply?id=3&lang=zh。速来!好",
            ["报名网址是https://a.org/apply?id=3&lang=zh。", "速来!", "好"],
        ),
        (
            '"It is for everyone!" he told reporters. Yes.',
            ['"It is for everyone!" he told reporters.', "Yes."],
        ),
        ("节目“中国有嘻哈！”由爱奇艺出品。好。", ["节目“中国有嘻哈！”由爱奇艺出品。", "好。"]),
        ("他喊：“来了！”大家都笑了。", ["他喊：“来了！”", "大家都笑了。"]),
        ("他称“事已办完。”众人散去。", ["他称“事已办完。”", "众人散去。"]),
        ("常问“你吃饭了吗？”，是问候。", ["常问“你吃饭了吗？”，是问候。"]),
        ("宽约六一．五公尺。", ["宽约六一．五公尺。"]),
        ("《你好吗？》是一本书。", ["《你好吗？》是一本书。"]),
        ("Yahoo!公司成立。", ["Yahoo!公司成立。"]),
        ("甲&nbsp;世界", ["甲&nbsp;世界"]),
        (
            "Mt. Etna is high. Sgt. Pepper (b. 1950) left.",
            ["Mt. Etna is high.", "Sgt. Pepper (b. 1950) left."],
        ),
        ("1. 会议召开。2. 选举。", ["1. 会议召开。", "2. 选举。"]),
        ('改了。"好的。"他说。', ["改了。", '"好的。"', "他说。"]),
        ("大人2100円．子供は950円．", ["大人2100円．", "子供は950円．"]),
        ("我买了。 iPhone降价了。", ["我买了。", "iPhone降价了。"]),
        ("", []),
        ("   ", []),
        ("無標點的一行", ["無標點的一行"]),
    ],
)
def test_sentence_ends(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_sentence_without_an_end_is_cut_at_a_comma() -> None:
    text = "字" * 200 + "，" + "字" * 400
    found = pieces(text)
    assert found[0] == "字" * 200 + "，"
    assert all(width(piece) <= SENTENCE_CAP for piece in found)
    assert "".join(found) == text


@given(st.text(alphabet="字词。；.!?,， \n\tAb1”“(網…", max_size=400))
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    joined = "".join(pieces(text))
    assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", text)


@given(st.text(alphabet="字詞。；.!?,， \n\rAb1”“(網…![]>|#", max_size=600))
def test_chunks_cover_every_line_of_content_in_order(text: str) -> None:
    chunks = split(make_article("a", text), ChunkSettings(target=20))
    assert [c.start for c in chunks] == sorted(c.start for c in chunks)
    assert all(c.text == text[c.start : c.end] and c.text.strip() == c.text for c in chunks)
    covered = {place for chunk in chunks for span in chunk.sentences for place in range(span.start, span.end)}
    content = {place for line in lines(text) for part in line.parts for place in range(part.start, part.end)}
    assert {place for place in content if not text[place].isspace()} <= covered


def test_every_seed_sentence_stands_in_a_chunk_that_holds_it() -> None:
    for article in read_articles(seeds_folder()):
        for chunk in split(article):
            assert article.text[chunk.start : chunk.end] == chunk.text
            assert chunk.sentences[0].start == chunk.start
            assert chunk.sentences[-1].end == chunk.end


def test_a_heading_opens_the_chunk_of_its_text() -> None:
    article = make_article("a", "第一段说完了。\n党建引领\n这里是正文。\n")
    assert [chunk.text for chunk in split(article)] == ["第一段说完了。", "党建引领\n这里是正文。"]


def test_a_chunk_ends_before_the_sentence_that_overruns_the_target() -> None:
    article = make_article("a", "一二三四五六七八九。甲乙丙丁戊己庚辛壬。子丑寅卯辰巳午未申。")
    chunks = split(article, ChunkSettings(target=20))
    assert [chunk.text for chunk in chunks] == [
        "一二三四五六七八九。甲乙丙丁戊己庚辛壬。",
        "子丑寅卯辰巳午未申。",
    ]
    overlapping = split(article, ChunkSettings(target=20, overlap=10))
    assert [chunk.text for chunk in overlapping] == [
        "一二三四五六七八九。甲乙丙丁戊己庚辛壬。",
        "甲乙丙丁戊己庚辛壬。子丑寅卯辰巳午未申。",
    ]


def test_a_line_of_buttons_is_no_title_and_in_no_chunk_and_a_sentence_with_such_a_word_is() -> None:
    article = make_article("a.txt", "分享 收藏 | 点赞\n\n全县中学办了运动会\n\n点赞这位书记的人很多。")
    assert article.title == "全县中学办了运动会"
    text = "\n".join(chunk.text for chunk in split(article))
    assert "收藏" not in text and "点赞这位书记的人很多。" in text


def test_boilerplate_is_in_no_chunk() -> None:
    for article in read_articles(seeds_folder()):
        text = "\n".join(chunk.text for chunk in split(article))
        for junk in (
            "![]",
            "展开全文",
            "分享到",
            "友情链接",
            "您现在所在的位置",
            "新闻详情",
            "责编",
            "福彩网",
        ):
            assert junk not in text, (article.id, junk)
