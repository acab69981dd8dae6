"""Stage 3: the tokenizer: the teacher's English rows, then Chinese characters, then Chinese words.

    python -m training.vocabulary --work DIR --seeds DIR

Three decisions keep one row per piece. Characters are split apart before WordPiece, so they need
no `##` twin. Words are added tokens, which the tokenizers library matches leftmost-longest before
anything else: forward maximum matching without code of ours. And the fold to simplified script is
the first step of the normalizer, so a plain `SentenceTransformer(path)` reads both scripts.
"""

import io
import json
import logging
import math
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import jieba
import typer
from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers

from index.fold import fold
from training.options import Work
from training.tables import read_pairs
from training.teacher import TEACHER

log = logging.getLogger(__name__)

WORDS = 23_200  # with the other rows: 384 x fp16 x 58,400 = 44.9 MB, one safetensors file under 45 MB
GENERAL_WORDS = 13_000  # of WORDS: the most frequent of jieba's own dictionary
NAMES = 3_000  # of WORDS: dictionary entries with a capitalised gloss, by jieba's frequency
MAX_WORD_CHARS = 5
MAX_TERM_CHARS = 4
LEAST_CHARACTER_COUNT = 3
MAX_TOKENS = 384
FOLDED_BLOCKS = (
    (0x2E80, 0x2FE0), (0x3000, 0x3001), (0x3400, 0xA000),
    (0xF900, 0xFB00), (0xFF01, 0xFF5F), (0x20000, 0x32000),
)  # fmt: skip
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_CHINESE_WORD = re.compile(rf"[\u4e00-\u9fff]{{2,{MAX_WORD_CHARS}}}")
_UNUSED = re.compile(r"\[unused\d+\]")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def teacher_model() -> dict[str, int]:
    """The teacher's vocabulary: piece to row."""
    return json.loads((TEACHER / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]


def english_pieces() -> list[str]:
    """The teacher's pieces that are kept, in its order: no unused slots, no script but Latin and Greek."""
    vocabulary = teacher_model()
    return [piece for piece in sorted(vocabulary, key=vocabulary.__getitem__) if _kept(piece)]


def _kept(piece: str) -> bool:
    if _UNUSED.fullmatch(piece):
        return False
    letters = [c for c in piece.removeprefix("##") if c.isalpha()]
    return all(unicodedata.name(c, "").startswith(("LATIN", "GREEK", "MODIFIER")) for c in letters)


def gb2312_characters() -> set[str]:
    """The 6,763 characters of the simplified national standard."""
    codes = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return {code.decode("gb2312", "ignore") for code in codes} - {""}


def count_words(texts: Iterable[tuple[str, str]]) -> Counter[str]:
    """Words of (source, Chinese text), each source counting by the square root of its share."""
    by_source: dict[str, Counter[str]] = {}
    for source, text in texts:
        words = by_source.setdefault(source, Counter())
        words.update(w for w in jieba.cut(text, HMM=False) if _CHINESE_WORD.fullmatch(w))
    total: Counter[str] = Counter()
    for words in by_source.values():
        scale = math.sqrt(sum(words.values())) or 1.0
        for word, count in words.items():
            total[word] += int(1000 * count / scale)
    return total


def choose_words(
    texts: Iterable[tuple[str, str]], field_words: Iterable[str], names: Iterable[str]
) -> list[str]:
    """The words that get a row: the field's, jieba's most frequent, names, then the training text's."""
    general = {fold(w): n for w, n in jieba.dt.FREQ.items() if n and _CHINESE_WORD.fullmatch(w)}
    chosen = dict.fromkeys(w for w in map(fold, field_words) if _CHINESE_WORD.fullmatch(w))
    log.info("%d words of the field", len(chosen))
    chosen |= dict.fromkeys(sorted(general, key=general.__getitem__, reverse=True)[:GENERAL_WORDS])
    known = [n for n in names if n in general and n not in chosen]
    chosen |= dict.fromkeys(sorted(known, key=general.__getitem__, reverse=True)[:NAMES])
    for word, _ in count_words(texts).most_common():
        if len(chosen) >= WORDS:
            break
        chosen.setdefault(word)
    return list(chosen)[:WORDS]


def seed_words(folder: Path) -> list[str]:
    """Words of the seed articles, by jieba; their names and terms are what a general list lacks."""
    texts = (path.read_text(encoding="utf-8", errors="ignore") for path in sorted(folder.glob("*.txt")))
    text = fold("\n".join(texts))
    counts = Counter(jieba.cut(text))
    return [w for w, n in counts.items() if n >= 2 or w in jieba.dt.FREQ]


def glossary_words() -> list[str]:
    """Short entries of our own glossary."""
    lines = (Path(__file__).parent / "glossary" / "terms.tsv").read_text(encoding="utf-8").splitlines()
    terms = (line.split("\t")[0] for line in lines)
    return [term for term in terms if len(term) <= MAX_TERM_CHARS]


def folding_normalizer() -> normalizers.Normalizer:
    """`index.fold` as a compiled character map; made by sentencepiece, which only training needs."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    characters = (chr(c) for first, last in FOLDED_BLOCKS for c in range(first, last))
    rows = [f"{ord(c):X}\t{ord(fold(c)):X}" for c in characters if fold(c) != c]
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "fold.tsv"
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=iter(["abc def ghi"] * 10), model_writer=model, vocab_size=20,
            hard_vocab_limit=False, normalization_rule_tsv=str(table), minloglevel=2,
        )  # fmt: skip
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)


def build_tokenizer(characters: list[str], words: list[str]) -> Tokenizer:
    """English rows first, in the teacher's order, then `characters`, then `words`."""
    spec = json.loads((TEACHER / "tokenizer.json").read_text(encoding="utf-8"))
    pieces = [*english_pieces(), *characters]
    spec["model"]["vocab"] = {piece: row for row, piece in enumerate(pieces)}
    for token in spec["added_tokens"]:
        token["id"] = spec["model"]["vocab"][token["content"]]
    for name, special in spec["post_processor"]["special_tokens"].items():
        special["ids"] = [spec["model"]["vocab"][name]]
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.normalizer = normalizers.Sequence(
        [folding_normalizer(), normalizers.BertNormalizer(handle_chinese_chars=False, lowercase=True)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(_CJK.pattern), "isolated"), pre_tokenizers.BertPreTokenizer()]
    )
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.add_tokens([AddedToken(word, normalized=True) for word in words])
    return tokenizer


def main(work: Work, seeds: Annotated[Path, typer.Option(help="Folder of the seed articles.")]) -> None:
    """Writes WORK/tokenizer.json."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    texts = [(p.source, p.zh) for name in ("pairs", "passages", "glossary") for p in read_pairs(work, name)]
    counts = Counter(c for _, text in texts for c in text if _CJK.fullmatch(c))
    frequent = {c for c, n in counts.items() if n >= LEAST_CHARACTER_COUNT}
    characters = sorted({fold(c) for c in gb2312_characters()} | frequent)
    names = [p.zh for p in read_pairs(work, "pairs") if p.source == "cedict" and p.en[:1].isupper()]
    words = choose_words(texts, [*seed_words(seeds), *glossary_words()], names)
    tokenizer = build_tokenizer(characters, words)
    tokenizer.save(str(work / "tokenizer.json"), pretty=False)
    log.info("%d English rows, %d characters, %d words", len(english_pieces()), len(characters), len(words))


if __name__ == "__main__":
    typer.run(main)
