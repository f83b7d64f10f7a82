"""How good predictions are, in a number; and what that number is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.checks.compare import kind_of

FAR = 10  # so many times the error of always the same prediction is no learning at all


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


def remark(measure: str, truth: np.ndarray, got: np.ndarray, goal: float) -> str:
    """Say how far predictions are from the best that takes no look at the inputs.

    That is always the same prediction: the commonest label, or the mean.

    Parameters
    ----------
    measure : str
    truth, got : array
        Of the same shape, finite.
    goal : float
        What earns all points.

    Examples
    --------
    >>> truth = np.array([0, 1, 2, 2])
    >>> remark("accuracy", truth, np.array([0, 1, 2, 1]), 1.0)
    'The same label every time would reach 0.5; yours is 50% of the way from there to 1.'
    """
    labels = measure == "accuracy"
    always = f"The same {'label' if labels else 'number'} every time would reach"
    constant = (
        np.full_like(truth, _commonest(truth)) if labels else np.full(truth.shape, truth.mean())
    )
    blind, reached = (MEASURES[measure](truth, each) for each in (constant, got))
    if got.size > 1 and (got == got.flat[0]).all():
        return "Your predictions are all the same: does anything reach them from the inputs?"
    if _turned_round(measure, truth, got, goal):
        return "The opposite of each of your predictions would be right: is a sign turned round?"
    way = (reached - blind) / (goal - blind) if goal != blind else 0.0
    if way > 0:
        return f"{always} {blind:.2g}; yours is {way:.0%} of the way from there to {goal:g}."
    if not labels and reached > FAR * blind:
        return f"{always} {blind:.2g}; yours are far out: do the steps grow without end?"
    return f"{always} {blind:.2g}, so nothing is learned yet: does the loss fall while it learns?"


def _commonest(truth: np.ndarray) -> Any:
    values, counts = np.unique(truth, return_counts=True)
    return values[counts.argmax()]


def _turned_round(measure: str, truth: np.ndarray, got: np.ndarray, goal: float) -> bool:
    """Say whether the other of two labels, or the negative numbers, would earn more than half."""
    with np.errstate(all="ignore"):
        if measure == "accuracy":
            values = np.unique(truth)
            opposite = values.sum() - got if len(values) == 2 else got
            return accuracy(truth, got) < 1 / 2 and accuracy(truth, opposite) >= goal
        return bool(mean_squared_error(truth, -got) <= goal < mean_squared_error(truth, got))


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
