"""What is an answer worth that knows the frozen cases, and nothing else?"""

from dataclasses import replace

import numpy as np
import pytest

from course_utils.checks.cases import Achieves, Raised, Returned
from course_utils.checks.check import frozen_cases
from course_utils.checks.grade import grade
from course_utils.checks.wire import pack
from course_utils.exercises import catalog, find, hidden_cases
from course_utils.exercises.catalog import fixed_cases

NAMES = [exercise.name for exercises in catalog().values() for exercise in exercises]
SUBMISSIONS = range(4)
each_exercise = pytest.mark.parametrize("name", NAMES)
each_that_is_given_something = pytest.mark.parametrize(
    "name", [name for name in NAMES if not find(name).catches]
)
# To build a network that learns is the answer; what the frozen digits are, it cannot be told.
# Where mistakes are to be caught, these are hidden, and students have all that an answer gets.
each_that_can_be_known = pytest.mark.parametrize(
    "name",
    [
        name
        for name in NAMES
        if not (find(name).measured and find(name).probe) and not find(name).catches
    ],
)


class Memory:
    """An answer that has learned the frozen cases by heart.

    Parameters
    ----------
    name : str
        The exercise.
    """

    def __init__(self, name):
        self.exercise = find(name)
        self.probe = "" if self.exercise.measured else self.exercise.probe
        self.cases = frozen_cases(name).cases
        self.known = [self.key(case.args, case.kwargs) for case in self.cases]
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        key = self.key(args, kwargs)
        place = self.known.index(key) if key in self.known else self.otherwise(args, kwargs)
        return self.told(self.cases[place])

    def key(self, args, kwargs):
        return pack([list(args), {} if self.probe else dict(kwargs)])

    def told(self, case):
        if isinstance(case.expected, Raised):
            raise ValueError("as in that case")
        if isinstance(case.expected, Achieves):
            return case.expected.truth
        # A network cannot be told in numbers; who has learned it by heart can build it.
        return self.exercise.reference_or_model(*case.args) if self.probe else case.expected.value

    def otherwise(self, args, kwargs):
        raise ValueError("never seen")


class Counting(Memory):
    """It takes the cases to come in the order in which students have them."""

    def otherwise(self, args, kwargs):
        return (self.calls - 1) % len(self.cases)


class Guessing(Memory):
    """It takes the case that looks most like the one that is asked."""

    def otherwise(self, args, kwargs):
        near = [self.distance(case, args, kwargs) for case in self.cases]
        return near.index(min(near))

    def distance(self, case, args, kwargs):
        one, other = (
            [*args, *kwargs.items()] for args, kwargs in ((case.args, case.kwargs), (args, kwargs))
        )
        unlike = set(map(_shape, one)) ^ set(map(_shape, other))
        parts = zip(_numbers(one), _numbers(other), strict=False)
        return len(unlike), sum(abs(a - b) for a, b in parts)


def _shape(value):
    return str(getattr(value, "shape", value if not isinstance(value, int) else "a number"))


def _numbers(values):
    for value in values:
        if isinstance(value, int | float):
            yield value
        elif isinstance(value, list | tuple):
            yield from _numbers(value)


@pytest.fixture
def draws(monkeypatch):
    """Return the hidden cases of an exercise for several submissions."""

    def drawn(name):
        monkeypatch.setenv("COURSE_SECRET", "a secret")
        for number in SUBMISSIONS[:2] if find(name).probe else SUBMISSIONS:
            monkeypatch.setenv("COURSE_SUBMISSION", str(number))
            # Nobody asks what such an answer does wrong, nor how it is written.
            yield replace(hidden_cases(name), sentences={}, forbidden=())

    return drawn


@pytest.mark.parametrize(("kind", "most"), [(Memory, 0.02), (Counting, 0.25), (Guessing, 0.7)])
@each_that_can_be_known
def test_what_is_known_by_heart_earns_little(name, kind, most, draws):
    """Is a table of the frozen answers worth next to nothing, and little with a guess beside it?"""
    shares = [grade(cases, kind(name)).score / cases.points for cases in draws(name)]
    assert np.mean(shares) <= most


@each_exercise
def test_the_cases_that_count_are_drawn(name):
    """Do the cases that are the same for everybody leave most of the weight to the others?"""
    cases = frozen_cases(name).cases
    fixed = fixed_cases(name)
    for kind in (Returned | Achieves, Raised):
        weights = [case.weight for case in cases if isinstance(case.expected, kind)]
        drawn = [
            case.weight
            for place, case in enumerate(cases)
            if isinstance(case.expected, kind) and place not in fixed
        ]
        assert sum(drawn) >= 0.7 * sum(weights), f"draw more of what {name} asks"


@each_that_is_given_something
def test_what_students_have_counts_nothing(name, draws):
    """Has a hidden case no weight whose inputs are those of a frozen one, and only then?"""
    known = Memory(name)
    for cases in draws(name):
        for case in cases.cases:
            assert (case.weight == 0) is (known.key(case.args, case.kwargs) in known.known)


@each_exercise
def test_the_order_is_drawn(name, draws):
    """Are all cases asked once, in an order that depends on the submission, refusals among them?"""
    orders = [cases.order for cases in draws(name)]
    for order in orders:
        assert sorted(order) == list(range(len(frozen_cases(name).cases)))
    assert len(orders[0]) < 5 or len(set(orders)) > 1  # few cases may come in one order twice
