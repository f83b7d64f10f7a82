import re

import numpy as np
import pytest

from course_utils.exercises.catalog import drawn_cases, find
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.witness import MOST_CALL, witnesses

SHOWN = re.compile(r"try `(.*)`: (?:\w+ = )?(.*), not (.*)")


@pytest.mark.parametrize("name", ["output_size", "conv_output_shape"])
def test_a_witness_holds(name):
    """Do the right answer and the mistake come to what is said, typed as it stands there?"""
    exercise = find(name)
    found = witnesses(exercise)
    assert found.keys() == exercise.mistakes.keys()
    for mistake, text in found.items():
        call, right, wrong = SHOWN.fullmatch(text).groups()
        for function, says in [
            (exercise.model, right),
            (exercise.mistakes[mistake].function, wrong),
        ]:
            try:
                value = eval(call, {name: function, "np": np})
            except ValueError:
                value = "a ValueError"
            assert says in str(value)


def test_the_smallest_is_taken_and_defaults_are_left_out():
    """Is it as short as a person would have it?"""
    assert (
        witnesses(find("output_size"))["rounds_up"] == "try `output_size(2, 1, stride=2)`: 1, not 2"
    )


def halves(x, by=2):
    """Divide."""
    return x / by


@pytest.mark.parametrize(("size", "count"), [(1, 1), (60, 0)])
def test_what_does_not_fit_into_a_line_has_no_witness(size, count):
    """Is there none for long arrays, and are arrays typed as NumPy has them?"""
    exercise = Exercise(halves, points=1, inputs=lambda rng: [case("one", np.ones(size), by=2)])
    exercise.mistake("doubles", {"x / by": "x * by"})
    found = witnesses(exercise)
    assert len(found) == count
    if found:
        assert found["doubles"] == "try `halves(np.array([1.0]))`: [0.5], not [2]"
        assert len(found["doubles"]) < 2 * MOST_CALL


def test_a_mistake_that_looks_the_same_has_no_witness():
    """Is nothing shown where right and wrong read alike?"""
    exercise = Exercise(halves, points=1, inputs=lambda rng: [case("one", np.ones(1))])
    exercise.mistake("in_float32", {"x / by": "(x / by).astype(np.float32)"})
    assert witnesses(exercise) == {}


def test_hidden_cases_have_the_witnesses_that_students_have():
    """Does the feedback page tell of the same small input as the desk?"""
    cases = drawn_cases(find("output_size"), "a secret")
    assert cases.witnesses == witnesses(find("output_size"))
