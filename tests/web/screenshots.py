"""Makes the pictures in docs/images: `python -m tests.web.screenshots` (needs Chromium, an index and Pillow).

Not a test: run it after a change of the page, and look at what it made.
"""

import argparse
import io
import socket
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from qa.answer import ask as ask_index
from qa.open import index_folder, open_or_build
from qa.web.engine import Engine
from qa.web.server import create_app
from tests.web.conftest import ARGUMENTS, CHROMIUM

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CROSS_SCRIPT = "深圳體彩在多少家實體店建設了“黨員服務崗”？"
ENGLISH = "How many business windows did the Yancheng sports lottery center set up?"
REFUSED = "广州今天天气怎么样？"
COLOURS = 256  # a palette keeps text sharp and the files small


def main() -> None:
    """Serves the index on a free port and photographs each state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--out", type=Path, default=IMAGES)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        url = served(index_folder(given.index), Path(folder) / "feedback.jsonl")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        wide(browser, url, given.out)
        dark(browser, url, given.out)
        phone(browser, url, given.out)
        browser.close()


def served(index: Path, feedback: Path) -> str:
    """The address of a running server."""
    import uvicorn

    engine = Engine(lambda: open_or_build(index), ask_index)
    engine.start()
    engine.index(wait=300)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(engine, None, feedback), log_level="warning"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def opened(browser: Browser, url: str, locale: str, scheme: str = "light", small: bool = False) -> Page:
    """The page at first sight."""
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        viewport={"width": 390, "height": 844} if small else {"width": 1280, "height": 800},
        device_scale_factor=2 if small else 1.5,
        has_touch=small,
    )
    page = context.new_page()
    page.goto(url)
    expect(page.locator(".wj-try").first).to_be_visible()
    return page


def asked(page: Page, question: str, turn: int) -> None:
    """The page with the question answered."""
    page.locator("#wj-box textarea").fill(question)
    page.locator("#wj-box textarea").press("Enter")
    expect(page.locator(f"#a-{turn}")).to_be_visible()
    expect(page.locator(f"#t-{turn}")).to_be_attached()


def shot(page: Page, out: Path, name: str) -> None:
    """One picture, in few colours."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    _save(picture, out / f"{name}.png")


def _save(picture: Image.Image, path: Path) -> None:
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def wide(browser: Browser, url: str, out: Path) -> None:
    """Chinese, light."""
    page = opened(browser, url, "zh-CN")
    shot(page, out, "empty")
    asked(page, CROSS_SCRIPT, 1)
    page.locator("#p-1-1 .wj-why summary").click()
    page.locator("#wj-box textarea").focus()
    shot(page, out, "answered")
    page.locator("#t-1 .wj-open").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shot(page, out, "article")
    page.keyboard.press("Escape")
    asked(page, REFUSED, 2)
    shot(page, out, "refused")


def dark(browser: Browser, url: str, out: Path) -> None:
    """English, dark."""
    page = opened(browser, url, "en-US", "dark")
    asked(page, ENGLISH, 1)
    shot(page, out, "dark-en")


def phone(browser: Browser, url: str, out: Path) -> None:
    """Both pages of a phone and the article, side by side in one picture."""
    page = opened(browser, url, "zh-CN", small=True)
    asked(page, CROSS_SCRIPT, 1)
    names = ["phone-1", "phone-2", "phone-3"]
    shot(page, out, names[0])
    page.locator("#wj-tab-side").click()
    shot(page, out, names[1])
    page.locator("#t-1 .wj-open").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    shot(page, out, names[2])
    pictures = [Image.open(out / f"{name}.png").convert("RGB") for name in names]
    width, height = pictures[0].size
    together = Image.new("RGB", (3 * width + 80, height), "#d9d6cf")
    for place, picture in enumerate(pictures):
        together.paste(picture, (place * (width + 40), 0))
    half = together.resize((together.width * 3 // 5, together.height * 3 // 5), Image.Resampling.LANCZOS)
    _save(half, out / "phone.png")
    for name in names:
        (out / f"{name}.png").unlink()


if __name__ == "__main__":
    main()
