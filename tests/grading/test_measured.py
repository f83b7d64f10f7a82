"""Is an answer that learns, or catches mistakes, graded in its own kernel as at the desk?"""

import dataclasses

import pytest

from course_utils.checks.grade import grade
from course_utils.exercises import find, frozen_cases
from course_utils.exercises.edits import definition, renamed
from course_utils.grading.judge.proxy import Line, Proxy
from course_utils.grading.kernels.student import Student

SLEEPS = """
import time
def learn_adding(x, y, other, seed):
    time.sleep({})
    return other[0, :, 0]
"""


@pytest.fixture
def judged():
    """Return a report on an answer that lives in a student's kernel."""
    student = Student([])

    def report(source, cases):
        student.run(source, 20)
        line = Line(student.kernel.folder, student.kernel.pid)
        try:
            return grade(cases, Proxy(line, cases.name, [source]))
        finally:
            line.close()

    yield report
    student.close()


def test_what_is_achieved_there_counts(judged):
    """Are points and report those of the desk?"""
    exercise = find("learn_adding")
    cases = frozen_cases("learn_adding")
    passes = [find(name).model for name in ("lstm_forward", "lstm_backward")]
    source = "\n\n".join(["import numpy as np", *map(definition, (*passes, exercise.model))])
    report = judged(source, cases)
    assert report == grade(cases, exercise.model)
    assert report.score == exercise.points


def test_the_exercises_seconds_reach_the_kernel(judged):
    """Does a call that takes longer than usual get its time, and one that takes too long not?"""
    cases = frozen_cases("learn_adding")
    assert (
        "no answer after 0.2 s"
        in judged(SLEEPS.format(30), dataclasses.replace(cases, seconds=0.2)).first
    )
    assert "squared error" in judged(SLEEPS.format(6), cases).rows[0].error


@pytest.mark.parametrize("name", ["cases_for_output_size", "cases_for_truncated_gradient"])
def test_what_is_caught_from_there_counts(judged, name):
    """Are points and report the same, wherever the calls come from?"""
    exercise, cases = find(name), frozen_cases(name)
    for function in (exercise.model, *(one.function for one in exercise.mistakes.values())):
        source = "import numpy as np\n\n" + renamed(definition(function), name)
        report = judged(source, cases)
        assert report == grade(cases, function)
        assert report.passed is (function is exercise.model)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("[dict(size=10**9, kernel=3)]", "it is 1000000000"),
        ("[dict(size=float('nan'), kernel=3)]", "it is a float"),
        ("[dict(size=8, kernel=3)] * 10**6", "cannot be checked"),
        ("[dict(size=8, kernel=k) for k in range(1, 5)]", "there may be 3 calls"),
        ("(dict(size=8, kernel=k) for k in range(1, 3))", "not a generator"),
        ("[dict(size=8, kernel=Hostile())]", "it is 0"),
        ("[dict(size=8, kernel=np.zeros(2**20))]", "it is an array"),
    ],
)
def test_what_would_harm_the_judge_does_not(judged, returned, says):
    """Is nothing run on it, though it comes from a kernel that nobody trusts?"""
    source = f"""
import numpy as np

class Hostile(int):
    def __eq__(self, other):
        raise SystemExit
    __index__ = __int__ = __hash__ = __reduce__ = __str__ = __eq__

def cases_for_output_size():
    return {returned}
"""
    report = judged(source, frozen_cases("cases_for_output_size"))
    assert says in str(report)
    assert report.score == 0
