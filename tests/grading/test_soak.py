"""A small form of the soak: every kind of answer, faults included, through the whole grader."""

from tests.grading.kills import kills
from tests.grading.soak import FAULTS, left_behind, soak


def test_every_score_is_exact(tmp_path):
    """Does each submission get what the grader says, and is nothing left behind?"""
    before = left_behind()
    found = soak(32, tmp_path, seed=3)
    assert found.wrong == []
    assert found.memory
    assert [left for left in left_behind() if left not in before] == []
    assert len(FAULTS) > 10


def test_kills_change_no_grade(tmp_path, monkeypatch):
    """Is the gradebook what it is without them if kernels are killed at random moments?"""
    monkeypatch.setenv("COURSE_SECRET", "a secret that only this test knows")
    (tally,) = kills(3, tmp_path, ("students' kernel",))
    assert tally.hits == 3
    assert tally.wrong == []
