"""Drawings that chapters share: grids of numbers, sliding windows, connections, boxes.

Every figure must be readable on a white and on a black page and in grey print. So the background
is transparent, lines and letters are of middle brightness, numbers stand on cells of their own
pale colour, and nothing is told by hue alone: line styles, hatches and markers say it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#7a7a7a"  # lines and letters: about as far from a white page as from a dark one
BLUE, ORANGE, GREEN = COLOURS = ("#2b7bba", "#d55e00", "#0b8f6a")
STYLES = ("-", "--", ":")  # goes with COLOURS, for those who do not see them
PAPER = "#f6f2e7"  # the cells on which numbers stand
PRINT = "#1b1b1b"  # the numbers
NONE, OWN = -2, -1  # in `connections`: no connection, a weight of its own


class Window(NamedTuple):
    """A rectangle of cells: its first row and column, its height and width."""

    row: int
    column: int
    height: int
    width: int


def use_book_style() -> None:
    """Set Matplotlib's defaults so that figures suit light and dark pages.

    Figures are drawn on nothing, so the page's own colour shows. Element names in SVG files are
    fixed, so that the same code always makes the same file.
    """
    mpl.rcParams.update(
        {
            "figure.facecolor": "none",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "none",
            "svg.hashsalt": "filters-and-memory",
            "axes.facecolor": "none",
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.titlesize": 12,
            "axes.prop_cycle": cycler(color=COLOURS, linestyle=STYLES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.size": 11.5,  # of which 9.5 are left on a phone
            "hatch.color": INK,
            "hatch.linewidth": 0.6,
            "image.cmap": "gray",
            "legend.frameon": False,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def grid(
    ax: Axes,
    values: ArrayLike,
    *,
    title: str = "",
    pad: int = 0,
    windows: Sequence[Window] = (),
) -> None:
    """Draw a matrix as a table of numbers, cell (i, j) centred on x = j, y = i.

    Parameters
    ----------
    ax : Axes
    values : (H, W)
        Numbers; whole ones are written without a point.
    title : str
    pad : int
        So many outer rows and columns on each side are padding, and hatched.
    windows : sequence of Window
        Cells to frame, up to three; each frame has its own colour and line style.
    """
    table = np.asarray(values)
    H, W = table.shape
    for i, j in np.ndindex(H, W):
        padded = min(i, j, H - 1 - i, W - 1 - j) < pad
        _cell(ax, j, i, _written(table[i, j].item()), hatched=padded)
    for window, colour, style in zip(windows, COLOURS, STYLES, strict=False):
        corner = (window.column - 0.5, window.row - 0.5)
        frame = Rectangle(corner, window.width, window.height, fill=False, zorder=3, lw=3)
        frame.set(edgecolor=colour, linestyle=style)
        ax.add_patch(frame)
    ax.set(xlim=(-0.6, W - 0.4), ylim=(H - 0.4, -0.6), aspect="equal", title=title)
    ax.set(xticks=range(W), yticks=range(H), xlabel="column (pixels)", ylabel="row (pixels)")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def sliding_windows(
    ax: Axes,
    size: int,
    kernel: int,
    *,
    stride: int = 1,
    pad: int = 0,
    dilation: int = 1,
    values: Sequence[float] | None = None,
) -> None:
    """Draw one axis of the input as a row of cells, and below it each window that a kernel takes.

    Padding is hatched. A window is a bar with a dot on each pixel that it reads. A pixel that no
    window reaches is crossed out.

    Parameters
    ----------
    ax : Axes
    size, kernel : int
        Pixels of the input and taps of the kernel, at least 1.
    stride, pad, dilation : int
        Pixels from one window to the next, zeros on each side, pixels from one tap to the next.
    values : (size,), optional
        Numbers to write into the cells; padding gets zeros.

    Raises
    ------
    ValueError
        If the stride is 0, or no window fits into the padded input.
    """
    padded = size + 2 * pad
    span = dilation * (kernel - 1) + 1
    starts = range(0, padded - span + 1, stride)
    if not starts:
        raise ValueError(f"a window of {span} pixels does not fit into {padded}")
    reached = starts[-1] + span
    for position in range(padded):
        inside = pad <= position < pad + size
        number = values[position - pad] if values is not None and inside else 0
        _cell(ax, position, 0, "" if values is None else _written(number), hatched=not inside)
        if position >= reached:
            ax.plot(position, 0, "x", color=ORANGE, ms=11, mew=2.5, zorder=3)
    for index, start in enumerate(starts):
        taps = start + dilation * np.arange(kernel)
        ax.plot(taps, np.full(kernel, index + 1), "o-", color=BLUE, lw=5, ms=9, alpha=0.9)
    ax.set(xlim=(-0.6, padded - 0.4), ylim=(len(starts) + 0.6, -0.6))
    ax.set(xticks=range(padded), yticks=range(1, len(starts) + 1))
    ax.set(yticklabels=range(len(starts)), ylabel="output index")
    ax.set(xlabel="position in the padded input (pixels)" if pad else "position (pixels)")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def connections(ax: Axes, weights: ArrayLike, *, title: str = "") -> None:
    """Draw which of a row of pixels (below) each of a row of units (above) sees.

    Parameters
    ----------
    ax : Axes
    weights : (units, pixels)
        For each unit and pixel: `NONE` for no connection, `OWN` for a weight that no other
        connection has, or the number (0, 1 or 2) of a weight that several connections share.
    title : str
    """
    table = np.asarray(weights)
    units, pixels = table.shape
    middle = (pixels - units) / 2
    for unit, pixel in np.argwhere(table != NONE):
        ends = [pixel, unit + middle], [0, 1]
        weight = table[unit, pixel]
        if weight == OWN:
            ax.plot(*ends, "-", color=INK, lw=0.8)
        else:
            ax.plot(*ends, STYLES[weight], color=COLOURS[weight], lw=2)
    ax.plot(np.arange(pixels), np.zeros(pixels), "s", color=INK, ms=8)
    ax.plot(np.arange(units) + middle, np.ones(units), "o", color=INK, ms=9)
    ax.set(title=title, ylim=(-0.2, 1.2), yticks=[0, 1], yticklabels=["pixels", "units"])
    ax.set(xticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def cuboid(
    ax: Axes,
    corner: tuple[float, float],
    shape: tuple[float, float, float],
    *,
    colour: str = INK,
    style: str = "-",
    label: str = "",
) -> None:
    """Draw a box, seen a little from above and from the right.

    Parameters
    ----------
    ax : Axes
    corner : (x, y)
        Where the lower left corner of the front is, in the axes' own units.
    shape : (depth, height, width)
        In the order of a volume's shape (C, H, W).
    colour, style : str
        Of its edges; the faces are tinted with the colour.
    label : str
        Written below the box.
    """
    x, y = corner
    depth, height, width = shape
    dx, dy = 0.5 * depth, 0.35 * depth
    front = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    top = [front[3], front[2], (x + width + dx, y + height + dy), (x + dx, y + height + dy)]
    side = [front[1], (x + width + dx, y + dy), top[2], front[2]]
    for face in (front, top, side):
        ax.add_patch(Polygon(face, facecolor=colour, alpha=0.18, lw=0))
        ax.add_patch(Polygon(face, fill=False, edgecolor=colour, linestyle=style, lw=1.5))
    ax.text(x + (width + dx) / 2, y - 1, label, ha="center", va="top")
    ax.update_datalim([(x, y - 4), (x + width + dx, y + height + dy)])
    ax.autoscale_view()


def photograph(
    ax: Axes, image: ArrayLike, *, title: str = "", limits: tuple[float, float] = (0.0, 1.0)
) -> None:
    """Draw a grey picture, (H, W), pixel by pixel; `limits` are the values of black and white."""
    ax.imshow(np.asarray(image), vmin=limits[0], vmax=limits[1], interpolation="none")
    ax.set(title=title, xlabel="column (pixels)", ylabel="row (pixels)")


def _cell(ax: Axes, x: float, y: float, text: str, *, hatched: bool) -> None:
    """Draw one square with a number in it."""
    square = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=PAPER, edgecolor=INK, lw=0.8)
    if hatched:
        square.set(hatch="////")
    ax.add_patch(square)
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5} if hatched and text else None
    ax.text(x, y, text, ha="center", va="center", color=PRINT, bbox=box, zorder=4)


def _written(number: float) -> str:
    """Write a number as briefly as it can be, with a minus sign and not a hyphen."""
    return f"{number:g}".replace("-", "−")
