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


@pytest.mark.parametrize(
    "name",
    [
        "cases_for_output_size",
        "cases_for_truncated_gradient",
        "cases_for_receptive_field",  # lists of tuples with words in them
        "cases_for_sequence_nll",  # arrays of whole numbers and of truths
        "cases_for_clip_by_global_norm",  # dicts of arrays
    ],
)
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


@pytest.mark.parametrize(
    ("name", "returned", "says"),
    [
        ("receptive_field", "dict(layers=[('fc', 2)] * 5)", "it has 5 entries"),
        ("receptive_field", "dict(layers=[('fc', 2)] * 10**6)", "cannot be checked"),
        ("receptive_field", "dict(layers=nested)", "it has 1000 entries"),
        (
            "receptive_field",
            "dict(layers=[Hostile([('fc', 2)])])",
            "at [0] it is a list of another",
        ),
        (
            "receptive_field",
            "dict(layers=[(Word('fc'), 2), ('fc', 10**9)])",
            "at [1][1] it is 1000000000",
        ),
        ("receptive_field", "dict(layers=[('conv',) * 6])", "at [0][1] it is a str"),
        ("clip_by_global_norm", "dict(gradients={'b': np.ones(9)}, limit=1)", "A goes from 1 to 6"),
        ("clip_by_global_norm", "dict(gradients={'b': [1.0]}, limit=1)", "at ['b'] it is a list"),
        ("clip_by_global_norm", "dict(gradients={'</p>': np.ones(2)}, limit=1)", "must be names"),
        ("clip_by_global_norm", "dict(gradients={'b': np.ones(2)}, limit=1e999)", "it is inf"),
        (
            "sequence_nll",
            "dict(logits=x, targets=x[:, :, 0], mask=x[:, :, 0] > 0)",
            "holds float64",
        ),
        ("sequence_nll", "dict(logits=x, targets=codes, mask=codes[:1] > 0)", "elsewhere T is 2"),
        ("sequence_nll", "dict(logits=x, targets=codes + 3, mask=codes > 0)", "it holds others"),
    ],
)
def test_what_would_harm_the_judge_does_not_hide_in_lists(judged, name, returned, says):
    """Is a call looked at down to its last number before anything is run on it?"""
    source = f"""
import numpy as np

class Hostile(list):
    def __iter__(self):
        raise SystemExit
    __len__ = __getitem__ = __eq__ = __reduce__ = __repr__ = __iter__

class Word(str):
    def __eq__(self, other):
        raise SystemExit
    __hash__ = __str__ = __repr__ = isidentifier = __eq__

nested = [[("fc", 2)] * 2] * 1000
x, codes = np.ones((2, 3, 4)), np.ones((2, 3), int)

def cases_for_{name}():
    return [{returned}]
"""
    report = judged(source, frozen_cases(f"cases_for_{name}"))
    assert says in " ".join(str(report).split())
    assert report.score == 0
