import re

import numpy as np
import pytest

from course_utils.exercises.catalog import drawn_cases, find
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.witness import MOST_CALL, witnesses

SHOWN = re.compile(r"try `(.*)`: right is (?:\w+ = )?(.*)")


@pytest.mark.parametrize("name", ["output_size", "conv_output_shape"])
def test_a_witness_holds(name):
    """Does the right answer come to what is said, typed as it stands there, and the mistake not?"""
    exercise = find(name)
    found = witnesses(exercise)
    assert found.keys() == exercise.mistakes.keys()
    for mistake, text in found.items():
        call, right = SHOWN.fullmatch(text).groups()
        values = []
        for function in (exercise.model, exercise.mistakes[mistake].function):
            try:
                values.append(str(eval(call, {name: function, "np": np})))
            except ValueError:
                values.append("a ValueError")
        assert right in values[0]
        assert values[0] != values[1]


def test_the_smallest_is_taken_and_defaults_are_left_out():
    """Is it as short as a person would have it?"""
    assert (
        witnesses(find("output_size"))["rounds_up"]
        == "try `output_size(2, 1, stride=2)`: right is 1"
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
        assert found["doubles"] == "try `halves(np.array([1.0]))`: right is [0.5]"
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
