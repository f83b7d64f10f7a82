"""Are the inputs of a case drawn until they tell what they are to tell?"""

import numpy as np
import pytest

from course_utils.exercises.draw import showing
from course_utils.exercises.exercise import Exercise, case


def doubled(x):
    """Return twice a number."""
    return 2 * x


def exercise():
    made = Exercise(doubled, 1, lambda rng: [case("four", 4)])
    made.mistake("squares", {"2 * x": "x * x"})
    made.mistake("adds_two", {"2 * x": "x + 2"})
    made.mistake("doubles_the_other_way", {"2 * x": "x + x"})
    return made


def test_inputs_are_drawn_until_all_named_mistakes_show():
    """Is a number passed over on which twice, the square and two more are the same?"""
    numbers = iter([2, 0, 2, 3, 5])
    inputs = showing(exercise(), "squares adds_two", lambda: case("drawn", next(numbers)))
    assert inputs.args == (3,)
    assert next(numbers) == 5


def test_a_mistake_that_never_shows_is_named():
    """Does drawing come to an end, with the mistake that is none here, and no other?"""
    rng = np.random.default_rng(0)
    names = "squares doubles_the_other_way"
    with pytest.raises(RuntimeError, match="doubled: doubles_the_other_way does not show"):
        showing(exercise(), names, lambda: case("drawn", int(rng.integers(3, 9))))
