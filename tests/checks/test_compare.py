"""Does the comparison accept what is right, and say what is wrong with the rest?"""

import re
from fractions import Fraction

import numpy as np
import pytest

from course_utils.checks.compare import compare

ARRAY = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (3, 3),
        (3, np.int32(3)),
        (3, np.array(3)),
        (0.5, 0.5 + 1e-13),
        (0.5, np.float32(0.5)),
        (2.0, 2),
        ("same", "same"),
        ((3, 4), (3, 4)),
        ((1, ARRAY), (1, ARRAY + 1e-13)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array([True, False]), np.array([True, False])),
        ({"w": ARRAY, "b": 1}, {"b": 1, "w": ARRAY + 1e-13}),
    ],
)
def test_equal_results_agree(expected, got):
    """Is there no difference between results that a person would call equal?"""
    assert compare(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "kind", "says"),
    [
        (3, None, "none", "return"),
        (3, True, "type", "True or False"),
        (3, 3.0, "type", "`//`"),
        (3, Fraction(3), "type", "whole number"),
        (3, "3", "type", "a str"),
        (3, np.uint8(5), "value", "differs"),
        (0.5, float("nan"), "nan", "NaN"),
        (0.5, 0.5 + 1e-6, "value", "differs"),
        ("same", 1, "type", "string"),
        ("same", "other", "value", "another string"),
        ((3, 4), [3, 4], "type", "tuple"),
        ((3, 4), (3, 4, 5), "shape", "2 entries"),
        ((3, 4), (3, 5), "value", r"entry \[1\] of the result differs"),
        ((3, (4, 5)), (3, (4, 6)), "value", r"entry \[1\]\[1\] of the result differs"),
        (ARRAY, ARRAY.tolist(), "type", "a list"),
        (ARRAY, ARRAY.T.ravel(), "shape", r"\(2, 2\), but yours has \(4,\)"),
        (ARRAY, ARRAY.astype(np.float32), "dtype", "float32"),
        (ARRAY, ARRAY.T, "value", r"2 of 4 numbers in the result differ, first at \[0, 1\]"),
        (ARRAY, np.where(ARRAY == 3, np.nan, ARRAY), "nan", r"first at \[1, 0\]"),
        (
            ARRAY,
            ARRAY + np.eye(2)[::-1] * [[0], [1]],
            "value",
            r"1 of 4 numbers .* differs, first at",
        ),
        (np.ones(1), np.zeros(1), "value", "the number in the result differs"),
        (ARRAY, ARRAY * np.inf, "value", "all 4 numbers"),
        ({"w": 1}, [1], "type", "must be a dict, not a list"),
        ({"w": 1, "b": 2}, {"w": 1}, "shape", "no key 'b'"),
        ({"w": 1}, {"w": 1, "b": 2}, "shape", "must have no key 'b'"),
        ({"w": ARRAY}, {"w": ARRAY.T}, "value", r"in the result\['w'\] differ"),
    ],
)
def test_differences_are_named(expected, got, kind, says):
    """Is the first thing that is wrong the thing that is said?"""
    with np.errstate(all="ignore"):
        difference = compare(expected, got)
    assert difference is not None
    assert difference.kind == kind
    assert re.search(says, difference.says)


def test_parts_have_names():
    """Is a wrong part called by its name?"""
    difference = compare((1, 2), (1, 3), parts=("dx", "dw"))
    assert difference.says == "dw differs"
    assert (difference.expected, difference.got, difference.error) == ("2", "3", 1)


def test_an_object_that_equals_everything_is_no_answer():
    """Is a result judged by what it is, and not by its own word?"""

    class Yes:
        def __eq__(self, other):
            return True

        __hash__ = None

    for expected in (3, 0.5, "same", (1, 2), ARRAY):
        assert compare(expected, Yes()).kind == "type"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rounding_is_allowed_in_low_precision(dtype):
    """May a sum come out in another order, and is a fault of a thousandth of it still seen?"""
    unit = float(np.finfo(dtype).eps)
    expected = np.array([0.001, 1, -8], dtype)
    near = (expected.astype(float) + 8 * unit * np.array([1, -1, 1])).astype(dtype)
    far = (expected.astype(float) + 1000 * unit * np.array([1, 0, 0])).astype(dtype)
    assert compare(expected, near) is None
    assert compare(expected, far).kind == "value"


def test_double_precision_is_given_no_rounding():
    """Do the tolerances of the exercise alone decide in float64?"""
    assert compare(ARRAY, ARRAY + 1e-11, rtol=0, atol=1e-12).kind == "value"
