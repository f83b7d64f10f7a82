"""Calls that catch wrong answers to `top_k_error`: `cases_for_top_k_error`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.why_deep.top_k_error import EXERCISE as TOP_K_ERROR

ALLOWED = {
    "scores": "array N K of whole, -9 to 9",
    "y": "array N of whole, 0 to 5",
    "k": "whole 0 to 9",
}


def cases_for_top_k_error():
    """Return two calls of top_k_error at most, each as a dict of its arguments.

    >>> cases_for_top_k_error()[0].keys() == {"scores", "y", "k"}
    True
    """
    scores = np.array([[5, 1, 1, 1, -7], [2, 9, 2, 2, 4], [-3, 0, 6, -9, 6]])
    return [
        dict(scores=scores, y=np.array([2, 3, 4]), k=2),
        dict(scores=scores, y=np.array([2, 3, 4]), k=0),
    ]


def inputs(rng):
    """Ask for the calls."""
    yield catching(TOP_K_ERROR, most=2, allowed=ALLOWED)


EXERCISE = Exercise(cases_for_top_k_error, points=2, inputs=inputs, catches=TOP_K_ERROR.name)
