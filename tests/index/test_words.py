from index.words import (
    capitalised,
    is_chinese,
    names,
    question_tokens,
    tokens,
    unchinese_words,
    words,
)


def test_tokens_are_folded_words_and_bigrams() -> None:
    assert tokens("撫州市新增網點98個") == tokens("抚州市新增网点98个")
    assert {"98", "网点", "新增"} <= set(tokens("撫州市新增網點98個"))
    assert tokens("安全") == ["安全", "安", "全"]
    assert tokens("Outlets' 26.06 e-mail，。！") == ["outlet", "26.06", "26", "06", "e-mail", "e", "mail"]
    assert tokens("雷戈利尼墓")[-1] == "雷戈利尼"  # a foreign name, however jieba cuts it
    assert tokens("😀，。") == []


def test_question_words_are_no_terms() -> None:
    assert question_tokens("抚州新增了多少网点？") == tokens("抚州新增了") + tokens("网点")
    assert question_tokens("How many outlets did it open?") == ["outlet", "open"]
    assert question_tokens("为什么？") == tokens("为什么")


def test_words_are_whole_and_neither_ask_nor_join() -> None:
    assert words("抚州新增了多少网点？") == ["抚州", "新增", "网点"]
    assert words("How many outlets' outlets did the Jiujiang centre open?") == [
        "outlet",
        "jiujiang",
        "centre",
        "open",
    ]


def test_names_are_places_institutions_capitalised_words_and_years() -> None:
    assert names("浙江体彩2021年有多少家网点?") == ["浙江", "2021"]
    assert names("重慶體彩有多少家實體店?") == ["重庆"]
    assert names("What did Xi'an and Jiangxi's centre do in May 2023, and No. 2,020?") == [
        "xi'an",
        "jiangxi",
        "2023",
    ]
    assert names("怎么办理彩票代销许可证?") == []


def test_words_are_told_apart_by_their_script_and_their_first_letter() -> None:
    assert [is_chinese(token) for token in ("体彩", "outlet", "98")] == [True, False, False]
    assert unchinese_words("深圳的 outlets 有98个") == {"outlet", "98"}
    assert capitalised("In Ji'an the e-mail of Zhang 张三") == {"in", "ji'an", "zhang"}
