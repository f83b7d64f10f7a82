"""Is a mistake recognised by its results, and only by them?"""

import numpy as np
import pytest

from course_utils.checks.cases import Case, CaseSet, Changed, Raised, Returned
from course_utils.checks.diagnose import diagnose, same_outcome


def cases(*mistakes):
    """Make a set of cases whose right answer is 0, with these results of mistakes."""
    return CaseSet(
        "zero", 1, ("x",), ("the result",),
        tuple(Case(f"case {i}", (i,), {}, Returned(0), m) for i, m in enumerate(mistakes)), {},
    )  # fmt: skip


def named(made, *values):
    outcomes = [v if isinstance(v, Raised) else Returned(v) for v in values]
    return diagnose(made, outcomes, [v == 0 for v in values])


def test_the_mistake_with_the_same_results_is_named():
    """Is the one named that fits, of two?"""
    made = cases({"a": Returned(1), "b": Returned(2)}, {"a": Returned(3), "b": Returned(4)})
    assert named(made, 1, 3) == ["a"]
    assert named(made, 2, 4) == ["b"]
    assert named(made, 5, 6) == []


def test_a_mistake_that_would_have_failed_a_passed_case_is_not_named():
    """Is a right answer evidence against a mistake?"""
    made = cases({"a": Returned(1), "b": Returned(1)}, {"a": Returned(3)})
    assert named(made, 1, 0) == ["b"]


def test_two_mistakes_are_both_named():
    """Is what the first does not explain explained by a second?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)}, {"b": Returned(9)})
    assert named(made, 1, 2, 9) == ["a", "b"]


def test_an_exception_proves_nothing():
    """Are two functions that raise the same not taken for the same mistake?"""
    made = cases({"a": Raised("IndexError")})
    assert named(made, Raised("IndexError")) == []


def test_a_changed_argument_is_recognised_by_the_argument():
    """Is a change in place evidence, and only for a mistake that changes the same argument?"""
    made = cases({"a": Changed("0"), "b": Returned(1)})
    assert diagnose(made, [Changed("0")], [False]) == ["a"]
    assert diagnose(made, [Changed("1")], [False]) == []


def test_cases_that_were_not_run_do_not_count():
    """Does a check that stopped early still diagnose?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)})
    assert diagnose(made, [Returned(1)], [False]) == ["a"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Returned(1), Returned(1), True),
        (Returned(None), Returned(None), True),
        (Returned(None), Returned(1), False),
        (Returned(1), Raised("ValueError"), False),
        (Returned(1), Changed("0"), False),
        (Changed("0"), Raised("0"), False),
        (Changed("w"), Changed("w"), True),
        (Raised("ValueError", "a"), Raised("ValueError", "b"), True),
        (Returned(np.ones(2)), Returned(np.ones(2, np.float32)), False),
    ],
)
def test_outcomes_are_compared(one, other, same):
    """Are outcomes the same when a person would say so?"""
    assert same_outcome(one, other) is same
    assert same_outcome(other, one) is same
