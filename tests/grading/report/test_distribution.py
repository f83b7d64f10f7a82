"""Are the bars of a histogram round, few, and do they hold every grade once?"""

import numpy as np
import pytest

from course_utils.grading.report.distribution import MOST_BARS, distribution


@pytest.mark.parametrize("points", [0, 0.5, 1, 3, 10, 12, 12.1, 27, 100, 119, 121, 1000])
def test_bars_are_round_and_hold_every_grade_once(points):
    """Do they begin at 0, reach to all points, and count as NumPy's do?"""
    grades = [round(share * points, 2) for share in (0, 0, 0.1, 0.25, 0.5, 0.62, 0.999, 1, 1)]
    spread = distribution(grades, points)
    assert 1 <= len(spread.counts) <= MOST_BARS
    assert spread.edges[0] == 0
    assert spread.edges[-1] >= points
    assert float(f"{spread.width:.2g}") == spread.width
    assert list(spread.counts) == np.histogram(grades, spread.edges)[0].tolist()


def test_a_grade_at_an_edge_is_in_the_bar_that_begins_there():
    """Does rounding put no grade into the bar below, and the best one into the last?"""
    spread = distribution([0.3, 0.6, 0.7, 1.0], 1)
    assert spread.counts == (0, 0, 0, 1, 0, 0, 1, 1, 0, 1)


def test_extra_credit_has_its_bar():
    """Do the bars reach beyond the points where a grade does?"""
    spread = distribution([9, 11.5], 10)
    assert (spread.edges[-1], sum(spread.counts)) == (12, 2)


def test_quartiles_are_those_of_the_textbook():
    """Do they agree with NumPy's, and are one grade and none no trouble?"""
    grades = [3.25, 1, 2, 8.5, 8.5, 0]
    spread = distribution(grades, 10)
    assert spread.quartiles == pytest.approx(np.percentile(grades, (25, 50, 75)))
    assert distribution([4], 10).quartiles == (4, 4, 4)
    assert distribution([], 10) is None
