import errno
import os
from pathlib import Path
from typing import Any

import pytest

from index import CorpusError, language, make_article, read_articles, seeds_folder

SHARED = (
    "彩票公益金的使用情况已经向社会公布，各地按照规定安排资金，支持养老服务、儿童福利和残疾人事业的发展。"
)
TRADITIONAL = (
    "彩票公益金的使用情況已經向社會公布，各地按照規定安排資金，支持養老服務、兒童福利和殘疾人事業的發展。"
)


def test_the_seeds_tell_title_date_source_and_language() -> None:
    told = {a.id[:3]: (a.title, a.date, a.source, a.language) for a in read_articles(seeds_folder())}
    assert told["002"] == (
        "践行责任 筑牢防线,深圳体彩行风专项治理工作取得阶段性成效",
        "2023-12-27",
        "新浪彩票",
        "zh-Hans",
    )
    assert told["003"] == (
        "江苏体彩:党建引领融合赋能 助推事业高质量发展",
        "2024-07-05",
        "江苏体彩",
        "zh-Hans",
    )
    assert told["004"] == ("2021年全国福利彩票发行销售工作会议在浙江嘉兴召开", "2021-04-02", None, "en")
    assert told["001"][1:] == (None, None, "zh-Hant")
    assert told["000"][0] == "2023年6月底,推动成渝地区双城经济圈建设重庆四川党政联席会议第七次会议召开…"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_simplified_files_read_alike_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(SHARED.encode(encoding))
    assert [a.text for a in read_articles(tmp_path)] == [SHARED]


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "utf-16"])
def test_traditional_files_read_alike_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(TRADITIONAL.encode(encoding))
    assert [a.text for a in read_articles(tmp_path)] == [TRADITIONAL]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Beijing 北京 is the capital.", "gb18030"),
        ("He said “yes” and “no”.", "gb18030"),
        ("Taipei 臺北 is a city.", "big5"),
        ("尖沙咀嘅茶餐廳喺邊度？", "big5hkscs"),
        ("The lighthouse was built in 1871.", "utf-16-le"),
        ("The lighthouse was built in 1871.", "utf-16-be"),
        (TRADITIONAL, "utf-16-le"),
        ("张翀", "gb18030"),
    ],
)
def test_short_and_mixed_files_are_read_in_their_own_encoding(
    tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert read_articles(tmp_path)[0].text == text


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "cp1251"])
def test_a_file_in_another_encoding_is_refused_and_not_read_as_something_else(
    tmp_path: Path, encoding: str
) -> None:
    text = "Привет мир, как дела" if encoding == "cp1251" else "日本の首都は東京です。人口がとても多いです。"
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    with pytest.raises(CorpusError, match=r"a\.txt: not text in any known encoding"):
        read_articles(tmp_path)


def test_a_stray_zero_byte_is_no_reason_to_refuse_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(SHARED.encode() * 20 + b"\0")
    assert read_articles(tmp_path)[0].text == SHARED * 20 + "\0"


def test_one_bad_byte_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes((SHARED + "\n").encode() * 20 + b"\xff")
    with pytest.raises(CorpusError, match="breaks off at byte 0xff in line 21"):
        read_articles(tmp_path)


def test_a_folder_that_cannot_be_read_is_an_error_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.txt").write_text("一句话。", encoding="utf-8")
    scan = os.scandir

    def refusing(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(CorpusError, match="closed: cannot be read: Permission denied"):
        read_articles(tmp_path)


def test_a_file_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/bad\xff.txt", "wb") as file:
        file.write("一句话。".encode())
    with pytest.raises(CorpusError, match="the file's name is not UTF-8"):
        read_articles(tmp_path)


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("一。\r\n二。\r\n".encode())
    assert read_articles(tmp_path)[0].text == "一。\r\n二。\r\n"


def test_ids_are_paths_below_the_folder_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.txt", "a.md", ".hidden.txt", "c.jpg"):
        (tmp_path / name).write_text("一句话。", encoding="utf-8")
    assert [a.id for a in read_articles(tmp_path)] == ["a.md", "b/2.txt"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (bytes(range(256)) * 20, "not text"),
        (b"\x7fELF\x00\x00\x01" * 50, "not text"),
        (b"\xea\x00\x01\xff", "not text in any known encoding"),  # two rare characters in UTF-16
    ],
)
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "good.txt").write_text("一句话。", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"bad\.txt: {message}"):
        read_articles(tmp_path)


def test_a_missing_and_an_empty_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="gone: no such file or folder"):
        read_articles(tmp_path / "gone")
    with pytest.raises(CorpusError, match="holds no article"):
        read_articles(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHARED, "zh-Hans"),
        (TRADITIONAL, "zh-Hant"),
        ("人口", "zh-Hans"),
        ("An English text.", "en"),
        ("The 2021 report 报告 of the centre was issued in March", "en"),
        ("12345 !?", "und"),
        ("", "und"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


def test_the_time_of_an_event_in_a_list_is_no_byline() -> None:
    article = make_article("a", "关于举办培训班的通知\n一、时间：2024年9月1日\n二、地点：杭州\n")
    assert article.date is None


def test_headings_with_a_date_are_no_byline() -> None:
    article = make_article("a", "两地签约\n2020年6月9日 签约仪式举行\n协议涵盖12项举措。\n")
    assert (article.date, article.title) == (None, "两地签约")
