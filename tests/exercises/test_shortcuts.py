"""Are forbidden shortcuts found, at the desk and by the judge, and scored by the stated rule?"""

import dataclasses

import pytest

from course_utils.checks.grade import grade
from course_utils.exercises import find, frozen_cases
from course_utils.grading.judge.proxy import Line, Proxy
from course_utils.grading.kernels.student import Student

SHORTCUT = """
import numpy as np

slide = np.{function}

def correlate1d(x, w, *, stride=1, pad=0):
    if x.ndim != 1 or w.ndim != 2 or stride < 1 or pad < 0 or w.shape[1] > len(x) + 2 * pad:
        raise ValueError("the filters do not fit")
    return np.stack([{call}(np.pad(x, pad), row, mode="valid")[::stride] for row in w])
"""
CASES = frozen_cases("correlate1d")


def answer(source):
    namespace = {}
    exec(source, namespace)
    return namespace["correlate1d"]


def test_a_shortcut_costs_the_points():
    """Does a right answer that leaves the sliding to NumPy get nothing, and read why?"""
    report = grade(CASES, answer(SHORTCUT.format(function="correlate", call="np.correlate")))
    assert report.score == 0
    assert not report.passed
    assert report.shortcuts == ("numpy.correlate",)
    assert "uses `numpy.correlate`, which this exercise asks you to do yourself" in str(report)
    assert "`numpy.correlate`" not in report.to_html()
    assert "<code>numpy.correlate</code>" in report.to_html()


@pytest.mark.parametrize(("kept", "score"), [(0.0, 0), (0.5, 1.5), (1.0, 3)])
def test_the_rule_is_the_exercises(kept, score):
    """Does an answer with a shortcut keep the share that the exercise states?"""
    cases = dataclasses.replace(CASES, kept=kept)
    report = grade(cases, answer(SHORTCUT.format(function="correlate", call="np.correlate")))
    assert report.score == score


@pytest.mark.parametrize("name", ["correlate1d", "correlate2d", "convolve2d"])
def test_who_writes_it_is_not_reported(name):
    """Does no right answer of the corpus, nor the reference, come up as a shortcut?"""
    exercise = find(name)
    for function in (exercise.reference_or_model, *exercise.right.values()):
        assert grade(frozen_cases(name), function).shortcuts == ()


@pytest.mark.parametrize("call", ["np.correlate", "slide"])
def test_the_judge_finds_it(call):
    """Does the judge find a call, and also one through a name of the student's own?"""
    cells = [SHORTCUT.format(function="correlate", call=call)]
    student = Student([])
    try:
        student.run(cells[0], 20)
        line = Line(student.kernel.folder, student.kernel.pid)
        report = grade(CASES, Proxy(line, "correlate1d", cells))
        line.close()
    finally:
        student.close()
    assert report.shortcuts == ("numpy.correlate",)
    assert report.score == 0


def test_comparing_is_allowed():
    """Is a call in a cell of one's own, outside the answer, no shortcut?"""
    cells = [
        "import numpy as np",
        "def correlate1d(x, w, *, stride=1, pad=0):\n    return np.zeros(3)",
        "np.correlate([1, 2, 3], [1, 2]), correlate1d(1, 2)",
    ]
    student = Student([])
    try:
        for cell in cells:
            student.run(cell, 20)
        line = Line(student.kernel.folder, student.kernel.pid)
        report = grade(CASES, Proxy(line, "correlate1d", cells))
        line.close()
    finally:
        student.close()
    assert report.shortcuts == ()
