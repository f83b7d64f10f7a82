"""Calls that catch wrong answers to `top_k_error`: `cases_for_top_k_error`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.why_deep.top_k_error import EXERCISE as TOP_K_ERROR

ALLOWED = {
    "scores": "array N K of whole, -9 to 9, K from 4",
    "y": "array N of whole, 0 to 3",
    "k": "whole 0 to 9",
}


def cases_for_top_k_error():
    """Return two calls of top_k_error at most, each as a dict of its arguments.

    >>> cases_for_top_k_error()[0].keys() == {"scores", "y", "k"}
    True
    """
    scores = np.array([[-3, 1, 1, 1, 2], [-2, 0, -1, 0, 2], [0, -3, 1, 2, -2]])
    y = np.array([2, 1, 3])
    return [dict(scores=scores, y=y, k=2), dict(scores=scores, y=y, k=0)]


def inputs(rng):
    """Ask for the calls."""
    yield catching(TOP_K_ERROR, most=2, allowed=ALLOWED)


EXERCISE = Exercise(cases_for_top_k_error, points=2, inputs=inputs, catches=TOP_K_ERROR.name)
mistake = EXERCISE.mistake

mistake("never_asks_for_an_error", {"k=0": "k=3"}).says(
    "Each k of yours makes sense; try the one that has to be refused and that a careless test lets "
    "pass."
)
mistake("refuses_too_many_only", {"k=0": "k=9"}).says(
    "You try a k above the number of classes; an answer that lets 0 pass refuses that one as well."
)
mistake("asks_for_the_best_one", {"k=2": "k=1"}).says(
    "Your k is 1, where an answer that looks at the best class alone is right; take a larger one."
)
mistake(
    "has_no_equal_scores",
    {"[[-3, 1, 1, 1, 2], [-2, 0, -1, 0, 2]": "[[-3, 4, 1, 0, 2], [-2, 0, -1, -3, 2]"},
).says("No two scores of a row are equal in your calls, so nobody sees which of them comes first.")
mistake("has_positive_scores", {"scores = np.array": "scores = 4 + np.array"}).says(
    "All of your scores are positive, so an answer that compares their sizes without the signs is "
    "right; have negative ones."
)
mistake("is_wrong_in_half_of_the_rows", {", [0, -3, 1, 2, -2]": "", "[2, 1, 3]": "[2, 1]"}).says(
    "Half of your rows are right and half wrong, which looks the same to an answer that exchanges "
    "the two."
)
mistake("is_never_wrong", {"[2, 1, 3]": "[1, 1, 3]"}).says(
    "All of your rows are right, and a share of 0 is the same whatever it is divided by; have some "
    "that are wrong."
)


@EXERCISE.right_answer
def writes_its_calls_in_a_tuple():
    rows = [
        [-3, -2, -2, -2, -1, 3],
        [2, 1, 1, 2, -2, 2],
        [0, -3, 3, 3, 2, 1],
        [3, 0, 3, 0, -3, 0],
    ]
    right = np.array([2, 3, 3, 1])
    return tuple({"k": k, "y": right, "scores": np.array(rows)} for k in (0, 3))


@EXERCISE.right_answer
def changes_everything():
    scores = [[2, -2, 0, -2], [1, 3, 2, 2], [-1, 2, 0, 3], [2, 0, 0, 0], [-3, -2, -3, 0]]
    one = dict(scores=np.array(scores), y=np.array([1, 2, 3, 2, 0]), k=2)
    return [one, dict(scores=np.arange(4)[None], y=np.array([1]), k=0)]
