from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import PassageIndex, QuestionError, build, make_article, read_articles, seeds_folder
from index.types import Late
from qa import ask
from qa.answer import answer_from_hits, read_hits
from qa.confidence import Calibration, Features, calibration
from tests.conftest import ToyEncoder

ALWAYS = Calibration(intercept=30.0, weights=(0.0,) * 15, cut=0.5)
NEVER = Calibration(intercept=-30.0, weights=(0.0,) * 15, cut=0.5)


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.answer.calibration", lambda judged: ALWAYS)


@pytest.mark.usefixtures("sure")
def test_the_answer_is_the_sentence_of_the_article_in_either_script(seed_index: PassageIndex) -> None:
    for question in ("撫州市新增網點多少個?", "抚州市新增网点多少个?"):
        answer = ask(question, seed_index)
        assert answer.text is not None
        assert answer.text.startswith("截至目前,撫州市新增網點98個")
        first = answer.passages[answer.citations[0] - 1]
        article = first.hit.chunk.article
        assert "\n".join(article.text[e.start : e.end] for e in first.evidence) == answer.text
        assert article.id.startswith("001_")


def test_below_the_cut_there_is_no_text_and_the_passages_stay(
    seed_index: PassageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.answer.calibration", lambda judged: NEVER)
    answer = ask("撫州市新增網點多少個?", seed_index, k=3)
    assert (answer.text, answer.citations, answer.answered, len(answer.passages)) == (None, (), False, 3)
    assert answer.as_dict()["answer"] is None


def test_no_hits_give_an_unanswered_question(seed_index: PassageIndex) -> None:
    answer = answer_from_hits("什么?", seed_index, [])
    assert (answer.text, answer.confidence, answer.passages) == (None, 0.0, ())


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="体彩福网点多少98个 What outletSs網點?。", min_size=1, max_size=30))
def test_passages_and_evidence_are_slices_of_their_articles(seed_index: PassageIndex, question: str) -> None:
    texts = {article.id: article.text for article in read_articles(seeds_folder())}
    try:
        document = ask(question, seed_index).as_dict(explain=True)
    except QuestionError:
        return
    for passage in document["passages"]:
        text = texts[passage["article"]]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        for evidence in passage["evidence"]:
            assert text[evidence["start"] : evidence["end"]] == evidence["text"]
            assert passage["start"] <= evidence["start"] < evidence["end"] <= passage["end"]
    if document["answered"]:
        evidence = [e["text"] for p in document["passages"] for e in p["evidence"]]
        assert all(piece in evidence for piece in document["answer"]["text"].split("\n"))


@pytest.mark.usefixtures("sure")
def test_a_figure_is_preferred_where_the_question_asks_for_one(tmp_path) -> None:
    text = "先锋队有成员很努力。先锋队有成员120人。先锋队有许多网点。"
    index = build([make_article("a.txt", text)], tmp_path, encoder=ToyEncoder())
    assert ask("先锋队有多少成员?", index).text == "先锋队有成员120人。"


@pytest.mark.usefixtures("sure")
def test_a_date_is_no_amount(tmp_path) -> None:
    text = "湖州新馆面积2021年公布。湖州新馆面积是3.2万平方米，远近的读者都很满意。湖州新馆面积适中。"
    index = build([make_article("a.txt", text)], tmp_path, encoder=ToyEncoder())
    assert ask("湖州新馆面积有多大?", index).text == "湖州新馆面积是3.2万平方米，远近的读者都很满意。"
    assert ask("湖州新馆面积哪天公布?", index).text == "湖州新馆面积2021年公布。"


@pytest.mark.usefixtures("sure")
def test_a_labelled_line_is_no_heading(tmp_path) -> None:
    text = "培训班举办地点通知\n培训班举办地点：杭州国际博览中心三楼\n"
    index = build([make_article("a.txt", text)], tmp_path, encoder=ToyEncoder())
    assert ask("培训班举办地点在哪里?", index).text == "培训班举办地点：杭州国际博览中心三楼"


@pytest.mark.usefixtures("sure")
def test_a_heading_is_no_answer_where_a_sentence_says_it(tmp_path) -> None:
    text = "党建联盟成立\n2019年,江苏电信党建联盟成立了。"
    index = build([make_article("a.txt", text)], tmp_path, encoder=ToyEncoder())
    assert ask("江苏党建联盟什么时候成立的?", index).text == "2019年,江苏电信党建联盟成立了。"


def test_json_keeps_the_contract(seed_index: PassageIndex) -> None:
    document = ask("撫州市新增網點多少個?", seed_index, k=2).as_dict()
    assert list(document) == ["question", "answered", "confidence", "answer", "passages", "timings_ms"]
    assert list(document["timings_ms"]) == ["encode", "search", "answer"]
    assert list(document["passages"][0]) == [
        "rank",
        "article",
        "title",
        "date",
        "source",
        "language",
        "start",
        "end",
        "text",
        "evidence",
        "score",
        "cosine",
        "lexical_rank",
        "dense_rank",
    ]
    assert [passage["rank"] for passage in document["passages"]] == [1, 2]


def test_lexical_mode_has_no_cosine_and_null_is_null(seed_index: PassageIndex) -> None:
    first = ask("撫州市新增網點多少個?", seed_index, mode="lexical").as_dict()["passages"][0]
    assert (first["cosine"], first["dense_rank"], first["lexical_rank"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("question", "unnamed"),
    [
        ("抚州新增网点多少个？", 0.0),
        ("吉安新增网点多少个？", 1.0),
        ("新增网点多少个？", 0.0),  # names nothing
        ("How many outlets did Fuzhou add?", 0.0),
        ("How many outlets did Ji'an add?", 1.0),
        ("2019年抚州新增网点多少个？", 0.5),
    ],
)
def test_a_name_that_the_article_never_mentions_is_told(tmp_path, question: str, unnamed: float) -> None:
    index = build(
        [make_article("zh.txt", "撫州市新增網點98個。"), make_article("en.txt", "Ji'an, 吉安, 2019.")],
        tmp_path,
        encoder=ToyEncoder(),
    )
    hits = [hit for hit in index.search(question, 2) if hit.chunk.article.id == "zh.txt"]
    read = read_hits(question, index, hits, index.encode(question))
    assert read.features.unnamed == pytest.approx(unnamed, abs=0.01)


def test_confidence_is_the_logistic_of_its_inputs() -> None:
    features = Features(
        sentence=0.5,
        passage=0.6,
        late=0.7,
        missing=0.1,
        share=0.2,
        coverage=0.3,
        own_language=True,
        unnamed=0.4,
    )
    assert features.row() == [0.5, 0.6, 0.7, 0.1, 0.2, 0.3, 0.4, *(0.0,) * 7, 1.0]
    other = replace(features, own_language=False)
    assert other.row() == [*(0.0,) * 7, 0.5, 0.6, 0.7, 0.1, 0.2, 0.3, 0.4, 0.0]
    judged = replace(features, odds=(-2.0, 3.0))
    assert judged.row() == [0.5, 0.6, 0.7, 0.1, 0.2, 0.3, 0.4, -2.0, 3.0, *(0.0,) * 9, 1.0]
    model = Calibration(intercept=-1.0, weights=(2.0, *(0,) * 14), cut=0.5)
    assert model.probability(features) == pytest.approx(1 / (1 + 2.718281828459045**0))


@pytest.mark.parametrize("question", ["抚州新增多少网点?", "What did the meeting say about brands?"])
def test_confidence_does_not_depend_on_how_many_passages_are_shown(question, seed_index) -> None:
    one, five, ten = (ask(question, seed_index, k=k) for k in (1, 5, 10))
    assert one.confidence == five.confidence == ten.confidence
    assert [len(answer.passages) for answer in (one, five, ten)] == [1, 5, 10]
    assert set(one.citations) <= {1}


class OneVector(ToyEncoder):
    """Every text has the same mean vector: only its tokens tell it from others."""

    def _alike(self, made):
        return [replace(each, vector=np.eye(1, self.info.dim, dtype=np.float32)[0]) for each in made]

    def encode_query(self, texts):
        return self._alike(super().encode_query(texts))

    def encode_sentences(self, texts):
        return np.repeat(np.eye(1, self.info.dim, dtype=np.float32), len(texts), axis=0)


def test_equal_vectors_are_ranked_by_how_their_tokens_match(tmp_path) -> None:
    articles = [make_article("a.txt", "天气一直很好。"), make_article("b.txt", "后来网点多了。")]
    index = build(articles, tmp_path, encoder=OneVector())
    first, second = index.search("网点多了", 2, "dense")
    assert (first.cosine, first.chunk.article.id) == (pytest.approx(second.cosine), "b.txt")
    assert first.late.passage > 0.7 > 0.3 > second.late.passage


def test_the_sentence_whose_tokens_match_is_the_evidence_where_no_word_is_shared(tmp_path) -> None:
    class Translating(OneVector):
        def encode_query(self, texts):
            return super().encode_query([text.replace("Did outlets grow?", "网点多了") for text in texts])

    article = make_article("a.txt", "天气一直很好。后来网点多了。大家都很高兴。")
    index = build([article], tmp_path, encoder=Translating())
    (passage,) = ask("Did outlets grow?", index).passages
    assert [article.text[e.start : e.end] for e in passage.evidence] == ["后来网点多了。"]


def test_a_sentence_in_another_language_is_compared_with_the_translated_question(tmp_path) -> None:
    encoder = ToyEncoder()
    encoder.reads_translations = True
    index = build([make_article("a.txt", "The lighthouse is old.")], tmp_path, encoder=encoder)
    question = "灯塔"
    hits = index.search(question, 1)
    read = read_hits(question, index, hits, index.encode(question))
    (row,) = index.sentence_vectors(hits[0])
    assert read.features.sentence == pytest.approx(
        index.scaled(float(row @ index.encode(question).other.vector))
    )
    assert read.features.sentence > 0.1


@pytest.mark.parametrize(("missing", "chosen"), [((0.4, 0.1), 1), ((0.1, 0.4), 0)])
def test_of_equal_sentences_the_one_that_lacks_less_of_the_question_is_the_evidence(
    missing, chosen, tmp_path
) -> None:
    article = make_article("a.txt", "天气一直很好。后来网点多了。")
    index = build([article], tmp_path, encoder=OneVector())
    question = "Did it grow?"
    (hit,) = index.search(question, 1, "dense")
    hit = replace(hit, late=Late(0.5, (0.5, 0.5), missing))
    reading = read_hits(question, index, [hit], index.encode(question))
    assert reading.passages[0].evidence[0].start == hit.chunk.sentences[chosen].start
    assert reading.features.missing == 0.1


@pytest.mark.parametrize(("odds", "chosen"), [((-9.0, 9.0), 1), ((9.0, -9.0), 0)])
def test_of_equal_sentences_the_one_that_more_likely_answers_is_the_evidence(odds, chosen, tmp_path) -> None:
    article = make_article("a.txt", "天气一直很好。后来网点多了。")
    index = build([article], tmp_path, encoder=OneVector())
    question = "Did it grow?"
    (hit,) = index.search(question, 1, "dense")
    hits = [replace(hit, late=Late(0.5, (0.5, 0.5), (0.0, 0.0)), answer_odds=odds)]
    reading = read_hits(question, index, hits, index.encode(question))
    assert reading.passages[0].evidence[0].start == hit.chunk.sentences[chosen].start
    assert reading.features.odds == (9.0, 9.0)


def test_the_decision_rests_on_the_greatest_odds_of_all_passages(tmp_path) -> None:
    articles = [make_article("a.txt", "后来网点多了。"), make_article("b.txt", "天气一直很好。")]
    index = build(articles, tmp_path, encoder=ToyEncoder())
    first, second = index.search("网点多了吗?", 2)
    hits = [replace(first, answer_odds=(1.0,)), replace(second, answer_odds=(2.0,))]
    assert read_hits("网点多了吗?", index, hits, None).features.odds == (1.0, 2.0)


def test_a_passage_that_was_not_judged_is_taken_for_the_least_likely_of_the_judged(tmp_path) -> None:
    articles = [make_article("a.txt", "天气一直很好。"), make_article("b.txt", "后来网点多了。")]
    index = build(articles, tmp_path, encoder=ToyEncoder())
    hits = sorted(index.search("网点多了吗?", 2), key=lambda hit: hit.chunk.article.id)
    hits[0] = replace(hits[0], answer_odds=(-3.0,))
    reading = read_hits("网点多了吗?", index, hits, None)
    assert reading.best == 1  # the one with the words
    assert reading.features.odds == (-3.0, -3.0)


@pytest.mark.parametrize(("odds", "gain"), [(-99.0, 0.0), (0.0, 0.5), (99.0, 1.0)])
def test_that_a_sentence_answers_adds_its_part_of_the_best_possible_strength(odds, gain, tmp_path) -> None:
    index = build([make_article("a.txt", "网点多了。")], tmp_path, encoder=ToyEncoder())
    (hit,) = index.search("网点多了", 1)

    def strength(answer_odds: tuple[float, ...] | None) -> float:
        judged = replace(hit, late=Late(0.0, (0.1,), (0.0,)), answer_odds=answer_odds)
        return read_hits("网点多了", index, [judged], None).passages[0].evidence[0].score

    # Cosine 1, words 1.5, late interaction 4, a figure 0.4, and 1 for the answer.
    assert strength((odds,)) - strength(None) == pytest.approx(gain / (1 + 1.5 + 4 + 0.4 + 1), abs=1e-6)


@pytest.mark.parametrize("judged", [True, False])
def test_there_is_a_calibration_with_the_odds_and_one_without(judged: bool) -> None:
    features = Features(0.5, 0.6, 0.7, 0.1, 0.2, 0.3, True, 0.0, (5.0, 5.0) if judged else None)
    assert len(calibration(judged).weights) == len(features.row())
    assert 0 < calibration(judged).probability(features) < 1


def test_a_stray_word_in_the_own_language_does_not_beat_meaning_in_another(tmp_path) -> None:
    nearness = {"outlets opened": 1.0, "新增网点": 0.5, "was sunny": 0.45}

    class Bilingual(ToyEncoder):
        """Cosines to the question are as given; everything else is orthogonal to it. No tokens."""

        def encode_query(self, texts):
            return [replace(made, tokens=made.tokens[:0]) for made in super().encode_query(texts)]

        def _rows(self, texts):
            rows = super()._rows(texts)
            rows[:, 0] = 0
            for row, text in enumerate(texts):
                near = next((value for piece, value in nearness.items() if piece in text), 0.0)
                rows[row] *= (1 - near**2) ** 0.5 / np.linalg.norm(rows[row])
                rows[row, 0] = near
            return rows

    articles = [make_article("zh.txt", "抚州新增网点98个。"), make_article("en.txt", "Beijing was sunny.")]
    index = build(articles, tmp_path, encoder=Bilingual())
    hits = index.search("How many outlets opened in Beijing?", 2)
    assert [hit.chunk.article.id for hit in hits] == ["zh.txt", "en.txt"]
    assert [hit.lexical_rank for hit in hits] == [2, 1]  # 新增 translates opened, in half a word
