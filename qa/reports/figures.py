"""The report's plots as inline SVG: no script, no font, no colour of their own (the style sheet has them)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from qa.metrics import CALIBRATION_BINS, bin_of
from qa.report import Result
from qa.significance import Interval

_WIDTH, _HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 34, 40
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_RANKS = 10  # bars of single ranks; deeper ones share a bar
_DOT = (3.0, 11.0)  # radius of the smallest and the largest bin's dot


def rank_histogram(results: Sequence[Result]) -> str:
    """How many answerable questions have their first gold hit at each rank; the last bar has none."""
    bars = _rank_counts([result.rank for result in results if result.question.answerable])
    top = max(count for _, count in bars) or 1
    step = _PLOT_WIDTH / len(bars)
    parts = [_line(_LEFT, _y(0), _WIDTH - _RIGHT, _y(0), "axis")]
    for place, (label, count) in enumerate(bars):
        x, height = _LEFT + place * step, _PLOT_HEIGHT * count / top
        kind = "bar lost" if label == "none" else "bar"
        parts.append(
            f'<rect class="{kind}" x="{x + step * 0.12:.1f}" y="{_y(0) - height:.1f}" rx="2"'
            f' width="{step * 0.76:.1f}" height="{height:.1f}">'
            f"<title>rank {label}: {count} questions</title></rect>"
        )
        parts.append(_text(x + step / 2, _y(0) + 15, label))
        if count:
            parts.append(_text(x + step / 2, _y(0) - height - 4, str(count), "count"))
    parts.append(_text(_LEFT + _PLOT_WIDTH / 2, _HEIGHT - 6, "rank of the first gold hit", "name"))
    return _svg("Rank of the first gold hit", parts)


def _rank_counts(ranks: Sequence[int | None]) -> list[tuple[str, int]]:
    bars = [(str(rank), sum(each == rank for each in ranks)) for rank in range(1, _RANKS + 1)]
    deeper = sum(rank is not None and rank > _RANKS for rank in ranks)
    if deeper:
        bars.append((f">{_RANKS}", deeper))
    return [*bars, ("none", sum(rank is None for rank in ranks))]


def reliability_plot(results: Sequence[Result]) -> str:
    """Confidence against how often it was right, by bin; on the diagonal the confidence is honest."""
    judged = [r for r in results if r.confidence is not None and r.question.answerable is not None]
    parts = [_line(_LEFT, _y(share), _WIDTH - _RIGHT, _y(share), "grid") for share in (0.25, 0.5, 0.75, 1)]
    parts += [_line(_LEFT, _y(0), _WIDTH - _RIGHT, _y(0), "axis"), _line(_x(0), _y(0), _x(1), _y(1), "ideal")]
    parts += [_text(_LEFT - 6, _y(share) + 4, f"{share:g}", "end") for share in (0, 0.5, 1)]
    parts += [_text(_x(share), _y(0) + 15, f"{share:g}") for share in (0, 0.5, 1)]
    dots = _bins(judged)
    most = max((count for *_, count in dots), default=1)
    for before, after in pairwise(dots):
        parts.append(_line(_x(before[0]), _y(before[1]), _x(after[0]), _y(after[1]), "curve"))
    for confidence, right, count in dots:
        radius = _DOT[0] + (_DOT[1] - _DOT[0]) * (count / most) ** 0.5
        parts.append(
            f'<circle class="dot" cx="{_x(confidence):.1f}" cy="{_y(right):.1f}" r="{radius:.1f}">'
            f"<title>{count} questions, mean confidence {confidence:.2f}, right {right:.2f}</title></circle>"
        )
    parts.append(_text(_LEFT + _PLOT_WIDTH / 2, _HEIGHT - 6, "confidence", "name"))
    parts.append(_text(_LEFT, 12, "share where the passages shown held the answer", "start name"))
    return _svg("Reliability of the confidence", parts)


def _bins(judged: Sequence[Result]) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, questions) of each bin that is not empty."""
    confidence = np.array([result.confidence for result in judged], dtype=np.float64)
    right = np.array([result.supported for result in judged], dtype=np.float64)
    bins = bin_of(confidence)
    members = [bins == number for number in range(CALIBRATION_BINS)]
    return [
        (float(confidence[m].mean()), float(right[m].mean()), int(m.sum()))
        for m in members
        if len(m) and m.any()
    ]


def interval_bar(value: float | None, ends: Interval | None, bad: bool = False) -> str:
    """A value from 0 to 1 as a bar, with its interval as a whisker."""
    if value is None:
        return ""
    parts = ['<rect class="track" x="0" y="4" width="100" height="6" rx="3"/>']
    parts.append(
        f'<rect class="bar{" lost" if bad else ""}" x="0" y="4" width="{100 * value:.1f}" height="6" rx="3"/>'
    )
    if ends is not None:
        low, high = (100 * end for end in ends)
        parts.append(_line(low, 7, high, 7, "whisker"))
        parts += [_line(end, 3, end, 11, "whisker") for end in (low, high)]
    box = 'viewBox="-1 0 102 14" preserveAspectRatio="none" aria-hidden="true"'
    return f'<svg class="interval" {box}>{"".join(parts)}</svg>'


def _x(share: float) -> float:
    return _LEFT + _PLOT_WIDTH * share


def _y(share: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - share)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escaped}</text>'


def _svg(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )
