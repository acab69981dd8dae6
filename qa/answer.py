"""Answers a question: finds passages, marks the sentences that answer it, or says that none does."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index import Article, Hit, Mode, PassageIndex, QuestionEncoding, Span, checked_question, names, share
from index.lexical import Words
from index.types import Late, Vectors
from qa.confidence import Features, calibration, logistic
from qa.figures import holds_figure
from qa.types import Answer, Evidence, Passage

# In units of the cosine; fitted on questions that are not reported, see docs/decisions/0003.
SHARE_WEIGHT = 1.5  # of the share of the question's words that stand in a sentence
LATE_WEIGHT = 4.0  # of the late interaction of the question with a sentence
ANSWER_WEIGHT = 1.0  # of how likely it answers, by its log odds, see docs/decisions/0007
ODDS_SPREAD = 2.0  # that they are divided by: the head is surer than it is right
MISSING_LOSS = 4.0  # of what the sentence lacks of the question in it
HEADING_LOSS = 0.4  # a heading names what the next sentence says
FIGURE_GAIN = 0.4  # a question for a figure or a date, and a sentence with one that the question has not
DECIDING = 5  # passages that the decision to answer rests on, however many are shown
RANK_LOSS = 0.1  # per rank of the passage, when the answer is chosen among passages
SECOND_SHARE = 0.9  # of the best sentence's score that a second one needs
SECOND_GAIN = 0.05  # of the question's words that it must add
BEST_SCORE = 1 + SHARE_WEIGHT + LATE_WEIGHT + ANSWER_WEIGHT + FIGURE_GAIN

_SENTENCE_END = re.compile(r"[。！？!?；;…．.][”’」』）)\"']*$")
_LABELLED = re.compile(r"[:：]\s*\w")  # 地点：杭州 says it, without an end


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a found passage: its score, and the parts that the score is made of."""

    span: Span
    text: str
    score: float
    cosine: float
    share: float
    missing: float
    odds: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Passages with their evidence, the place of the one that says most, and what the decision rests on."""

    passages: tuple[Passage, ...]
    best: int
    features: Features


def ask(question: str, index: PassageIndex, k: int = 5, mode: Mode = "fused") -> Answer:
    """The answer of the index's articles to a question, from its best k passages.

    Raises QuestionError for a question without a word.
    """
    question = checked_question(question)
    started = time.perf_counter()
    encoding = index.encode(question) if mode != "lexical" else None
    encoded = time.perf_counter()
    hits = index.search(question, max(k, DECIDING), mode, encoding)
    searched = time.perf_counter()
    answer = answer_from_hits(question, index, hits, encoding, k)
    timings = {
        "encode": 1000 * (encoded - started),
        "search": 1000 * (searched - encoded),
        "answer": 1000 * (time.perf_counter() - searched),
    }
    return replace(answer, timings=timings)


def answer_from_hits(
    question: str,
    index: PassageIndex,
    hits: Sequence[Hit],
    encoding: QuestionEncoding | None = None,
    k: int | None = None,
) -> Answer:
    """The answer from passages already found, best first; no hits give an unanswered one.

    `encoding` is the question's; without it sentences are chosen by their words alone. With `k` only the
    first k passages are shown and cited, and the confidence is still that of the first DECIDING.
    """
    if not hits[:k]:
        return Answer(question, None, (), 0.0, ())
    read = read_hits(question, index, hits, encoding, k)
    calibrated = calibration(read.features.odds is not None)
    confidence = calibrated.probability(read.features)
    if confidence < calibrated.cut:
        return Answer(question, None, (), confidence, read.passages)
    best = read.passages[read.best]
    article = best.hit.chunk.article
    text = "\n".join(article.text[e.start : e.end] for e in best.evidence)
    return Answer(question, text, (best.rank,), confidence, read.passages)


def read_hits(
    question: str,
    index: PassageIndex,
    hits: Sequence[Hit],
    encoding: QuestionEncoding | None,
    k: int | None = None,
) -> Reading:
    """What one or more hits say to a question, whether or not it is enough for an answer."""
    asked = index.terms(question)
    least = min((max(hit.answer_odds) for hit in hits if hit.answer_odds), default=None)
    marked = []
    for hit in hits:
        words = asked.of(hit.own_language)
        vector = None if encoding is None else encoding.of(hit.own_language).vector
        marked.append(_chosen(_sentences(question, hit, index, words, vector, least), words))
    ranked = [some[0].score - RANK_LOSS * place for place, some in enumerate(marked[:DECIDING])]
    says_most = ranked.index(max(ranked))
    deciding = hits[:DECIDING]
    answers = marked[says_most][0].odds
    most = [max(hit.answer_odds) for hit in deciding if hit.answer_odds]
    features = Features(
        sentence=index.scaled(marked[says_most][0].cosine),
        passage=index.scaled(max(hit.cosine or 0.0 for hit in deciding)),
        late=max(index.scaled_late(hit.late.passage) if hit.late else 0.0 for hit in deciding),
        missing=marked[says_most][0].missing,
        share=marked[says_most][0].share,
        coverage=max(hit.coverage for hit in deciding),
        own_language=hits[says_most].own_language,
        unnamed=_unnamed(question, hits[says_most].chunk.article, index),
        odds=None if answers is None else (answers, max(most, default=answers)),
    )
    passages = tuple(
        Passage(rank, hit, tuple(map(_evidence, sorted(some, key=lambda s: s.span.start))))
        for rank, (hit, some) in enumerate(zip(hits[:k], marked[:k], strict=True), 1)
    )
    return Reading(passages, ranked.index(max(ranked[:k])), features)


def _unnamed(question: str, article: Article, index: PassageIndex) -> float:
    """The share 0..1 of what the question names that the whole article never mentions, in any language."""
    named = names(question)
    return 1 - share(article.text, index.terms(" ".join(named)).other) if named else 0.0


def _sentences(
    question: str, hit: Hit, index: PassageIndex, asked: Words, vector: Vectors | None, unjudged: float | None
) -> list[_Sentence]:
    """A hit's sentences, best first, ties in text order; those of a hit without odds have `unjudged`."""
    text, spans = hit.chunk.article.text, hit.chunk.sentences
    cosines = [0.0] * len(spans) if vector is None else (index.sentence_vectors(hit) @ vector).tolist()
    found = []
    late = hit.late or Late(0.0, (index.manifest.late_floor,) * len(spans), (0.0,) * len(spans))
    odds = hit.answer_odds or (unjudged,) * len(spans)
    parts = zip(spans, cosines, late.sentences, late.missing, odds, strict=True)
    for span, cosine, matched, missing, answers in parts:
        sentence = text[span.start : span.end]
        held = share(sentence, asked)
        score = index.scaled(cosine) + SHARE_WEIGHT * held + LATE_WEIGHT * index.scaled_late(matched)
        score -= MISSING_LOSS * missing + HEADING_LOSS * _is_heading(sentence)
        score += FIGURE_GAIN * holds_figure(sentence, question)
        score += 0.0 if answers is None else ANSWER_WEIGHT * logistic(answers / ODDS_SPREAD)
        found.append(_Sentence(span, sentence, score, cosine, held, missing, answers))
    return sorted(found, key=lambda sentence: (-sentence.score, sentence.span.start))


def _is_heading(sentence: str) -> bool:
    return _SENTENCE_END.search(sentence) is None and _LABELLED.search(sentence) is None


def _chosen(sentences: Sequence[_Sentence], asked: Words) -> list[_Sentence]:
    """The best sentence, and the second where it is nearly as good and holds more of the question."""
    best = sentences[0]
    for second in sentences[1:2]:
        gain = share(best.text + "\n" + second.text, asked) - best.share
        if second.score >= SECOND_SHARE * best.score > 0 and gain >= SECOND_GAIN:
            return [best, second]
    return [best]


def _evidence(sentence: _Sentence) -> Evidence:
    score = max(0.0, min(1.0, sentence.score / BEST_SCORE))
    return Evidence(sentence.span.start, sentence.span.end, score)
