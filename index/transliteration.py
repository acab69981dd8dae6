"""Foreign names across the scripts: which Latin word a Chinese one spells by its characters' sounds.

`transliteration.tsv` is made by `python -m training.transliteration`: a character, a tab, and the letters
that it stands for with their probabilities (0..1).
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_name("transliteration.tsv")
SIZES = range(3, 8)  # characters of a name; shorter ones sound like too many words
LETTERS = range(4, 15)
LEAST = 0.5  # of `likeness`, for a name to be the other
LONGEST = 5  # letters that one character stands for
_KEYS = 12  # of a Chinese name
_LEAST_READING = 0.06  # of a character's consonants, to be part of a key
_SMOOTHING = 2  # letters added to a name's length: short ones are alike by chance
_SOUNDS = (("sch", "s"), ("ph", "f"), ("sh", "s"), ("ch", "s"), ("tz", "z"), ("ts", "z"))
_NASAL = re.compile("ng(?![aeiouy])")
_CLASSES = {letter: name for name, letters in
            {"P": "bp", "T": "dt", "K": "gkcqx", "F": "fvw", "S": "szj", "M": "m", "N": "n"}.items()
            for letter in letters}  # fmt: skip
_SPELLED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d"})


def plain(word: str) -> str:
    """A Latin word in the letters a to z: Müller as muller."""
    letters = unicodedata.normalize("NFKD", word.lower().translate(_SPELLED))
    return "".join(letter for letter in letters if "a" <= letter <= "z")


def latin_key(word: str) -> str:
    """The consonants of a plain word by class, doubled ones once; liquids and vowels say too little."""
    word = _NASAL.sub("n", word)
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    found = []
    for before, letter, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        if letter in _CLASSES and letter != before:
            found.append("S" if letter == "c" and after in "eiy" else _CLASSES[letter])
    return "".join(found)


@cache
def sounds() -> dict[str, dict[str, float]]:
    """The letters that each character stands for in names."""
    rows = (line.split("\t") for line in PATH.read_text(encoding="utf-8").splitlines())
    return {
        character: {
            letters: float(sure) for letters, _, sure in (each.partition(":") for each in row.split(" "))
        }
        for character, row in rows
    }


@cache
def _readings() -> dict[str, dict[str, float]]:
    """The keys that each character stands for."""
    found = {}
    for character, letters in sounds().items():
        keys: defaultdict[str, float] = defaultdict(float)
        for some, sure in letters.items():
            keys[latin_key(some)] += sure
        found[character] = {key: sure for key, sure in keys.items() if sure >= _LEAST_READING}
    return found


def foreign_stretches(text: str) -> list[str]:
    """The runs of characters that write foreign names, where they are long enough for one."""
    known = sounds()
    runs = "".join(character if character in known else " " for character in text).split()
    return [run for run in runs if len(run) >= SIZES.start]


def chinese_keys(word: str) -> list[str]:
    """The keys of the Latin words that a Chinese word may spell, surest first; none for no foreign name."""
    readings = _readings()
    if len(word) not in SIZES or any(character not in readings for character in word):
        return []
    keys = {"": 1.0}
    for character in word:
        longer: defaultdict[str, float] = defaultdict(float)
        for key, sure in keys.items():
            for more, part in readings[character].items():
                longer[key + more] += sure * part
        surest = sorted(longer.items(), key=lambda each: (-each[1], each[0]))
        keys = dict(surest[:_KEYS])
    return list(keys)


def likeness(chinese: str, latin: str) -> float:
    """How probably 0..1 the Chinese word spells the plain Latin one, a letter in the geometric mean."""
    known = sounds()
    ways = [1.0] + [0.0] * len(latin)  # the probability of the letters up to each place
    for character in chinese:
        letters = known.get(character, {})
        longer = [0.0] * len(ways)
        for start, sure in enumerate(ways):
            if sure:
                for end in range(start, min(start + LONGEST, len(latin)) + 1):
                    longer[end] += sure * letters.get(latin[start:end], 0.0)
        ways = longer
    return math.exp(math.log(ways[-1]) / (len(latin) + _SMOOTHING)) if ways[-1] else 0.0


def by_key(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The words of each key that may be foreign names, Chinese and Latin ones, in the order given."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        latin = plain(word)
        for key in [latin_key(latin)] if latin else chinese_keys(word):
            if not latin or len(latin) in LETTERS:
                found[key].append(word)
    return {key: tuple(some) for key, some in found.items() if key}


def latin_spelling(chinese: str, known: Mapping[str, tuple[str, ...]]) -> tuple[float, str]:
    """The known Latin word that a Chinese one spells best, after how like it is; (0, "") for none."""
    words = {word for key in chinese_keys(chinese) for word in known.get(key, ()) if plain(word)}
    return _best((likeness(chinese, plain(word)), word) for word in words)


def chinese_spelling(latin: str, known: Mapping[str, tuple[str, ...]]) -> tuple[float, str]:
    """The known Chinese word that spells a Latin one best, after how like it is; (0, "") for none."""
    letters = plain(latin)
    if len(letters) not in LETTERS:
        return 0.0, ""
    words = (word for word in known.get(latin_key(letters), ()) if not plain(word))
    return _best((likeness(word, letters), word) for word in words)


def _best(found: Iterable[tuple[float, str]]) -> tuple[float, str]:
    return max((each for each in found if each[0] >= LEAST), default=(0.0, ""))
