"""Does the report of a class hold everything, in each of its forms, whatever happened to it?"""

import csv
import io
import json
import math
import warnings
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from course_utils.checks.report import MIME
from course_utils.errors import CourseError
from course_utils.exercises.catalog import find
from course_utils.exercises.catching import mistakes_to_catch
from course_utils.grading.report.class_report import class_report, common_mistakes
from course_utils.grading.report.export import SafeCsvExport
from course_utils.grading.report.rendering import SHOWN, to_csv, to_json, to_table, to_text
from course_utils.grading.report.results import Result, gradebook_address, results
from tests.grading.empty_gradebook import empty_gradebook

SLUG = "convolution-arithmetic"
POINTS = {"output_size": 2.0, "same_padding": 1.0}
SCORES = {
    "anna": {"output_size": 2.0, "same_padding": 1.0},
    "bert": {"output_size": 1.5, "same_padding": 0.0},
    "cleo": {"output_size": 0.0, "same_padding": 0.5},
    "dora": {"output_size": None, "same_padding": None},
}
WRONG = mistakes_to_catch(find("cases_for_output_size"))


def check(exercise, **more):
    data = {MIME: {"name": exercise, "mistakes": [], **more}}
    return {
        "metadata": {"nbgrader": {"grade": True, "grade_id": exercise}},
        "source": "",
        "outputs": [{"output_type": "display_data", "data": data}],
    }


def blank(exercise):
    about = {"solution": True, "grade_id": f"{exercise}-answer"}
    return {"metadata": {"nbgrader": about}, "source": "", "outputs": []}


def put_notebook(root, student, *cells, notes=()):
    folder = root / "autograded" / student / SLUG
    folder.mkdir(parents=True, exist_ok=True)
    notebook = {
        "cells": list(cells),
        "metadata": {"course": {"notes": list(notes), "isolation": "namespaces"}},
    }
    (folder / f"{SLUG}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def put_grades(root, scores=SCORES, points=POINTS):
    """Make a gradebook with these scores."""
    (root / "gradebook.db").write_bytes(empty_gradebook())
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        # It warns of how nbgrader itself adds a submission.
        warnings.simplefilter("ignore", SAWarning)
        gradebook.add_assignment(SLUG)
        gradebook.add_notebook(SLUG, SLUG)
        for name, most in points.items():
            gradebook.add_grade_cell(name, SLUG, SLUG, max_score=most, cell_type="code")
        for student, by_name in scores.items():
            gradebook.add_student(student)
            gradebook.add_submission(SLUG, student)
            for name, score in by_name.items():
                gradebook.find_grade(name, SLUG, SLUG, student).auto_score = score
        gradebook.db.commit()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A class of five: two with mistakes, one not graded, one not even in the gradebook."""
    root = tmp_path_factory.mktemp("class")
    put_grades(root)
    note = {"kind": "duplicate", "says": "A cell was there twice."}
    put_notebook(root, "anna", check("output_size"), check("same_padding"))
    put_notebook(
        root,
        "bert",
        check("output_size", mistakes=[WRONG[1], WRONG[0]], shortcuts=["numpy.convolve"]),
        check("output_size", mistakes=[WRONG[1]], shortcuts=["numpy.convolve"]),
        check("same_padding", mistakes=["counts_both_sides"]),
        blank("same_padding"),
        notes=[note],
    )
    put_notebook(
        root,
        "cleo",
        check("same_padding", mistakes=["long_gone"]),
        check("output_size", mistakes=[WRONG[1]], shortcuts=["numpy.convolve"]),
        blank("output_size"),
    )
    for student in ("anna", "bert", "cleo", "dora", "emil"):
        (root / "submitted" / student / SLUG).mkdir(parents=True)
    (root / "submitted" / "README").mkdir()
    broken = root / "autograded" / "dora" / SLUG
    broken.mkdir(parents=True)
    (broken / f"{SLUG}.ipynb").write_text("{", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def report(root):
    """The report of that class."""
    return class_report(root, SLUG)


def test_scores_come_from_the_gradebook(report):
    """Is everyone there, with scores, points and totals?"""
    assert {r.student: r.scores for r in report.students} == SCORES
    assert [r.points for r in report.students] == [POINTS] * 4
    assert [r.total for r in report.students] == [3, 1.5, 0.5, 0]
    assert [r.graded for r in report.students] == [True, True, True, False]
    assert report.assignment == SLUG


def test_a_score_set_by_hand_holds(tmp_path):
    """Is what an instructor changed in the formgrader reported, extra credit included?"""
    put_grades(tmp_path)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("output_size", SLUG, SLUG, "anna").manual_score = 0.0
        gradebook.find_grade("output_size", SLUG, SLUG, "bert").extra_credit = 0.25
        gradebook.find_grade("output_size", SLUG, SLUG, "dora").manual_score = 1.0
        gradebook.db.commit()
    found = {result.student: result.scores["output_size"] for result in results(tmp_path, SLUG)}
    assert found == {"anna": 0.0, "bert": 1.75, "cleo": 0.0, "dora": 1.0}


def test_it_is_told_who_waits_for_points_by_hand():
    """Is a grade that is not the last one told from one that is, and from none?"""
    each = {"all": (1.0, 0.0), "some": (0.0, None), "none": (None, None)}
    found = [
        Result(name, dict(zip(POINTS, scores, strict=True)), POINTS)
        for name, scores in each.items()
    ]
    assert [result.student for result in found if result.waits] == ["some"]


def test_statistics_are_of_those_who_have_grades(report):
    """Is the student without a grade left out, and are blank answers counted?"""
    first, second = report.exercises
    assert (first.exercise, first.students, first.blank) == ("output_size", 3, 1)
    assert (second.exercise, second.students, second.blank) == ("same_padding", 3, 1)
    assert first.full == pytest.approx(1 / 3)
    assert first.mean == pytest.approx(3.5 / 6)


def test_mistakes_are_counted_by_student(report, root):
    """Does a student count once, and do the commonest come first, then by exercise?"""
    told = [(m.exercise, m.name, m.students) for m in report.mistakes]
    assert told == [
        ("output_size", WRONG[1], 2),
        ("output_size", WRONG[0], 1),
        ("same_padding", "counts_both_sides", 1),
        ("same_padding", "long_gone", 1),
    ]
    assert report.mistakes[0].sentence == find("output_size").mistakes[WRONG[1]].sentence
    assert report.mistakes[-1].sentence == ""
    assert common_mistakes(root, SLUG) == report.mistakes


def test_mistakes_of_an_unknown_exercise_are_counted(tmp_path):
    """Does an exercise that is no longer in the catalog stop nothing?"""
    put_notebook(tmp_path, "anna", check("no_such_exercise", mistakes=["a"]))
    (mistake,) = common_mistakes(tmp_path, SLUG)
    assert (mistake.exercise, mistake.sentence) == ("no_such_exercise", "")


def test_everything_else_is_listed(report):
    """Are shortcuts, notes, missing grades and unreadable notebooks named by student?"""
    (shortcut,) = report.shortcuts
    assert (shortcut.exercise, shortcut.name) == ("output_size", "numpy.convolve")
    assert shortcut.students == ("bert", "cleo")
    says = "A cell was there twice."
    assert report.notes == [{"student": "bert", "kind": "duplicate", "says": says}]
    assert report.without_grade == ["dora", "emil"]
    assert report.unreadable == ["dora"]
    assert report.isolation == {"namespaces": 3}
    assert to_text(report).endswith("was isolated\n  3 students  namespaces\n")


def test_the_text_holds_it_all(report):
    """Is every part in the text, in at most 100 columns?"""
    text = to_text(report)
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith(f"{SLUG}: 4 students\n\nstudent  ")
    for line in (
        "anna       2    1      3",
        "bert     1.5    0    1.5",
        "dora       -    -      0",
        "1 output_size, 2 same_padding",
        f"  2 students  output_size, {WRONG[1]}: ",
        "   1 student  same_padding, counts_both_sides: You ",
        "  output_size: numpy.convolve by bert, cleo",
        "  bert: A cell was there twice.",
        "without a grade (the log of nbgrader autograde says why)\n  dora, emil",
        "cannot be read, and count for no mistake (grade them again)\n  dora",
    ):
        assert line in text
    table = text.split("Exercises\n")[1].splitlines()
    assert table[0].split() == [
        "exercise", "points", "students", "full", "marks", "mean", "discrimination", "blank"
    ]  # fmt: skip
    assert set(table[1]) == {"-"}
    assert table[2].split() == ["1", "output_size", "2", "3", "33", "%", "58", "%", "0.24", "1"]


def test_what_calls_caught_is_counted(tmp_path):
    """Is each mistake counted that there is to catch, that which fewest caught first?"""
    name = "cases_for_output_size"
    put_grades(tmp_path, {"anna": {name: 2.0}, "bert": {name: 0.0}}, {name: 2.0})
    for student, catches in (("anna", ["rounds_up", "pads_once"]), ("bert", ["rounds_up"])):
        caught = {"counted": True, "calls": [{"catches": catches}]}
        put_notebook(tmp_path, student, check(name, caught=caught))
    report = class_report(tmp_path, SLUG)
    counts = {one.name: one.caught_by for one in report.caught}
    assert list(counts)[-2:] == ["pads_once", "rounds_up"]
    assert counts == dict.fromkeys(WRONG, 0) | {"pads_once": 1, "rounds_up": 2}
    text = " ".join(to_text(report).split())
    assert "cases_for_output_size, of 2: adds_one_before_dividing 0," in text
    assert "pads_once 1, rounds_up 2" in text
    assert json.loads(to_json(report))["caught"][-1]["caught_by"] == 2


def test_the_list_of_the_class_says_who_counts(tmp_path):
    """Are those who left, or are not on it, named and not counted, and is who is missing named?"""
    put_grades(tmp_path)
    for student in ("anna", "bert", "emil"):
        put_notebook(tmp_path, student, check("output_size", mistakes=[WRONG[0]]))
    (tmp_path / "submitted" / "emil" / SLUG).mkdir(parents=True)
    (tmp_path / "roster.csv").write_text(
        "id,last_name,dropped\nanna,Arden,\nbert,Bay,yes\ncleo,,\nfrida,Frey,\ngus,,yes\n",
        encoding="utf-8",
    )
    report = class_report(tmp_path, SLUG)
    assert [(one.student, one.last_name) for one in report.students] == [
        ("anna", "Arden"), ("cleo", "")
    ]  # fmt: skip
    assert (report.missing, report.listed) == (["frida"], 3)
    assert (report.dropped, report.unlisted) == (["bert"], ["dora", "emil"])
    assert report.without_grade == []
    assert (report.exercises[0].students, report.mistakes[0].students) == (2, 1)
    text = to_text(report)
    assert "and nothing handed in\n  frida (Frey)\n\n" in text
    assert "Dropped, and not counted\n  bert (Bay)\n\n" in text
    assert "Not on the list of the class, and not counted\n  dora, emil\n" in text


def test_empty_parts_are_left_out(tmp_path):
    """Is there no title without something below it, and no trace of more?"""
    put_grades(tmp_path, {"anna": SCORES["anna"]})
    text = to_text(class_report(tmp_path, SLUG))
    assert text.startswith(f"{SLUG}: 1 student\n")
    assert "Commonest" not in text
    assert "calls caught" not in text
    assert "not allowed" not in text
    assert "Set right" not in text
    assert "without a grade" not in text
    assert "cannot be read" not in text
    row = next(line for line in text.splitlines() if line.startswith("1 output_size "))
    assert row.split()[-2:] == ["-", "0"]


@pytest.mark.parametrize("more", [1, 2])
def test_rare_mistakes_are_left_to_json(tmp_path, more):
    """Does the text end its list, and say how many are left?"""
    put_grades(tmp_path)
    names = [f"mistake_{i:02}" for i in range(SHOWN + more)]
    put_notebook(tmp_path, "anna", check("output_size", mistakes=names[:SHOWN]))
    report = class_report(tmp_path, SLUG)
    assert "more, which" not in to_text(report)
    put_notebook(tmp_path, "anna", check("output_size", mistakes=names))
    report = class_report(tmp_path, SLUG)
    assert f"and {more} more, which --json lists" in to_text(report)
    assert names[SHOWN - 1] in to_text(report)
    assert names[SHOWN] not in to_text(report)
    assert names[-1] in to_json(report)


def test_json_is_valid(report):
    """Is the JSON strict, with null for what is undefined, and complete?"""

    def refuse(word):
        raise AssertionError(word)

    data = json.loads(to_json(report), parse_constant=refuse)
    assert list(data) == [
        "assignment", "students", "exercises", "mistakes", "caught",
        "unexplained", "shortcuts", "notes", "without_grade", "refused", "unreadable",
        "isolation", "missing", "dropped", "unlisted", "names", "listed",
    ]  # fmt: skip
    assert data["students"][3] == {
        "student": "dora", "last_name": "", "first_name": "", "scores": SCORES["dora"],
        "total": 0, "penalty": 0, "grade": 0,
    }  # fmt: skip
    # Scores (2, 1.5, 0) and (1, 0, 0.5): deviations (5, 2, -7) / 6 and (1, -1, 0) / 2.
    by_hand = (3 / 12) / math.sqrt((78 / 36) * (2 / 4))
    assert data["exercises"][0]["discrimination"] == pytest.approx(by_hand)
    assert data["mistakes"][0]["students"] == 2
    assert data["shortcuts"][0]["students"] == ["bert", "cleo"]
    assert data["without_grade"] == ["dora", "emil"]


def test_json_has_null_for_what_is_undefined(tmp_path):
    """Is the discrimination of a class of one null?"""
    put_grades(tmp_path, {"anna": SCORES["anna"]})
    data = json.loads(to_json(class_report(tmp_path, SLUG)))
    assert data["exercises"][0]["discrimination"] is None
    assert data["exercises"][0]["full"] == 1


def test_csv_is_for_a_spreadsheet(report):
    """Does each student have a row, with nothing in place of a missing score?"""
    rows = list(csv.reader(io.StringIO(to_csv(report.students))))
    assert rows[0] == [
        "student", "last_name", "first_name", "output_size", "same_padding",
        "total", "penalty", "grade",
    ]  # fmt: skip
    assert rows[2] == ["bert", "", "", "1.5", "0.0", "1.5", "0.0", "1.5"]
    assert rows[4] == ["dora", "", "", "", "", "0.0", "0.0", "0.0"]
    assert len(rows) == 5


@pytest.fixture
def late(tmp_path):
    """A class of two with names, one of whom was late; a score of the sort that sums make."""
    put_grades(
        tmp_path, {"anna": {"output_size": 1.4, "same_padding": 0.7}, "bert": SCORES["bert"]}
    )
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        anna = gradebook.find_student("anna")
        anna.first_name, anna.last_name = "Änne", "Ó Briain"
        gradebook.find_grade("output_size", SLUG, SLUG, "anna").extra_credit = 0.1 + 0.2
        submission = gradebook.find_submission_notebook(SLUG, SLUG, "anna")
        submission.late_submission_penalty = 0.7 + 0.1
        gradebook.find_grade("same_padding", SLUG, SLUG, "anna").needs_manual_grade = False
        gradebook.find_assignment(SLUG).duedate = datetime(2026, 10, 1, 12)
        gradebook.find_submission(SLUG, "anna").timestamp = datetime(2026, 10, 1, 13, 30)
        gradebook.db.commit()
    return tmp_path


def test_who_was_late_has_a_grade_below_the_total(late):
    """Does each form of the report have the total, what was taken off, and what is left?"""
    report = class_report(late, SLUG)
    table = to_text(report)
    head, points, anna, bert = (
        line.split() for line in table.splitlines()[2:7] if not line.startswith("-")
    )
    assert head[-3:] == ["total", "late", "grade"]
    assert points[-2:] == ["3", "3"]
    assert anna == ["anna", "Änne", "Ó", "Briain", "1.7", "0.7", "2.4", "-0.8", "1.6"]
    assert bert == ["bert", "1.5", "0", "1.5", "1.5"]
    found = json.loads(to_json(report))["students"][0]
    assert (found["total"], found["penalty"], found["grade"]) == (2.4, 0.8, 1.6)
    assert found["last_name"] == "Ó Briain"
    assert [one.seconds_late for one in report.students] == [5400, 0]
    assert report.students[0].waiting == ("output_size",)
    rows = list(csv.reader(io.StringIO(to_csv(report.students))))
    assert rows[1] == ["anna", "Ó Briain", "Änne", "1.7", "0.7", "2.4", "0.8", "1.6"]


def test_a_penalty_takes_no_more_than_there_is():
    """Is a grade never below 0?"""
    result = Result("anna", {"a": 1.0}, {"a": 2.0}, penalty=1.5)
    assert (result.total, result.grade) == (1, 0)


def test_the_export_agrees_with_the_report(late):
    """Are total, penalty and grade those of nbgrader's export, rounded to 0.01?"""
    path = late / "grades.csv"
    with Gradebook(f"sqlite:///{late / 'gradebook.db'}") as gradebook:
        SafeCsvExport(to=str(path)).export(gradebook)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    row = next(row for row in rows if row["student_id"] == "anna")
    assert (row["raw_score"], row["late_submission_penalty"], row["score"]) == ("2.4", "0.8", "1.6")


@pytest.mark.parametrize("count", [11, 12, 14, 30, 50])
def test_wide_tables_still_fit(count):
    """Do many exercises and a long id keep to 100 columns, with each score there once?"""
    names = [f"exercise_with_a_name_{i}" for i in range(1, count + 1)]
    scores = {name: float(f"1.{i}") for i, name in enumerate(names, start=11)}
    long = "student-with-an-id-that-never-ends-001"
    table = to_table([Result(long, scores, dict.fromkeys(names, 2.0))])
    assert max(map(len, table.splitlines())) <= 100
    lines = [line for line in table.splitlines() if line.startswith("student-with-an-id-that…")]
    found = [word for line in lines for word in line.split()[1:]]
    assert found == [*(f"{score:g}" for score in scores.values()), f"{sum(scores.values()):g}"]
    for i, name in enumerate(names, start=1):
        assert any(f"{i} {name}" in line for line in table.splitlines())


def test_the_table_says_who_waits():
    """Is a score that a person is still to give told from 0, and is it silent where none is?"""
    points = {"sizes": 2.0, "a_text": 1.0}
    full = Result("anna", {"sizes": 2.0, "a_text": 0.0}, points)
    assert "Waiting" not in to_table([full])
    assert "no points yet" not in to_table([full])
    table = to_table([full, Result("bob", {"sizes": 1.5, "a_text": None}, points)])
    assert "- has no points yet, and the total counts without it." in table
    assert "Waiting for points by hand, in the formgrader: 1 student." in table


def test_what_cannot_be_reported_says_why(tmp_path):
    """Are a missing gradebook, an unknown assignment and an empty class named?"""
    with pytest.raises(CourseError, match=r"has no gradebook\.db"):
        class_report(tmp_path, SLUG)
    put_grades(tmp_path, {})
    with pytest.raises(CourseError, match="has no assignment 'other'"):
        class_report(tmp_path, "other")
    with pytest.raises(CourseError, match="nobody's convolution-arithmetic is graded yet"):
        class_report(tmp_path, SLUG)


def test_the_gradebook_of_the_settings_is_read(tmp_path):
    """Is the report made from the gradebook that nbgrader_config.py names, wherever it is?"""
    course, root, elsewhere = (tmp_path / name for name in ("course", "root", "elsewhere"))
    for folder in (course, root, elsewhere):
        folder.mkdir()
    put_grades(elsewhere)
    address = f"sqlite:///{elsewhere / 'gradebook.db'}"
    (course / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {address!r}\n"
    )
    assert gradebook_address(course, root) == address
    assert [one.student for one in results(root, SLUG, address)] == list(SCORES)
    assert len(class_report(root, SLUG, address).students) == len(SCORES)


def test_the_gradebook_is_beside_the_submissions_if_nothing_is_set(tmp_path):
    """Is gradebook.db in the root the gradebook where the settings name none?"""
    root = tmp_path / "root"
    assert gradebook_address(tmp_path, root) == f"sqlite:///{root / 'gradebook.db'}"


def test_a_gradebook_that_cannot_be_read_is_one_line(tmp_path):
    """Is trouble with a database one line, which keeps a password to itself?"""
    (tmp_path / "gradebook.db").write_text("no database" * 100)
    with pytest.raises(CourseError, match=r"gradebook\.db cannot be read: .*not a database"):
        results(tmp_path, SLUG)
    address = f"sqlite://anna:password@host/{tmp_path}"
    with pytest.raises(CourseError, match="cannot be read") as caught:
        results(tmp_path, SLUG, address)
    assert "\n" not in str(caught.value)
    assert ":password" not in str(caught.value).split(" cannot be read")[0]
