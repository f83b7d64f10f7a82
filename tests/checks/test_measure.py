"""Do predictions earn what they achieve, and nothing where they cannot be measured?"""

import json

import numpy as np
import pytest

from course_utils.checks.cases import Achieves, Case, CaseSet
from course_utils.checks.encode import decode_cases, encode_cases
from course_utils.checks.grade import grade
from course_utils.checks.measure import achieved_share, remark

TRUTH = np.arange(10)
LEVELS = ((0.2, 0.0), (0.5, 0.4), (0.9, 1.0))


def cases(achieves=None):
    achieves = achieves or Achieves(TRUTH, "accuracy", LEVELS)
    case = Case("ten labels", (np.arange(3),), {}, achieves)
    made = CaseSet("label", 4.0, ("x",), ("the result",), (case,), {}, seconds=20)
    return decode_cases(json.loads(json.dumps(encode_cases(made))))


@pytest.mark.parametrize(
    ("right", "score", "verdict"),
    [(10, 4, "right"), (9, 4, "right"), (7, 2.8, "partly"), (5, 1.6, "partly"), (2, 0, "wrong")],
)
def test_labels_earn_what_the_scale_says(right, score, verdict):
    """Do straight lines join the levels, and does the row say what was achieved?"""
    report = grade(cases(), lambda x: np.where(TRUTH < right, TRUTH, -1))
    assert report.score == pytest.approx(score)
    assert [row.verdict for row in report.rows] == [verdict]
    assert report.rows[0].error == f"accuracy {right / 10:g}"
    assert report.passed is (verdict == "right")
    word = {"right": "Right", "partly": "Partly", "wrong": "Not yet"}[verdict]
    assert report.summary == f"{word}: label, {report.score:g} of 4 points"
    achieved = f"accuracy {right / 10:g} earns"
    assert (achieved in report.to_html()) is (achieved in str(report)) is not report.passed


@pytest.mark.parametrize(
    "wrong",
    [None, "text", 3, TRUTH.tolist(), TRUTH[:9], TRUTH[None], TRUTH * 1.0, TRUTH > 3, TRUTH * 1j],
)
def test_what_is_no_array_of_labels_earns_nothing(wrong):
    """Is it said what is wrong with its form?"""
    report = grade(cases(), lambda x: wrong)
    assert report.score == 0
    assert "the result" in report.first


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_earns_nothing(bad):
    """Is NaN no perfect prediction, whatever the others are?"""
    truth = TRUTH / 10
    achieves = Achieves(truth, "mean squared error", ((1.0, 0.0), (0.01, 1.0)))
    assert grade(cases(achieves), lambda x: truth + 0.1).score == 4
    assert grade(cases(achieves), lambda x: np.where(TRUTH == 3, bad, truth)).score == 0
    assert grade(cases(achieves), lambda x: truth + 1e200).score == 0


def test_a_small_error_is_worth_more_than_a_large_one():
    """Do levels hold that fall?"""
    levels = ((1 / 6, 0.0), (0.05, 0.5), (0.01, 1.0))
    assert [achieved_share(a, levels) for a in (1.0, 1 / 6, 0.05, 0.03, 0.0)] == [
        0, 0, 0.5, pytest.approx(0.75), 1,
    ]  # fmt: skip
    assert achieved_share(float("nan"), levels) == 0


@pytest.mark.parametrize(
    ("measure", "levels"),
    [
        ("acuracy", LEVELS),
        ("accuracy", ()),
        ("accuracy", ((0.5, 1.0),)),
        ("accuracy", ((0.5, 0.0), (0.9, 0.8))),
        ("accuracy", ((0.5, 0.0), (0.4, 0.5), (0.9, 1.0))),
        ("accuracy", ((0.1, 0.5), (0.4, 0.2), (0.9, 1.0))),
    ],
)
def test_a_scale_that_is_none_is_refused(measure, levels):
    """Is it found when the case is written?"""
    with pytest.raises(ValueError, match=r"measure|levels"):
        Achieves(TRUTH, measure, levels)


def test_an_exercise_says_how_long_a_call_may_take():
    """Do the seconds survive JSON, and are they those of the message?"""
    assert cases().seconds == 20


COIN = np.array([0, 1] * 10)
WAVE = np.linspace(-1, 1, 20)


@pytest.mark.parametrize(
    ("measure", "truth", "got", "goal", "says"),
    [
        ("accuracy", COIN, COIN * 0, 0.9, "all the same"),
        ("accuracy", COIN, 1 - COIN, 0.9, "is a sign turned round"),
        ("accuracy", COIN, np.resize([0, 1, 1, 0], 20), 0.9, "would reach 0.5, so nothing is lear"),
        ("accuracy", COIN, np.where(np.arange(20) < 5, 1 - COIN, COIN), 1.0, "is 50% of the way"),
        ("accuracy", TRUTH, TRUTH[::-1], 1.0, "The same label every time would reach"),
        ("mean squared error", WAVE, WAVE * 0, 0.01, "all the same"),
        ("mean squared error", WAVE, -WAVE, 0.01, "is a sign turned round"),
        ("mean squared error", WAVE, WAVE * 1e9, 0.01, "far out: do the steps grow"),
        ("mean squared error", WAVE, WAVE * 1e300, 0.01, "far out"),
        ("mean squared error", WAVE, WAVE[::-1] / 2, 0.01, "nothing is learned yet"),
        ("mean squared error", WAVE, WAVE / 2, 0.0, "is 75% of the way from there to 0"),
    ],
)
def test_how_far_predictions_came_is_said(measure, truth, got, goal, says):
    """Is it compared with what takes no look at the inputs?"""
    assert says in remark(measure, truth, got, goal)


def test_the_remark_stands_in_the_report():
    """Does a low achievement get its sentence?"""
    achieves = Achieves(COIN, "accuracy", ((0.5, 0.0), (1.0, 1.0)))
    report = grade(cases(achieves), lambda x: 1 - COIN)
    assert "is a sign turned round?" in report.first
