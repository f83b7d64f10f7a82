"""Show which window of an input a wrong number of the result comes from, and which was read.

For results that a window makes which slides over an input: correlations, convolutions, pooling.
What was read is said only where some way to read, by other steps, from another start or with the
kernel turned, reproduces every number of the result, and where all that do agree on the window; if
need be, those that reproduce the results of the other cases, too. It shows numbers of the input, so
it is for cases that students have.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from course_utils.checks.cases import Axis, Case, CaseSet, Outcome, Returned
from course_utils.checks.compare import differing

CORRELATION, CONVOLUTION, POOLING = "correlation", "convolution", "pooling"
MOST_SIDE = 16  # of an input that is drawn, in pixels of it
MOST_NUMBERS = 144  # that are written into it; more are drawn as squares alone
MOST_WORK = 100_000  # products that one way to read may take
NEAR = 1e-4  # relative: what differs by less differs by rounding, and not by a window
LINE = 88  # characters
SIDE = 30  # pixels on the page of a square with a number in it
PLAIN = 14  # and of one without
RIGHT, READ = "#2e8b57", "#d9480f"  # which are seen on black and on white alike


@dataclass(frozen=True)
class Shown:
    """A window in words, drawn as SVG, and drawn in characters; the drawings may be empty."""

    says: str = ""
    picture: str = ""
    sketch: str = ""


@dataclass(frozen=True)
class _Slide:
    """A call in which a window slides, and its result, with all axes that a layer has.

    Attributes
    ----------
    x : array, shape (N, C, H, W)
    w : array, shape (F, C, KH, KW), or None
        The kernels as they are laid on the input; none where windows are pooled.
    b : array, shape (F,), or None
    window : (int, int)
        KH and KW.
    stride : int
    pads : (int, int)
        On each side of rows and of columns.
    asked, got : array, shape (N, F, HO, WO)
    signal : bool
        Whether it is a signal, which has samples in one row.
    """

    x: np.ndarray
    w: np.ndarray | None
    b: np.ndarray | None
    window: tuple[int, int]
    stride: int
    pads: tuple[int, int]
    asked: np.ndarray
    got: np.ndarray
    signal: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the padded input."""
        return self.x.shape[2] + 2 * self.pads[0], self.x.shape[3] + 2 * self.pads[1]


# How a window moves along an axis: by what it steps, and where it starts, as so many times the
# padding and as pixels.
Pace = tuple[str, int, int]
RIGHT_PACE = ("stride", 0, 0)
PACES: tuple[Pace, ...] = (
    RIGHT_PACE, ("one", 0, 0), ("kernel", 0, 0),
    ("stride", 1, 0), ("stride", -1, 0), ("stride", 0, 1), ("stride", 0, -1),
)  # fmt: skip


@dataclass(frozen=True)
class _Reading:
    """One way to read: how along rows and columns, which axes are turned, and other padding."""

    paces: tuple[Pace, Pace] = (RIGHT_PACE, RIGHT_PACE)
    turned: tuple[bool, bool] = (False, False)
    other_padding: bool = False

    def corner(self, slide: _Slide, place: Sequence[int]) -> tuple[int, int]:
        """Return where in the padded input the window of an output begins."""
        found = []
        for k, (step, pads, pixels), side, pad in zip(
            place, self.paces, slide.window, slide.pads, strict=True
        ):
            by = {"stride": slide.stride, "one": 1, "kernel": side}[step]
            found.append(k * by + pads * pad + pixels)
        return found[0], found[1]


AS_ASKED = _Reading()


def shown_window(cases: CaseSet, outcomes: Sequence[Outcome | None], number: int) -> Shown:
    """Show the window of the first wrong number of a result; nothing where that cannot be said.

    Parameters
    ----------
    cases : CaseSet
    outcomes : sequence of Outcome or None
        What the answer came to on each case.
    number : int
        The case's, from 1.
    """
    if not cases.window or cases.hidden:
        return Shown()
    slides = [_slide(cases, *each) for each in zip(cases.cases, outcomes, strict=True)]
    slide = slides.pop(number - 1)
    if slide is None or np.allclose(slide.got, slide.asked, rtol=NEAR, atol=0):
        return Shown()
    tolerance = {"rtol": cases.rtol, "atol": cases.atol}
    first = tuple(map(int, np.argwhere(differing(slide.asked, slide.got, **tolerance))[0]))
    read = _read(slide, [each for each in slides if each], first, tolerance)
    axes = cases.axes[cases.outputs[0]]
    says = _words(cases.window, slide, first, axes, read)
    if max(slide.size) > MOST_SIDE:
        return Shown(says)
    channel = first[1] if slide.w is None else 0
    if slide.w is not None and slide.x.shape[1] > 1:
        says += f" Drawn is channel 0 of {slide.x.shape[1]}."
    there = AS_ASKED.corner(slide, first[2:])
    other = read.corner(slide, first[2:]) if read else there
    grid = _grid(slide, slide.x[first[0], channel])
    drawn = slide, grid, there, None if other == there else other
    return Shown(says, _svg(*drawn, says), _characters(*drawn))


def _slide(cases: CaseSet, case: Case, outcome: Outcome | None) -> _Slide | None:
    """Give a call and its result all axes; None where the result has not the right shape."""
    named = {**dict(zip(cases.parameters, case.args, strict=False)), **case.kwargs}
    if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
        return None
    asked, got = case.expected.value, outcome.value
    if not isinstance(got, np.ndarray) or got.shape != asked.shape or got.dtype.kind not in "biuf":
        return None
    x, w, pad = named["x"], named.get("w"), named.get("pad", 0)
    window = named["kernel"] if w is None else (1, *w.shape[-1:]) if x.ndim == 1 else w.shape[-2:]
    lacking = (1,) * (4 - x.ndim)
    deep = None
    if w is not None:
        deep = w.reshape(-1, 1, *window) if x.ndim < 3 else w
        deep = deep[:, :, ::-1, ::-1] if cases.window == CONVOLUTION else deep
    shape = (1, -1, 1, asked.shape[-1]) if x.ndim == 1 else lacking + asked.shape
    return _Slide(
        x=x.reshape(lacking + x.shape),
        w=deep,
        b=named.get("b"),
        window=(int(window[0]), int(window[1])),
        stride=int(named.get("stride", 1)),
        pads=(0 if x.ndim == 1 else pad, pad),
        asked=asked.reshape(shape),
        got=got.reshape(shape),
        signal=x.ndim == 1,
    )


def _read(
    slide: _Slide, others: Sequence[_Slide], first: Sequence[int], tolerance: dict[str, float]
) -> _Reading | None:
    """Return a way to read that makes the whole result, if all that do read one window."""

    def one(found: Sequence[_Reading]) -> bool:
        kinds = {(r.corner(slide, first[2:]), r.turned, r.other_padding) for r in found}
        return len(kinds) == 1

    found = [reading for reading in _readings(slide) if _makes(slide, reading, tolerance)]
    if not one(found):
        found = [r for r in found if all(_makes(other, r, tolerance) for other in others)]
    return found[0] if one(found) and _within(slide, found[0], first) else None


def _within(slide: _Slide, reading: _Reading, first: Sequence[int]) -> bool:
    """Say whether a window lies on the padded input, where it can be drawn."""
    corner = reading.corner(slide, first[2:])
    ends = (at + side for at, side in zip(corner, slide.window, strict=True))
    return min(corner) >= 0 and all(end <= size for end, size in zip(ends, slide.size, strict=True))


def _readings(slide: _Slide) -> Iterator[_Reading]:
    """Yield ways in which such a result is read by mistake: along each axis one thing differs."""
    many = [side > 1 and slide.w is not None for side in slide.window]
    turns = list(product(*([False, True] if each else [False] for each in many)))
    padded = (False, True) if any(slide.pads) else (False,)
    for down, along, turned, other in product(PACES, PACES, turns, padded):
        reading = _Reading((down, along), (turned[0], turned[1]), other)
        if reading != AS_ASKED:
            yield reading


def _makes(slide: _Slide, reading: _Reading, tolerance: dict[str, float]) -> bool:
    """Say whether a way to read makes every number of the result."""
    made = _made(slide, reading)
    return made is not None and not differing(made, slide.got, **tolerance).any()


def _made(slide: _Slide, reading: _Reading) -> np.ndarray | None:
    """Return the result that a way to read makes; None where it is too much work."""
    rows, columns = slide.asked.shape[2:]
    work = slide.asked.size * slide.x.shape[1] * slide.window[0] * slide.window[1]
    if work > MOST_WORK:
        return None
    empty = -np.inf if slide.w is None else 0.0
    x = slide.x.astype(np.float64)
    pads = [(pad, pad) for pad in slide.pads]
    if reading.other_padding:
        mode: dict[str, Any] = {"mode": "edge"} if slide.w is not None else {"constant_values": 0.0}
        padded = np.pad(x, [(0, 0), (0, 0), *pads], **mode)
    else:
        padded = np.pad(x, [(0, 0), (0, 0), *pads], constant_values=empty)
    corners = [reading.corner(slide, (i, j)) for i, j in product(range(rows), range(columns))]
    low = [max(0, -min(c[axis] for c in corners)) for axis in (0, 1)]
    high = [
        max(0, max(c[axis] for c in corners) + slide.window[axis] - slide.size[axis])
        for axis in (0, 1)
    ]
    beyond = [(0, 0), (0, 0), *zip(low, high, strict=True)]
    wide = np.pad(padded, beyond, constant_values=empty)
    views = np.lib.stride_tricks.sliding_window_view(wide, slide.window, axis=(2, 3))
    at = [np.array([c[axis] + low[axis] for c in corners]) for axis in (0, 1)]
    windows = views[:, :, at[0], at[1]].reshape(*x.shape[:2], rows, columns, *slide.window)
    if slide.w is None:
        return windows.max(axis=(4, 5)).astype(slide.asked.dtype)
    axes = tuple(axis + 2 for axis in (0, 1) if reading.turned[axis])
    made = np.einsum("ncijkl,fckl->nfij", windows, np.flip(slide.w, axes).astype(np.float64))
    if slide.b is not None:
        made = made + slide.b[:, None, None]
    return made.astype(slide.asked.dtype)


# Words.


def _words(
    kind: str, slide: _Slide, first: Sequence[int], axes: Sequence[Axis], read: _Reading | None
) -> str:
    """Say what the first wrong number comes from, and what was read."""
    whole = "padded input" if any(slide.pads) else "input"
    there = AS_ASKED.corner(slide, first[2:])
    says = (
        f"The first wrong number, {_place(slide, first, axes)}, comes from {_lines(slide, there)} "
        f"of the {whole}, counted from 0."
    )
    if read is None:
        return says
    at = read.corner(slide, first[2:])
    window = "this window gives" if at == there else f"the window at {_lines(slide, at)} gives"
    return f"{says} Yours is what {window}{_how(kind, slide, read)}."


def _place(slide: _Slide, first: Sequence[int], axes: Sequence[Axis]) -> str:
    """Name a place of the result in the words of its axes, which are the last ones of all."""
    own = (first[1], first[3]) if slide.signal else first[len(first) - len(axes) :]
    return ", ".join(f"{axis.name} {k}" for axis, k in zip(axes, own, strict=True))


def _lines(slide: _Slide, corner: Sequence[int]) -> str:
    """Name the rows and columns of a window; of a signal its samples."""
    (row, column), (high, wide) = corner, slide.window
    if slide.signal:
        return _span("sample", column, wide)
    return f"{_span('row', row, high)} and {_span('column', column, wide)}"


def _span(name: str, at: int, side: int) -> str:
    return f"{name} {at}" if side == 1 else f"{name}s {at} to {at + side - 1}"


def _how(kind: str, slide: _Slide, read: _Reading) -> str:
    """Say how else a window was read: how the kernel lies, and what the padding is."""
    parts = []
    if any(read.turned):
        parts.append(f"with the kernel {_turned(kind, slide, read.turned)}")
    if read.other_padding:
        parts.append("with padding of 0" if kind == POOLING else "with the border as padding")
    return "".join(f", {part}" for part in parts)


def _turned(kind: str, slide: _Slide, turned: tuple[bool, bool]) -> str:
    """Say how a kernel was laid that was turned along some axes from how it should have been."""
    all_axes = all(
        is_turned or side == 1 for is_turned, side in zip(turned, slide.window, strict=True)
    )
    if kind == CONVOLUTION:  # which turns it along both axes to begin with
        return "as it is, not turned" if all_axes else _along[turned[1], turned[0]] + " alone"
    return "turned round" if 1 in slide.window else _along[turned]


_along = {
    (True, True): "turned by 180 degrees",
    (True, False): "turned upside down",
    (False, True): "turned from left to right",
}


# Drawings.


def _grid(slide: _Slide, x: np.ndarray) -> list[list[str]]:
    """Return the numbers of one channel with its padding, as texts."""
    rows, columns = slide.pads
    texts = [[f"{value:.4g}" for value in row] for row in x.tolist()]
    empty = "" if slide.w is None else "0"
    side = [empty] * columns
    across = [[empty] * slide.size[1] for _ in range(rows)]
    return [*across, *([*side, *row, *side] for row in texts), *across]


def _is_padding(slide: _Slide, row: int, column: int) -> bool:
    rows, columns = slide.pads
    H, W = slide.x.shape[2:]
    return not (rows <= row < rows + H and columns <= column < columns + W)


def _svg(
    slide: _Slide,
    grid: list[list[str]],
    right: tuple[int, int],
    read: tuple[int, int] | None,
    says: str,
) -> str:
    """Draw the padded input with the frame of a window or two, in a few kB."""
    count = len(grid) * len(grid[0])
    written = count <= MOST_NUMBERS and max(len(text) for row in grid for text in row) <= 5
    side = SIDE if written else PLAIN
    squares = {True: "", False: ""}
    texts = []
    for row, column in product(range(len(grid)), range(len(grid[0]))):
        x, y, line = column * side + 3, row * side + 3, side - 2
        squares[_is_padding(slide, row, column)] += f"M{x} {y}h{line}v{line}h-{line}z"
        if written and grid[row][column]:
            where = f'x="{x + side // 2 - 1}" y="{y + side // 2 + 3}"'
            texts.append(f"<text {where}>{html.escape(grid[row][column])}</text>")
    width, height = len(grid[0]) * side + 6, len(grid) * side + 6
    frames = _frame(slide, right, side, f'stroke="{RIGHT}"')
    if read is not None:
        frames += _frame(slide, read, side, f'stroke="{READ}" stroke-dasharray="5 3"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html.escape(says)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="max-width:100%;height:auto" fill="currentColor">'
        f'<path d="{squares[False]}" opacity=".18"/><path d="{squares[True]}" opacity=".07"/>'
        f'<g font-size="11" text-anchor="middle">{"".join(texts)}</g>'
        f'<g fill="none" stroke-width="3">{frames}</g></svg>'
    )


def _frame(slide: _Slide, corner: tuple[int, int], side: int, stroke: str) -> str:
    (row, column), (high, wide) = corner, slide.window
    place = f'x="{column * side + 2}" y="{row * side + 2}"'
    return f'<rect {place} width="{wide * side}" height="{high * side}" rx="3" {stroke}/>'


def _characters(
    slide: _Slide,
    grid: list[list[str]],
    right: tuple[int, int],
    read: tuple[int, int] | None,
) -> str:
    """Draw the same in characters; nothing where a line is too short for that."""

    def inside(corner: tuple[int, int] | None, *place: int) -> bool:
        return corner is not None and all(
            at <= k < at + side for k, at, side in zip(place, corner, slide.window, strict=True)
        )

    width = max(len(text) for row in grid for text in row)
    if (width + 2) * len(grid[0]) > LINE - 4:
        return ""
    lines = []
    for row, texts in enumerate(grid):
        cells = []
        for column, text in enumerate(texts):
            ends = "[]" if inside(right, row, column) else "  "
            if inside(read, row, column):
                ends = "{}" if ends == "[]" else "()"
            cells.append(f"{ends[0]}{text or '.':>{width}}{ends[1]}")
        lines.append(f"   {''.join(cells)}".rstrip())
    legend = "[ ] what it comes from"
    return "\n".join([*lines, f"{legend}, ( ) what you read, {{ }} both" if read else legend])
