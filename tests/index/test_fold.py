from hypothesis import given
from hypothesis import strategies as st

from index.fold import fold, is_traditional


def test_traditional_and_simplified_give_the_same_text() -> None:
    assert fold("撫州市新增網點98個") == "抚州市新增网点98个"
    assert fold("抚州市新增网点98个") == "抚州市新增网点98个"


def test_full_width_letters_and_digits_become_ascii_and_punctuation_stays() -> None:
    assert fold("Ａ１ｚ，。！　x") == "A1z，。！ x"


@given(st.text())
def test_offsets_stay(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_the_map_is_what_opencc_gives_today() -> None:
    from training.fold_table import TARGET, fold_rows

    assert TARGET.read_text(encoding="utf-8") == "".join(f"{a}\t{b}\n" for a, b in fold_rows())


def test_script_of_a_character() -> None:
    assert is_traditional("網")
    assert not any(map(is_traditional, "网人Aａ"))
