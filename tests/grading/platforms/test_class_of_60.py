"""Is the class that the platforms are played with what it says it is?"""

from pathlib import Path

import nbformat
import pytest

from tests.grading.platforms.class_of_60 import DUE, Maker, class_of

COURSE = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"


@pytest.fixture(scope="module")
def cases():
    """The whole class, by what it hands in."""
    released = nbformat.read(COURSE / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    return class_of(Maker(SLUG, released))


def test_it_has_everything_that_happens(cases):
    """Are there as many of each kind as the term is to be tried with?"""
    assert len({case.student.id for case in cases}) == len(cases) == 60
    assert sum(case.unlisted for case in cases) == sum(case.dropped for case in cases) == 1
    assert sum(not case.works for case in cases) == 3
    assert sum(len(case.works) > 1 for case in cases) == 5
    assert sum(c.student.attempts[-1].time > c.due for c in cases if c.works) == 8
    assert sum(case.student.due is not None for case in cases) == 1
    assert [c.what for c in cases].count("an endless loop") == 1
    names = [(case.student.last, case.student.first) for case in cases]
    assert len(set(names)) == len(names) - 1


def test_the_rules_choose_other_attempts(cases):
    """Does it show which attempt counts, by each rule?"""
    chosen = {
        case.what: [case.counting(rule) for rule in ("last", "last-in-time", "best")]
        for case in cases
        if len(case.works) > 1
    }
    assert chosen["a later attempt is worse"] == [1, 1, 0]
    assert chosen["the later of two is late"] == [1, 0, 1]
    assert chosen["right, and blank when it is late"] == [1, 0, 0]
    assert chosen["better each time"] == [2, 2, 2]


def test_most_get_points_and_some_get_none(cases):
    """Are there right answers, mistakes and blanks in the class?"""
    works = [case.works[-1] for case in cases if case.works]
    blank = [work for work in works if not any(work.answers.values())]
    right = [work for work in works if work.rank == len(work.answers)]
    assert len(blank) == 4  # one of them the forged tests, two after an attempt that was better
    assert len(right) >= 15
    assert all(
        attempt.time < DUE.replace(month=11) for c in cases for attempt in c.student.attempts
    )
