"""Tables as CSV that a spreadsheet shows and does not execute; nbgrader's export is one."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from course_utils.grading.note import printable

# What a formula begins with in a spreadsheet: the wide forms do so, too, in some.
FORMULA = tuple("=+-@\t\r＝＋－＠")
COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def write_rows(file: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write rows as CSV: numbers as numbers, and no text that is anything else than text."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    """Return what stands for a value in a table: a text that would be a formula is marked as text.

    >>> _cell("=1+1"), _cell(-1.5), _cell("student-001"), _cell(None)
    ("'=1+1", -1.5, 'student-001', '')
    """
    if value is None or isinstance(value, (int, float)):
        return "" if value is None else value
    text = str(value)
    mark = "'" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else ""
    return mark + printable(text, keep="")


class SafeCsvExport(ExportPlugin):
    """nbgrader's export to CSV, with each value in a cell of its own and no formulas."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades of all assignments, or of those that were asked for."""
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        with path.open("w", encoding="utf-8", newline="") as file:
            write_rows(file, [COLUMNS, *self._rows(gradebook)])

    def _rows(self, gradebook: Gradebook) -> Iterable[list[object]]:
        assignments, students = map(str, self.assignment), map(str, self.student)
        wanted, whose = set(assignments), set(students)
        for assignment in gradebook.assignments:
            if wanted and assignment.name not in wanted:
                continue
            for student in gradebook.students:
                if whose and student.id not in whose:
                    continue
                time: object = None
                raw, penalty, score = 0.0, 0.0, 0.0  # of who handed nothing in
                try:
                    submission = gradebook.find_submission(assignment.name, student.id)
                except MissingEntry:
                    pass
                else:
                    time, raw = submission.timestamp, submission.score
                    penalty = submission.late_submission_penalty
                    score = max(0.0, raw - (penalty or 0.0))
                yield [
                    assignment.name, assignment.duedate, time, student.id, student.last_name,
                    student.first_name, student.email, raw, penalty, score, assignment.max_score,
                ]  # fmt: skip
