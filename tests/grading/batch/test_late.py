"""Do due dates, extensions and the rule for late work reach the grades, and run nothing?"""

import pytest
from nbgrader.api import Gradebook

from course_utils.errors import CourseError
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.workers import Workers
from course_utils.grading.intake.deadlines import extend, withdraw
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import ANSWERS, COURSE, SLUG

LATE = "student-001"  # by 30 hours, with 3 points
PER_DAY = "c.LateRule.penalty_method = 'per-day'\n"
STEPS = "c.LateRule.penalty_method = 'steps'\nc.LateRule.steps = [(0, 0.5)]\n"


@pytest.fixture
def course(tmp_path):
    """A course's folder with a rule of the instructor's own."""
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "nbgrader_config.py").write_bytes((COURSE / "nbgrader_config.py").read_bytes())
    (folder / "course_config.py").write_text(PER_DAY)
    return folder


@pytest.fixture
def late(root):
    """A class of which one is late."""
    due(root, "2026-01-01 12:00:00 UTC")
    (root / "times").mkdir()
    times = f"student,time\n{LATE},2026-01-02 18:00 UTC\nstudent-002,2026-01-01 11:00 UTC\n"
    (root / "times" / f"{SLUG}.csv").write_text(times)
    return root


def gradebook(root):
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}")


def due(root, date):
    with gradebook(root) as opened:
        opened.update_or_create_assignment(SLUG, duedate=date)


def penalties(root):
    return {one.student: one.penalty for one in results(root, SLUG) if one.penalty}


def test_what_counts_is_the_rule_and_the_students_own_date(late, course, monkeypatch):
    """Is a changed rule, an extension, or a point by hand written for whom it concerns, alone?"""

    def grade():
        return sorted(Batch(course, late, SLUG).grade(jobs=2).graded)

    assert grade() == sorted(ANSWERS)
    assert penalties(late) == {LATE: 0.6}
    monkeypatch.setattr(Workers, "_host", lambda self: pytest.fail("something is run"))
    extend(late, SLUG, LATE, "2026-01-02 12:00 UTC")
    assert grade() == [LATE]
    assert penalties(late) == {LATE: 0.3}
    assert grade() == []
    with gradebook(late) as opened:
        opened.find_grade("output_size", SLUG, SLUG, LATE).manual_score = 1.0
        opened.db.commit()
    assert grade() == [LATE]
    assert penalties(late) == {LATE: 0.2}
    (course / "course_config.py").write_text(STEPS)
    assert grade() == sorted(ANSWERS)
    assert penalties(late) == {LATE: 1.0}
    extend(late, SLUG, LATE, "2026-01-02 20:00 +02:00")
    assert grade() == [LATE]
    assert penalties(late) == {}
    withdraw(late, SLUG, LATE)
    assert grade() == [LATE]
    assert penalties(late) == {LATE: 1.0}
    assert grade() == []
    extend(late, SLUG, LATE, "2026-01-02 12:00 UTC")
    due(late, None)  # an extension of nothing is no trouble
    assert grade() == sorted(ANSWERS)
    assert penalties(late) == {}


def test_nbgrader_does_the_same(late, course):
    """Does `nbgrader autograde` by itself know the rule and the extension?"""
    extend(late, SLUG, LATE, "2026-01-02 12:00 UTC")
    nbgrader(course, late, "autograde", SLUG, f"--student={LATE}")
    assert penalties(late) == {LATE: 0.3}


def test_a_rule_or_a_date_that_makes_no_sense_is_said_at_once(late, course):
    """Is nobody graded by half a rule?"""
    extend(late, SLUG, LATE, "2026-01-02")
    with pytest.raises(CourseError, match="extension 1: '2026-01-02' is no date"):
        Batch(course, late, SLUG)
    (course / "course_config.py").write_text("c.LateRule.per_day = 10\n")
    with pytest.raises(CourseError, match=r"a setting of c\.LateRule makes no sense"):
        Batch(course, late, SLUG)
