"""Both matrices and the bias as one matrix: `stacked_weights`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small
from course_utils.exercises.exercise import Exercise, case


def stacked_weights(wx, wh, b):
    """Return w, (M + D + 1, M), so that [h, x, 1] @ w is the pre-activation.

    >>> stacked_weights(np.array([[1.0]]), np.array([[0.5]]), np.array([-2.0]))
    array([[ 0.5],
           [ 1. ],
           [-2. ]])
    """
    return np.concatenate([wh, wx, b[None]])


def drawn(rng, D, M):
    """Draw the weights of a network."""
    return decimals(rng, D, M), differing(rng, M, M), decimals(rng, M)


def inputs(rng):
    """Draw networks of few units."""
    yield case("the example", np.array([[1.0]]), np.array([[0.5]]), np.array([-2.0]))
    wx, *rest = drawn(rng, 4, 2)
    yield case("4 features, 2 units", strided(wx), *rest)
    yield case("as many features as units", *drawn(rng, 3, 3))
    wx, wh, b = drawn(rng, 1, 4)
    yield case("one feature, 4 units", wx, np.asfortranarray(wh), b)
    yield case("one unit", *drawn(rng, 3, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 2, 3)))


EXERCISE = Exercise(
    stacked_weights,
    points=3,
    inputs=inputs,
    axes={"the result": ("row of [state; input; 1]", "unit")},
    forbidden=HANDMADE,
    wild=small(drawn, 2),
)
mistake = EXERCISE.mistake

mistake("puts_inputs_first", {"wh, wx": "wx, wh"}).says(
    "Your first rows are those of wx; what is multiplied begins with the state, so wh comes first."
)
mistake("transposes_wh", {"[wh,": "[wh.T,"}).says(
    "You stack the transpose of wh; row m of wh belongs to unit m of the state that comes in, so "
    "stack it as it is."
)
mistake("forgets_the_bias", {", b[None]": ""}).says(
    "Your matrix has no row for the 1 at the end of [h, x, 1]; its weights are b."
)
mistake("puts_the_bias_first", {"wh, wx, b[None]": "b[None], wh, wx"}).says(
    "You put b into the first row; the 1 comes last in [h, x, 1], and so does b."
)
mistake("puts_the_bias_between", {"wx, b[None]": "b[None], wx"}).says(
    "Your b lies between wh and wx; it is the last row."
)
mistake("takes_the_bias_off", {"b[None]": "-b[None]"}).says(
    "Your last row is -b; the 1 at the end is to add b."
)
mistake("returns_columns", {"b[None]])": "b[None]]).T"}).says(
    "Your result is (M, M + D + 1), as in papers where states are columns; here they are rows."
)
mistake("adds_the_bias_to_each_row", {"wx, b[None]": "wx + b, 0 * b[None]"}).says(
    "You add b to each row of wx, where it would be multiplied by the inputs; give it a row of its "
    "own."
)
mistake(
    "reshapes_columns",
    {
        "np.concatenate([wh, wx, b[None]])": (
            "np.concatenate([wh, wx, b[None]]).T.reshape(-1, len(b))"
        )
    },
).says(
    "You put the parts side by side as columns and reshape, which mixes their numbers; transpose, "
    "or stack rows in the first place."
)
mistake("adds_the_bias_twice", {"b[None]": "2 * b[None]"}).says(
    "Your last row is twice b; the matrix holds one bias for each unit, as it is."
)
mistake("overwrites_the_last_input", {"wx, b[None]": "wx[:-1], b[None], 0 * b[None]"}).says(
    "Your b lies on the last row of wx; wx fills rows M to M + D - 1, and b is the row after them."
)


@EXERCISE.right_answer
def stacks_rows(wx, wh, b):
    return np.vstack([wh, wx, b])


@EXERCISE.right_answer
def fills_an_array(wx, wh, b):
    D, M = wx.shape
    w = np.empty((M + D + 1, M), wx.dtype)
    w[:M], w[M:-1], w[-1] = wh, wx, b
    return w


@EXERCISE.right_answer
def indexes_with_r(wx, wh, b):
    return np.r_[wh, wx, np.reshape(b, (1, -1))]
