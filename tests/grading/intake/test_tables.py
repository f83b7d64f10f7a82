"""Is a table read as editors and spreadsheets save it, on any system and in any language?"""

import csv

import pytest

from course_utils.grading.intake.roster import read_roster
from course_utils.grading.intake.tables import read_table
from course_utils.grading.intake.times import read_times

ROWS = [["student", "note"], ["Ünal, jr.", "“5 €” – yes"], ["zoë;1", ""]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read(encoding, delimiter, end, tmp_path):
    """Are letters, quotation marks and delimiters within fields right?"""
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(ROWS)
    assert [list(row.values()) for row in read_table(path, ["student"])] == ROWS[1:]


@pytest.mark.parametrize("text", [b"", b"name\na\n", b'student\n"a\n', b"student\n\x81\x00\xff\n"])
def test_what_is_no_such_table(text, tmp_path):
    """Is a file without the column, or that is no text, an error?"""
    (tmp_path / "table.csv").write_bytes(text)
    with pytest.raises((ValueError, csv.Error)):
        read_table(tmp_path / "table.csv", ["student"])


def test_lists_and_times_are_such_tables(tmp_path):
    """Are the class's list and the times read that Excel saved on Windows?"""
    (tmp_path / "roster.csv").write_bytes("id;last_name\r\nzoë;O’Neill – jr.\r\n".encode("cp1252"))
    assert read_roster(tmp_path).people["zoë"].last_name == "O’Neill – jr."
    (tmp_path / "times").mkdir()
    text = "student;time\r\nzoë;2026-10-01 12:00 UTC\r\n"
    (tmp_path / "times" / "lstm.csv").write_bytes(text.encode("cp1252"))
    assert read_times(tmp_path, "lstm").recorded == {"zoë": "2026-10-01 12:00 UTC"}
