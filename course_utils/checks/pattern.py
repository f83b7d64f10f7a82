"""Recognise right numbers in the wrong order, with the wrong sign, or all times a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.checks.cases import Axis
from course_utils.checks.compare import differing

FEWEST = 3  # numbers that are not 0: of fewer, a pattern may be chance


def pattern(
    expected: np.ndarray, got: np.ndarray, axes: Sequence[Axis], *, rtol: float, atol: float
) -> str:
    """Say what makes of what is expected what came, in words; nothing if it is nothing known.

    Both have the same shape, and differ. No number of either is shown.
    """
    if np.count_nonzero(expected) < FEWEST or not np.isfinite(got).all():
        return ""

    def same(one: np.ndarray, other: np.ndarray) -> bool:
        return not differing(one, other, rtol=rtol, atol=atol).any()

    expected, got = expected.astype(float), got.astype(float)
    if same(-expected, got):
        return "every sign is turned round"
    place = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    if got[place] and same(expected * (got[place] / expected[place]), got):
        return "every number is the same multiple of what is right"
    for number, axis in enumerate(axes):
        blocks = len(axis.parts)
        if blocks and expected.shape[number] % blocks == 0:
            ones, others = (np.split(each, blocks, axis=number) for each in (expected, got))
            order = [next((i for i, one in enumerate(ones) if same(one, o)), -1) for o in others]
            if sorted(order) == list(range(blocks)):
                found = " ".join(axis.parts[i] for i in order)
                return f"right numbers, but the {plural(axis.name)} stand as {found}"
        elif same(np.flip(expected, number), got):
            return f"right numbers, but the {plural(axis.name)} stand in reverse order"
        elif expected.shape[number] >= FEWEST:
            rows, moved = np.moveaxis(expected, number, 0), np.moveaxis(got, number, 0)
            if same(rows[:-1], moved[1:]) and not same(rows[1:], moved[1:]):
                return f"right numbers, but each {axis.name} stands one place too late"
            if same(rows[1:], moved[:-1]) and not same(rows[:-1], moved[:-1]):
                return f"right numbers, but each {axis.name} stands one place too early"
    square = expected.ndim >= 2 and expected.shape[-1] == expected.shape[-2]
    return (
        "right numbers, but transposed"
        if square and same(np.swapaxes(expected, -1, -2), got)
        else ""
    )


def plural(name: str) -> str:
    """Return the plural of an axis: "steps of the loss"."""
    noun, of, whole = name.partition(" of ")
    return f"{noun}s{of}{whole}"
