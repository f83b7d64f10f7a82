"""How good predictions are, in a number; and what that number is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.checks.compare import kind_of


def accuracy(truth: np.ndarray, got: np.ndarray) -> float:
    """Return the share of labels that are the true ones."""
    return float(np.mean(truth == got))


def mean_squared_error(truth: np.ndarray, got: np.ndarray) -> float:
    """Return the mean of the squared differences."""
    with np.errstate(all="ignore"):  # what overflows is infinitely wrong
        return float(np.mean((truth - got) ** 2))


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": accuracy,
    "mean squared error": mean_squared_error,
}


def achieved_share(achieved: float, levels: Sequence[tuple[float, float]]) -> float:
    """Return the share of the points that something achieved is worth, from 0 to 1.

    Parameters
    ----------
    achieved : float
    levels : sequence of (float, float)
        What is achieved and its share, with rising shares. Straight lines join them; before the
        first and after the last level the share stays.

    Examples
    --------
    >>> achieved_share(0.75, [(0.5, 0.0), (1.0, 1.0)])
    0.5
    """
    # What is to be small falls while its share rises.
    places, shares = zip(*sorted(levels), strict=True)
    return float(np.interp(achieved, places, shares)) if np.isfinite(achieved) else 0.0


def check_levels(measure: str, levels: Sequence[tuple[float, float]]) -> None:
    """Refuse a scale that is none.

    Raises
    ------
    ValueError
        If the measure is unknown, or shares do not rise to 1 along what is achieved.
    """
    if measure not in MEASURES:
        raise ValueError(f"unknown measure {measure!r}; there are {', '.join(MEASURES)}")
    steps = np.diff(np.array(levels, float).reshape(-1, 2), axis=0)
    same_way = (steps[:, 0] > 0).all() or (steps[:, 0] < 0).all()
    if not len(steps) or not same_way or not (steps[:, 1] > 0).all() or levels[-1][1] != 1:
        raise ValueError(f"levels must be pairs (achieved, share), shares rising to 1: {levels}")


def plain_numbers(got: Any, truth: np.ndarray) -> str:
    """Say what keeps predictions from being measured; nothing if they can be.

    Labels must be whole numbers; of other predictions any real numbers will do.
    """
    if got is None:
        return "the result is None: does your function end with `return`?"
    if not isinstance(got, np.ndarray):
        return f"the result must be a NumPy array, not {kind_of(got)}"
    if got.shape != truth.shape:
        return f"the result must have shape {truth.shape}, but yours has {got.shape}"
    if got.dtype.kind not in ("iu" if truth.dtype.kind in "iu" else "iuf"):
        kind = "whole numbers" if truth.dtype.kind in "iu" else "real numbers"
        return f"the result must hold {kind}, but its dtype is {got.dtype}"
    if not np.isfinite(got).all():
        return "the result contains NaN (not a number) or infinity"
    return ""
