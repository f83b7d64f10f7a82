"""Does a grade fall only for what its student did, or if that is asked for?"""

import os
from dataclasses import replace

import pytest
from nbgrader.api import Gradebook

from course_utils.grading.batch import keys
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.screen import to_text
from course_utils.grading.intake.deadlines import extend
from course_utils.grading.report.results import results
from tests.grading.batch.replayed import replayed
from tests.grading.batch.small_class import ANSWERS, COURSE, PADDING, ROUNDS_UP, SLUG, hand_in

RIGHT = ["student-001", "student-005"]  # who have all points of the first test
ZERO = ["--LateSubmissionPlugin.penalty_method=zero"]


def grade(root, *students, settings=(), **wishes):
    return Batch(COURSE, root, SLUG, settings=settings).grade(
        students, accept_falls=False, **wishes
    )


def grades(root):
    return {result.student: result.grade for result in results(root, SLUG)}


def change_exercise(monkeypatch, name="output_size"):
    before = keys.exercise
    monkeypatch.setattr(keys, "exercise", lambda n: before(n) + "!" * (n == name))


def when_due(root, time):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate=time)


def handed_in_at(root, student, time):
    (root / "times").mkdir(exist_ok=True)
    (root / "times" / f"{SLUG}.csv").write_text(f"student,time\n{student},{time}\n")


def test_a_graded_class_that_is_copied_is_up_to_date(graded, here):
    """Do the other tests begin with a class in which nothing is to be done?"""
    assert sorted(grade(graded).unchanged) == sorted(ANSWERS)
    assert not here.tasks


def test_a_changed_exercise_lowers_no_grade_unasked(graded, graded_once, here, monkeypatch):
    """Are falls held back and named, rises written, and falls written once they are accepted?"""
    before = grades(graded)
    page = graded / "feedback" / "student-001" / SLUG / f"{SLUG}.html"
    page.parent.mkdir(parents=True)
    page.write_text("the page of before")
    kept = graded / "autograded" / "student-001" / SLUG / f"{SLUG}.ipynb"
    notebook = kept.read_bytes()
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=1.5)
    summary = grade(graded)
    assert summary.held == RIGHT
    assert not summary.is_fine
    assert sorted(summary.graded) == sorted(set(ANSWERS) - {*RIGHT})
    after = grades(graded)
    assert {name: after[name] for name in RIGHT} == {name: before[name] for name in RIGHT}
    assert after["student-003"] == before["student-003"] + 1.5
    assert (page.read_text(), kept.read_bytes()) == ("the page of before", notebook)
    text = to_text(SLUG, summary)
    assert "2 grades would fall, and stayed as before:" in text
    assert "'student-001' from 3 to 2.5: the exercise or test output_size\n" in text
    assert f"`course grade {SLUG} --dry-run --diff`" in text
    assert "`--accept-falls`" in text
    here.tasks.clear()
    assert grade(graded).held == RIGHT  # for as long as it is so
    accepted = Batch(COURSE, graded, SLUG).grade()
    assert accepted.graded == RIGHT
    assert "2 written anew without being run" in to_text(SLUG, accepted)
    assert accepted.is_fine
    assert not here.tasks
    assert grades(graded)["student-001"] == 2.5
    assert not page.exists()
    assert sorted(grade(graded).unchanged) == sorted(ANSWERS)


def test_a_change_that_is_taken_back(graded, graded_once, here, monkeypatch):
    """Is nothing held back, run or written for those whose grades were, once all is as it was?"""
    with monkeypatch.context() as patch:
        change_exercise(patch)
        here.run = replayed(graded_once, output_size=0.0)
        assert grade(graded, "student-001").held == ["student-001"]
    here.tasks.clear()
    summary = grade(graded)
    assert sorted(summary.unchanged) == sorted(ANSWERS)
    assert summary.is_fine
    assert not here.tasks


def test_a_new_notebook_may_lower_a_grade(graded, here):
    """Is a fall written, and said, if its student handed in another notebook?"""
    hand_in(graded, "student-001", ROUNDS_UP, PADDING)
    summary = grade(graded)
    assert summary.graded == ["student-001"]
    assert summary.is_fine
    assert grades(graded)["student-001"] == 2.49
    says = "'student-001' from 3 to 2.49: another notebook was handed in"
    assert f"1 grade fell:\n  {says}\n" in to_text(SLUG, summary)


def test_both_have_changed(graded, graded_once, here, monkeypatch):
    """Is a fall held back for which the course may be the reason as well as the student?"""
    hand_in(graded, "student-001", ROUNDS_UP, PADDING)
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=0.0)
    summary = grade(graded, "student-001")
    assert summary.held == ["student-001"]
    why = summary.changes["student-001"].why
    assert why == "another notebook was handed in; the exercise or test output_size"


def test_what_touches_another_test_is_no_reason(graded, graded_once, here, monkeypatch):
    """Is a fall the student's own if the exercise that changed as well gives what it gave?"""
    hand_in(graded, "student-001", ROUNDS_UP, PADDING)
    change_exercise(monkeypatch, "same_padding")
    here.run = replayed(graded_once, output_size=0.0)
    assert grade(graded, "student-001").graded == ["student-001"]


@pytest.mark.parametrize(
    ("what", "why", "own"),
    [
        ("due date", "the due date", False),
        ("rule", "the rule for late work", False),
        ("time", "another time of submission", True),
        ("timestamp.txt", "another time of submission", True),
        ("extension", "the student's extension", False),
    ],
)
def test_late_work(graded, here, what, why, own):
    """Is a penalty held back that comes of the course, and written if it comes of the student?"""
    student = "student-001"
    handed_in_at(graded, student, "2026-01-05 12:00 UTC")
    when_due(graded, "2026-01-06 00:00:00 UTC")
    if what == "timestamp.txt":
        (graded / "times" / f"{SLUG}.csv").unlink()
    if what == "rule":
        when_due(graded, "2026-01-01 00:00:00 UTC")
    if what == "extension":
        when_due(graded, "2026-01-01 00:00:00 UTC")
        extend(graded, SLUG, student, "2026-02-01 00:00 UTC")
    assert grade(graded, student, settings=[] if what == "rule" else ZERO).is_fine
    assert grades(graded)[student] == 3
    if what == "due date":
        when_due(graded, "2026-01-02 00:00:00 UTC")
    elif what == "time":
        handed_in_at(graded, student, "2026-01-07 12:00 UTC")
    elif what == "timestamp.txt":
        path = graded / "submitted" / student / SLUG / "timestamp.txt"
        path.write_text("2026-01-07 12:00:00 UTC")
        os.utime(path.with_name(f"{SLUG}.ipynb"), (1_700_000_000, 1_700_000_000))
    elif what == "extension":
        (graded / "deadlines" / f"{SLUG}.csv").unlink()
    summary = grade(graded, student, settings=ZERO)
    assert summary.changes[student].why == why
    assert summary.changes[student].new_penalty == 3
    assert summary.held == ([] if own else [student])
    assert grades(graded)[student] == (0 if own else 3)
    assert not here.tasks


def test_points_given_by_hand(graded, graded_once, here, monkeypatch):
    """Do they hold, so that no grade falls, and are they as they were?"""
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("output_size", SLUG, SLUG, "student-001").manual_score = 1.75
        gradebook.db.commit()
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=0.0)
    summary = grade(graded)
    assert summary.held == ["student-002", "student-005"]
    assert grades(graded)["student-001"] == 2.75
    change = summary.changes["student-001"]
    assert (change.old, change.new, change.by_hand) == (2.75, 2.75, ("output_size",))


def test_no_verdict_lowers_no_grade(graded, graded_once, here, monkeypatch):
    """Does a grade stay, even if falls are accepted, until the test comes to a verdict?"""
    change_exercise(monkeypatch)
    right = replayed(graded_once, output_size=0.0)
    here.run = lambda task: replace(right(task), faults=["output_size"])
    summary = Batch(COURSE, graded, SLUG).grade(["student-001"])
    assert grades(graded)["student-001"] == 3
    says = "no verdict came of output_size"
    assert summary.flagged["student-001"] == f"{says}; the grade of before, 3, stays"
    assert not summary.held
    here.run = replayed(graded_once, output_size=2.0)
    assert grade(graded, "student-001").is_fine


def test_a_grade_whose_record_is_gone(graded, graded_once, here):
    """Is a fall held back of which nobody can say where it comes from?"""
    (graded / "records" / SLUG / "student-001.json").unlink()
    here.run = replayed(graded_once, output_size=0.0)
    summary = grade(graded, "student-001")
    assert summary.held == ["student-001"]
    assert "there is no record" in summary.changes["student-001"].why


def test_force_that_comes_to_less(graded, graded_once, here):
    """Is a fall held back that comes of another run alone?"""
    here.run = replayed(graded_once, output_size=0.0)
    summary = grade(graded, "student-001", force=True)
    assert summary.held == ["student-001"]
    assert "run again" in summary.changes["student-001"].why
