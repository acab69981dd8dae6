// What the page does beyond gradio's events: citations, the article dialog, marks, tabs, light and dark.
// All texts come from the server; everything is found by delegation, so re-rendering loses nothing.
(() => {
  "use strict";

  const THEME = "wenju.theme";
  const FLASH_MS = 1600;
  const TOAST_MS = 9000;
  const marks = new Map(); // place -> {kind, token}: what was recorded since the page was opened
  let turn = 0; // the question whose passages are in view
  let turns = 0;
  let opener = null; // what had the focus before the dialog
  let picked = null; // {start, end}: the text selected in the dialog

  let greeted = false;

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const points = (text) => Array.from(text).length; // code points, as Python counts
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const smooth = () => (calm() ? "auto" : "smooth");
  const phone = () => matchMedia("(max-width: 860px)").matches;

  function words() {
    const holder = $("#wj-words");
    return holder ? { lang: holder.dataset.lang, ...JSON.parse(holder.dataset.words) } : null;
  }

  // ---- questions -------------------------------------------------------------------------------
  function ask(question) {
    const box = $("#wj-box textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    $("#wj-box button.submit-button").click();
  }

  const sections = () => $$("#wj-panel .wj-section");
  const questionOf = (number) => $(`#t-${number}`)?.dataset.question ?? "";

  function showTurn(number) {
    if (!$(`#t-${number}`)) return;
    turn = number;
    for (const section of sections()) section.hidden = section.id !== `t-${number}`;
    for (const link of $$("#wj-log .wj-q")) {
      const mine = $("a", link).getAttribute("href") === `#t-${number}`;
      link.classList.toggle("current", mine && turns > 1);
    }
    $("#wj-side").scrollTop = 0;
    const count = $(`#t-${number}`).querySelectorAll(".wj-card").length;
    for (const holder of $$(".wj-count")) holder.textContent = count;
  }

  function flash(element) {
    element.classList.remove("wj-flash");
    void element.offsetWidth; // restarts the animation
    element.classList.add("wj-flash");
    setTimeout(() => element.classList.remove("wj-flash"), FLASH_MS);
  }

  function reveal(element, block) {
    element.scrollIntoView({ block, inline: "nearest", behavior: phone() ? "auto" : smooth() });
    element.focus({ preventScroll: true });
  }

  function showPassage(number, rank) {
    showTurn(number);
    page(1);
    const card = $(`#p-${number}-${rank}`);
    if (!card) return;
    reveal(card, "start");
    flash(card);
  }

  function showAnswer(number) {
    page(0);
    const answer = $(`#a-${number}`);
    if (!answer) return;
    answer.tabIndex = -1;
    reveal(answer, "center");
    flash(answer);
  }

  // ---- the phone's two pages -------------------------------------------------------------------
  function page(number) {
    const main = $("#wj-main");
    if (main && phone()) main.scrollTo({ left: number * main.clientWidth, behavior: "auto" });
    syncTabs();
  }

  function syncTabs() {
    const main = $("#wj-main");
    if (!main) return;
    const second = phone() && main.scrollLeft > main.clientWidth / 2;
    for (const [id, chosen] of [["wj-tab-chat", !second], ["wj-tab-side", second]]) {
      const tab = document.getElementById(id);
      if (!tab || tab.getAttribute("aria-selected") === String(chosen) && tab.hasAttribute("tabindex")) continue;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  }

  // ---- the article -----------------------------------------------------------------------------
  function dialog() {
    let box = $("#wj-article");
    if (box) return box;
    box = document.createElement("dialog");
    box.id = "wj-article";
    box.setAttribute("aria-labelledby", "wj-article-title");
    box.addEventListener("close", () => {
      box.replaceChildren();
      picked = null;
      opener?.focus({ preventScroll: true });
    });
    box.addEventListener("click", (event) => event.target === box && box.close());
    document.body.append(box);
    return box;
  }

  async function openArticle(button) {
    const card = button.closest(".wj-card");
    const holder = card ?? button;
    const wanted = new URLSearchParams({
      id: holder.dataset.article,
      lang: words().lang,
      marks: card?.dataset.marks ?? "",
      passage: card ? `${card.dataset.start}-${card.dataset.end}` : "",
    });
    const answer = await fetch(`wenju/article?${wanted}`).then((r) => r.json(), () => ({ error: words().error_queue }));
    if (answer.error) return toast(answer.error, null);
    const box = dialog();
    opener = button;
    box.innerHTML = answer.html; // built and escaped by article.py
    box.dataset.question = card ? questionOf(turn) : "";
    $("footer", box).hidden = !card;
    box.showModal();
    const mark = $("mark", box) ?? $(".wj-range", box);
    if (mark) mark.scrollIntoView({ block: "center" });
    $(".wj-body", box).focus({ preventScroll: true });
  }

  function nextMark() {
    const all = $$("#wj-article mark");
    const at = all.findIndex((mark) => mark.classList.contains("at"));
    const next = all[(at + 1) % all.length];
    for (const mark of all) mark.classList.toggle("at", mark === next);
    next.scrollIntoView({ block: "center", behavior: smooth() });
  }

  // The selection as code point offsets into the article: each line knows where it starts.
  function selected() {
    const selection = document.getSelection();
    const body = $("#wj-article[open] .wj-body");
    if (!body || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const lines = $$("p", body).filter((line) => range.intersectsNode(line));
    let found = null;
    for (const line of lines) {
      const part = document.createRange();
      part.selectNodeContents(line);
      if (line.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
      if (line.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
      if (!part.toString().trim()) continue;
      const before = document.createRange();
      before.setStart(line, 0);
      before.setEnd(part.startContainer, part.startOffset);
      const start = Number(line.dataset.start) + points(before.toString());
      found = { start: found ? found.start : start, end: start + points(part.toString()) };
    }
    return found;
  }

  function pick() {
    const use = $("#wj-article[open] .wj-use");
    if (!use) return;
    const now = selected();
    // The button taking the focus must not lose the selection that it is about.
    if (now || document.activeElement !== use) picked = now;
    use.disabled = !picked;
  }

  // ---- marks -----------------------------------------------------------------------------------
  async function post(mark) {
    const answer = await fetch("api/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lang: words().lang, ...mark }),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error ?? answer.statusText);
    return said;
  }

  const keyOf = (mark) => [mark.question, mark.article ?? "", mark.start ?? "", mark.end ?? ""].join("\u0000");

  async function record(mark) {
    try {
      const key = keyOf(mark);
      const before = marks.get(key);
      if (before?.kind === mark.kind) return undo(key, before.token); // pressed again: taken back
      const said = await post(mark);
      if (said.token) marks.set(key, { kind: mark.kind, token: said.token });
      showMarks();
      toast(said.message, said.token ? () => undo(key, said.token) : null);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error) {
    const reason = error instanceof TypeError ? words().error_queue : error.message; // fetch's own are TypeErrors
    toast(words().feedback_failed.replace("{error}", reason), null);
  }

  async function undo(key, token) {
    try {
      const said = await post({ kind: "undo", token });
      if (marks.get(key)?.token === token) marks.delete(key);
      showMarks();
      toast(said.message, null);
    } catch (error) {
      failed(error);
    }
  }

  function markOf(card, kind) {
    const { article, start, end } = card.dataset;
    const question = card.closest(".wj-section").dataset.question;
    return { kind, question, article, start: Number(start), end: Number(end) };
  }

  function showMarks() {
    for (const button of $$(".wj-mark")) {
      const kind = marks.get(keyOf(markOf(button.closest(".wj-card"), "")))?.kind;
      set(button, "aria-pressed", String(kind === button.dataset.kind));
    }
    for (const button of $$(".wj-refuse")) {
      const question = questionOf(Number(button.closest(".wj-a").id.slice(2)));
      set(button, "aria-pressed", String(marks.has(keyOf({ question }))));
    }
  }

  function set(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function toast(text, undoIt) {
    let bar = $("#wj-toast");
    if (!bar) {
      bar = document.createElement("div");
      bar.id = "wj-toast";
      bar.setAttribute("role", "status");
    }
    // A modal dialog covers and silences everything outside itself.
    ($("#wj-article[open]") ?? document.body).append(bar);
    bar.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
    if (undoIt) {
      const back = Object.assign(document.createElement("button"), { type: "button", textContent: words().undo });
      back.addEventListener("click", undoIt);
      bar.append(back);
    }
    bar.classList.add("shown");
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => bar.classList.remove("shown"), TOAST_MS);
  }

  function copyBySelection(text) {
    const box = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }

  async function copy(button) {
    const quote = $(".wj-say", button.closest(".wj-a")).cloneNode(true);
    for (const cite of $$(".wj-cite", quote)) cite.remove();
    if (navigator.clipboard) await navigator.clipboard.writeText(quote.textContent);
    else copyBySelection(quote.textContent); // over plain HTTP from another machine
    const name = button.textContent;
    button.textContent = words().copied;
    setTimeout(() => (button.textContent = name), FLASH_MS);
  }

  // ---- light and dark --------------------------------------------------------------------------
  function applyTheme() {
    const wanted = localStorage.getItem(THEME);
    if (wanted && document.body.classList.contains("dark") !== (wanted === "dark")) {
      document.body.classList.toggle("dark", wanted === "dark");
    }
  }

  function switchTheme() {
    localStorage.setItem(THEME, document.body.classList.contains("dark") ? "light" : "dark");
    applyTheme();
  }

  // ---- keeping the page true after gradio has rendered -------------------------------------------
  function refresh() {
    const say = words();
    if (!say) return;
    set(document.documentElement, "lang", say.lang);
    if (document.title !== `Wenju · ${say.title}`) document.title = `Wenju · ${say.title}`;
    const theme = $("#wj-theme");
    if (theme) set(theme, "aria-label", say.theme);
    const count = sections().length;
    if (count !== turns) {
      [turns, turn] = [count, count];
      $("#wj-side").scrollTop = 0;
    }
    if (count && $(`#t-${turn}`)?.hidden) showTurn(turn);
    // Gradio labels each message with its HTML source: nothing that a screen reader should read out.
    for (const message of $$("#wj-log [data-testid=bot], #wj-log [data-testid=user]")) {
      message.removeAttribute("aria-label");
    }
    showMarks();
    syncTabs();
    const box = $("#wj-box textarea");
    if (box && !greeted && !phone()) box.focus(); // on a phone the keyboard would hide the page
    greeted = greeted || Boolean(box);
  }

  let due = 0;
  function soon() {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(refresh);
  }

  function onClick(event) {
    const hit = (selector) => event.target.closest?.(selector);
    const link = hit('a[href*="#"]');
    const [, kind, number, rank] = link?.getAttribute("href").match(/#([tpa])-(\d+)(?:-(\d+))?$/) ?? [];
    if (kind) {
      event.preventDefault();
      if (kind === "p") showPassage(Number(number), Number(rank));
      if (kind === "a") showAnswer(Number(number));
      if (kind === "t") {
        showTurn(Number(number));
        page(1);
        reveal($(`#t-${number}`) ?? document.body, "start");
      }
      return;
    }
    const actions = [
      [".wj-try", (e) => ask(e.dataset.question)],
      [".wj-open", openArticle],
      [".wj-mark", (e) => record(markOf(e.closest(".wj-card"), e.dataset.kind))],
      [".wj-refuse", (e) => record({ kind: "refuse", question: questionOf(Number(e.closest(".wj-a").id.slice(2))) })],
      [".wj-copy", copy],
      [".wj-close", () => dialog().close()],
      [".wj-next", nextMark],
      [".wj-use", useSelection],
      ["#wj-theme", switchTheme],
      ["#wj-tab-chat", () => page(0)],
      ["#wj-tab-side", () => page(1)],
    ];
    for (const [selector, act] of actions) {
      const element = hit(selector);
      if (element) return act(element);
    }
  }

  function useSelection() {
    const box = dialog();
    if (picked) record({ kind: "right", question: box.dataset.question, article: $(".wj-body", box).dataset.article, ...picked });
  }

  function onKey(event) {
    if (!event.target.matches?.("[role=tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const next = event.key === "ArrowRight" ? 1 : 0;
    page(next);
    $(next ? "#wj-tab-side" : "#wj-tab-chat").focus();
  }

  // The Enter that chooses a word in an input method must not send the question.
  function keepComposing(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (composing && event.key === "Enter" && event.target.closest?.("#wj-box")) event.stopImmediatePropagation();
  }

  function start() {
    for (const name of ["keydown", "keypress"]) document.addEventListener(name, keepComposing, true);
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    document.addEventListener("selectionchange", pick);
    document.addEventListener("scroll", (event) => event.target.id === "wj-main" && syncTabs(), true);
    addEventListener("resize", syncTabs);
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
    new MutationObserver(applyTheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    applyTheme();
    soon();
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
