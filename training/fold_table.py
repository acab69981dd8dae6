"""Writes `index/fold_map.txt`: the characters that OpenCC's t2s turns into exactly one other character.

Run `python -m training.fold_table` after an OpenCC release; a test compares the file with OpenCC.
"""

from pathlib import Path

CJK_BLOCKS = ((0x2E80, 0x2FE0), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000))
TARGET = Path(__file__).parent.parent / "index" / "fold_map.txt"


def fold_rows() -> list[tuple[str, str]]:
    """(traditional, simplified) in code point order."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    characters = (chr(code) for first, last in CJK_BLOCKS for code in range(first, last))
    rows = ((char, convert(char)) for char in characters)
    return [(char, folded) for char, folded in rows if folded != char and len(folded) == 1]


if __name__ == "__main__":
    TARGET.write_text("".join(f"{a}\t{b}\n" for a, b in fold_rows()), encoding="utf-8")
