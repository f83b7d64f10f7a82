"""Say in words where a result is wrong: which gates, from which step on, which rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_utils.checks.cases import Axis
from course_utils.checks.compare import differing
from course_utils.checks.pattern import pattern, plural, split

MOST_NAMED = 4  # places on an axis that are listed one by one
BORDER = frozenset({"row", "column", "position"})  # axes whose ends padding reaches


def place(
    expected: Any, got: Any, axes: Sequence[Axis], *, rtol: float = 1e-9, atol: float = 1e-12
) -> str:
    """Return where two arrays differ, in the words of their axes; nothing if it is all over.

    Right numbers in another order or of another sign are told as that. Else what it names is the
    smallest block that holds everything that is wrong: what is outside of it is right. It shows no
    number of either array.

    Parameters
    ----------
    expected, got
        Arrays of the same shape and type; of anything else nothing can be said.
    axes : sequence of Axis
        What the arrays' axes mean.
    rtol, atol : float
        Tolerances, as in :func:`course_utils.checks.compare.compare`.

    Examples
    --------
    >>> right = np.zeros((4, 3))
    >>> place(right, right + [[0], [0], [1], [1]], [Axis("step"), Axis("unit")])
    'from step 2 on'
    >>> place(np.zeros(8), np.repeat([1.0, 0, 1, 1], 2), [Axis("gate", ("i", "f", "g", "o"))])
    'gates i, g and o'
    """
    if not isinstance(expected, np.ndarray) or not isinstance(got, np.ndarray):
        return ""
    if expected.shape != got.shape or expected.ndim != len(axes):
        return ""
    if expected.dtype.kind not in "biuf" or got.dtype.kind not in "biuf":
        return ""
    wrong = differing(expected, got, rtol=rtol, atol=atol)
    if not wrong.any():
        return ""
    if known := pattern(expected, got, axes, rtol=rtol, atol=atol):
        return known
    if wrong.all():
        return ""
    wrong, axes = _blocks(wrong, axes)
    # Named blocks first: which gate says more than which sequence.
    order = sorted(range(wrong.ndim), key=lambda number: not axes[number].parts)
    said = [_along(axes[number], _seen(wrong, number)) for number in order]
    if any(said):
        return "; ".join(filter(None, said))
    return _border(wrong, axes)


def _blocks(wrong: np.ndarray, axes: Sequence[Axis]) -> tuple[np.ndarray, list[Axis]]:
    """Make two axes of each that consists of blocks: which block, and where in it."""
    shape: list[int] = []
    split: list[Axis] = []
    for size, axis in zip(wrong.shape, axes, strict=True):
        count = len(axis.parts)
        if count and size % count == 0:
            shape += [count, size // count]
            split += [axis, Axis(f"unit of the {axis.name}")]
        else:
            shape.append(size)
            split.append(Axis(axis.name))
    return wrong.reshape(shape), split


def _seen(wrong: np.ndarray, number: int) -> np.ndarray:
    """Return the places along an axis at which anything is wrong."""
    others = tuple(i for i in range(wrong.ndim) if i != number)
    return np.asarray(wrong.any(axis=others))


def _along(axis: Axis, seen: np.ndarray) -> str:
    """Say at which places of an axis something is wrong; nothing if it is at all of them."""
    places = np.flatnonzero(seen).tolist()
    if len(places) == len(seen):
        return ""
    first, last, end = places[0], places[-1], len(seen) - 1
    if axis.parts:
        return _named(axis.name, [axis.parts[i] for i in places])
    gapless = last - first + 1 == len(places)
    if len(places) > 1 and gapless and last == end:
        return f"from {_numbered(axis.name, first)} on"
    if len(places) > 1 and gapless and first == 0:
        return f"up to {_numbered(axis.name, last)}"
    if len(places) > MOST_NAMED:
        return f"{len(places)} of {len(seen)} {plural(axis.name)}"
    return _named(axis.name, list(map(str, places)))


def _named(name: str, places: list[str]) -> str:
    if len(places) == 1:
        return _numbered(name, places[0])
    *others, last = places
    return _numbered(plural(name), f"{', '.join(others)} and {last}")


def _numbered(name: str, place: object) -> str:
    """Put a place behind the noun of an axis: "step of the loss" 2 is "step 2 of the loss"."""
    noun, rest = split(name)
    return f"{noun} {place}{rest}"


def _border(wrong: np.ndarray, axes: Sequence[Axis]) -> str:
    """Say that all that is wrong touches an end of an axis along which a window slides."""
    inner = tuple(
        slice(1, size - 1) if axis.name in BORDER and size > 2 else slice(None)
        for size, axis in zip(wrong.shape, axes, strict=True)
    )
    touches = any(each != slice(None) for each in inner)
    return "along the border" if touches and not wrong[inner].any() else ""
