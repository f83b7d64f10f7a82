"""Calls that catch wrong answers to `truncated_gradient`: `cases_for_truncated_gradient`."""

import numpy as np

from course_utils.exercises.backpropagation_through_time.truncated_gradient import (
    EXERCISE as TRUNCATED_GRADIENT,
)
from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise

ALLOWED = {
    "dh": "array T N M, -2 to 2",
    "x": "array T N D, -2 to 2",
    "h0": "array N M, -1 to 1",
    "wh": "array M M, -2 to 2",
    "h": "array T N M, -1 to 1",
    "window": "whole 0 to 9",
}


def cases_for_truncated_gradient(seed):
    """Return two calls of truncated_gradient at most, each as a dict of its arguments.

    >>> cases_for_truncated_gradient(0)[0].keys() == {"dh", "x", "h0", "wh", "h", "window"}
    True
    """
    rng = np.random.default_rng(seed)
    T, N, D, M = 5, 3, 4, 2
    shapes = {"dh": (T, N, M), "x": (T, N, D), "h0": (N, M), "wh": (M, M), "h": (T, N, M)}
    arrays = {name: rng.uniform(-1, 1, shape) for name, shape in shapes.items()}
    return [dict(arrays, window=3), dict(arrays, window=0)]


def inputs(rng):
    """Ask for the calls, and draw a seed for them."""
    yield catching(TRUNCATED_GRADIENT, int(rng.integers(1000)), most=2, allowed=ALLOWED)


EXERCISE = Exercise(
    cases_for_truncated_gradient, points=3, inputs=inputs, catches=TRUNCATED_GRADIENT.name
)
mistake = EXERCISE.mistake

mistake("looks_back_to_the_start", {"window=3": "window=5"}).says(
    "Your window is as long as the sequence, and then truncated is the same as whole; take a "
    "shorter one."
)
mistake("has_one_step", {"T, N, D, M = 5": "T, N, D, M = 1"}).says(
    "Your sequences have one step, so nothing goes back from step to step; take several."
)
mistake("has_one_sequence", {"5, 3, 4, 2": "5, 1, 4, 2"}).says(
    "Your batch is a single sequence, whose mean is its sum; take more sequences."
)
mistake("has_one_unit", {"5, 3, 4, 2": "5, 3, 4, 1"}).says(
    "With one unit, wh is its own transpose, and no answer can take the wrong one; take more units."
)
mistake("allows_every_window", {", dict(arrays, window=0)": ""}).says(
    "You never try a window that has to be refused, so an answer may return what it likes there."
)
mistake("sees_one_step", {"window=3": "window=1"}).says(
    "With a window of 1 each loss sees its own step alone, and the way back through wh stays "
    "untried."
)


@EXERCISE.right_answer
def draws_each_call_anew(seed):
    rng = np.random.default_rng(seed)

    def draw(T, N, D, M, window):
        return {
            "dh": rng.choice([-1.5, -0.5, 1, 2], (T, N, M)),
            "x": rng.uniform(0.5, 2, (T, N, D)),
            "h0": rng.uniform(0.1, 0.9, (N, M)),
            "wh": rng.normal(0, 0.5, (M, M)).clip(-2, 2),
            "h": rng.uniform(-0.9, 0.9, (T, N, M)),
            "window": window,
        }

    return [draw(1, 1, 1, 1, 0), draw(6, 2, 1, 3, 2)]


@EXERCISE.right_answer
def writes_numbers_down(seed):
    T, N, D, M = 4, 2, 3, 3
    size = T * N * M
    h = np.linspace(-0.8, 0.9, size).reshape(T, N, M)
    dh = 1 + np.sin(np.arange(size)).reshape(T, N, M)
    x = np.cos(np.arange(T * N * D)).reshape(T, N, D)
    wh = np.array([[0.5, -1, 0.3], [0.2, 0.7, -0.4], [1, 0.1, -0.6]])
    arrays = {"dh": dh, "x": x, "h0": np.full((N, M), 0.4), "wh": wh, "h": h}
    return [arrays | {"window": 2}, arrays | {"window": 0}]
