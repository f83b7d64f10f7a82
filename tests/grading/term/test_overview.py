"""Is a term added up as is said, and shown so that it can be read?"""

import contextlib
import csv
import io
import json
import shutil
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.intake.roster import Person, write_roster
from course_utils.grading.term.overview import Assignment, Mark, Row, Term, best_of, overview
from course_utils.grading.term.rendering import to_csv, to_json, to_text
from tests.grading.empty_gradebook import empty_gradebook

COMMA = 'Ünal, "jr."'
DUE = {"lstm": "2026-10-08 12:00 UTC", "why-deep": "2026-10-01 12:00 UTC", "convnet": None}
POINTS = {"lstm": 10, "why-deep": 30, "convnet": 4}
# By assignment and student: points, when it was handed in, the penalty.
GRADES = {
    "lstm": {
        "student-001": (10, "2026-10-08 11:00 UTC", None),
        "student-002": (5, "2026-10-09 12:00 UTC", 0.5),
        COMMA: (None, None, None),
    },
    "why-deep": {"student-001": (15, None, None), COMMA: (30, None, None)},
    "convnet": {"student-002": (4, None, None), "student-009": (4, None, None)},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class with three assignments that are graded, and one that is released."""
    root = tmp_path_factory.mktemp("term")
    with filled(root) as gradebook:
        for slug, grades in GRADES.items():
            gradebook.add_assignment(slug, duedate=DUE[slug])
            gradebook.add_notebook(slug, slug)
            gradebook.add_grade_cell("task", slug, slug, max_score=POINTS[slug], cell_type="code")
            for student, (score, time, penalty) in grades.items():
                gradebook.update_or_create_student(student)
                submission = gradebook.add_submission(slug, student)
                if time:
                    gradebook.update_or_create_submission(slug, student, timestamp=time)
                submission.notebooks[0].late_submission_penalty = penalty
                grade = submission.notebooks[0].grades[0]
                grade.auto_score, grade.needs_manual_grade = score, score is None
        gradebook.add_assignment("optimizers")
        gradebook.add_student("student-003")
        gradebook.db.commit()
    return root


@pytest.fixture
def root(graded, tmp_path):
    """A copy of that class."""
    return shutil.copytree(graded, tmp_path / "class")


@contextlib.contextmanager
def filled(root):
    """Open a gradebook that is being made."""
    (root / "gradebook.db").write_bytes(empty_gradebook())
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        # It warns of how nbgrader itself adds a submission.
        warnings.simplefilter("ignore", SAWarning)
        yield gradebook


def shares(term):
    return {row.student: round(row.share, 4) for row in term.students}


def test_points_are_added_up(root):
    """Is the share that of all points, after penalties, with 0 for what is missing?"""
    term = overview(root)
    assert [one.name for one in term.assignments] == ["why-deep", "lstm", "convnet"]
    assert term.points == 44
    assert {row.student: row.total for row in term.students} == {
        "student-001": 25, "student-002": 8.5, "student-003": 0, "student-009": 4, COMMA: 30,
    }  # fmt: skip
    assert shares(term)["student-001"] == round(25 / 44, 4)
    two = next(row for row in term.students if row.student == "student-002")
    assert two.marks == {"why-deep": None, "lstm": Mark(4.5, late=True), "convnet": Mark(4.0)}
    assert term.without_grades == ["optimizers"]


@pytest.mark.parametrize(
    ("best", "expected"), [(1, (1, 1, 1)), (2, (0.75, 0.725, 0.5)), (3, (0.5, 0.4833, 0.3333))]
)
def test_the_best_count(root, best, expected):
    """Is it the mean of the best shares, whatever the points, and of all if there are too few?"""
    found = shares(overview(root, best=best))
    assert (found["student-001"], found["student-002"], found[COMMA]) == expected
    assert shares(overview(root, best=9)) == shares(overview(root, best=3))


@given(st.dictionaries(st.text(max_size=2), st.floats(0, 1)), st.integers(1, 5))
def test_no_other_choice_is_better(of, most):
    """Are as many chosen as may be, and none that is less than one left out?"""
    chosen = best_of(of, most)
    assert len(chosen) == min(most, len(of))
    assert all(of[one] >= of[other] for one in chosen for other in of.keys() - chosen)


def test_statistics_are_of_those_who_handed_in(root):
    """Are counts and quartiles those of each assignment?"""
    deep, lstm, convnet = overview(root).assignments
    assert (deep.lower, deep.median, deep.upper) == (18.75, 22.5, 26.25)
    assert (deep.handed_in, deep.late, deep.missing, deep.waiting) == (2, 0, 3, 0)
    assert (lstm.handed_in, lstm.late, lstm.missing, lstm.waiting) == (3, 1, 2, 1)
    assert (convnet.lower, convnet.upper) == (4, 4)


def test_the_list_of_the_class_says_who_counts(root):
    """Are who left and who is not on it named, and who handed nothing in there?"""
    people = [
        Person("student-003", "Ü", "A"), Person(COMMA), Person("student-001", dropped=True),
        Person("student-002"), Person("student-008", dropped=True),
    ]  # fmt: skip
    write_roster(root, people)
    term = overview(root)
    assert [row.student for row in term.students] == ["student-003", COMMA, "student-002"]
    assert (term.dropped, term.unlisted) == (["student-001"], ["student-009"])
    assert (term.students[0].last_name, term.students[0].first_name) == ("Ü", "A")
    assert [one.handed_in for one in term.assignments] == [1, 2, 1]
    text = to_text(term)
    assert "student-003 A Ü " in text
    assert "Dropped, and left out: student-001" in text
    assert "Not on the list of the class, and left out: student-009" in text
    write_roster(root, [])
    assert "0 students, 3 assignments" in to_text(overview(root))
    assert json.loads(to_json(overview(root)))["assignments"][0]["median"] is None


def test_it_is_shown(root):
    """Are late, missing, waiting and what does not count marked, and explained?"""
    text = to_text(overview(root, best=1))
    lines = text.splitlines()
    assert lines[2:8] == [
        "student        1      2     3   total   best 1",
        "points        30     10     4      44    100 %",
        "----------------------------------------------",
        "student-001  (15)    10    (-)     25  100.0 %",
        "student-002   (-)  (4.5L)   4     8.5  100.0 %",
        "student-003    -     (-)   (-)      0    0.0 %",
    ]
    for says in ("L: late;", "?: waits", "-: not handed in", "(): does not count", "optimizers"):
        assert says in " ".join(text.split())


def test_it_is_never_wider_than_a_terminal():
    """Are names cut, made harmless, and many assignments put below each other?"""
    names = [f"assignment-{i:02}-{40 * 'x'}" for i in range(24)]
    marks = {name: Mark(123.25, late=True) for name in names}
    who = "\x1b[2J" + 80 * "y", 90 * "z", ""
    row = Row(*who, marks=marks, total=9999.75, share=1.0, counted=frozenset(names))
    each = [Assignment(name, 123.25, 100, 100, 100, 100, 123.25, 123.25, 123.25) for name in names]
    text = to_text(Term(each, [row], 9999.75, None, names, ["\x1b[2J"], names))
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text


def test_programs_get_the_same(root):
    """Do CSV and JSON hold grades, shares, and which are late, wait or do not count?"""
    term = overview(root, best=2)
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(to_csv(term)))}
    two = rows["student-002"]
    assert (two["why-deep"], two["lstm"], two["convnet"]) == ("", "4.5", "4.0")
    assert (two["share"], two["late"], two["not_counted"]) == ("0.725", "lstm", "why-deep")
    assert rows[COMMA]["waiting"] == "lstm"
    data = json.loads(to_json(term))
    assert data["best"] == 2
    student = data["students"][1]
    assert student["marks"]["lstm"] == {"grade": 4.5, "late": True, "waiting": False}
    assert student["counted"] == ["lstm", "convnet"]


def test_a_term_without_grades_says_so(tmp_path):
    """Is it said what to do where nothing is graded?"""
    with pytest.raises(CourseError, match=r"has no gradebook\.db: grade first"):
        overview(tmp_path)
    with filled(tmp_path) as gradebook:
        gradebook.add_assignment("lstm")
    with pytest.raises(CourseError, match="has no grades: run `course grade SLUG`"):
        overview(tmp_path)


def test_the_verb_shows_it(root, capsys):
    """Is it printed as text, CSV or JSON, and wrong use told?"""
    words = ["--course", str(root), "term"]
    assert cli.main(words) == 0
    assert capsys.readouterr().out == to_text(overview(root))
    assert cli.main([*words, "--csv", "--best", "2"]) == 0
    assert capsys.readouterr().out == to_csv(overview(root, best=2))
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["points"] == 44
    assert cli.main([*words, "--json", "--csv"]) == 2
    assert cli.main([*words, "--best", "0"]) == 2
