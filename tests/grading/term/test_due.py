"""Are due dates and extensions set, shown, and refused where they make no sense?"""

import shutil
from datetime import datetime, timedelta

import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.grading.intake.deadlines import read_deadlines
from course_utils.grading.intake.roster import Person, write_roster
from course_utils.grading.term.due import span
from tests.grading.batch.small_class import COURSE
from tests.grading.empty_gradebook import empty_gradebook

SLUG = "lstm"
COMMA = "Ünal, jr."
BERLIN = "c.NbGraderAPI.timezone = 'Europe/Berlin'\n"
TIMES = f"""student,time
student-001,2026-10-01 09:59:59 UTC
student-002,2026-10-01 10:00:01 UTC
"{COMMA}",2026-10-02 13:20 UTC
"""


@pytest.fixture
def course(tmp_path):
    """A course with one assignment, which four handed in."""
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    (tmp_path / "gradebook.db").write_bytes(empty_gradebook())
    with gradebook(tmp_path) as opened:
        opened.add_assignment(SLUG)
    for student in ("student-001", "student-002", "student-003", COMMA):
        (tmp_path / "submitted" / student / SLUG).mkdir(parents=True)
    (tmp_path / "times").mkdir()
    (tmp_path / "times" / f"{SLUG}.csv").write_text(TIMES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def due(course, capsys):
    """Give `course due`, and return its exit code and what it says."""

    def give(*words):
        code = cli.main(["--course", str(course), "due", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return give


def gradebook(root):
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}")


def kept(root):
    with gradebook(root) as opened:
        return opened.find_assignment(SLUG).duedate


def test_an_assignment_that_is_not_released_yet(course, due):
    """Is it said how an assignment that there is gets into the gradebook?"""
    (course / "solutions" / "convnet").mkdir(parents=True)
    assert "run `nbgrader generate_assignment convnet` first" in due("convnet")[1]


def test_the_classs_date_is_set_and_shown(course, due):
    """Is it in the gradebook in UTC, and is everybody named who was later by a second?"""
    assert due(SLUG) == (
        0,
        "lstm has no due date, so nobody is late.\n\n"
        "Late work loses nothing; `c.LateRule` in course_config.py sets a rule.\n",
    )
    code, said = due(SLUG, "2026-10-01 12:00 Europe/Berlin")
    assert code == 0
    assert kept(course) == datetime(2026, 10, 1, 10)
    assert "lstm is due 2026-10-01 10:00 UTC." in said
    assert "Late: 2 of 4 students who handed in" in said
    assert "  student-002  2026-10-01 10:00:01 UTC, late by 1 min" in said
    assert f"  {COMMA}  2026-10-02 13:20 UTC, late by 1 d 3 h 20 min" in said
    assert "No time is known of 1, and they are not late: student-003" in said
    assert "`course grade lstm`, which runs nothing for it" in said


def test_extensions_are_given_and_withdrawn(course, due):
    """Is a date of a student's own kept in a zone, shown, and gone when it is taken back?"""
    (course / "course_config.py").write_text(BERLIN)
    due(SLUG, "2026-10-01 12:00")
    assert kept(course) == datetime(2026, 10, 1, 10)
    code, said = due(SLUG, "+28d", "--extend", COMMA, "--extend", "student-017")
    assert code == 0
    assert "student-017: lstm is due 2026-10-29 12:00 Europe/Berlin (nothing of this" in said
    assert f"{COMMA}: lstm is due 2026-10-29 12:00 Europe/Berlin.\n" in said
    assert "Late: 1 of 4" in said
    assert read_deadlines(course, SLUG)[COMMA] == datetime(2026, 10, 29, 11)  # it is winter
    code, said = due(SLUG, "2026-10-08 12:00 UTC", "--extend", COMMA)
    assert f"  {COMMA}  2026-10-08 14:00 Europe/Berlin\n" in said
    code, said = due(SLUG, "--withdraw", COMMA)
    assert (code, [*read_deadlines(course, SLUG)]) == (0, ["student-017"])
    assert "Late: 2 of 4" in said
    assert due(SLUG, "2026-11-02 12:00")[0] == 0
    assert "2026-10-29 12:00 Europe/Berlin  (no later than the class's date)" in due(SLUG)[1]


def test_the_list_of_the_class_says_who_is_in_it(course, due):
    """Is nobody extended who is not on the list, and nobody called late who left?"""
    write_roster(course, [Person("student-001"), Person("student-002", dropped=True)])
    code, said = due(SLUG, "2026-10-01 12:00 Europe/Berlin")
    assert "Late: 0 of 1 student who handed in" in said
    code, said = due(SLUG, "+1d", "--extend", "student-01")
    assert (code, said.strip()) == (
        2, "course due: 'student-01' is not on the list: did you mean 'student-001'?"
    )  # fmt: skip
    assert due(SLUG, "+1d", "--extend", "student-002")[0] == 2
    assert read_deadlines(course, SLUG) == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lstn"], "the gradebook has no assignment 'lstn': did you mean 'lstm'?"),
        ([SLUG, "2026-10-01 12:00"], "names no time zone"),
        ([SLUG, "+3d"], "'+3d' is no date"),
        ([SLUG, "--extend", "student-001"], "--extend needs a date"),
        ([SLUG, "+1d", "--extend", "student-001"], "lstm has no due date to extend: set one"),
        ([SLUG, "+1d", "--withdraw", "student-001"], "--withdraw takes neither"),
        ([SLUG, "--withdraw", "student-001"], "'student-001' has no extension in"),
    ],
)
def test_what_makes_no_sense_changes_nothing(words, says, course, due):
    """Is it said what is wrong, with exit code 2?"""
    code, said = due(*words)
    assert code == 2
    assert says in said
    assert kept(course) is None
    assert not (course / "deadlines").exists()


@pytest.mark.parametrize(
    "date", ["2026-09-30 12:00 UTC", "2026-10-01 12:00 Europe/Berlin", "+0h", "+0d"]
)
def test_an_extension_is_later(date, course, due):
    """Is a date refused that is no later than the class's?"""
    due(SLUG, "2026-10-01 12:00 Europe/Berlin")
    code, said = due(SLUG, date, "--extend", "student-001")
    assert code == 2
    assert "is no later than lstm is due: 2026-10-01 10:00 UTC" in said


@pytest.mark.parametrize("student", ["a/b", "-x", "*", " "])
def test_what_is_no_id_gets_none(student, course, due):
    """Is a name refused that no student can have?"""
    due(SLUG, "2026-10-01 12:00 Europe/Berlin")
    code, said = due(SLUG, "+1d", f"--extend={student}")
    assert code == 2
    assert "is no id" in said


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            "c.LateRule.penalty_method = 'per-day'\nc.LateRule.of = 'maximum'\n"
            "c.LateRule.most = 0.5\nc.LateRule.grace_minutes = 15\n",
            "Late work loses 10 % of the points to reach for each day that has begun, at most "
            "50 %; up to 15 minutes are forgiven.",
        ),
        (
            "c.LateRule.penalty_method = 'steps'\nc.LateRule.steps = [(0, 0.125), (24, 1)]\n",
            "Late work loses 12.5 % at once, 100 % after 24 h (of the score).",
        ),
        ("c.LateSubmissionPlugin.penalty_method = 'zero'\n", "Late work loses all points."),
        (
            "c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'\n",
            "What late work loses, LateSubmissionPlugin says.",
        ),
    ],
)
def test_the_rule_is_said(rule, says, course, due):
    """Is it said in words what late work loses?"""
    (course / "course_config.py").write_text(rule)
    assert due(SLUG)[1].strip().endswith(says)


def test_spans_are_counted_in_minutes_that_have_begun():
    """Is nobody late by nothing?"""
    assert span(timedelta(microseconds=1)) == "1 min"
    assert span(timedelta(hours=48)) == "2 d"
