"""The report as one HTML file that needs nothing else: no script, no request, readable offline.

Every text from outside passes through `esc`; the page's own policy forbids scripts and requests too.
"""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from index import Chunk
from qa.gates import fate
from qa.report import Group, Report, Result, Verdict
from qa.reports.figures import interval_bar, rank_histogram, reliability_plot
from qa.scoring import LOWER_IS_BETTER

_WORST = 50  # questions shown in full
_FOUND = 3  # passages shown of each
_EXCERPT = 220  # characters of a passage
_HEADLINES = ("success@1", "success@5", "mrr@10", "evidence@1", "false_answer_rate", "false_refusal_rate")
_GROUP_METRICS = ("success@1", "success@5", "mrr@10", "ndcg@10", "evidence@1", "answer_rate")
_MEANING = {
    "success": "answerable questions with a gold hit in the first k",
    "recall": "gold places found in the first k, averaged over questions",
    "mrr": "mean of 1 / rank of the first gold hit",
    "ndcg": "discounted gain of the gold found, against the ideal order",
    "map": "mean of the precision at each gold place found",
    "evidence": "the sentence marked in the first passage overlaps the gold",
    "answer_rate": "questions answered, rightly or not",
    "false_answer_rate": "unanswerable questions that were answered; lower is better",
    "false_refusal_rate": "answerable questions that were refused; lower is better",
    "auroc": "chance that an answerable question gets more confidence than an unanswerable one",
    "calibration_error": "how far confidence lies from the share that was right; lower is better",
    "wrong": "first passage is one that a reader marked wrong; lower is better",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def html_page(report: Report, source: str) -> str:
    """The whole page; `source` names the questions."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    body = "\n".join(
        (_header(report, source), _gates(report), _figures(report), _groups(report), _worst(report))
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>Retrieval check: {esc(source)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def esc(text: object) -> str:
    """Text that cannot become markup, in content and in quoted attributes."""
    return escape(str(text).replace("\0", "\ufffd"), quote=True)


def _header(report: Report, source: str) -> str:
    index, total = report.index, report.total
    state, word = ("good", "passed") if report.passed else ("bad", "failed")
    badge = f'<span class="badge {state}">{word}</span>' if report.verdicts else ""
    facts = (
        f"{total.questions:,} questions, {total.answerable:,} answerable",
        f"{report.mode} ranking of {report.unit}",
        f"{index.articles:,} articles, {index.chunks:,} chunks",
        f"model {index.model}",
    )
    cards = "".join(_card(name, total) for name in _HEADLINES if total.metrics.get(name) is not None)
    return (
        f"<header><h1>Retrieval check {badge}</h1><p class='source'>{esc(source)}</p>"
        f"<ul class='facts'>{''.join(f'<li>{esc(fact)}</li>' for fact in facts)}</ul></header>"
        f'<section class="cards" aria-label="Headline figures">{cards}</section>'
    )


def _card(name: str, group: Group) -> str:
    value, ends = group.metrics[name], group.intervals.get(name)
    bar = interval_bar(value, ends, name in LOWER_IS_BETTER)
    label = esc(name).replace("_", "_<wbr>")
    number = f'<div class="value">{_number(value)}</div>'
    return f'<div class="card"><div class="label">{label}</div>{number}{bar}</div>'


def _gates(report: Report) -> str:
    if not report.verdicts:
        return ""
    return f"<section><h2>Gates</h2>{''.join(_gate(verdict) for verdict in report.verdicts)}</section>"


def _gate(verdict: Verdict) -> str:
    state, word = ("good", "pass") if verdict.passed else ("bad", "fail")
    lists = "".join(
        f"<details><summary>{len(rows)} {name}</summary><ul class='moved'>{_moved(rows)}</ul></details>"
        for name, rows in (("lost", verdict.lost), ("won", verdict.won))
        if rows
    )
    return (
        f'<div class="gate"><span class="badge {state}">{word}</span><div><code>{esc(verdict.gate)}</code>'
        f"<p>{esc(verdict.note)}</p>{lists}</div></div>"
    )


def _moved(rows: Mapping[str, str]) -> str:
    return "".join(f"<li><code>{esc(id)}</code> {esc(how)}</li>" for id, how in rows.items())


def _figures(report: Report) -> str:
    plots = [("Where the answer stands", rank_histogram(report.results))]
    if any(result.confidence is not None for result in report.results):
        plots.append(("Whether the confidence can be believed", reliability_plot(report.results)))
    figures = "".join(f"<figure><figcaption>{title}</figcaption>{plot}</figure>" for title, plot in plots)
    rows = "".join(_metric_row(name, report.total) for name in report.total.metrics)
    return (
        f'<section class="plots">{figures}</section>'
        "<section><h2>All metrics</h2><div class='scroll'><table>"
        "<thead><tr><th>metric</th><th class='n'>value</th>"
        "<th class='wide'></th><th>95 % interval</th><th class='wide'>meaning</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _metric_row(name: str, group: Group) -> str:
    value, ends = group.metrics[name], group.intervals.get(name)
    meaning = _MEANING.get(name) or _MEANING.get(name.partition("@")[0], "")
    span = f"{ends[0]:.3f} – {ends[1]:.3f}" if ends else ""
    return (
        f"<tr><th scope='row'>{esc(name)}</th><td class='n'>{_number(value)}</td>"
        f"<td class='wide'>{interval_bar(value, ends, name in LOWER_IS_BETTER)}</td>"
        f"<td class='dim'>{span}</td>"
        f"<td class='dim wide'>{meaning}</td></tr>"
    )


def _groups(report: Report) -> str:
    names = [name for name in _GROUP_METRICS if report.total.metrics.get(name) is not None]
    titles = {"tags": "By tag", "lang": "By language of the question", "lang_pair": "By language pair"}
    head = "".join(f"<th class='n'>{esc(name)}</th>" for name in names)
    tables = "".join(
        f"<h3>{titles.get(dimension, esc(dimension))}</h3><div class='scroll'><table><thead><tr><th></th>"
        f"<th class='n'>questions</th>{head}</tr></thead><tbody>"
        f"{''.join(_group_row(key, group, names) for key, group in groups.items())}</tbody></table></div>"
        for dimension, groups in report.by.items()
        if groups
    )
    return f"<section><h2>Breakdown</h2>{tables}</section>" if tables else ""


def _group_row(key: str, group: Group, names: Iterable[str]) -> str:
    cells = []
    for name in names:
        value, ends = group.metrics.get(name), group.intervals.get(name)
        span = f"<span class='dim span'>{ends[0]:.2f}–{ends[1]:.2f}</span>" if ends else ""
        cells.append(f"<td class='n'>{_number(value)}{span}</td>")
    return f"<tr><th scope='row'>{esc(key)}</th><td class='n'>{group.questions:,}</td>{''.join(cells)}</tr>"


def _worst(report: Report) -> str:
    unserved = sorted((result for result in report.results if not result.good), key=_badness)
    if not unserved:
        return "<section><h2>Questions not served</h2><p>None: every question was served.</p></section>"
    shown = unserved[:_WORST]
    more = (
        f"<p class='dim'>The worst {len(shown)} of {len(unserved):,}.</p>"
        if len(unserved) > len(shown)
        else ""
    )
    cards = "".join(_question(result) for result in shown)
    return f"<section><h2>Questions not served <small>{len(unserved):,}</small></h2>{more}{cards}</section>"


def _badness(result: Result) -> tuple[int, float]:
    """Not found first, then by depth; false answers after them, the most confident first."""
    if result.question.answerable:
        return (0, 0.0) if result.rank is None else (1, -float(result.rank))
    return 2, -(result.confidence or 0.0)


def _question(result: Result) -> str:
    question = result.question
    confidence = "" if result.confidence is None else f", confidence {result.confidence:.2f}"
    tags = "".join(f'<span class="tag">{esc(tag)}</span>' for tag in (*question.tags, *result.pairs))
    # Another system's run has judgements and no texts.
    texts = result.gold_texts or ("",) * len(question.gold or ())
    gold = "".join(_gold(p.article, text) for p, text in zip(question.gold or (), texts, strict=True))
    if not gold:
        gold = "<p class='dim'>No article answers it: refusing is right.</p>"
    found = "".join(_passage(rank, chunk) for rank, chunk in enumerate(result.found[:_FOUND], start=1))
    return (
        f'<article class="question"><h3 lang="{esc(result.lang)}">{esc(question.question)}</h3>'
        f"<p class='meta'><code>{esc(result.id)}</code> <b>{esc(fate(result))}</b>{confidence} {tags}</p>"
        f"<div class='sides'><div><h4>Gold</h4>{gold}</div>"
        f"<div><h4>Found first</h4>{found or '<p class=dim>Nothing.</p>'}</div></div></article>"
    )


def _gold(article: str, text: str) -> str:
    return (
        f"<blockquote class='gold'><p>{esc(_excerpt(text))}</p><footer>{esc(article)}</footer></blockquote>"
    )


def _passage(rank: int, chunk: Chunk) -> str:
    article = chunk.article
    about = " · ".join(filter(None, (article.title, article.id)))
    return (
        f"<blockquote><p lang='{esc(article.language)}'>{esc(_excerpt(chunk.text))}</p>"
        f"<footer>{rank}. {esc(about)}</footer></blockquote>"
    )


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
