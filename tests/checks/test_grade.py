"""Is an answer worth what it should be, and is it said why?"""

import dataclasses

import numpy as np
import pytest

from course_utils.checks.cases import Case, CaseSet, Returned
from course_utils.checks.grade import grade
from tests.checks.doubling import careful, right


def verdicts(report):
    return [row.verdict for row in report.rows]


def test_a_right_answer_gets_all_points(double):
    """Does every case pass, without a word of advice?"""
    report = grade(double, right)
    assert (report.score, report.passed, report.first, report.sentences) == (4, True, "", ())


class NoUse(ValueError):
    """An error of a student's own."""


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (NoUse("no"), "right"),
        (np.exceptions.AxisError("no"), "right"),
        (np.linalg.LinAlgError("no"), "right"),
        (TypeError("no"), "wrong"),
        (type("Error", (Exception,), {})(), "wrong"),
    ],
)
def test_an_error_of_a_kind_is_the_error_that_is_asked_for(double, error, verdict):
    """Does whatever `isinstance` takes for a ValueError count as one, and nothing else?"""

    def function(x, times=2):
        if not x.size:
            raise error
        return 2 * x

    assert verdicts(grade(double, function))[-1] == verdict


@pytest.mark.parametrize(
    ("function", "score", "mistakes"),
    [
        (careful(lambda x: x * x), 0, ("squares",)),
        (careful(lambda x: x + 2), 0, ("adds",)),
        (careful(lambda x: 2 * x.astype(float)), 3, ("upcasts",)),
        (lambda x, times=2: 2 * x, 3, ("accepts",)),
        (lambda x, times=2: x * x, 0, ("squares", "accepts")),
        (careful(lambda x: None), 0, ()),
    ],
)
def test_a_wrong_answer_gets_the_share_that_is_right(double, function, score, mistakes):
    """Is the score the weight of the right cases, and is the mistake recognised?"""
    report = grade(double, function)
    assert report.score == score
    assert report.mistakes == mistakes
    assert report.sentences == tuple(double.sentences[name] for name in mistakes)


def always_raises(x, times=2):
    raise ValueError("no")


def test_a_function_that_always_raises_earns_nothing(double):
    """Does the case that asks for an error count only beside another one?"""
    report = grade(double, always_raises)
    assert verdicts(report) == ["wrong", "wrong", "right"]
    assert report.score == 0
    assert "count once" in report.note


def test_the_score_is_rounded_to_a_hundredth(double):
    """Are two thirds of four points 2.67, and not a long fraction?"""
    equal = tuple(dataclasses.replace(case, weight=1) for case in double.cases)
    halves = careful(lambda x: x + x if x.dtype == np.float64 else x / 2)
    report = grade(dataclasses.replace(double, cases=equal), halves)
    assert report.score == 2.67


def test_an_endless_loop_costs_one_wait(double):
    """Are the other cases left out after a loop that never ends?"""

    def loop(x, times=2):
        while True:
            pass

    report = grade(dataclasses.replace(double, seconds=0.1), loop)
    assert verdicts(report) == ["wrong", "not run", "not run"]
    assert not report.passed
    assert "never ends?" in report.first
    assert not report.first.endswith("?.")


@careful
def in_place(x):
    x *= 2
    return x


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (careful(lambda x: None), "Case 1, a vector: doubled is None"),
        (
            careful(lambda x: x),
            "all 3 numbers in doubled differ, first at [0]. "
            "Expected [2., 4., 6.], got [1., 2., 3.].",
        ),
        (careful(lambda x: x[1:]), "doubled must have shape (3,), but yours has (2,)"),
        (careful(lambda x: list(x)), "doubled must be a NumPy array, not a list"),
        (careful(lambda x: x[7]), "your function raised IndexError: index 7"),
        (
            lambda x, times=2: x + x,
            "raise ValueError with a message. Yours returned a NumPy array of shape (0,).",
        ),
        (lambda x: x + x, "must raise ValueError, but yours raised TypeError"),
        (in_place, "changed its argument `x`"),
    ],
)
def test_the_first_difference_is_told(double, function, says):
    """Does the report say where the first failed case parts from what is right?"""
    assert says in grade(double, function).first


def test_the_table_has_a_numbered_line_for_each_case(double):
    """Does each line say which case it is, what went in, and how far off the result is?"""
    report = grade(double, careful(lambda x: x if x.dtype == np.float64 else x[0]))
    assert [(row.number, row.inputs, row.error) for row in report.rows] == [
        (1, "x (3,)", "3"),
        (2, "x (1, 2) float32", "another shape"),
        (3, "x (0,), times 2", "refused"),
    ]
    assert [row.error for row in grade(double, right).rows] == ["0", "0", "refused"]


def test_the_rule_on_error_cases_is_told_only_where_it_counts(double):
    """Does an answer that is merely wrong hear nothing of that rule?"""
    assert grade(double, lambda x: None).note == ""
    assert grade(double, right).note == ""


def test_a_missing_return_is_told_without_a_value(double):
    """Is there no word of what was returned where there is nothing to show?"""
    assert grade(double, careful(lambda x: x[1:])).first.endswith("yours has (2,).")


def test_a_wrong_part_is_called_by_its_name():
    """Is a function with two results told which one is wrong?"""
    case = Case("three", (3,), {}, Returned((3, 9)))
    cases = CaseSet("powers", 1, ("x",), ("once", "twice"), (case,), {})
    assert "twice differs. Expected (3, 9), got (3, 6)." in grade(cases, lambda x: (x, 2 * x)).first
    assert "a tuple of 2 outputs (once, twice)" in grade(cases, lambda x: x).first


def stub(x, times=2):
    raise NotImplementedError


def test_an_untouched_stub_is_told_apart(double):
    """Does a blank exercise hear that nothing is written yet?"""
    assert "nothing is written yet" in grade(double, stub).first


def test_hidden_numbers_stay_hidden(double):
    """Does a report on hidden cases keep expected numbers and arguments to itself?"""
    hidden = dataclasses.replace(double, hidden=True)
    report = grade(hidden, lambda x, times=2: x)
    assert "first at [0]" in report.first
    assert "Expected" not in report.first
    assert report.rows[2].inputs == "x (0,), times"


def test_hidden_errors_say_no_number(double):
    """Do an exception's message and the size of an error keep a hidden case's numbers to itself?"""
    hidden = dataclasses.replace(double, hidden=True)

    def tells(x, times=2):
        raise IndexError(f"index {x[0]} of 3.25, times {times}")

    told = str(grade(hidden, tells))
    assert "IndexError: index … of …, times …" in told
    wrong = grade(hidden, lambda x, times=2: x + 1000.0)
    assert {row.error for row in wrong.rows if row.passed is False} <= {"differs", "not refused"}
    assert "1e+03" not in str(wrong)
    assert "100" in str(grade(double, lambda x, times=2: x + 1000.0))
