"""What `nbgrader export` writes here: nbgrader's own table, in which text stays text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from course_utils.grading.report.results import cents
from course_utils.grading.report.table import write_rows

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


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
                    time, raw = submission.timestamp, cents(submission.score)
                    penalty = cents(submission.late_submission_penalty or 0.0)
                    score = cents(max(0.0, raw - penalty))
                yield [
                    assignment.name, assignment.duedate, time, student.id, student.last_name,
                    student.first_name, student.email, raw, penalty, score, assignment.max_score,
                ]  # fmt: skip
