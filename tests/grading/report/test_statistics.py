"""Are item statistics those that one works out by hand?"""

import math

import numpy as np
import pytest

from course_utils.grading.report.statistics import EXPLAINED, correlation, item_statistics

POINTS = {"a": 2.0, "b": 1.0, "c": 4.0}
SCORES = [
    {"a": 2.0, "b": 1.0, "c": 4.0},
    {"a": 2.0, "b": 0.0, "c": 3.0},
    {"a": 1.0, "b": 1.0, "c": 0.0},
    {"a": 0.0, "b": 1.0, "c": 1.0},
]


def items(points=POINTS, scores=SCORES, blank=()):
    return {item.exercise: item for item in item_statistics(points, scores, blank)}


def test_shares_and_means():
    """Are full marks counted, and means taken as shares of the points?"""
    found = items()
    assert [item.exercise for item in found.values()] == ["a", "b", "c"]
    assert [item.points for item in found.values()] == [2, 1, 4]
    assert [item.students for item in found.values()] == [4, 4, 4]
    assert [item.full for item in found.values()] == [0.5, 0.75, 0.25]
    assert [item.mean for item in found.values()] == [5 / 8, 3 / 4, 8 / 16]


def test_discrimination_by_hand():
    """Is it the correlation with the total of the others, not with the whole total?

    For c = (4, 3, 0, 1) the others come to (3, 2, 2, 1): deviations (2, 1, -2, -1) and
    (1, 0, 0, -1), so 3 over the root of 10 times 2.
    """
    assert items()["c"].discrimination == pytest.approx(3 / math.sqrt(10 * 2), rel=1e-12)


def test_discrimination_is_numpys_correlation():
    """Does it agree with an independent implementation, for a class of some size?"""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 5, size=(40, 6)).astype(float)
    names = list("abcdef")
    scores = [dict(zip(names, row, strict=True)) for row in table.tolist()]
    found = items(dict.fromkeys(names, 4.0), scores)
    for i, name in enumerate(names):
        others = table.sum(axis=1) - table[:, i]
        want = np.corrcoef(table[:, i], others)[0, 1]
        assert found[name].discrimination == pytest.approx(want, rel=1e-12)


def test_scores_that_are_the_same_tell_nothing():
    """Is it undefined where an exercise, or the rest, is the same for all?"""
    same = [{"a": 2.0, "b": float(i)} for i in range(4)]
    assert math.isnan(items({"a": 2.0, "b": 3.0}, same)["a"].discrimination)
    assert math.isnan(items({"a": 2.0, "b": 3.0}, same)["b"].discrimination)
    alone = [{"a": float(i)} for i in range(4)]
    assert math.isnan(items({"a": 3.0}, alone)["a"].discrimination)


def test_rounding_is_no_spread():
    """Are totals that differ in the last bit the same total?"""
    scores = [{"a": float(i), "b": 0.1, "c": 0.2} for i in range(3)]
    scores += [{"a": 4.0, "b": 0.3, "c": 0.0}]
    assert 0.1 + 0.2 != 0.3 + 0.0
    assert math.isnan(items({"a": 4.0, "b": 1.0, "c": 1.0}, scores)["a"].discrimination)
    assert not math.isnan(correlation(np.array([0.0, 0.01, 0.0]), np.array([1.0, 1.01, 1.0])))


def test_two_students_are_too_few():
    """Is a line through two points no correlation?"""
    assert math.isnan(items(scores=SCORES[1:3])["c"].discrimination)
    assert not math.isnan(items(scores=SCORES[1:])["c"].discrimination)


def test_a_correlation_is_at_most_one():
    """Is rounding kept from going beyond?"""
    a = np.array([0.1, 0.2, 0.3, 0.7])
    assert correlation(a, 3 * a) == pytest.approx(1)
    assert -1 <= correlation(a, -a / 3) <= correlation(a, a / 3) <= 1


def test_what_is_not_graded_does_not_count():
    """Is a missing score left out of its exercise, and nothing in the others' totals?"""
    scores = [*SCORES, {"a": None, "b": 1.0, "c": 2.0}, {"b": 0.0, "c": 0.0}]
    found = items(scores=scores)
    assert found["a"].students == 4
    assert found["a"].discrimination == items()["a"].discrimination
    assert found["b"].students == 6
    others = [6.0, 5.0, 1.0, 1.0, 2.0, 0.0]
    want = np.corrcoef([1, 0, 1, 1, 1, 0], others)[0, 1]
    assert found["b"].discrimination == pytest.approx(want, rel=1e-12)


def test_blank_answers_are_counted():
    """Is each exercise that was left as it came counted, by student?"""
    found = items(blank=[{"a"}, {"a", "c"}, set(), ()])
    assert [item.blank for item in found.values()] == [2, 0, 1]


def test_a_class_without_scores():
    """Are shares of nothing undefined, and not an error?"""
    found = items(scores=[])["a"]
    assert found.students == 0
    assert math.isnan(found.full)
    assert math.isnan(found.mean)
    assert math.isnan(items({"a": 0.0}, [{"a": 0.0}])["a"].mean)


def test_full_marks_forgive_rounding():
    """Is a score that sums to the points full, and one a cent below not?"""
    scores = [{"a": 0.1 + 0.1 + 0.1 - 1e-12}, {"a": 0.29}]
    assert items({"a": 0.3}, scores)["a"].full == 0.5


def test_every_column_is_explained():
    """Is each statistic in the text below the table?"""
    for word in ("Full marks", "mean", "Discrimination", "Blank"):
        assert word in EXPLAINED
