import numpy as np
import pytest

from course_utils.checks.cases import Axis
from course_utils.checks.place import place

GATES = Axis("gate", ("i", "f", "g", "o"))
STEP, UNIT, SEQUENCE = Axis("step"), Axis("unit"), Axis("sequence")
ROW, COLUMN = Axis("row"), Axis("column")


def placed(shape, axes, *wrong):
    """Return the words for an array that is wrong where these indices say."""
    got = np.zeros(shape)
    for index in wrong:
        got[index] += 1
    return place(np.zeros(shape), got, axes)


@pytest.mark.parametrize(
    ("shape", "axes", "wrong", "says"),
    [
        ((5, 2), (STEP, UNIT), [np.s_[2:]], "from step 2 on"),
        ((5, 2), (STEP, UNIT), [np.s_[:2]], "up to step 1"),
        ((5, 2), (STEP, UNIT), [np.s_[3]], "step 3"),
        ((5, 2), (STEP, UNIT), [np.s_[::2]], "steps 0, 2 and 4"),
        ((12, 2), (STEP, UNIT), [np.s_[::2]], "6 of 12 steps"),
        ((3, 8), (STEP, GATES), [np.s_[:, 2:4], np.s_[:, 6:]], "gates f and o"),
        ((3, 8), (STEP, GATES), [np.s_[2:, :2]], "gate i; step 2"),
        ((8, 3), (GATES, UNIT), [np.s_[::2, 1]], "unit 0 of the gate; unit 1"),
        ((3, 3), (Axis("step of the loss"), UNIT), [np.s_[0]], "step 0 of the loss"),
        ((4, 3), (Axis("step of the loss"), UNIT), [np.s_[::3]], "steps 0 and 3 of the loss"),
        ((3, 4), (ROW, COLUMN), [np.s_[0], np.s_[2], np.s_[:, 0], np.s_[:, 3]], "along the border"),
        ((3, 4), (ROW, COLUMN), [np.s_[0], np.s_[1, 1], np.s_[2, 2:]], ""),
    ],
)
def test_places_are_named(shape, axes, wrong, says):
    """Is it said in the words of the axes, named blocks first?"""
    assert placed(shape, axes, *wrong) == says


@pytest.mark.parametrize(
    ("expected", "got", "axes"),
    [
        (np.zeros(3), np.ones(3), [STEP]),
        (np.zeros(3), np.zeros(3), [STEP]),
        (np.zeros(3), np.zeros(4), [STEP]),
        (np.zeros((3, 2)), np.eye(3, 2), [STEP]),
        (np.zeros(3), [0, 1, 1], [STEP]),
        (np.zeros(3), np.array(["a", "b", "c"]), [STEP]),
        (np.zeros(3), np.zeros(3) + 1j, [STEP]),
        (1.0, 2.0, []),
    ],
)
def test_nothing_is_said_where_nothing_can_be(expected, got, axes):
    """Is it silent where all is wrong, or all right, or the arrays do not match?"""
    assert place(expected, got, axes) == ""


def test_a_nan_is_wrong_and_a_tolerance_is_kept():
    """Is the place of a NaN named, and what rounding explains not?"""
    got = np.array([1 + 1e-12, 1.0, np.nan])
    assert place(np.ones(3), got, [STEP]) == "step 2"
    assert place(np.ones(3), np.array([1.0, 1.1, 3.0]), [STEP], rtol=0.2) == "step 2"


def test_what_is_outside_of_the_place_is_right():
    """Does the block that is named hold everything that is wrong, over many draws?"""
    rng = np.random.default_rng(0)
    for _ in range(200):
        wrong = rng.random((4, 3)) < 0.2
        says = place(np.zeros((4, 3)), wrong.astype(float), [STEP, UNIT])
        for number, name in enumerate(["step", "unit"]):
            seen = wrong.any(axis=1 - number)
            if wrong.any() and seen.all():
                assert name not in says
            elif wrong.any():
                assert name in says


LATE, EARLY = " too late", " too early"
SQUARE = np.arange(1.0, 10).reshape(3, 3)
GATED = np.arange(1.0, 17).reshape(2, 8)


@pytest.mark.parametrize(
    ("expected", "got", "axes", "says"),
    [
        (SQUARE, -SQUARE, (STEP, UNIT), "every sign is turned round"),
        (SQUARE, SQUARE / 3, (STEP, UNIT), ""),
        (SQUARE, 1 - SQUARE, (STEP, UNIT), "every number is 1 minus what is right"),
        (
            np.arange(8.0).reshape(2, 2, 2),
            np.arange(8.0).reshape(2, 2, 2).swapaxes(0, 1),
            (STEP, UNIT, UNIT),
            "right numbers, but with axes exchanged",
        ),
        (np.array([[1.0], [2], [3]]), np.array([[2.0], [1], [3]]), (STEP, UNIT), "up to step 1"),
        (SQUARE, SQUARE[[1, 0, 2]], (STEP, UNIT), "up to step 1"),
        (
            np.arange(6.0).reshape(2, 3),
            np.arange(6.0).reshape(3, 2).T,
            (STEP, UNIT),
            "right numbers in other places, as after a `reshape` that should exchange axes",
        ),
        (SQUARE, SQUARE[::-1], (STEP, UNIT), "right numbers, but the steps stand in reverse order"),
        (
            SQUARE,
            SQUARE[:, ::-1],
            (STEP, UNIT),
            "right numbers, but the units stand in reverse order",
        ),
        (SQUARE, SQUARE.T, (STEP, UNIT), "right numbers, but transposed"),
        (
            SQUARE,
            np.roll(SQUARE, 1, 0),
            (STEP, UNIT),
            "right numbers, but each step stands one place too late",
        ),
        (
            SQUARE[0],
            np.array([2, 3, 0.0]),
            (STEP,),
            "right numbers, but each step stands one place too early",
        ),
        (np.ones(4), np.array([0, 1.0, 1, 1]), (STEP,), "step 0"),
        (SQUARE, SQUARE + 0.5, (STEP, UNIT), ""),
        (SQUARE, SQUARE * np.inf, (STEP, UNIT), ""),
        (
            GATED,
            GATED[:, [0, 1, 2, 3, 6, 7, 4, 5]],
            (STEP, GATES),
            "right numbers, but the gates stand as i f o g",
        ),
        (GATED, GATED[:, [0, 1, 0, 1, 4, 5, 6, 7]], (STEP, GATES), "gate f"),
        (np.array([2.0, 0]), np.array([3.0, 0]), (UNIT,), "unit 0"),
    ],
)
def test_right_numbers_that_were_moved_are_told_as_that(expected, got, axes, says):
    """Is another order, sign or size recognised, and a single number not taken for one?"""
    assert place(expected, got, axes) == says
