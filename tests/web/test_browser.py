import json
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from index import PassageIndex
from qa.web.engine import Engine
from qa.web.strings import EN, ZH_HANS, ZH_HANT
from tests.web.conftest import Site, decided

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets a pandas option that pandas 3 deprecates.
    pytest.mark.filterwarnings("ignore:.*no_silent_downcasting"),
]
Visit = Callable[..., Page]
SHENZHEN = "深圳体彩完成了对多少家实体店的检查？"
JIANGSU = "江苏体彩建成了多少家“共产党员服务店”？"
REFUSED = "广州今天天气怎么样？"


def ask(page: Page, question: str, turn: int = 1) -> None:
    # Gradio hears nothing before its first event has come back.
    expect(page.locator("#wj-first .wj-hero, #wj-log .wj-q").first).to_be_visible()
    page.locator("#wj-box textarea").fill(question)
    page.locator("#wj-box textarea").press("Enter")
    expect(page.locator(f"#a-{turn}")).to_be_visible()
    expect(page.locator(f"#t-{turn}")).to_be_attached()


def cards(page: Page, turn: int = 1):
    return page.locator(f"#t-{turn} .wj-card")


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize(("locale", "labels"), [("zh-CN", ZH_HANS), ("zh-TW", ZH_HANT), ("en-US", EN)])
def test_first_sight_and_an_answer_in_the_browsers_language(visit: Visit, phone, locale, labels) -> None:
    page = visit(locale=locale, phone=phone)
    expect(page.get_by_role("heading", name=labels.hero_title)).to_be_visible()
    expect(page.locator(".wj-try")).to_have_count(4)
    page.locator(".wj-try").first.click()
    answer = page.locator("#a-1")
    expect(answer).to_contain_text(labels.confidence)
    expect(page.locator("#wj-log .wj-q")).to_have_text(page.locator("#t-1").get_attribute("data-question"))
    expect(page.locator(".wj-hero")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("lang", labels_tag(labels))
    expect(page).to_have_title(f"Wenju · {labels.title}")
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def labels_tag(labels: object) -> str:
    return {id(ZH_HANS): "zh-Hans", id(ZH_HANT): "zh-Hant", id(EN): "en"}[id(labels)]


def test_the_marked_text_is_the_evidence(visit: Visit, seed_index: PassageIndex) -> None:
    page = visit()
    ask(page, SHENZHEN)
    answer = decided(SHENZHEN, seed_index, 5)
    for found in answer.passages:
        chunk = found.hit.chunk
        card = page.locator(f"#p-1-{found.rank}")
        assert card.locator(".wj-text").evaluate("e => e.textContent") == chunk.text
        quote = "".join(chunk.article.text[e.start : e.end] for e in found.evidence)
        assert card.locator("mark").evaluate_all("all => all.map(e => e.textContent).join('')") == quote
    said = page.locator("#a-1 .wj-say").evaluate("e => e.textContent")
    assert said == f"{answer.text}1"


def test_a_citation_goes_to_its_passage_and_back(visit: Visit) -> None:
    page = visit()
    ask(page, SHENZHEN)
    page.locator("#a-1 .wj-cite").click()
    expect(page.locator("#p-1-1")).to_be_focused()
    expect(page.locator("#p-1-1")).to_be_in_viewport()
    page.locator("#p-1-1 .wj-back").click()
    expect(page.locator("#a-1")).to_be_focused()


def test_a_refusal_is_honest_and_still_shows_the_nearest(visit: Visit) -> None:
    page = visit()
    ask(page, REFUSED)
    expect(page.locator("#a-1")).to_contain_text(ZH_HANS.refused)
    expect(page.locator("#a-1 .wj-cite")).to_have_count(0)
    expect(page.locator("#t-1")).to_contain_text(ZH_HANS.nearest)
    expect(cards(page)).to_have_count(5)


def test_the_article_opens_at_the_sentence(visit: Visit) -> None:
    page = visit()
    ask(page, SHENZHEN)
    page.locator("#p-1-1 .wj-open").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("践行责任 筑牢防线")
    mark = page.locator("#p-1-1 mark").first.inner_text()
    expect(dialog.locator("mark").first).to_have_text(mark)
    expect(dialog.locator("mark").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#p-1-1 .wj-open")).to_be_focused()


def test_an_article_can_be_read_before_the_first_question(visit: Visit) -> None:
    page = visit()
    page.locator(".wj-corpus .wj-open").nth(4).click()
    expect(page.get_by_role("dialog")).to_contain_text("Gao Xiaobing")
    expect(page.locator(".wj-use")).to_be_hidden()


SELECT = """([from, to]) => {
  const at = (needle) => {
    const walker = document.createTreeWalker(document.querySelector('.wj-body'), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const place = node.data.indexOf(needle);
      if (place >= 0) return [node, place];
    }
  };
  const [first, start] = at(from), [last, end] = at(to);
  getSelection().setBaseAndExtent(first, start, last, end + to.length);
}"""


def test_selected_text_becomes_the_answer_with_exact_offsets(visit: Visit, site: Site) -> None:
    page = visit()
    site.feedback.unlink(missing_ok=True)
    ask(page, SHENZHEN)
    page.locator("#p-1-1 .wj-open").click()
    expect(page.locator(".wj-use")).to_be_disabled()
    page.evaluate(SELECT, ["2473家实体店", "确保整改到位"])
    page.locator(".wj-use").click()
    expect(page.locator("#wj-toast")).to_contain_text(site.feedback.name)
    row = json.loads(site.feedback.read_text(encoding="utf-8"))
    assert row["question"] == SHENZHEN
    [gold] = row["gold"]
    assert gold["quote"].startswith("2473家实体店") and gold["quote"].endswith("确保整改到位")
    assert "\n" not in gold["quote"]


def test_a_selection_over_lines_and_marks_is_cut_at_code_points(visit: Visit, site: Site) -> None:
    page = visit()
    site.feedback.unlink(missing_ok=True)
    ask(page, SHENZHEN)
    page.locator("#p-1-1 .wj-open").click()
    expect(page.locator(".wj-use")).to_be_disabled()
    page.evaluate(SELECT, ["引导实体店代销者", "开展了卫生安全及规范经营检查"])
    page.locator(".wj-use").click()
    expect(page.locator("#wj-toast")).to_be_visible()
    [gold] = json.loads(site.feedback.read_text(encoding="utf-8"))["gold"]
    assert gold["quote"].startswith("引导实体店代销者自觉知敬畏") and "\n" in gold["quote"]
    assert gold["quote"].endswith("还对体彩实体店开展了卫生安全及规范经营检查")


def test_passages_are_marked_right_and_wrong_and_undone(visit: Visit, site: Site) -> None:
    page = visit()
    site.feedback.unlink(missing_ok=True)
    ask(page, JIANGSU)
    right, wrong = page.locator("#p-1-1 .wj-mark.right"), page.locator("#p-1-2 .wj-mark.wrong")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#wj-toast")).to_contain_text(str(site.feedback))
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    row = json.loads(site.feedback.read_text(encoding="utf-8"))
    passage = page.locator("#p-1-1 .wj-text").evaluate("e => e.textContent")
    assert row["gold"][0]["quote"] == passage.strip() and len(row["wrong"]) == 1
    page.locator("#wj-toast button").click()
    expect(wrong).to_have_attribute("aria-pressed", "false")
    right.click()  # pressed again: taken back
    expect(right).to_have_attribute("aria-pressed", "false")
    assert not site.feedback.read_text(encoding="utf-8").strip()


def test_an_answer_can_be_marked_as_one_to_refuse(visit: Visit, site: Site) -> None:
    page = visit(locale="en-US")
    site.feedback.unlink(missing_ok=True)
    ask(page, JIANGSU)
    page.locator("#a-1 .wj-refuse").click()
    expect(page.locator("#a-1 .wj-refuse")).to_have_attribute("aria-pressed", "true")
    assert json.loads(site.feedback.read_text(encoding="utf-8"))["gold"] == []


def test_why_this_result(visit: Visit) -> None:
    page = visit(locale="en-US")
    ask(page, SHENZHEN)
    why = page.locator("#p-1-1 .wj-why")
    expect(why.locator("dl")).to_be_hidden()
    why.locator("summary").click()
    for part in (EN.why_dense, "cosine 0.", EN.why_lexical, "rank 1", EN.why_terms, EN.why_score):
        expect(why.locator("dl")).to_contain_text(part)


def test_an_older_questions_passages_come_back(visit: Visit) -> None:
    page = visit()
    ask(page, SHENZHEN)
    ask(page, REFUSED, 2)
    expect(page.locator("#t-1")).to_be_hidden()
    page.locator("#wj-log .wj-q a").first.click()
    expect(page.locator("#t-1")).to_be_visible()
    expect(page.locator("#t-2")).to_be_hidden()


def test_a_language_switch_keeps_the_conversation_and_the_chosen_passages(visit: Visit) -> None:
    page = visit()
    ask(page, SHENZHEN)
    ask(page, REFUSED, 2)
    page.locator("#wj-log .wj-q a").first.click()
    page.get_by_role("radio", name="EN").check()
    expect(page.locator("#a-2")).to_contain_text(EN.refused)
    expect(page.locator("#t-1")).to_contain_text(EN.cited)
    expect(page.locator("#t-1")).to_be_visible()
    expect(page.locator("#wj-box textarea")).to_have_attribute("placeholder", EN.placeholder)
    page.get_by_role("radio", name="繁").check()
    expect(page.locator("#a-2")).to_contain_text(ZH_HANT.refused)


def test_a_reload_brings_everything_back(visit: Visit) -> None:
    page = visit()
    ask(page, SHENZHEN)
    page.get_by_role("radio", name="EN").check()
    expect(page.locator("#a-1")).to_contain_text(EN.confidence)
    page.reload()
    expect(page.locator("#a-1")).to_contain_text(EN.confidence)
    expect(cards(page)).to_have_count(5)
    page.get_by_role("button", name=EN.new_chat).click()
    expect(page.locator(".wj-hero")).to_be_visible()
    page.reload()
    expect(page.locator(".wj-hero")).to_be_visible()
    expect(page.locator("#a-1")).to_have_count(0)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", ZH_HANS.error_empty),
        ("？！……", ZH_HANS.error_words),
        ("🎉🎉🎉", ZH_HANS.error_words),
        ("字" * 100_000, "100,000"),
    ],
)
def test_a_question_that_asks_nothing_gets_one_friendly_line(visit: Visit, question: str, said: str) -> None:
    page = visit()
    expect(page.locator(".wj-hero")).to_be_visible()
    page.locator("#wj-box textarea").fill(question)
    page.locator("#wj-box textarea").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.locator("#wj-log .wj-q")).to_have_count(0)
    ask(page, SHENZHEN)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_enter_of_an_input_method_does_not_send(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".wj-hero")).to_be_visible()
    page.locator("#wj-box textarea").fill("深圳ti'cai")
    page.locator("#wj-box textarea").evaluate(
        """box => {
          for (const name of ["keydown", "keypress"])
            box.dispatchEvent(new KeyboardEvent(name, { key: "Enter", isComposing: true, bubbles: true }));
        }"""
    )
    expect(page.locator("#wj-box textarea")).to_have_value("深圳ti'cai")
    ask(page, SHENZHEN)
    expect(page.locator("#wj-log .wj-q")).to_have_count(1)


def test_a_link_fills_the_box_and_asks_nothing(visit: Visit, site: Site) -> None:
    page = visit()
    page.goto(f"{site.url}/?q={SHENZHEN}")
    expect(page.locator("#wj-box textarea")).to_have_value(SHENZHEN)
    expect(page.locator(".wj-hero")).to_be_visible()


def test_what_a_user_types_stays_text(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".wj-hero")).to_be_visible()
    nasty = "店 <img src=http://example.com/x onerror=alert(1)> **粗** [x](http://e.com) ${1+1} {{x}}\n\n# h"
    page.locator("#wj-box textarea").fill(nasty)
    page.locator("#wj-box button").click()
    expect(page.locator("#a-1")).to_be_visible()
    shown = page.locator("#wj-log .wj-q a").evaluate("e => e.textContent")
    assert shown == nasty
    assert page.locator("#wj-log img, #wj-panel img, #wj-log h1").count() == 0


def test_light_and_dark(visit: Visit) -> None:
    page = visit(dark=True)
    expect(page.locator("body")).to_have_class("dark")
    page.locator("#wj-theme").click()
    expect(page.locator("body")).not_to_have_class("dark")
    page.reload()
    expect(page.locator(".wj-hero")).to_be_visible()
    expect(page.locator("body")).not_to_have_class("dark")


def test_the_phone_has_two_pages(visit: Visit) -> None:
    page = visit(phone=True)
    ask(page, SHENZHEN)
    expect(page.locator("#wj-tab-side .wj-count")).to_have_text("5")
    expect(page.locator("#p-1-1")).not_to_be_in_viewport()
    page.locator("#wj-tab-side").click()
    expect(page.locator("#p-1-1")).to_be_in_viewport()
    expect(page.locator("#wj-tab-side")).to_have_attribute("aria-selected", "true")
    page.locator("#wj-tab-side").press("ArrowLeft")
    expect(page.locator("#wj-tab-chat")).to_be_focused()
    expect(page.locator("#a-1")).to_be_in_viewport()
    page.locator("#a-1 .wj-cite").click()
    expect(page.locator("#p-1-1")).to_be_in_viewport()
    page.locator("#wj-main").evaluate("e => e.scrollTo(0, 0)")  # what a swipe does
    expect(page.locator("#wj-tab-chat")).to_have_attribute("aria-selected", "true")
    page.locator("#wj-tab-side").click()
    page.locator("#p-1-1 .wj-open").click()
    expect(page.get_by_role("dialog")).to_be_in_viewport(ratio=0.9)


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#wj-box textarea")).to_be_focused()
    ask(page, SHENZHEN)
    reached = set()
    page.locator("#wj-lang input:checked").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className.split(' ')[0]"))
    assert {"wj-cite", "wj-see", "wj-copy", "wj-refuse", "wj-open", "wj-back", "wj-mark"} <= reached


def test_a_page_opened_while_the_index_loads(
    visit: Visit, serving: Callable[[Engine], Site], seed_index: PassageIndex
) -> None:
    opened = threading.Event()

    def slow() -> PassageIndex:
        opened.wait(60)
        return seed_index

    engine = Engine(slow, decided)
    engine.start()
    page = visit(at=serving(engine))
    expect(page.locator(".wj-notice.warming")).to_be_visible()
    page.locator("#wj-box textarea").fill(SHENZHEN)
    page.locator("#wj-box textarea").press("Enter")
    expect(page.locator("#wj-log .wj-wait")).to_contain_text(ZH_HANS.warming)
    opened.set()
    expect(page.locator("#a-1")).to_contain_text(ZH_HANS.confidence)
    expect(page.locator(".wj-notice")).to_have_count(0)
