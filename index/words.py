"""Folds text and cuts it into tokens, words and names; the only door to jieba."""

import logging
import re
from functools import cache
from typing import Any

from index.bridge import MONTHS
from index.fold import fold
from index.transliteration import foreign_stretches

_IDEOGRAPHS = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTERS = rf"[^\W_{_IDEOGRAPHS}]"
_RUN = re.compile(rf"[{_IDEOGRAPHS}]+|{_LETTERS}+(?:[.,'’-]{_LETTERS}+)*")
_CJK = re.compile(rf"[{_IDEOGRAPHS}]")
_CAPITALISED = re.compile(r"[A-Z][a-zü]+(?:['’][a-zü]+)*")
_CHINESE_QUESTION = re.compile(
    r"请问|是不是|有没有|是否|为什么|什么时候|什么|怎么样|怎么|怎样|如何|多少|多久|多大"
    r"|几[个次年月日号家位名天种项条]|哪一?[个些里儿年位家种次]|哪|谁|吗|呢"
)
_ENGLISH_QUESTION = re.compile(
    r"what|which|who|whom|whose|when|where|why|how|many|much|do|does|did|is|are|was|were|there"
    r"|the|a|an|of|in|to|and|for|on|at|by|be|from|with|that|this|it|its"
)

_NAME_TAGS = frozenset({"ns", "nt", "nrt"})
_NAME_SIZE = 3  # Latin letters of a name, at least
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]\d|\d)")
_PARTICLE = re.compile("[的了在和是与及或之其等为以由于对将也就都而被把从到中上下并这那有所者得该一个]")


@cache
def _jieba() -> Any:  # noqa: ANN401 - jieba has no types
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's regular expressions have old escapes
        import jieba
    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return jieba


@cache
def _tagger() -> Any:  # noqa: ANN401 - jieba has no types
    _jieba()
    import jieba.posseg

    return jieba.posseg.dt


def _word(run: str) -> list[str]:
    pieces = [run, *re.split(r"[.,'’-]", run)] if re.search(r"[.,'’-]", run) else [run]
    return [_stem(piece) for piece in dict.fromkeys(pieces) if piece]


def _stem(word: str) -> str:
    if word.endswith(("'s", "’s")):
        return word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def tokens(text: str) -> list[str]:
    """The text's tokens: lower-case words; for Chinese runs jieba's words, all bigrams and all characters.

    Traditional and simplified text give the same tokens. Punctuation gives none. Bigrams find what jieba
    cuts otherwise in question and article, characters what is shortened (docs/decisions/0003). What may be
    a foreign name is a token too: jieba does not know it.
    """
    return _tokens(fold(text).lower())


def question_tokens(text: str) -> list[str]:
    """The tokens of a question without its question words; all of them where nothing else is left."""
    folded = fold(text).lower()
    asked = _CHINESE_QUESTION.sub(" ", folded)
    found = [token for token in _tokens(asked) if not _ENGLISH_QUESTION.fullmatch(token)]
    return found or _tokens(folded)


def words(text: str) -> list[str]:
    """The words of a text in order, each once, without those that only ask or join."""
    asked = _CHINESE_QUESTION.sub(" ", fold(text).lower())
    found = (
        word
        for run in _RUN.findall(asked)
        for word in (_jieba().lcut(run) if _CJK.match(run) else _word(run))
        if not _ENGLISH_QUESTION.fullmatch(word) and not _PARTICLE.fullmatch(word)
    )
    return list(dict.fromkeys(found))


def names(text: str) -> list[str]:
    """The names of places, institutions and foreign persons in a text and its years, each once, lower-case.

    Chinese ones by jieba's tags, whose guesses at Chinese persons are too often none; in English what is
    capitalised, and is no month and no question word.
    """
    folded = fold(text)
    found = [pair.word for pair in _tagger().lcut(folded) if pair.flag in _NAME_TAGS and len(pair.word) > 1]
    spelled = (_stem(word.lower()) for word in _CAPITALISED.findall(folded))
    found += [
        word
        for word in spelled
        if len(word) >= _NAME_SIZE and word not in MONTHS and not _ENGLISH_QUESTION.fullmatch(word)
    ]
    return list(dict.fromkeys([*found, *_YEAR.findall(folded)]))


def is_chinese(token: str) -> bool:
    """Whether a token begins with a Chinese character."""
    return _CJK.match(token) is not None


def unchinese_words(folded: str) -> set[str]:
    """The words in folded lower-case text that are not Chinese."""
    return {piece for run in _RUN.findall(folded) if not _CJK.match(run) for piece in _word(run)}


def capitalised(folded: str) -> set[str]:
    """The words in folded text that begin with a capital, lower-case."""
    return {word.lower() for word in _CAPITALISED.findall(folded)}


def _tokens(folded: str) -> list[str]:
    found: list[str] = []
    for run in _RUN.findall(folded):
        if not _CJK.match(run):
            found.extend(_word(run))
            continue
        words = _jieba().lcut(run)
        known = set(words)
        pairs = (run[place : place + 2] for place in range(len(run) - 1))
        found.extend(words)
        found.extend(piece for piece in (*pairs, *run, *foreign_stretches(run)) if piece not in known)
    return found
