"""One sentence about it: `learn_digits_convnet`."""

import numpy as np

from course_utils.exercises.draw import decimals
from course_utils.exercises.exercise import Exercise, case


def learn_digits_convnet(x, *, factor=2):
    """Return x times a factor.

    >>> learn_digits_convnet(np.array([1.0, 2.5]))
    array([2., 5.])
    """
    return x * factor


def inputs(rng):
    """Draw arrays of few numbers."""
    yield case("the example", np.array([1.0, 2.5]))
    yield case("3 numbers", decimals(rng, 3))
    yield case("float32, another factor", decimals(rng, 4).astype(np.float32), factor=3)


EXERCISE = Exercise(
    learn_digits_convnet,
    points=2,
    inputs=inputs,
    axes={"the result": ("place",)},
)
mistake = EXERCISE.mistake

mistake("adds", {"x * factor": "x + factor"}).says(
    "You add the factor; each number is multiplied by it."
)


@EXERCISE.right_answer
def goes_number_by_number(x, *, factor=2):
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        result[place] = x[place] * factor
    return result
