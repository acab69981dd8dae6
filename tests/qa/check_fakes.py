"""Small stand-ins for an index: one that returns a given ranking, and encoders with a planted fault."""

from types import SimpleNamespace

from index import Article, Chunk, Hit, Span
from qa.types import Answer, Evidence, Passage
from tests.conftest import ToyEncoder


def article(id, *lines, language="zh-Hans"):
    return Article(id, None, "\n".join(lines), language)


def chunks(article):
    """One chunk a line."""
    found, at = [], 0
    for line in article.text.split("\n"):
        found.append(Chunk(article, at, at + len(line), (Span(at, at + len(line)),)))
        at += len(line) + 1
    return found


class FakeIndex:
    """Answers from `rankings`: question -> [(article id, line number), ...]; other questions find nothing."""

    def __init__(self, articles, rankings, name="fake"):
        self._articles = {article.id: article for article in articles}
        self._chunks = {article.id: chunks(article) for article in articles}
        self.rankings = rankings
        self.asked = []
        self.fingerprint = "f" * 16
        self.encode_all = ToyEncoder().encode_query
        count = sum(map(len, self._chunks.values()))
        self.manifest = SimpleNamespace(
            encoder=SimpleNamespace(name=name), articles=len(articles), chunks=count
        )

    def article(self, identifier):
        return self._articles[identifier]

    def search(self, question, k=5, mode="fused", encoding=None):
        self.asked.append((question, k, mode, encoding is not None))
        rows = self.rankings.get(question, [])[:k]
        return [
            Hit(self._chunks[id][line], 1 / rank, 0.5, rank, rank)
            for rank, (id, line) in enumerate(rows, start=1)
        ]


def answerer(confidences):
    """An answer that marks the whole first passage; refuses below 0.5. Unnamed questions have 0.9."""

    def answer(question, index, hits, encoding):
        confidence = confidences.get(question, 0.9) if hits else 0.0
        passages = tuple(
            Passage(rank, hit, (Evidence(hit.chunk.start, hit.chunk.end, 1.0),))
            for rank, hit in enumerate(hits, 1)
        )
        text = hits[0].chunk.text if confidence >= 0.5 else None
        return Answer(question, text, (1,) if text else (), confidence, passages)

    return answer


class ShuffledEncoder(ToyEncoder):
    """The planted fault: each question is encoded as another text."""

    def encode_query(self, texts):
        return super().encode_query([chr(0x4E00 + len(text)) * 9 + text[:1] for text in texts])
