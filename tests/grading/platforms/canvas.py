"""Plays an assignment of Canvas's.

What it writes and takes follows the Canvas guides for instructors ("How do I download all student
submissions for an assignment?", "How do I upload all student submissions for an assignment?", "How
do I export grades in the Gradebook?", "How do I import grades in the Gradebook?",
https://community.canvaslms.com), and how Canvas behaves.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path, PurePosixPath

from tests.grading.platforms.player import (
    Attempt,
    Platform,
    Received,
    Refused,
    Student,
    Upload,
    files_of,
    handed_in,
    moment,
    number,
    table,
)

COLUMN = 7351  # the assignment's number
TEST_STUDENT = "Student, Test"
POINTS = "    Points Possible"
READ_ONLY = ("Current Score", "Final Score")


class Canvas(Platform):
    """An assignment of Canvas's.

    Attributes
    ----------
    sis : bool
        Whether the export has the column "SIS User ID", as it does for who may see it.
    bom : bool
    delimiter : str
        Both are settings of who exports.
    """

    name = "canvas"
    sheet_name = "2026-10-25T1200_Grades-FM.csv"
    sis = True
    bom = False
    delimiter = ","

    def download(self, folder: Path, at: datetime | None = None) -> list[Path]:
        """Write the one zip: of each student what was handed in last."""
        entries = {}
        for student in self.students:
            attempts = handed_in(student, at)
            if attempts:
                for name, upload in self._names(student, attempts).items():
                    entries[name] = (student.id, upload.data)
        when = moment(self, at)
        return [self._pack(folder / f"submissions {when:%d%H%M%S}.zip", entries, when)]

    def _names(self, student: Student, attempts: list[Attempt]) -> dict[str, Upload]:
        late = "LATE_" if self.is_late(student, attempts[-1]) else ""
        user = re.sub(r"[^\w]", "", sortable(student).lower())
        stem = f"{user}_{late}{self.numbers[student.id]}"
        return {
            f"{stem}_{attachment}_{shown}": upload
            for attachment, shown, upload in self._attachments(student, attempts)
        }

    def _attachments(
        self, student: Student, attempts: list[Attempt]
    ) -> list[tuple[int, str, Upload]]:
        """Return number, name and file of what the last attempt has.

        Numbers rise with time. A file that has the name of an earlier one of the same student's is
        shown with a `-1`.
        """
        seen: dict[str, int] = {}
        found: list[tuple[int, str, Upload]] = []
        for place, attempt in enumerate(attempts):
            found = []
            for i, upload in enumerate(attempt.files):
                name = re.sub(r'[\x00/\\:*?"<>|]+', "_", upload.name)
                again = seen.get(name, 0)
                seen[name] = again + 1
                path = PurePosixPath(name)
                shown = f"{path.stem}-{again}{path.suffix}" if again else name
                attachment = 100 * self.numbers[student.id] + 10 * place + i
                found.append((attachment, shown, upload))
        return found

    def roster(self) -> bytes:
        """Return the export of the gradebook."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        sis = ["SIS User ID"] if self.sis else []
        info = ["Student", "ID", *sis, "SIS Login ID", "Section"]
        writer.writerow([*info, self._column, *READ_ONLY])
        writer.writerow(
            [POINTS, *[""] * (len(info) - 1), f"{self.points:.2f}", *["(read only)"] * 2]
        )
        for student in sorted(self.students, key=lambda s: sortable(s).lower()):
            if student.on_sheet:
                name = sortable(student)
                shown = f'="{name}"' if name.lstrip().startswith("=") else name
                ids = [student.id] if self.sis else []
                login = student.id if self.sis else student.email
                who = [shown, str(self.numbers[student.id]), *ids, login, "FM 1"]
                writer.writerow([*who, "", "", "0.00"])
        writer.writerow(
            [TEST_STUDENT, "3999", *[""] * len(sis), "4e5f" * 10, "FM 1", "", "", "0.00"]
        )
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.getvalue().encode("utf-8")

    @property
    def _column(self) -> str:
        return f"{self.assignment} ({COLUMN})"

    def upload_feedback(self, path: Path) -> dict[str, list[Received]]:
        """Take a zip of submissions back.

        Only the last part of a path is looked at. Of its parts between underscores, the first that
        is all digits is the user, the second one a file of what that user handed in last.
        """
        received: dict[str, list[Received]] = {}
        for name, data in files_of(path).items():
            base = name.rsplit("/", 1)[-1]
            parts = base.split("_")
            numbers = [int(part) for part in parts if re.fullmatch(r"[0-9]+", part)]
            if base.startswith("._") or parts[-1].startswith("link"):
                raise Refused(f"{name!r} is left out: it has no attachment")
            if len(numbers) < 2:
                raise Refused(f"{name!r} is left out: it has no user and attachment")
            student = self.by_number(numbers[0])
            if student is None or not student.attempts:
                raise Refused(f"{name!r} is left out: {numbers[0]} has handed in nothing")
            mine = {a: shown for a, shown, _ in self._attachments(student, student.attempts)}
            if numbers[1] not in mine:
                says = f"{numbers[1]} is not in what {numbers[0]} handed in last"
                raise Refused(f"{name!r} is left out: {says}")
            received.setdefault(student.id, []).append(Received(base, data))
        return received

    def upload_grades(self, data: bytes) -> dict[str, float]:
        """Take the export back: the delimiter is found, the column has the assignment's number."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(f"the file is not UTF-8: {error}") from None
        columns, rows = table(text, self.delimiter)
        if not (columns[0] == "Student" and columns[1] == "ID" and "Section" in columns[2:6]):
            raise Refused(f"the first columns are {columns[:5]}")
        first = columns.index("Section") + 1
        for column in columns[first:]:
            if column != self._column and not any(part in column for part in READ_ONLY):
                raise Refused(f"{column!r} would be a new assignment")
        if columns.count(self._column) != 1:
            raise Refused(f"there is no one column {self._column!r}")
        place = columns.index(self._column)
        grades: dict[str, float] = {}
        seen = set()
        for row in rows:
            grade = row[place].strip()
            if "Points Possible" in row[0]:
                if float(grade) != self.points:
                    raise Refused(f"the assignment would be worth {grade}")
                continue
            if row[1] == "3999":
                if grade:
                    raise Refused(f"the test student would get {grade}")
                continue
            student = self._user(row)
            if student.id in seen:
                raise Refused(f"{student.id} is there twice")
            seen.add(student.id)
            if grade:
                grades[student.id] = number(grade, f"the grade of {row[0]!r}", self.points)
        return grades

    def _user(self, row: list[str]) -> Student:
        student = self.by_number(int(row[1])) if re.fullmatch(r"[0-9]+", row[1]) else None
        if student is None or not student.on_sheet:
            raise Refused(f"{row[0]!r} with the ID {row[1]!r} is nobody of this course")
        return student


def sortable(student: Student) -> str:
    """Return the name by which Canvas sorts; a number of its own in it loses its underscores."""
    name = f"{student.last}, {student.first}" if student.first else student.last
    return re.sub(r"_(\d+)_", r"\1", name)
