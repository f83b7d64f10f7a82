"""Is a sheet read as its platform wrote it, whatever its encoding, and written again the same?"""

import pytest

from course_utils.errors import CourseError
from course_utils.grading.platforms.sheets import Entry, entries, read_sheet

MOODLE = (
    'Identifier,"Full name","ID number","Email address",Status,Grade\r\n'
    'Participant 4711,"Zoë Müller, jr.",s017,zoe@example.edu,"Submitted for grading",\r\n'
    "Participant 4712,A B,,a.b@example.edu,No submission,\r\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Conv (55)\n"
    "    Points Possible,,,,,27.00\n"
    '"Müller, jr., Zoë",71,s017,zoe1,A,\n'
    '"Student, Test",99,,abc,A,\n'
    ",,,,,Manual Posting\n"
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Conv [Total Pts: 27] |5"\r\n'
    '"Müller, jr."\t"Zoë"\t"zoe_1"\t"s017"\t""\r\n'
)


def read(path, data, platform=""):
    path.write_bytes(data)
    sheet = read_sheet(path, platform)
    assert sheet.to_bytes() == data
    return sheet


WRITTEN = {
    "plain": lambda text: text.encode(),
    "marked": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, big first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16, unmarked": lambda text: text.encode("utf-16-le"),
    "Windows": lambda text: text.encode("cp1252"),
}


@pytest.mark.parametrize("encode", WRITTEN.values(), ids=WRITTEN)
def test_encodings(encode, tmp_path):
    """Is Blackboard's table of tabs read in each encoding, and given back byte for byte?"""
    sheet = read(tmp_path / "gc.xls", encode(BLACKBOARD), "blackboard")
    assert entries(sheet, "blackboard") == [Entry("zoe_1", ("zoe_1", "s017"), "Müller, jr.", "Zoë")]
    assert (sheet.delimiter, sheet.newline, sheet.quotes_all) == ("\t", "\r\n", True)


def test_moodle(tmp_path):
    """Is the id Moodle's ID number, and the name before the @ where that is empty?"""
    first, second = entries(read_sheet(written(tmp_path, MOODLE), "moodle"), "moodle")
    assert (first.key, first.ids) == ("4711", ("s017", "zoe", "4711"))
    assert (first.first_name, first.last_name) == ("Zoë", "Müller, jr.")
    assert (second.key, second.ids[0], second.email) == ("4712", "a.b", "a.b@example.edu")


def test_moodle_in_another_language(tmp_path):
    """Is the participant's number found where its column has another name?"""
    text = "ID;Vollständiger Name;E-Mail-Adresse\nTeilnehmer/in4711;Zoë M;z@example.edu\n"
    sheet = read(tmp_path / "bewertungen.csv", text.encode("cp1252"), "moodle")
    assert sheet.delimiter == ";"
    assert entries(sheet, "moodle") == [Entry("4711", ("z", "4711"), "M", "Zoë", "z@example.edu")]


def test_canvas(tmp_path):
    """Are the row of points and the test student no people, and commas in names no separators?"""
    sheet = read(tmp_path / "grades.csv", CANVAS.encode(), "canvas")
    assert entries(sheet, "canvas") == [Entry("71", ("s017", "zoe1", "71"), "Müller, jr.", "Zoë")]
    assert len(sheet.rows) == 4


def test_a_formula_of_canvas(tmp_path):
    """Is a name read that begins with =, which Canvas writes as a formula of a text?"""
    text = 'Student,ID\n"=""=1+1, Formula""",71\n'
    sheet = read(tmp_path / "grades.csv", text.encode(), "canvas")
    assert entries(sheet, "canvas") == [Entry("71", ("71",), "=1+1", "Formula")]


def test_another_list(tmp_path):
    """Is a spreadsheet's list read, with a line that names its separator, and with blanks?"""
    text = "sep=;\nid;Nachname;Vorname\n student-017 ;Ä;B\n;;\nstudent-018\n"
    sheet = read_sheet(written(tmp_path, text))
    assert [entry.ids[0] for entry in entries(sheet)] == ["student-017", "student-018"]
    assert sheet.above == [["sep=", ""]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no column with ids"),
        (b"a,b\n1,2\n", "call one of them id"),
        (b"PK\x03\x04", "is a spreadsheet or an archive: save the sheet as CSV"),
    ],
)
def test_what_is_no_sheet_is_named(data, says, tmp_path):
    """Is it said in one line what to do?"""
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(CourseError, match=says):
        read_sheet(tmp_path / "x.csv", "moodle")


def written(folder, text):
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path
