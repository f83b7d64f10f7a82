"""Draw where an output is wrong: a square for each of its numbers, filled where it is.

A picture shows no number, so it may be shown of hidden cases too.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.checks.cases import Axis
from course_utils.checks.pattern import plural, split

MOST_SQUARES = 500  # of all outputs together; each takes some twenty bytes
MOST_SIDE = 48  # of a slice
MOST_SLICES = 8  # of one output
MOST_LINES = 12  # of a slice in characters
MOST_SKETCHED = 2  # outputs; of the others it is said how much is wrong
SIDE, LEAST = 13, 6  # pixels of a square, and of the smallest
WIDTH = 330  # pixels, so that it fits beside the margins of a narrow window
COLUMNS = 88  # characters
GAP = 4  # pixels between named blocks
WRONG = "#d9480f"  # tells from black and from white alike
NUMBER = r"-?\d{1,5}"
# What `drawn` makes, and nothing else: no script, no link, no style but its own.
TEXT = r"[^<>&\"']|&amp;|&lt;|&gt;|&quot;|&#x27;"
SVG = re.compile(
    rf'(?:<svg xmlns="http://www\.w3\.org/2000/svg" role="img" aria-label="(?:{TEXT})*" '
    rf'viewBox="0 0 {NUMBER} {NUMBER}" width="{NUMBER}" height="{NUMBER}">'
    rf'(?:<text x="{NUMBER}" y="{NUMBER}" font-size="11" fill="currentColor">(?:{TEXT})*</text>|'
    rf'<path d="[MhvzZ0-9 -]*" fill="(?:currentColor|{WRONG})"(?: opacity="\.2")?/>)*</svg>)*'
)


@dataclass(frozen=True)
class Wrong:
    """Where an output of two axes or more is wrong.

    Attributes
    ----------
    name : str
        The output's.
    places : array of bool
    axes : tuple of Axis
        What its axes mean; empty if that is not said.
    """

    name: str
    places: np.ndarray
    axes: tuple[Axis, ...] = ()

    @property
    def text(self) -> str:
        """What the picture shows, in words."""
        count, size = int(self.places.sum()), self.places.size
        down, along = self._axis(-2), self._axis(-1)
        return f"{self.name}: {count} of {size} numbers wrong ({down} down, {along} across)"

    def _axis(self, number: int) -> str:
        return plural(self.axes[number].name) if self._named else ("rows", "columns")[number]

    @property
    def _named(self) -> bool:
        return len(self.axes) == self.places.ndim

    def blocks(self, number: int) -> int:
        """Return in how many named blocks one of the last two axes falls; 1 if in none."""
        parts = len(self.axes[number].parts) if self._named else 0
        return parts if parts and self.places.shape[number] % parts == 0 else 1

    def block_names(self) -> tuple[str, ...]:
        """Return the names of the blocks of the last axis; empty if it has none."""
        return self.axes[-1].parts if self.blocks(-1) > 1 else ()

    def slices(self) -> list[tuple[str, np.ndarray]]:
        """Return what is drawn of it, slice by slice; of many those with something wrong."""
        *leading, rows, columns = self.places.shape
        titles = [self._title(index) for index in itertools.product(*map(range, leading))]
        found = list(zip(titles, self.places.reshape(-1, rows, columns), strict=True))
        if len(found) > MOST_SLICES:
            found = [each for each in found if each[1].any()][:MOST_SLICES]
        return found

    def _title(self, index: Sequence[int]) -> str:
        if not index:
            return ""
        if not self._named:
            return f"[{', '.join(map(str, index))}]"
        return ", ".join(
            f"{split(axis.name)[0]} {place}" for axis, place in zip(self.axes, index, strict=False)
        )


def drawn(outputs: Sequence[Wrong]) -> str:
    """Return pictures of wrong outputs as SVG, under 20 kB together; nothing where none fits."""
    return "".join(_svg(*each) for each in _fitting(outputs))


def sketched(outputs: Sequence[Wrong]) -> str:
    """Return the same in characters."""
    found, legend = [], []
    for number, (wrong, slices) in enumerate(_fitting(outputs)):
        found.append(wrong.text)
        if slices[0][1].shape[0] <= MOST_LINES and number < MOST_SKETCHED:
            found += _characters(wrong, slices)
            legend = ["■ wrong, · right"]
    return "\n".join([*found, *legend])


def is_picture(svg: str) -> bool:
    """Say whether a text is a picture as :func:`drawn` makes it, that can do nothing else."""
    return len(svg) < 20_000 and SVG.fullmatch(svg) is not None


def _fitting(outputs: Sequence[Wrong]) -> Iterator[tuple[Wrong, list[tuple[str, np.ndarray]]]]:
    """Yield the outputs that can be drawn, each with its slices, as far as there is room."""
    left = MOST_SQUARES
    for wrong in outputs:
        if wrong.places.all():  # words say that
            continue
        rows, columns = wrong.places.shape[-2:]
        fit = left // (rows * columns)
        if max(rows, columns) <= MOST_SIDE and fit:
            slices = wrong.slices()[:fit]
            left -= len(slices) * rows * columns
            yield wrong, slices


def _svg(wrong: Wrong, slices: list[tuple[str, np.ndarray]]) -> str:
    rows, columns = slices[0][1].shape
    side = max(LEAST, min(SIDE, (WIDTH - 8 * GAP) // columns))
    along, down = _offsets(columns, wrong.blocks(-1), side), _offsets(rows, wrong.blocks(-2), side)
    names = wrong.block_names()
    head = 14 * (bool(slices[0][0]) + bool(names)) + 2
    titles = max(len(title) for title, _ in slices) * 6
    width, height = max(along[-1] + side, titles) + 14, down[-1] + side + head + 8
    per_line = max(1, WIDTH // width)
    texts, squares = [], {True: "", False: ""}
    for number, (title, places) in enumerate(slices):
        left, top = number % per_line * width, number // per_line * height
        if title:
            texts.append(_label(left, top + 11, title))
        for block, name in enumerate(names):
            place = along[block * columns // len(names)]
            texts.append(_label(left + place, top + head - 4, name))
        for row, column in np.ndindex(rows, columns):
            x, y = left + along[column], top + head + down[row]
            line = side - 1
            squares[bool(places[row, column])] += f"M{x} {y}h{line}v{line}h-{line}z"
    wide = min(per_line, len(slices)) * width
    high = -(-len(slices) // per_line) * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(wrong.text)}"'
        f' viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f'{"".join(texts)}<path d="{squares[False]}" fill="currentColor" opacity=".2"/>'
        f'<path d="{squares[True]}" fill="{WRONG}"/></svg>'
    )


def _offsets(count: int, blocks: int, side: int) -> list[int]:
    """Return where squares begin, with a gap between blocks."""
    return [i * side + i * blocks // count * GAP * (blocks > 1) for i in range(count)]


def _label(x: int, y: int, text: str) -> str:
    text = html.escape(text)
    return f'<text x="{x}" y="{y}" font-size="11" fill="currentColor">{text}</text>'


def _characters(wrong: Wrong, slices: list[tuple[str, np.ndarray]]) -> Iterator[str]:
    """Yield slices side by side, as many as a line holds."""
    blocks, names = wrong.blocks(-1), wrong.block_names()
    pictures = []
    for title, places in slices:
        lines = [title] if title else []
        if names:
            size = 2 * (places.shape[1] // blocks) + 1
            lines.append("".join(name.ljust(size) for name in names).rstrip())
        for row in places:
            marks = ["■" if each else "·" for each in row]
            groups = np.array_split(np.array(marks), blocks)
            lines.append("  ".join(" ".join(group) for group in groups))
        pictures.append(lines)
    width = max(len(line) for lines in pictures for line in lines)
    per_line = max(1, COLUMNS // (width + 4))
    for start in range(0, len(pictures), per_line):
        for parts in zip(*pictures[start : start + per_line], strict=True):
            yield "  " + "    ".join(part.ljust(width) for part in parts).rstrip()
