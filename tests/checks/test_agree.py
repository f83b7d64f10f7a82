"""Are results taken for the same whatever their style, and for different where numbers differ?"""

import numpy as np
import pytest

from course_utils.checks.agree import agree, alike

NAN, INF = float("nan"), float("inf")
THIRDS = np.arange(1.0, 7.0).reshape(2, 3) / 3


class Hostile:
    """An object that no library may touch."""

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, 3.0),
        (3, np.array(3)),
        (2**70, 2**70),
        (THIRDS, THIRDS.tolist()),
        (THIRDS, tuple(map(tuple, THIRDS.tolist()))),
        (THIRDS, THIRDS.astype(np.float32)),
        (THIRDS, THIRDS * (1 + 1e-10)),
        (np.array([1, 2]), [1.0, 2.0]),
        ((1, THIRDS), [1, THIRDS]),
        ((THIRDS, np.ones(2)), [THIRDS.tolist(), [1, 1]]),
        (np.array([1.0, NAN]), np.array([1.0, NAN])),
        (NAN, NAN),
        (np.array([-INF, 2.0]), [-INF, 2.0]),
        (np.array([1e6, 1e-3]), np.array([1e6, 2e-3], np.float32)),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.zeros((0, 2)), np.zeros((0, 2), np.float32)),
        ({"a": [1]}, {"a": (1.0,)}),
        ("same", "same"),
        (None, None),
        (1 + 2j, np.complex64(1 + 2j)),
    ],
)
def test_the_same_numbers_agree(one, other):
    """Do types and containers not matter, and two NaN in one place agree?"""
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, 4),
        (2**70, 2**70 + 2**40),
        (10**17, 10**17 + 1),
        (THIRDS, THIRDS.T),
        (THIRDS, THIRDS.ravel()),
        (THIRDS, THIRDS * (1 + 1e-8)),
        (THIRDS, THIRDS.astype(np.float32) * 1.001),
        (THIRDS, [THIRDS]),
        (np.array([1.0, NAN]), np.array([NAN, 1.0])),
        (np.array([1.0, NAN]), np.array([1.0, 2.0])),
        (np.array([1.0, NAN]), np.array([2.0, NAN])),
        (np.array([INF]), np.array([-INF])),
        (np.array([INF]), np.array([NAN])),
        (np.array([1e308]), np.array([-1e308])),
        ((1, 2), (1, 2, 3)),
        ((1, THIRDS), (1, THIRDS + 1)),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        ("same", "valid"),
        ("3", 3),
        (None, 0),
        (None, "None"),
        ({"a": 1}, ["a"]),
        ({"a": 1}, "a"),
        ("a", ["a"]),
        (np.ones(1), ["1"]),
        (np.ones(1), [None]),
        ((), None),
        (3, [[1], [2, 3]]),
        (np.ones(1), [Hostile()]),
        (Hostile(), Hostile()),
        (Hostile(), 1),
    ],
)
def test_other_numbers_do_not_agree(one, other):
    """Is every difference in shape or value seen, and no foreign object trusted?"""
    assert not agree(one, other)
    assert not agree(other, one)


def test_tolerances_are_those_of_the_exercise():
    """Does an exercise that compares loosely also recognise loosely?"""
    assert agree(THIRDS, THIRDS * (1 + 1e-5), rtol=1e-4)
    assert agree([THIRDS], (THIRDS * (1 + 1e-5),), rtol=1e-4)
    assert agree({"a": THIRDS}, {"a": THIRDS * (1 + 1e-5)}, rtol=1e-4)
    assert agree(np.zeros(2), np.full(2, 1e-8), atol=1e-7)
    assert agree(np.zeros(2, np.float32), np.full(2, 1e-8, np.float32), atol=1e-7)


@pytest.mark.parametrize(
    ("one", "other"),
    [(3, np.array(3)), (0.5, 0.5), ([1, [2]], [1, [2]]), ((1, None), (1, None)), ({}, {})],
)
def test_alike_to_the_type(one, other):
    """Are results of the same types alike?"""
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, 3.0),
        (3.0, 3),
        (1, True),
        ([1, 2], (1, 2)),
        ((1, 2), [1, 2]),
        ([1, 2], np.array([1, 2])),
        ([1, 2], [1]),
        ([1, 2], [1, 3]),
        (THIRDS, THIRDS.astype(np.float32)),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, None),
        ({"a": 1}, ["a"]),
        (["a"], {"a": 1}),
        ([1], 1),
        (1, [1]),
        (None, 0),
        (0, None),
    ],
)
def test_other_types_are_not_alike(one, other):
    """Is a difference of type alone enough?"""
    assert not alike(one, other)


def test_alike_within_the_tolerance_of_the_exercise():
    """Does rounding not make two results unlike, and less than the tolerance matter?"""
    near, far = THIRDS * (1 + 1e-5), THIRDS * (1 + 1e-3)
    for wrap in (lambda x: x, lambda x: [x], lambda x: (x,), lambda x: {"a": x}):
        assert alike(wrap(THIRDS), wrap(near), rtol=1e-4)
        assert not alike(wrap(THIRDS), wrap(far), rtol=1e-4)
        assert not alike(wrap(THIRDS), wrap(near))
    assert alike(np.zeros(2), np.full(2, 1e-8), atol=1e-7)
    assert not alike(np.zeros(2), np.full(2, 1e-8))
