"""Say of a right answer that it takes very long, beside one that works on whole arrays.

Times of another machine say nothing, so a frozen file has a ratio: what the reference takes on an
input, in units of a small calculation in NumPy that is timed anew beside the answer. Both are
timed in this thread's own seconds, where other programs do not count. As ratios of this kind may
be off by a factor of two, all that is said is a bound that holds though they were.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from course_utils.checks.call import attempt
from course_utils.checks.cases import Returned, Timing

BOUNDS = (20, 50, 100, 200, 500, 1000)
SURE = 2.5  # what is measured may be so many times too much
SECONDS = 2.0  # for a call of the answer
ROUNDS = 7


def remark(timing: Timing | None, function: Callable[..., Any]) -> str:
    """Say how long an answer takes on a larger input, if that is very long; else nothing."""
    factor = measured(timing, function) if timing else 0.0
    sure = [bound for bound in BOUNDS if bound * SURE <= factor]
    if not sure or timing is None:
        return ""
    sizes = " and ".join(f"`{name}` {shape}" for name, shape in timing.shapes.items())
    return (
        f"With {sizes} it takes more than {sure[-1]} times as long as a function that works on "
        "whole arrays. That costs no points."
    )


def measured(timing: Timing, function: Callable[..., Any]) -> float:
    """Return how many times as long as the reference a function takes; 0 if it does not return."""
    unit = _unit()
    took = _seconds(timing, function)
    if took < BOUNDS[0] * SURE * timing.scale * unit:
        return 0.0  # nothing to be told, so nothing more to be measured
    return took / (timing.scale * min(unit, _unit()))


def with_scale(timing: Timing, reference: Callable[..., Any]) -> Timing:
    """Return what is timed with the time of the reference, to two digits."""
    _seconds(timing, reference)  # what it imports and allocates comes first
    rounds = [min(_seconds(timing, reference) for _ in range(3)) / _unit() for _ in range(ROUNDS)]
    return replace(timing, scale=float(f"{statistics.median(rounds):.2g}"))


def arrays(timing: Timing) -> list[np.ndarray]:
    """Return the arguments that are arrays, of whole numbers from -3 to 3 in float64."""
    shapes = timing.shapes.values()
    return [(np.arange(math.prod(shape)) % 7 - 3.0).reshape(shape) for shape in shapes]


def _seconds(timing: Timing, function: Callable[..., Any]) -> float:
    """Return how long a call takes; 0 if it raises, or takes longer than it may."""
    given = arrays(timing)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        start = _clock()
        outcome = attempt(function, given, timing.options, SECONDS)
        took = _clock() - start
    return took if isinstance(outcome, Returned) else 0.0


def _unit() -> float:
    """Return how long the small calculation takes: sums over the windows of a volume."""
    x, w = np.ones((3, 24, 24)), np.ones((4, 3, 5, 5))
    times = []
    for _ in range(8):
        start = _clock()
        windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(1, 2))
        np.einsum("chwij,fcij->fhw", windows, w, optimize=True)
        times.append(_clock() - start)
    return min(times)


# Windows counts a thread's seconds in steps of 16 ms.
_clock: Callable[[], float] = (
    time.thread_time if time.get_clock_info("thread_time").resolution <= 1e-6 else time.perf_counter
)
