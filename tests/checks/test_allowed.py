"""Is what an argument may be read, said, kept to and drawn?"""

import numpy as np
import pytest

from course_utils.checks.allowed import Allowed

TEXTS = ["whole 1 to 9", "whole -3 to 3", "True or False", "array N M", "array T N 4M, -1 to 1"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("whole 1 to 9", "a whole number from 1 to 9"),
        ("True or False", "True or False"),
        ("array M", "an array of shape (M,) with numbers from -10 to 10"),
        ("array N 4M, -1 to 1", "an array of shape (N, 4M) with numbers from -1 to 1"),
    ],
)
def test_it_is_said_in_words(text, says):
    """Does a student read what is allowed?"""
    assert str(Allowed.read(text)) == says


@pytest.mark.parametrize("text", ["", "whole", "whole 1 to x", "array", "array n m", "a number"])
def test_what_cannot_be_read_is_refused(text):
    """Does the error say how to write it?"""
    with pytest.raises(ValueError, match="write 'whole 1 to 9'"):
        Allowed.read(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_drawn_is_allowed(text):
    """Is every draw allowed, and does it stay what it is?"""
    rule, rng = Allowed.read(text), np.random.default_rng(0)
    for _ in range(50):
        value = rule.draw(rng, {})
        assert rule.fault(value, {}) == ""
        assert np.array_equal(rule.plain(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("whole 1 to 9", 0),
        ("whole 1 to 9", 10),
        ("whole 1 to 9", 10**9),
        ("whole 1 to 9", 1 << 4000),
        ("whole 0 to 1", True),
        ("whole 0 to 1", np.True_),
        ("whole 1 to 9", 3.0),
        ("whole 1 to 9", np.float64("nan")),
        ("whole 1 to 9", "3"),
        ("whole 1 to 9", None),
        ("whole 1 to 9", [3]),
        ("whole 1 to 9", np.array(3)),
        ("True or False", 1),
        ("array N M", [[1.0]]),
        ("array N M", 1.0),
        ("array N M", np.zeros(3)),
        ("array N M", np.zeros((2, 2, 2))),
        ("array N M", np.zeros((0, 2))),
        ("array N M", np.zeros((7, 2))),
        ("array N M", np.zeros((1000, 1000))),
        ("array N M", np.zeros((2, 2), complex)),
        ("array N M", np.zeros((2, 2), bool)),
        ("array N M", np.full((2, 2), np.nan)),
        ("array N M", np.full((2, 2), np.inf)),
        ("array N M", np.full((2, 2), 10.1)),
        ("array N 4M", np.zeros((2, 6))),
        ("array M M", np.zeros((2, 3))),
    ],
)
def test_what_is_not_allowed_is_found(text, value):
    """Is there a fault, which is short however large the value is?"""
    fault = Allowed.read(text).fault(value, {})
    assert fault
    assert len(fault) < 100


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_called_so(bad):
    """Is it said what is in the array?"""
    assert Allowed.read("array N").fault(np.array([1, bad]), {}) == "it holds NaN or infinity"


def test_a_letter_is_one_size_in_a_call():
    """Is a second array held to the size that the first one has?"""
    sizes = {}
    assert Allowed.read("array N M").fault(np.zeros((2, 3)), sizes) == ""
    assert sizes == {"N": 2, "M": 3}
    assert Allowed.read("array M 4M").fault(np.zeros((3, 12)), sizes) == ""
    fault = Allowed.read("array M M").fault(np.zeros((2, 2)), sizes)
    assert fault == "its shape is (2, 2), and elsewhere M is 3"
