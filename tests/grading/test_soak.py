"""A small form of the soak: right and wrong answers and each fault once, through the grader."""

import pytest

from tests.grading.kills import kills
from tests.grading.soak import faults_here, left_behind, soak

pytestmark = pytest.mark.usefixtures("hosts_are_started")


def test_every_score_is_exact(tmp_path):
    """Does each submission get what the grader says, and is nothing left behind?"""
    before = left_behind()
    faults = faults_here()
    assert len(faults) > 10
    found = soak(len(faults) + 2, tmp_path, seed=3, faults=faults)
    assert found.wrong == []
    assert found.memory
    assert [left for left in left_behind() if left not in before] == []


def test_kills_change_no_grade(tmp_path, monkeypatch):
    """Is the gradebook what it is without them if kernels are killed at random moments?"""
    monkeypatch.setenv("COURSE_SECRET", "a secret that only this test knows")
    (tally,) = kills(3, tmp_path, ("students' kernel",))
    assert tally.hits == 3
    assert tally.wrong == []
