"""Is each case told with what it asked, what came and what it is worth, whatever came?"""

import dataclasses
import json

import numpy as np
import pytest

from course_utils.checks.call import GONE, NOT_SENT, TIMEOUT, LocalAnswer
from course_utils.checks.cases import (
    Achieves,
    Case,
    CaseSet,
    Changed,
    CodeLine,
    Raised,
    Returned,
)
from course_utils.checks.grade import grade
from course_utils.checks.wire import Foreign
from course_utils.exercises.catalog import drawn_cases, find
from course_utils.grading.judge.disclosed import (
    NOT_ASKED,
    PARTLY,
    RIGHT,
    WRONG,
    Disclosed,
    disclosed,
    excerpt,
    quoted_text,
)

LONG = np.arange(60.0).reshape(3, 20)


def case_set(*cases, outputs=("y",), **more):
    return CaseSet("f", 4.0, ("x", "k"), outputs, cases, {}, hidden=True, **more)


def one(expected, came, *args, **more):
    """Return how the only case of a check is told."""
    told = disclosed(case_set(Case("a case", args, {}, expected), **more), [came])
    return told.cases[0]


@pytest.mark.parametrize("name", ["output_size", "correlate2d", "lstm_step_backward"])
def test_the_score_is_that_of_the_check(name):
    """Do weights and verdicts of right and of wrong answers agree with the report, as JSON, too?"""
    exercise = find(name)
    cases = drawn_cases(exercise, "a secret", "a submission")
    mistake = next(iter(exercise.mistakes.values()))
    for answer in (exercise.reference_or_model, mistake.function):
        report = grade(cases, answer)
        told = disclosed(cases, LocalAnswer(answer, cases).outcomes())
        assert told.score == report.score
        assert [case.verdict for case in told.cases] == [row.verdict for row in report.rows]
        assert Disclosed.from_json(json.loads(json.dumps(dataclasses.asdict(told)))) == told


def test_long_arrays_are_excerpts():
    """Is an array of many numbers shown by its beginning and what it is, a small one whole?"""
    told = one(Returned(LONG), Returned(LONG + 1), LONG, 3)
    ((name, text),) = told.inputs
    assert name == "x"
    assert text.startswith("[[ 0.  1. ...")
    assert text.endswith("shape (3, 20), float64")
    (result,) = told.results
    assert result.expected != result.came
    assert told.says == "all 60 numbers in y differ, first at [0, 0]: expected 0.0, came 1.0"
    assert excerpt(np.array([[1, 2], [3, 4]])) == "[[1 2]\n [3 4]]"
    assert len(excerpt(np.zeros((9, 9, 9, 9))).splitlines()) <= 9


def test_numbers_that_look_alike_are_told_apart():
    """Are there as many digits as it takes?"""
    told = one(Returned(np.array([1.0])), Returned(np.array([1 + 1e-8])))
    assert told.results[0].expected != told.results[0].came


def test_each_output_is_told():
    """Is each of several outputs set beside its own?"""
    want, have = (np.zeros(2), np.ones(2)), (np.zeros(2), np.zeros(2))
    told = one(Returned(want), Returned(have), outputs=("h", "c"))
    assert [(r.name, r.right) for r in told.results] == [("h", True), ("c", False)]
    told = one(Returned(want), Returned(3), outputs=("h", "c"))
    assert [(r.name, r.expected, r.came) for r in told.results] == [("", "([0. 0.], [1. 1.])", "3")]


def test_what_cases_weigh():
    """Do a known case, one that asks for an error and a shortcut count as the rules say?"""
    result = Case("result", (1,), {}, Returned(1))
    known = Case("known", (2,), {}, Returned(2), weight=0.0)
    error = Case("error", (3,), {}, Raised("ValueError"), weight=0.5)
    cases = case_set(result, known, error, kept=0.25)
    right = [Returned(1), Returned(2), Raised("ValueError")]
    told = disclosed(cases, right)
    assert (told.score, told.earned, told.weight, told.kept) == (4.0, 1.5, 1.5, 1.0)
    assert [case.weight for case in told.cases] == [1.0, 0.0, 0.5]
    assert disclosed(cases, right, ["numpy.convolve"]).score == 1.0
    alone = disclosed(cases, [Returned(0), Returned(2), Raised("ValueError")])
    assert [(case.verdict, case.earned) for case in alone.cases] == [
        (WRONG, 0.0), (RIGHT, 0.0), (RIGHT, 0.0)
    ]  # fmt: skip
    assert alone.score == 0.0


def test_the_order_of_asking_is_told():
    """Is it known which call came first, and what was not asked any more?"""
    cases = case_set(*(Case(str(n), (n,), {}, Returned(n)) for n in range(3)), order=(2, 0, 1))
    told = disclosed(cases, [Returned(0), None, None])
    assert [case.asked for case in told.cases] == [2, 3, 1]
    assert [case.verdict for case in told.cases] == [RIGHT, NOT_ASKED, NOT_ASKED]
    assert told.cases[1].results == ()


@pytest.mark.parametrize(
    ("outcome", "came"),
    [
        (Raised(TIMEOUT, "no answer after 5 s"), "no answer in time"),
        (Raised(TIMEOUT, "your function had to be interrupted"), "no answer in time"),
        (Raised(GONE, "there was no answer before"), "the kernel ended"),
        (Raised("ValueError"), "the exception ValueError"),
        (
            Raised("KeyError", "3", (), CodeLine(2, "d[3]", "f")),
            "the exception KeyError with the message '3',\nat line 2 of 'f': 'd[3]'",
        ),
        (Raised(TIMEOUT, "✓ right"), "the exception TimeLimit with the message '✓ right'"),
        (Raised("✓ Case 1: right"), "the exception '✓ Case 1: right'"),
        (Raised(NOT_SENT, "a\n✓ b"), "the exception NotSent with the message 'a\\n✓ b'"),
        (Changed("0"), "a changed argument"),
        (Returned("a\n✓ b"), "'a\\n✓ b'"),
        (Returned({"✓ right\x1b[2J": 1}), "{'✓ right\\x1b[2J': 1}"),
        (Returned(None), "None"),
    ],
)
def test_what_came_is_quoted(outcome, came):
    """Can nothing that a student chooses be read as the judge's words?"""
    told = one(Returned(1), outcome)
    assert told.results[0].came == came
    assert "✓" not in told.says


def test_a_types_name_is_no_sentence():
    """Is a foreign type told by a name only if that is one?"""
    for name, says in (("Tensor", "a PyTorch tensor"), ("int\n✓ right", "an object")):
        told = one(Returned(np.zeros(2)), Returned([type(name, (Foreign,), {})()]))
        assert "✓" not in told.says + told.results[0].came
        told = one(Returned(np.zeros(2)), Returned(type(name, (Foreign,), {})()))
        assert told.says == f"y must be a NumPy array, not {says}"


def test_what_is_achieved_is_told():
    """Is the scale told, what was reached, and the share that it earns?"""
    asked = Achieves(np.array([0, 1, 1, 1]), "accuracy", ((0.5, 0.0), (1.0, 1.0)))
    told = one(asked, Returned(np.array([0, 1, 1, 0])))
    assert (told.verdict, told.earned) == (PARTLY, 0.5)
    assert told.results[0].came == "accuracy 0.75"
    assert told.results[0].expected == "accuracy, which earns by the scale 0.5 (0%), 1 (100%)"
    assert one(asked, Returned("all of them")).results[0].came == "'all of them'"


def test_a_long_text_is_cut():
    """Does no message fill the page?"""
    assert len(quoted_text("x" * 10_000)) < 210
    assert len(excerpt(["x" * 10_000])) < 210
