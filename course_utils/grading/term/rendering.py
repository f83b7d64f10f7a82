"""A term as text, CSV and JSON."""

from __future__ import annotations

import io
import json
import math
import textwrap
from collections.abc import Iterable
from dataclasses import asdict

from course_utils.grading.note import counted, listed, printable
from course_utils.grading.report.rendering import WIDTH, columns, cut
from course_utils.grading.report.table import write_rows
from course_utils.grading.term.overview import Mark, Row, Term

MISSING = "-"
SIGNS = {"late": "L", "waiting": "?"}


def to_text(term: Term) -> str:
    """Return a term as text, at most 100 columns wide."""
    title = f"{counted(len(term.students), 'student')}, "
    title += f"{counted(len(term.assignments), 'assignment')}, {term.points:g} points"
    blocks = [title, _students(term), _wrap(_legend(term)), _assignments(term)]
    blocks.append(
        "Q1 and Q3 are the quartiles; they and the median are of the grades of those who handed in."
    )
    named = {
        "Dropped, and left out": term.dropped,
        "Not on the list of the class, and left out": term.unlisted,
        "Without any grade, and left out": term.without_grades,
    }
    blocks += [_wrap(f"{says}: {listed(names)}") for says, names in named.items() if names]
    return printable("\n\n".join(blocks) + "\n")


def _students(term: Term) -> str:
    share = "share" if term.best is None else f"best {term.best}"
    table = [["student", "points", *map(_who, term.students)]]
    for i, one in enumerate(term.assignments, start=1):
        cells = [_cell(row, one.name) for row in term.students]
        table.append(_padded([f"{i}", f"{one.points:g}", *cells]))
    table.append(["total", *(f"{points:g}" for points in (term.points, *_totals(term)))])
    table.append([share, "100 %", *(f"{100 * row.share:.1f} %" for row in term.students)])
    return columns(list(zip(*table, strict=True)), rule_after=2)


def _totals(term: Term) -> list[float]:
    return [row.total for row in term.students]


def _cell(row: Row, name: str) -> str:
    mark = row.marks[name]
    text = MISSING if mark is None else f"{mark.grade:g}{_signs(mark)}"
    return text if name in row.counted else f"({text})"


def _signs(mark: Mark) -> str:
    return "".join(sign for what, sign in SIGNS.items() if getattr(mark, what))


def _padded(cells: Iterable[str]) -> list[str]:
    """Add blanks behind numbers where others have a sign, so that digits are below digits."""
    cells = list(cells)
    behind = [len(cell) - len(cell.rstrip("L?)")) for cell in cells]
    most = max(behind, default=0)
    return [cell + " " * (most - own) for cell, own in zip(cells, behind, strict=True)]


def _legend(term: Term) -> str:
    marks = [mark for row in term.students for mark in row.marks.values()]
    says = []
    if any(mark and mark.late for mark in marks):
        says.append("L: late")
    if any(mark and mark.waiting for mark in marks):
        says.append("?: waits for points by hand")
    if None in marks:
        says.append(f"{MISSING}: not handed in, counts 0")
    if term.best is None:
        says.append("share: of all points")
    else:
        says.append(
            f"best {term.best}: the mean of the student's best shares, in which each assignment "
            "weighs the same"
        )
        if any(len(row.counted) < len(row.marks) for row in term.students):
            says.append("(): does not count")
        if term.best > len(term.assignments):
            says.append(f"so far there are {len(term.assignments)}, and all of them count")
    return f"Grades are after penalties. {'; '.join(says)}."


def _assignments(term: Term) -> str:
    rows = [
        [
            "assignment", "points", "handed in", "late", "missing", "waiting", "Q1", "median",
            "Q3",
        ],
    ]  # fmt: skip
    place = len(str(len(term.assignments)))
    for i, one in enumerate(term.assignments, start=1):
        counts = one.handed_in, one.late, one.missing, one.waiting
        quartiles = one.lower, one.median, one.upper
        rows.append(
            [
                f"{i:>{place}} {cut(printable(one.name, keep=''))}",
                f"{one.points:g}",
                *map(str, counts),
                *(MISSING if math.isnan(each) else f"{each:g}" for each in quartiles),
            ]
        )
    return columns(rows, rule_after=1)


def _who(row: Row) -> str:
    """Return an id, with the name behind it if there is one."""
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    return " ".join(cut(printable(text, keep="")) for text in (row.student, name) if text)


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)


def to_csv(term: Term) -> str:
    """Return a term as CSV: a row for each student, a column for each assignment.

    A grade is empty where nothing was handed in. The columns `late`, `waiting` and `not_counted`
    name assignments.
    """
    names = [assignment.name for assignment in term.assignments]
    header = ["student", "last_name", "first_name", *names, "total", "points", "share"]
    rows: list[list[object]] = [[*header, "late", "waiting", "not_counted"]]
    for row in term.students:
        marks = row.marks
        rows.append(
            [
                *(row.student, row.last_name, row.first_name),
                *(mark.grade if (mark := marks[name]) else None for name in names),
                *(row.total, term.points, round(row.share, 4)),
                " ".join(name for name in names if (mark := marks[name]) and mark.late),
                " ".join(name for name in names if (mark := marks[name]) and mark.waiting),
                " ".join(name for name in names if name not in row.counted),
            ]
        )
    text = io.StringIO()
    write_rows(text, rows)
    return text.getvalue()


def to_json(term: Term) -> str:
    """Return a term as JSON; a number that is undefined is null."""
    data = asdict(term)
    for one in data["assignments"]:
        one.update({key: None for key in ("lower", "median", "upper") if math.isnan(one[key])})
    for row, student in zip(term.students, data["students"], strict=True):
        student["counted"] = [name for name in row.marks if name in row.counted]
    return json.dumps(data, indent=1, allow_nan=False)
