"""Tells simplified Chinese, traditional Chinese and English apart by their characters."""

import re

from index.fold import is_traditional
from index.types import Language

CHINESE_SHARE = 0.25  # of letters by content, one Chinese character counting as three Latin letters
TRADITIONAL_SHARE = 0.04  # of Chinese characters; running traditional text has about 0.3, simplified about 0
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_LATIN = re.compile(r"[A-Za-z]")


def language(text: str) -> Language:
    """The text's main language; `und` where it has neither Chinese characters nor Latin letters.

    Chinese without a single character that the scripts write differently counts as simplified.
    """
    chinese = _CJK.findall(text)
    latin = len(_LATIN.findall(text))
    if not chinese and not latin:
        return "und"
    if 3 * len(chinese) < CHINESE_SHARE * (3 * len(chinese) + latin):
        return "en"
    traditional = sum(map(is_traditional, chinese))
    return "zh-Hant" if traditional > TRADITIONAL_SHARE * len(chinese) else "zh-Hans"
