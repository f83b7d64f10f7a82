"""Is an exercise declared once and used everywhere in the same way?"""

import numpy as np
import pytest

from course_utils.checks.cases import Raised, Returned
from course_utils.checks.grade import grade
from course_utils.exercises import Exercise, case
from course_utils.exercises.exercise import refused


def positive(x):
    """Refuse what is not positive."""
    if x <= 0:
        raise ValueError("x must be positive")
    return 2 * x


def cases_of(*inputs):
    return Exercise(positive, 1, lambda rng: inputs)


def test_a_case_is_written_as_the_call_that_it_makes():
    """Does the reference say what inputs must come to?"""
    made = cases_of(case("three", 3, weight=2), refused("zero", 0))
    three, zero = made.cases(np.random.default_rng(0)).cases
    assert (three.args, three.expected, three.weight) == ((3,), Returned(6), 2)
    assert zero.expected == Raised("ValueError")


@pytest.mark.parametrize("inputs", [case("zero", 0), refused("three", 3), case("text", "a")])
def test_an_exercise_at_fault_is_found_when_its_cases_are_made(inputs):
    """Is a case refused with which the reference does not agree?"""
    with pytest.raises(RuntimeError, match="positive, case"):
        cases_of(inputs).cases(np.random.default_rng(0))


def test_a_reference_that_changes_its_input_is_refused():
    """Is a model answer that changes its arguments no model?"""

    def clears(x):
        x[:] = 0
        return 0

    made = Exercise(clears, 1, lambda rng: [case("ones", np.ones(2))])
    with pytest.raises(RuntimeError, match="Changed"):
        made.cases(np.random.default_rng(0))


def test_a_mistake_is_kept_where_it_shows():
    """Does a case hold a wrong answer's result only where that differs?"""
    made = cases_of(case("two", 2), case("three", 3))

    @made.whole_mistake("You square x.")
    def squares(x):
        return x * x

    drawn = made.cases(np.random.default_rng(0))
    assert [dict(each.mistakes) for each in drawn.cases] == [{}, {"squares": Returned(9)}]
    assert drawn.sentences == {"squares": "You square x."}


def test_numpy_numbers_become_plain_ones():
    """Is what is expected free of NumPy scalars and named tuples, so that it can be frozen?"""

    def pair(x):
        return np.int64(x), np.float64(0.5)

    made = Exercise(pair, 1, lambda rng: [case("", 1)])
    expected = made.cases(np.random.default_rng(0)).cases[0].expected
    assert [type(part) for part in expected.value] == [int, float]


def test_wrong_answers_are_asked_only_when_there_is_something_to_explain():
    """Does a right answer, or a blank one, spare the work, and is it done once for a wrong one?"""
    asked = []
    made = cases_of(case("two", 2), case("three", 3), refused("zero", 0))

    @made.whole_mistake("You square x.")
    def squares(x):
        asked.append(x)
        if x <= 0:
            raise ValueError("x must be positive")
        return x * x

    def blank(x):
        raise NotImplementedError

    drawn = made.cases(np.random.default_rng(0))
    assert grade(drawn, positive).passed
    assert not grade(drawn, blank).mistakes
    assert asked == []
    assert grade(drawn, lambda x: x * x).mistakes == ("squares",)
    assert sorted(asked) == [0, 2, 3]
    assert len(drawn.cases[1].mistakes) == 1
    assert grade(drawn, lambda x: x * x).mistakes == ("squares",)
    assert sorted(asked) == [0, 2, 3]


def test_tolerances_reach_the_cases():
    """Does an exercise with tolerances of its own grade by them, and know its mistakes by them?"""
    inputs = [case("one", 1.0)]

    def same(x):
        return x

    loose = Exercise(same, 1, lambda rng: inputs, rtol=0.1, atol=0.2)

    @loose.whole_mistake("You add a little.")
    def adds_little(x):
        return x + 0.25

    @loose.whole_mistake("You add a lot.")
    def adds_a_lot(x):
        return x + 1

    drawn = loose.cases(np.random.default_rng(0))
    assert (drawn.rtol, drawn.atol) == (0.1, 0.2)
    assert dict(drawn.cases[0].mistakes) == {"adds_a_lot": Returned(2.0)}
    assert grade(drawn, lambda x: 1.29).passed
    assert not grade(drawn, lambda x: 1.31).passed
