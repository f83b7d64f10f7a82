"""Recognise right numbers in other places, with the wrong sign, or all times a number."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from course_utils.checks.cases import Axis
from course_utils.checks.compare import differing

FEWEST = 3  # numbers that are not 0: of fewer, a pattern may be chance
NEAR = 1e-3  # a factor that is so near to 1 is none
MULTIPLES = {
    2.0: "twice",
    3.0: "three times",
    4.0: "four times",
    1 / 2: "half of",
    1 / 3: "a third of",
    1 / 4: "a quarter of",
}
OF_MANY = re.compile(r"\b(of|at|before|after)\b")  # what may follow the noun of an axis


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
    if same(1 - expected, got):
        return "every number is 1 minus what is right"
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
    if square and same(np.swapaxes(expected, -1, -2), got):
        return "right numbers, but transposed"
    return _in_other_order(expected, got, same)


def _in_other_order(expected: np.ndarray, got: np.ndarray, same: Callable[..., bool]) -> str:
    """Recognise axes that were exchanged, or that a `reshape` was to exchange and did not."""
    if sum(size > 1 for size in expected.shape) < 2:
        return ""  # there is but one order to lay it out
    for order in permutations(range(expected.ndim)):
        moved = np.transpose(expected, order)
        if moved.shape == expected.shape and same(moved, got):
            return "right numbers, but with axes exchanged"
        reshaped = moved.reshape(expected.shape)
        back = np.transpose(expected.reshape(moved.shape), np.argsort(order))
        if moved.shape != expected.shape and (same(reshaped, got) or same(back, got)):
            return "right numbers in other places, as after a `reshape` that should exchange axes"
    return ""


def ratio(expected: Any, got: Any, *, rtol: float, atol: float) -> tuple[float, int]:
    """Return by which number what is right is multiplied, and on how many numbers that rests.

    Both are 0 where it is by no single one.
    """
    wanted, have = (np.asarray(each) for each in (expected, got))
    kinds = {wanted.dtype.kind, have.dtype.kind}
    if wanted.shape != have.shape or not kinds <= set("iuf") or not wanted.any():
        return 0.0, 0
    wanted, have = wanted.astype(float), have.astype(float)
    place = np.unravel_index(np.abs(wanted).argmax(), wanted.shape)
    factor = float(have[place] / wanted[place])
    if not factor or not np.isfinite(have).all():
        return 0.0, 0
    if differing(wanted * factor, have, rtol=rtol, atol=atol).any():
        return 0.0, 0
    return factor, int(np.count_nonzero(wanted))


def multiple(ratios: Sequence[tuple[float, int]]) -> str:
    """Say what several cases have in common whose numbers are multiples of what is right.

    Parameters
    ----------
    ratios : sequence of (float, int)
        Those of all cases that are wrong, as from :func:`ratio`.

    Examples
    --------
    >>> multiple([(0.5, 4), (0.5, 1)])
    'every number is half of what it must be'
    >>> multiple([(0.2, 4), (1 / 3, 6)])
    'all numbers are wrong by one factor, which differs from case to case'
    """
    if not ratios or not all(count for _, count in ratios):
        return ""
    if sum(count for _, count in ratios) < FEWEST:
        return ""
    first = ratios[0][0]
    if any(abs(factor - 1) < NEAR for factor, _ in ratios):
        return ""  # it is precision that is lost
    if not all(math.isclose(first, factor, rel_tol=1e-6) for factor, _ in ratios):
        if min(count for _, count in ratios) < FEWEST:
            return ""  # a single number is a multiple of any other
        return "all numbers are wrong by one factor, which differs from case to case"
    if math.isclose(first, -1, rel_tol=1e-6):
        return "every sign is turned round"
    size = abs(first)
    known = (word for factor, word in MULTIPLES.items() if math.isclose(factor, size, rel_tol=1e-6))
    word = next(known, f"{size:.4g} times")
    sign = ", with the wrong sign" if first < 0 else ""
    subject = "every number" if max(count for _, count in ratios) > 1 else "it"
    return f"{subject} is {word} what it must be{sign}"


def plural(name: str) -> str:
    """Return the plural of an axis: "steps of the loss", "units before"."""
    noun, rest = split(name)
    return f"{noun}s{rest}"


def split(name: str) -> tuple[str, str]:
    """Split an axis's name into its noun and what follows: "step", " of the loss"."""
    found = OF_MANY.search(name)
    end = found.start() - 1 if found else len(name)
    return name[:end], name[end:]
