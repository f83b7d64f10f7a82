"""Does a graded class come back to its platform, and is everything named that does not fit?"""

import csv
import json
import os
import zipfile

import pytest

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.intake.roster import Person, write_roster
from course_utils.grading.platforms import feedback_pages, give_back
from course_utils.grading.platforms.given_back import to_text
from course_utils.grading.report.results import Result

SLUG = "convolution-arithmetic"
STUDENTS = ("s1", "s2", "s3")
MOODLE = "Identifier,Full name,Email address,Grade,Maximum Grade"
CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Convolution arithmetic (77)"
BLACKBOARD = "Last Name\tFirst Name\tUsername\tConvolution arithmetic [Total Pts: 27 Score] |77"


def result(student, score, by_hand=0.0, **more):
    return Result(student, {"a": score, "b": by_hand}, {"a": 20.0, "b": 7.0}, **more)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A class of three with pages, the third of whom waits for points by hand."""
    found = [
        result("s1", 13.5),
        result("s2", 20.0, last_name="=1+1", first_name="Zoë", penalty=0.5),
        result("s3", 3.0, by_hand=None),
    ]
    database = tmp_path / "gradebook.db"
    database.touch()
    monkeypatch.setattr(give_back, "results", lambda *_: found)
    monkeypatch.setattr(give_back, "gradebook_address", lambda *_: f"sqlite:///{database}")
    monkeypatch.setattr(feedback_pages, "nbgrader", lambda *_: pytest.fail("all pages are there"))
    for student in STUDENTS:
        (tmp_path / "submitted" / student / SLUG).mkdir(parents=True)
        notebook = tmp_path / "autograded" / student / SLUG / f"{SLUG}.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.touch()
        put_page(tmp_path, student)
    heading = {"cell_type": "markdown", "source": "Hello\n\n# Convolution arithmetic\n"}
    released = tmp_path / "exercises" / SLUG / f"{SLUG}.ipynb"
    released.parent.mkdir(parents=True)
    released.write_text(json.dumps({"cells": [heading], "metadata": {}, "nbformat": 4}))
    return tmp_path


def put_page(root, student, text=""):
    page = root / "feedback" / student / SLUG / f"{SLUG}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text or f"the page of {student}", encoding="utf-8")


def put_collected(root, platform, files):
    attempts = [
        {"student": student, "attempt": number, "file": file}
        for student, names in files.items()
        for number, file in enumerate(names, start=1)
    ]
    (root / "collected").mkdir(exist_ok=True)
    path = root / "collected" / f"{SLUG}.json"
    path.write_text(json.dumps({"platform": platform, "rule": "last", "attempts": attempts}))


def put_sheet(root, *lines, encoding="utf-8", name="sheet.csv"):
    path = root / name
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def back(root, platform, **options):
    return give_back.give_back(root, root, SLUG, platform, **options)


def in_zip(root):
    with zipfile.ZipFile(root / "returned" / SLUG / f"{SLUG}-feedback.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_class_goes_back_to_moodle_where_marking_is_blind(root):
    """Are participants known by nothing but what their files were called?"""
    files = {
        "s1": ["Participant_4711_assignsubmission_file/a.ipynb"],
        "s2": ["", "Participant_4712_assignsubmission_file/a.ipynb"],
        "s3": ["Participant_4713_assignsubmission_file/a.ipynb"],
    }
    put_collected(root, "moodle", files)
    rows = [f"Participant {key},,,,27.00" for key in (4711, 4712, 4713)]
    sheet = put_sheet(root, MOODLE, *rows)
    done = back(root, "moodle", sheet=sheet)
    made = (root / "returned" / SLUG / "sheet-graded.csv").read_text().splitlines()
    assert made == [
        MOODLE,
        "Participant 4711,,,13.50,27.00",
        "Participant 4712,,,19.50,27.00",
        "Participant 4713,,,,27.00",
    ]
    assert in_zip(root) == {
        f"Participant_4711_assignsubmission_file/{SLUG}.html": "the page of s1",
        f"Participant_4712_assignsubmission_file/{SLUG}.html": "the page of s2",
    }
    assert done.mismatches == {"not given back, because points by hand are missing": ["s3"]}


def test_who_came_otherwise_is_known_by_the_list(root):
    """Are ids, addresses and keys of the list asked where nothing was collected?"""
    people = [
        Person("s1", email="one@example.edu", keys={"moodle": "4799"}),
        Person("s2", keys={"moodle": "4712"}),
        Person("s3", dropped=True),
        Person("s4", "Ö", "B"),
    ]
    write_roster(root, people)
    rows = [
        "Participant 4711,Zoë M,one@example.edu,,27.00",
        "Participant 4712,B,b@example.edu,,27.00",
        "Participant 4713,C,s3@example.edu,,27.00",
        "Participant 4714,D,s4@example.edu,,27.00",
    ]
    done = back(root, "moodle", sheet=put_sheet(root, MOODLE, *rows), zero=True)
    assert done.filled.written == {"s1": "13.50", "s2": "19.50", "s4": "0.00"}
    assert set(in_zip(root)) == {
        f"Zoë M_4711_assignsubmission_file_/{SLUG}.html",
        f"B_4712_assignsubmission_file_/{SLUG}.html",
    }
    assert (done.absent, done.left, done.mismatches) == (["s4"], ["s3"], {})


def test_a_number_of_another_assignment_is_not_used(root):
    """Where files came from one assignment and the sheet is of another, does the sheet count?"""
    put_collected(root, "moodle", {"s1": ["A_4711_assignsubmission_file_/a.ipynb"]})
    rows = ["Participant 4712,A,s1@example.edu,,27.00", "Participant 4713,B,s2@x.edu,,27.00"]
    back(root, "moodle", sheet=put_sheet(root, MOODLE, *rows))
    assert in_zip(root) == {
        f"A_4712_assignsubmission_file_/{SLUG}.html": "the page of s1",
        f"B_4713_assignsubmission_file_/{SLUG}.html": "the page of s2",
    }


def test_a_class_goes_back_to_canvas(root):
    """Does a page go to the last file that was handed in, and is who has none named?"""
    put_collected(root, "canvas", {"s1": ["onename_71_1_a.ipynb", "onename_LATE_71_2_a-1.ipynb"]})
    rows = ['"Name, One",71,,x,A,', '"Name, =1+1",72,s2,y,A,', '"Student, Test",73,,,A,']
    sheet = put_sheet(root, CANVAS, "    Points Possible,,,,,27", *rows, encoding="utf-8-sig")
    done = back(root, "canvas", sheet=sheet)
    assert done.filled.written == {"s1": "13.50", "s2": "19.50"}
    assert in_zip(root) == {f"onename_LATE_71_2_feedback-{SLUG}.html": "the page of s1"}
    says = "with a page that Canvas would not know the student of"
    assert done.mismatches[says] == ["s2"]


def test_a_number_in_a_name_is_nobodys_page(root):
    """Do grade and page go to the student whose name ends in another's number?"""
    write_roster(root, [Person("s1", keys={"canvas": "71"}), Person("s2", keys={"canvas": "72"})])
    files = {"s1": ["hidden_72_71_1_a.ipynb"], "s2": ["two_72_2_71_1_a.ipynb"]}
    put_collected(root, "canvas", files)
    sheet = put_sheet(root, CANVAS, "hidden_72,71,,x,A,", "Two,72,,y,A,")
    done = back(root, "canvas", sheet=sheet)
    assert done.filled.written == {"s1": "13.50", "s2": "19.50"}
    assert in_zip(root) == {
        f"71_1_feedback-{SLUG}.html": "the page of s1",
        f"two_72_2_feedback-{SLUG}.html": "the page of s2",
    }


def test_a_class_goes_back_to_blackboard(root):
    """Is a sheet in UTF-16 filled in, and each page called by its user?"""
    write_roster(root, [Person("s1", keys={"blackboard": "user_1"}), Person("s2")])
    rows = ["A\tB\tuser_1\t", "C\tD\tS2\t"]
    sheet = put_sheet(root, BLACKBOARD, *rows, encoding="utf-16", name="gc_77.xls")
    done = back(root, "blackboard", sheet=sheet, out=root / "out")
    made = (root / "out" / "gc_77-graded.xls").read_bytes().decode("utf-16")
    assert made.splitlines()[1:] == ["A\tB\tuser_1\t13.50", "C\tD\tS2\t19.50"]
    pages = {path.name: path.read_text() for path in (root / "out" / "pages").iterdir()}
    assert pages == {"user_1.html": "the page of s1", "S2.html": "the page of s2"}
    assert "Blackboard takes no pages in bulk" in to_text(done)


def test_a_folder_gets_pages_and_a_table(root):
    """Are there a page for each student and grades, which no spreadsheet runs?"""
    write_roster(
        root, [Person("s1"), Person("s2"), Person("s4", "-1", "+"), Person("s5", dropped=True)]
    )
    folder = root / "returned" / SLUG
    for _ in range(2):
        done = back(root, "folder")
        with (folder / "grades.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows == [
            ["student", "last_name", "first_name", "grade", "points"],
            ["s1", "", "", "13.5", "27.0"],
            ["s2", "'=1+1", "Zoë", "19.5", "27.0"],
            ["s4", "'-1", "'+", "", "27.0"],
        ]
        assert sorted(path.name for path in folder.iterdir()) == [
            "grades.csv",
            "s1.html",
            "s2.html",
        ]
        assert (done.written, done.absent, done.remains) == (2, ["s4"], [])
    (folder / "s9.html").touch()
    assert "who gets a page now: s9.html" in to_text(back(root, "folder"))


def test_pages_are_made_that_are_missing_or_stale(root, monkeypatch, capsys):
    """Are only those pages made that must be, and is who has none afterwards named?"""
    asked = []

    def make(course, folder, *words):
        asked.append(words)
        put_page(root, "s1", "made anew")

    monkeypatch.setattr(feedback_pages, "nbgrader", make)
    page = root / "feedback" / "s1" / SLUG / f"{SLUG}.html"
    for mend in (page.unlink, lambda: os.utime(page, ns=(1, 1))):
        mend()
        done = back(root, "folder")
        assert asked == [("generate_feedback", SLUG, "--CourseDirectory.student_id_exclude=s2")]
        assert capsys.readouterr().err == ""  # a bar is for a terminal
        asked.clear()
        assert (done.pages.made, done.pages.without) == (["s1"], [])
        assert (root / "returned" / SLUG / "s1.html").read_text() == "made anew"


def test_a_stale_page_is_not_given_out(root, monkeypatch):
    """Is a page left out and named that shows old points and cannot be made anew?"""

    def fail(*words):
        raise CourseError("nbgrader generate_feedback failed: no room")

    monkeypatch.setattr(feedback_pages, "nbgrader", fail)
    later = os.stat(root / "feedback" / "s2" / SLUG / f"{SLUG}.html").st_mtime_ns + 1
    os.utime(root / "gradebook.db", ns=(later, later))
    put_page(root, "s1")
    os.utime(root / "feedback" / "s1" / SLUG / f"{SLUG}.html", ns=(later, later))
    done = back(root, "folder")
    assert (list(done.packed), done.pages.without) == (["s1"], ["s2"])
    assert done.mismatches["without a page of feedback"] == ["s2"]
    assert "failed: no room" in to_text(done)


@pytest.mark.parametrize("text", ["{", "[]", '{"platform": "moodle"}'])
def test_a_broken_list_of_what_was_collected_is_named(text, root):
    """Is it said which file cannot be read, and what to do?"""
    put_collected(root, "moodle", {})
    (root / "collected" / f"{SLUG}.json").write_text(text)
    with pytest.raises(CourseError, match="collect again"):
        back(root, "moodle")


def test_the_sheet_itself_is_never_written(root):
    """Is a copy not put in the place of what the platform gave?"""
    write_roster(root, [Person(student, keys={"moodle": student}) for student in STUDENTS])
    sheet = put_sheet(root, MOODLE, "s1,,,,27", name="a-graded.csv")
    os.link(sheet, root / "a.csv")
    with pytest.raises(CourseError, match="is the sheet itself"):
        back(root, "moodle", sheet=root / "a.csv", out=root)
    assert sheet.read_text() == f"{MOODLE}\ns1,,,,27"


def test_the_verb_prints_a_table_and_what_to_look_at(root, capsys):
    """Does a terminal show how much was done, what did not fit, and nothing that acts on it?"""
    files = {s: [f"A_471{s[1]}_assignsubmission_file_/a.ipynb"] for s in ("s1", "s2")}
    put_collected(root, "moodle", files)
    sheet = put_sheet(
        root, MOODLE, "Participant 4711,A,,1.00,100", "Participant 4713,\x1b[2J,,,100"
    )
    words = ["return", SLUG, "--for", "moodle", "--sheet", str(sheet)]
    assert cli.main(["--course", str(root), *words]) == 1
    out = capsys.readouterr().out
    assert "grades written      1  sheet-graded.csv; column 'Grade'; 1 in place of another" in out
    assert "pages packed        1  convolution-arithmetic-feedback.zip\n" in out
    assert "  graded, but not in the sheet: s2\n" in out
    assert "27 points here are 100 on Moodle" in out
    assert "\\x1b[2J" in out
    assert "\x1b" not in out


def test_the_verb_says_what_is_wrongly_used(root, capsys):
    """Are options refused that mean nothing here?"""
    assert cli.main(["return", SLUG, "--for", "folder", "--sheet", "a.csv"]) == 2
    assert "--for folder takes no --sheet" in capsys.readouterr().err
    assert cli.main(["return", SLUG]) == 2
