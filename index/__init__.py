"""Turns articles into something that can be asked: `build`, `load`, and the types that they give."""

from index.asking import QuestionEncoding
from index.corpus import make_article, read_articles
from index.encoder import load_encoder
from index.errors import CorpusError, EncoderError, IndexFormatError, QuestionError, UserError
from index.fold import fold
from index.language import language
from index.lexical import share
from index.reader import load, read_manifest, stored_articles, verify
from index.search import PassageIndex, checked_question
from index.shipped import seeds as seeds_folder
from index.store import build
from index.types import (
    Article,
    Chunk,
    Encoder,
    EncoderInfo,
    Encoding,
    Hit,
    Language,
    Manifest,
    Mode,
    Progress,
    Span,
    Term,
)
from index.words import names, tokens

__all__ = [
    "Article",
    "Chunk",
    "CorpusError",
    "Encoder",
    "EncoderError",
    "EncoderInfo",
    "Encoding",
    "Hit",
    "Language",
    "IndexFormatError",
    "Manifest",
    "Mode",
    "PassageIndex",
    "Progress",
    "QuestionEncoding",
    "QuestionError",
    "Span",
    "Term",
    "UserError",
    "build",
    "checked_question",
    "fold",
    "language",
    "load",
    "load_encoder",
    "make_article",
    "names",
    "read_articles",
    "read_manifest",
    "seeds_folder",
    "share",
    "stored_articles",
    "tokens",
    "verify",
]
