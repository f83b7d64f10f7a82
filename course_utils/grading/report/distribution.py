"""How the grades of a class are spread: median, quartiles, and bars of a histogram."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MOST_BARS = 12
STEPS = (1, 2, 2.5, 5)  # widths of a bar, times powers of ten


@dataclass(frozen=True)
class Distribution:
    """How grades are spread.

    Attributes
    ----------
    grades : tuple of float
        In order.
    edges : tuple of float
        Where the bars of a histogram begin and end: one more than there are bars.
    counts : tuple of int
        How many grades are in each bar. A grade at an edge is in the bar that begins there, and
        one at the end of the last bar is in that.
    """

    grades: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def width(self) -> float:
        """The width of a bar in points."""
        return self.edges[1] - self.edges[0]

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile, between grades if need be."""
        if len(self.grades) < 2:
            return (self.grades[0],) * 3
        first, median, third = statistics.quantiles(self.grades, method="inclusive")
        return first, median, third


def distribution(grades: Sequence[float], points: float) -> Distribution | None:
    """Say how grades are spread; nothing can be said of no grades.

    Parameters
    ----------
    grades : sequence of float
    points : float
        Points to reach. The bars go from 0 to at least there, and as far as there are grades.

    >>> spread = distribution([0, 3, 4, 10], 10)
    >>> spread.edges[:3], spread.counts
    ((0.0, 1.0, 2.0), (1, 0, 0, 1, 1, 0, 0, 0, 0, 1))
    >>> spread.quartiles
    (2.25, 3.5, 5.5)
    """
    if not grades:
        return None
    last = max(points, *grades, 0.01)
    width = _width(last)
    bars = max(1, math.ceil(round(last / width, 6)))
    counts = [0] * bars
    for grade in grades:
        counts[min(bars - 1, int(round(grade / width, 6)))] += 1
    edges = (round(width * i, 6) for i in range(bars + 1))
    return Distribution(tuple(sorted(grades)), tuple(edges), tuple(counts))


def _width(last: float) -> float:
    """Return the smallest round width of which not too many reach from 0 to `last`."""
    power = 10.0 ** math.floor(math.log10(last / MOST_BARS))
    widths = (step * power for step in (*STEPS, 10))
    return next(width for width in widths if last / width <= MOST_BARS + 1e-9)
