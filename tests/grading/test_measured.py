"""Is an answer that learns graded in its own kernel as at the desk?"""

import dataclasses

import pytest

from course_utils.checks.grade import grade
from course_utils.exercises import find, frozen_cases
from course_utils.exercises.edits import definition
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
