"""Are those graded who are on the list of the class, and is nobody else's entry touched?"""

import shutil

import pytest
from nbgrader.api import Gradebook

from course_utils.errors import CourseError
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.gradebook import assignments
from course_utils.grading.batch.screen import Wishes, grade_all_on_screen, to_text
from course_utils.grading.intake.roster import Person, write_roster
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import ANSWERS, COURSE, PADDING, ROUNDS_UP, SLUG, hand_in


def grade(root, *students, **wishes):
    return Batch(COURSE, root, SLUG).grade(students, **wishes)


def listed(root, *students, **changes):
    people = {name: Person(name) for name in students} | changes
    write_roster(root, people.values())


def grades(root):
    return {result.student: result.grade for result in results(root, SLUG)}


def students(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {s.id: (s.first_name, s.last_name, s.email) for s in gradebook.students}


def test_who_is_not_on_the_list(root, here):
    """Are those named, not graded and not in the gradebook, until they are asked for by name?"""
    write_roster(root, [Person("student-001"), Person("student-002", dropped=True)])
    summary = grade(root)
    assert summary.graded == ["student-001"]
    assert summary.dropped == ["student-002"]
    assert summary.unlisted == ["student-003", "student-004", "student-005"]
    assert not summary.is_fine
    assert list(students(root)) == ["student-001"]
    text = to_text(SLUG, summary)
    assert (
        "3 students not on the list in roster.csv, not graded: student-003, student-004, "
        "student-005: add a line for each, or name them with --student\n"
    ) in text
    assert "1 student dropped in roster.csv, not graded: student-002\n" in text
    assert grade(root, "student-003").graded == ["student-003"]
    assert list(students(root)) == ["student-001", "student-003"]


def test_who_has_dropped_keeps_a_grade(graded, here):
    """Does the grade of before stay, whatever is handed in, and is it no trouble?"""
    before = grades(graded)
    everybody = [Person(name) for name in ANSWERS if name != "student-001"]
    write_roster(graded, [*everybody, Person("student-001", dropped=True)])
    hand_in(graded, "student-001", ROUNDS_UP, PADDING)
    summary = grade(graded)
    assert summary.is_fine
    assert grades(graded) == before
    with pytest.raises(CourseError, match=r"student-001 is dropped in roster\.csv"):
        grade(graded, "student-001")


def test_names_are_in_the_gradebook(graded, here):
    """Do names of the list get there, a change of them too, without a grade written anew?"""
    someone = Person("student-001", "Last", "First", "first@example.edu")
    others = [Person(name) for name in ANSWERS if name != someone.id]
    write_roster(graded, [someone, *others, Person("student-999", "Never", "There")])
    assert not grade(graded).graded
    assert students(graded)["student-001"] == ("First", "Last", "first@example.edu")
    assert "student-999" not in students(graded)
    write_roster(graded, [Person("student-001", "Other"), *others])
    grade(graded, dry_run=True)
    assert students(graded)["student-001"] == ("First", "Last", "first@example.edu")
    grade(graded)
    # What the list leaves out stays.
    assert students(graded)["student-001"] == ("First", "Other", "first@example.edu")
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        assert len(gradebook.find_student("student-001").submissions) == 1


def test_all_that_was_handed_in(graded, here, capsys, monkeypatch):
    """Is each assignment graded that somebody handed in, and is none stopped by another's error?"""
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        for name in ("broken", "never-handed-in"):
            gradebook.add_assignment(name)
    shutil.copytree(
        graded / "submitted" / "student-001" / SLUG, graded / "submitted" / "student-001" / "broken"
    )
    assert assignments(COURSE, graded) == ["broken", SLUG]
    assert grade_all_on_screen(COURSE, graded, Wishes()) == 1
    out = capsys.readouterr().out
    assert f"{SLUG}: 0 submissions graded in 0 s, 5 unchanged." in out
    assert "broken: not graded: the gradebook has no notebook 'broken'" in out
    assert "never-handed-in" not in out
    assert out.endswith("\nIn all: 1 assignment, 0 grades written, 5 unchanged. Look at broken.\n")
    shutil.rmtree(graded / "submitted")
    with pytest.raises(CourseError, match="nobody handed anything in"):
        assignments(COURSE, graded)
    (graded / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="there is no gradebook yet"):
        assignments(COURSE, graded)
