"""Plots of a graded class as SVG in a page: colours come from its style sheet.

What is horizontal is in percent and what is vertical in pixels, so that a plot is as wide as the
page and its letters stay as large as they are, on a phone, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from course_utils.grading.note import counted, printable
from course_utils.grading.report.distribution import Distribution
from course_utils.grading.report.statistics import Item

HEIGHT, TOP, BELOW = 150, 44, 26  # of the bars of a histogram, and what is above and below them
ROW, HEAD = 44, 30  # of an exercise, and of what is above the first
SHARES, FITS = (1.5, 58.0), (72.0, 98.0)  # where the two panels begin and end
TICKS = (0, 0.25, 0.5, 0.75, 1)


def histogram(spread: Distribution) -> Markup:
    """Draw grades as bars with their numbers, below the middle half and the median."""
    first, median, third = spread.quartiles
    bars = len(spread.counts)
    last, most = spread.edges[-1], max(spread.counts)
    floor = TOP + HEIGHT
    parts = [
        _line(100 * first / last, 12, 100 * third / last, 12, "half"),
        _line(100 * median / last, 5, 100 * median / last, 19, "median"),
    ]
    for i, count in enumerate(spread.counts):
        tall = HEIGHT * count / most
        if count:
            shape = '<rect class="column" x="{}%" y="{}" width="{}%" height="{}"/>'
            numbers = map(_short, (100 * i / bars, floor - tall, 100 / bars, tall))
            parts.append(Markup(shape).format(*numbers))
            parts.append(_text(100 * (i + 0.5) / bars, floor - tall - 5, str(count), "count"))
    parts.append(_line(0, floor, 100, floor, "axis"))
    for i, edge in enumerate(spread.edges):
        side = " start" if i == 0 else " end" if i == bars else ""
        odd = " odd" if i % 2 else ""
        parts.append(_text(100 * i / bars, floor + 18, f"{edge:g}", f"tick{side}{odd}"))
    return _svg("histogram", "Grades", _told(spread), TOP + HEIGHT + BELOW, parts)


def _told(spread: Distribution) -> str:
    """Say in words what a histogram shows."""
    pairs = zip(spread.edges, spread.edges[1:], spread.counts, strict=False)
    bars = (f"{one:g} to {other:g}: {count}" for one, other, count in pairs if count)
    first, median, third = spread.quartiles
    return (
        f"{counted(len(spread.grades), 'grade')}. How many there are in each bar of points: "
        f"{', '.join(bars)}. Median {median:.2f}, quartiles {first:.2f} and {third:.2f}."
    )


def items(found: Sequence[Item]) -> Markup:
    """Draw each exercise's share of full marks, its mean share and its discrimination as dots."""
    floor = HEAD + ROW * len(found)
    parts = [
        _text(SHARES[0], 14, "share", "panel start"),
        _text(FITS[0], 14, "discrimination", "panel start"),
    ]
    for share in TICKS:
        parts += _rule(_at(share, SHARES), floor, f"{100 * share:g} %", odd=share in (0.25, 0.75))
    for value in (-1, 0, 1):
        parts += _rule(_at((value + 1) / 2, FITS), floor, f"{value}".replace("-", "−"))
    for i, item in enumerate(found):
        y = HEAD + ROW * i + 30
        parts += [_line(SHARES[0], y, SHARES[1], y, "row"), _line(FITS[0], y, FITS[1], y, "row")]
        parts.append(_text(SHARES[0], y - 13, f"{i + 1} {item.exercise}", "name start"))
        if not math.isnan(item.mean) and not math.isnan(item.full):
            full, mean = _at(item.full, SHARES), _at(min(max(item.mean, 0), 1), SHARES)
            parts += [_line(full, y, mean, y, "span"), _dot(full, y, "full"), _dot(mean, y, "mean")]
        if not math.isnan(item.discrimination):
            parts.append(_dot(_at((item.discrimination + 1) / 2, FITS), y, "full"))
    return _svg("items", "Exercises", "The table below has the same numbers.", floor + 26, parts)


def bar(share: float) -> Markup:
    """Draw a share from 0 to 1 as a bar, beside a number that says the same."""
    shape = (
        '<svg class="share" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100%" height="100%"/>'
        '<rect class="column" width="{}%" height="100%"/></svg>'
    )
    return Markup(shape).format(_short(100 * min(max(share, 0), 1)))


def _svg(name: str, title: str, says: str, height: int, parts: Iterable[Markup]) -> Markup:
    begin = (
        '<svg class="plot" width="100%" height="{}" role="img" '
        'aria-labelledby="{}-title {}-says"><title id="{}-title">{}</title>'
        '<desc id="{}-says">{}</desc>'
    )
    opened = Markup(begin).format(height, name, name, name, title, name, says)
    return opened + Markup("").join(parts) + Markup("</svg>")


def _rule(x: float, floor: float, says: str, *, odd: bool = False) -> list[Markup]:
    """Draw a line of a grid from the top down, and what it stands for."""
    tick = _text(x, floor + 20, says, "tick odd" if odd else "tick")
    return [_line(x, HEAD - 8, x, floor + 4, "grid"), tick]


def _at(share: float, panel: tuple[float, float]) -> float:
    return panel[0] + share * (panel[1] - panel[0])


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    shape = '<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>'
    return Markup(shape).format(kind, *map(_short, (x1, y1, x2, y2)))


def _dot(x: float, y: float, kind: str) -> Markup:
    return Markup('<circle class="{}" cx="{}%" cy="{}" r="5"/>').format(kind, *map(_short, (x, y)))


def _text(x: float, y: float, says: str, kind: str) -> Markup:
    shape = '<text class="{}" x="{}%" y="{}">{}</text>'
    return Markup(shape).format(kind, _short(x), _short(y), printable(says))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
