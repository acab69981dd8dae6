"""Answers a question: finds passages, marks the sentences that answer it, or says that none does."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index import Hit, Mode, PassageIndex, Span, checked_question, tokens
from qa.confidence import Features, calibration
from qa.types import Answer, Evidence, Passage

EVIDENCE_WEIGHT = 0.5  # of term coverage beside the cosine in a sentence's score (docs/decisions/0003)
RANK_PENALTY = 0.02  # a passage's sentences lose this much per rank
SECOND_SHARE = 0.9  # of the best score that a second sentence needs
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Sentence:
    span: Span
    score: float
    cosine: float
    terms: frozenset[str]


def ask(question: str, index: PassageIndex, k: int = 5, mode: Mode = "fused") -> Answer:
    """The answer of the index's articles to a question, from its best k passages.

    Raises QuestionError for a question without a word.
    """
    question = checked_question(question)
    started = time.perf_counter()
    vector = index.encode(question) if mode != "lexical" else None
    encoded = time.perf_counter()
    hits = index.search(question, k, mode, vector=vector)
    searched = time.perf_counter()
    answer = answer_from_hits(question, index, hits, vector)
    timings = {
        "encode": 1000 * (encoded - started),
        "search": 1000 * (searched - encoded),
        "answer": 1000 * (time.perf_counter() - searched),
    }
    return replace(answer, timings=timings)


def answer_from_hits(
    question: str, index: PassageIndex, hits: Sequence[Hit], vector: np.ndarray | None = None
) -> Answer:
    """The answer from passages already found, best first; no hits give an unanswered one."""
    if vector is None and any(hit.cosine is not None for hit in hits):
        vector = index.encode(question)
    weights = index.weights(question)
    marked = [_sentences(hit, index, weights, vector) for hit in hits]
    passages = tuple(
        Passage(rank, hit, _evidence(sentences))
        for rank, (hit, sentences) in enumerate(zip(hits, marked, strict=True), 1)
    )
    if not passages:
        return Answer(question, None, (), 0.0, ())
    best = max(range(len(hits)), key=lambda place: marked[place][0].score - RANK_PENALTY * place)
    confidence = calibration().probability(features(question, hits, hits[best], marked[best][0].cosine))
    if confidence < calibration().cut:
        return Answer(question, None, (), confidence, passages)
    article = hits[best].chunk.article
    sentence = marked[best][0].span
    return Answer(question, article.text[sentence.start : sentence.end], (best + 1,), confidence, passages)


def features(question: str, hits: Sequence[Hit], best: Hit, cosine: float) -> Features:
    """What the confidence rests on, from the hits and the best sentence's cosine."""
    same = bool(_CJK.search(question)) == bool(_CJK.search(best.chunk.text))
    return Features(cosine, max(hit.cosine or 0.0 for hit in hits), best.coverage, float(same))


def _sentences(
    hit: Hit, index: PassageIndex, weights: Mapping[str, float], vector: np.ndarray | None
) -> list[_Sentence]:
    """A hit's sentences, best first, ties in text order."""
    text = hit.chunk.article.text
    spans = hit.chunk.sentences
    cosines = index.sentence_vectors(hit) @ vector if vector is not None else np.zeros(len(spans))
    total = sum(weights.values()) or 1.0
    found = []
    for span, cosine in zip(spans, cosines.tolist(), strict=True):
        terms = frozenset(tokens(text[span.start : span.end])) & weights.keys()
        coverage = sum(weights[term] for term in terms) / total
        found.append(_Sentence(span, cosine + EVIDENCE_WEIGHT * coverage, cosine, terms))
    return sorted(found, key=lambda sentence: (-sentence.score, sentence.span.start))


def _evidence(sentences: Sequence[_Sentence]) -> tuple[Evidence, ...]:
    best = sentences[0]
    return (Evidence(best.span.start, best.span.end, max(0.0, min(1.0, best.score))),)
