"""Does no table that we write hold a formula, and each value a cell of its own?"""

import csv
import io
import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_utils.grading.report.export import COLUMNS, SafeCsvExport
from course_utils.grading.report.rendering import to_csv
from course_utils.grading.report.results import Result
from course_utils.grading.report.table import write_rows

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", " =1+1", "\n=1", "\xa0=1", "＝1", "-2",
    '=HYPERLINK("http://a.b","c")', "=cmd|'/c calc'!A1", "\u3000@a",
]  # fmt: skip
TEXTS = ["a,b", 'a"b', "a\nb", "a;b", "a\x1b[31mb", "a\rb", "student-001", "a=1", "\udcff", "漢字"]


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def is_harmless(cell):
    return cell.isprintable() and not cell.lstrip().startswith(tuple("=+-@\t\r＝＋－＠"))


@pytest.mark.parametrize("text", FORMULAS + TEXTS, ids=ascii)
def test_a_text_is_a_text(text):
    """Is it one cell, printable, and nothing that a spreadsheet executes?"""
    file = io.StringIO()
    write_rows(file, [["id", text, 3], [text]])
    first, second = rows_of(file.getvalue())
    assert first == ["id", *second, "3"]
    assert is_harmless(second[0])
    assert file.getvalue().encode("utf-8")


@pytest.mark.parametrize("number", [-1.5, 0, 3.25, -7, 1e-5])
def test_a_number_is_a_number(number):
    """Does a negative number stay one?"""
    file = io.StringIO()
    write_rows(file, [[number, None]])
    assert float(rows_of(file.getvalue())[0][0]) == number
    assert file.getvalue().endswith(",\n")


def test_the_report_as_csv():
    """Are ids harmless there, and scores numbers?"""
    found = [Result(text, {"a": -1.0}, {"a": 2.0}) for text in FORMULAS + TEXTS]
    header, *rows = rows_of(to_csv(found))
    assert header == ["student", "last_name", "first_name", "a", "total", "penalty", "grade"]
    assert len(rows) == len(found)
    for row in rows:
        assert is_harmless(row[0])
        assert row[1:] == ["", "", "-1.0", "-1.0", "0.0", "0.0"]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader adds in an odd order
def test_nbgraders_export(tmp_path, monkeypatch):
    """Has nbgrader's table its columns and rows, whatever is in a name, and only what was asked?"""
    helpers = Path(sys.executable).parent  # where nbgrader's helper `alembic` is
    monkeypatch.setenv("PATH", os.pathsep.join([str(helpers), os.environ["PATH"]]))
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        for slug in ("one", "two"):
            gradebook.add_assignment(slug, duedate="2026-01-02 00:00 UTC")
        gradebook.add_student("=1+1", last_name='Doe, "J"', first_name="@a", email="-x@a.b")
        gradebook.add_student("student-002")
        gradebook.add_submission("one", "=1+1", timestamp="2026-01-01 12:00 UTC")
        path = tmp_path / "grades.csv"
        SafeCsvExport(to=str(path), assignment=["one"]).export(gradebook)
        header, *rows = rows_of(path.read_text())
        first, second = sorted(rows, key=lambda row: row[3])  # nbgrader's order is by names
        assert header == list(COLUMNS)
        assert first == [
            "one", "2026-01-02 00:00:00", "2026-01-01 12:00:00", "'=1+1", 'Doe, "J"', "'@a",
            "'-x@a.b", "0.0", "0.0", "0.0", "0.0",
        ]  # fmt: skip
        assert second[3:] == ["student-002", "", "", "", "0.0", "0.0", "0.0", "0.0"]
        SafeCsvExport(to=str(path), student=["student-002"]).export(gradebook)
        assert [row[0] for row in rows_of(path.read_text())] == ["assignment", "one", "two"]
