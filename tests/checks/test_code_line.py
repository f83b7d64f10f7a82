"""Is the line of an exception the student's own, and what another process says of it checked?"""

from pathlib import Path

import numpy as np
import pytest

from course_utils.checks.call import attempt
from course_utils.checks.cases import Case, CaseSet, CodeLine, Raised, Returned
from course_utils.checks.code_line import MOST_TEXT, told_line
from course_utils.checks.grade import grade


def helper(x):
    return x[7]


def direct(x):
    return [x[i + 1] for i in range(3)]


def calls_helper(x):
    x = x + 1
    return helper(x)


def within_numpy(x):
    return np.concatenate(x)


def line(function):
    return attempt(function, [np.zeros(2)], {}).line


@pytest.mark.parametrize(
    ("function", "text", "inside", "caller"),
    [
        (direct, "return [x[i + 1] for i in range(3)]", "direct", ""),
        (calls_helper, "return x[7]", "helper", "return helper(x)"),
        (within_numpy, "return np.concatenate(x)", "within_numpy", ""),
        (lambda x: x[9], "(lambda x: x[9]", "", ""),
    ],
)
def test_the_line_is_the_students(function, text, inside, caller):
    """Is it the innermost of the student's own lines, and is the line told that led there?"""
    found = line(function)
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert found.text.startswith(text)
    assert lines[found.number - 1].strip().startswith(text)
    assert found.function.endswith(inside)
    assert (lines[found.caller - 1].strip() if found.caller else "") == caller


def test_a_call_that_does_not_fit_has_no_line():
    """Is there no line where none of the student's own was reached?"""
    assert attempt(lambda: 0, [1], {}).line is None


def test_an_exception_that_lies_about_itself_is_survived():
    """Does an exception of a student's own that raises when it is looked at do no harm?"""

    class Odd(Exception):
        @property
        def __traceback__(self):
            raise RuntimeError

        @__traceback__.setter
        def __traceback__(self, trace):
            pass

    def function(x):
        raise Odd

    assert attempt(function, [1], {}).kind == "Odd"


CELLS = [
    "%matplotlib inline\ndef f(x):\n    return x[7]",
    "def g(x):\n    return f(x)\n\ny = g",
    "def f(x):\n    a = `x`",
    "%%time\ndef m(x):\n    return x",
    "\n  \ndef late(x):\n    return x[8]",
]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"function": "f", "number": 3, "caller": 0}, "return x[7]"),
        ({"function": "g", "number": 2, "caller": 5}, "return f(x)"),
        ({"function": "f", "number": 3, "caller": 0, "text": "<b>"}, "return x[7]"),
        ({"function": "late", "number": 2, "caller": 0}, "return x[8]"),
        ({"function": "m", "number": 2, "caller": 0}, None),
        ({"function": "f", "number": 9, "caller": 0}, None),
        ({"function": "h", "number": 1, "caller": 0}, None),
        ({"function": "g", "number": 4, "caller": 0}, None),
        ({"function": "g", "number": 2**70, "caller": 0}, None),
        ({"function": "g", "number": True, "caller": 0}, None),
        ({"function": "g", "number": 2.0, "caller": 0}, None),
        ({"function": ["g"], "number": 2, "caller": 0}, None),
        ({"function": "g" * 1000, "number": 2, "caller": 0}, None),
        ({"function": "g", "number": 2}, None),
        ("g", None),
        (None, None),
    ],
)
def test_another_process_is_not_believed(told, text):
    """Is what is shown read from the code that was handed in, and nothing where it does not fit?"""
    found = told_line(told, CELLS)
    assert (found.text if found else None) == text


def test_a_line_is_bounded_and_plain():
    """Is a long line cut, and one with strange characters harmless?"""
    cell = f"def f(x):\n    return '`\x1b[1m' + {'x' * 5000}"
    found = told_line({"function": "f", "number": 2, "caller": 0}, [cell])
    assert len(found.text) <= MOST_TEXT + 2
    assert found.text.isprintable()
    assert "`" not in found.text


def test_a_report_names_the_line_and_an_earlier_exercise():
    """Does it say which line it was, and whose, and which others end there?"""
    cases = tuple(Case(f"case {i}", (i,), {}, Returned(i)) for i in range(3))
    asked = CaseSet("lstm_forward", 1, ("x",), ("h",), cases, {})
    names: dict = {}
    source = "def lstm_step_forward(x):\n    return [][x]\n\ndef lstm_forward(x):\n"
    exec(f"{source}    return lstm_step_forward(x)", names)
    report = grade(asked, names["lstm_forward"])
    assert "calls your `lstm_step_forward`, and that raised IndexError" in report.opened.says
    assert report.opened.line == (
        "Line 2 of `lstm_step_forward`, called from line 5 of `lstm_forward`"
    )
    assert report.opened.alike == (2, 3)


def test_a_line_is_no_part_of_what_is_compared():
    """Are two exceptions the same wherever they were raised?"""
    assert Raised("E", line=CodeLine(1, "x", "f")) == Raised("E")
