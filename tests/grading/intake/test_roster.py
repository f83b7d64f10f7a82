"""Is the list of a class read as it is written, and refused where it makes no sense?"""

import pytest

from course_utils.errors import CourseError
from course_utils.grading.intake.roster import (
    DROPPED,
    LISTED,
    UNLISTED,
    Person,
    read_roster,
    write_roster,
)

PEOPLE = (
    Person("student-001", "Ünal, jr.", "A", "a@example.edu", keys={"moodle": "4711"}),
    Person("zoë", dropped=True, others={"group": "=1+1"}),
    Person("student-003"),
)


def test_what_is_written_is_read(tmp_path):
    """Do commas, umlauts, platform's names, further columns and who left survive?"""
    write_roster(tmp_path, PEOPLE)
    roster = read_roster(tmp_path)
    first, second, third = roster.people.values()
    assert first.others == {"group": ""}
    assert (first.id, first.name, first.keys) == ("student-001", "A Ünal, jr.", {"moodle": "4711"})
    assert (second.id, second.dropped, second.others) == ("zoë", True, {"group": "=1+1"})
    assert third.id == "student-003"
    assert roster.present == ["student-001", "student-003"]
    write_roster(tmp_path, roster.people.values())
    assert read_roster(tmp_path) == roster


@pytest.mark.parametrize("name", ["=1+1", "-Dash", "+Plus", "@At", "＝1", "'Quote", "'=1"])
def test_no_name_is_a_formula(name, tmp_path):
    """Does a spreadsheet run no name in the list, and is the name the same when it is read?"""
    for _ in range(2):
        path = write_roster(tmp_path, [Person("student-001", name, email=name)])
        assert name[0] == "'" or f"student-001,'{name},,'{name}," in path.read_text("utf-8")
        [person] = read_roster(tmp_path).people.values()
        assert person.last_name == person.email == name.removeprefix("'" if "=" in name else "")


def test_there_need_be_no_list(tmp_path):
    """Is no list something else than an empty one?"""
    assert read_roster(tmp_path) is None
    (tmp_path / "roster.csv").write_text("id\n")
    assert read_roster(tmp_path).people == {}


@pytest.mark.parametrize(
    ("student", "status"), [("student-001", LISTED), ("zoë", DROPPED), ("x", UNLISTED)]
)
def test_status(student, status, tmp_path):
    """Is a student who left told from one who never was there?"""
    write_roster(tmp_path, PEOPLE)
    assert read_roster(tmp_path).status(student) == status


def test_spreadsheets_mark_and_blanks_are_no_part_of_an_id(tmp_path):
    """Is a list read that a spreadsheet wrote?"""
    (tmp_path / "roster.csv").write_bytes("\ufeffid,dropped\r\n zoe\u0308 ,No\r\n".encode())
    assert [*read_roster(tmp_path).people] == ["zoë"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\nx\n", "no column is called id"),
        ("id\na/b\n", "'a/b' is no id"),
        ("id,dropped\na,perhaps\n", "dropped is yes or nothing"),
        ("id,email\na\n", "student 1 has more or fewer fields"),
        ("id,email\na,b,c\n", "student 1 has more or fewer fields"),
        ("id\na\na \n", "has 'a' twice"),
        ('id\n"a\n', "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_named(text, says, tmp_path):
    """Is each fault of a list told with its place?"""
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(CourseError, match=says):
        read_roster(tmp_path)
