"""Plays an assignment of Moodle's.

What it writes and takes follows the documentation of the assignment activity ("Assignment
settings", "Using Assignment": *Download all submissions*, *Upload multiple feedback files in a
zip*, *Offline grading worksheet*, https://docs.moodle.org/en/Using_Assignment), and how Moodle 4
behaves.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from tests.grading.platforms.player import (
    Attempt,
    Platform,
    Received,
    Refused,
    Student,
    files_of,
    handed_in,
    moment,
    number,
    table,
)

PARTICIPANT = "Participant "
PLUGINS = {("assignsubmission", "file"), ("assignfeedback", "file")}
FORBIDDEN = re.compile(r"[\x00-\x1f&<>\"`|':\\/\x7f]")  # in the name of a file
UNITS = (("day", 86400), ("hour", 3600), ("min", 60), ("sec", 1))


class Moodle(Platform):
    """An assignment of Moodle's.

    Attributes
    ----------
    folders : bool
        "Download submissions in folders", which is on unless somebody switches it off.
    blind : bool
        Anonymous submissions: numbers, and no names.
    id_numbers : bool
        Whether the worksheet shows ID numbers, as sites with such an identity field do.
    bom : bool
    delimiter : str
    """

    name = "moodle"
    sheet_name = "Grades-FM-Convolution arithmetic-812.csv"
    folders = True
    blind = False
    id_numbers = True
    bom = True
    delimiter = ","
    FIXED: ClassVar[tuple[str, ...]] = (
        "Status",
        "Grade",
        "Maximum Grade",
        "Grade can be changed",
        "Last modified (submission)",
        "Last modified (grade)",
        "Feedback comments",
    )

    def download(self, folder: Path, at: datetime | None = None) -> list[Path]:
        """Write the one zip: of each student what was handed in last."""
        entries = {}
        for student in self.students:
            attempts = handed_in(student, at)
            for upload in attempts[-1].files if attempts else ():
                name = self._prefix(student) + ("/" if self.folders else "_") + clean(upload.name)
                entries[name] = (student.id, upload.data)
        when = moment(self, at)
        path = folder / f"FM-{self.assignment}-812 {when:%d%H%M%S}.zip"
        return [self._pack(path, entries, when)]

    def _prefix(self, student: Student) -> str:
        shown = "Participant" if self.blind else f"{student.first} {student.last}"
        stem = f"{shown.replace('_', ' ')}_{self.numbers[student.id]}_assignsubmission_file"
        return clean(stem)

    def roster(self) -> bytes:
        """Return the offline grading worksheet."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        identity = [] if self.blind else ["Full name", *self._id_column(), "Email address"]
        writer.writerow(["Identifier", *identity, *self.FIXED])
        for student in self.students:
            if student.on_sheet:
                writer.writerow(self._line(student))
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.getvalue().encode("utf-8")

    def _id_column(self) -> list[str]:
        return ["ID number"] if self.id_numbers else []

    def _line(self, student: Student) -> list[str]:
        identity = []
        if not self.blind:
            ids = [student.id] if self.id_numbers else []
            identity = [f"{student.first} {student.last}", *ids, student.email]
        last = student.attempts[-1] if student.attempts else None
        return [
            f"{PARTICIPANT}{self.numbers[student.id]}",
            *identity,
            self._status(student, last),
            "",
            f"{self.points:.2f}",
            "Yes",
            shown_time(last.time) if last else "-",
            "-",
            "",
        ]

    def _status(self, student: Student, last: Attempt | None) -> str:
        parts = ["Submitted for grading" if last else "No submission"]
        if last and self.is_late(student, last):
            parts.append(f"{duration(last.time - (student.due or self.due))} late")
        if not last:
            parts.append(f"Assignment is overdue by: {duration(timedelta(days=20))}")
        if student.due:
            parts.append(f"Extension granted until: {shown_time(student.due)}")
        return " - ".join(parts)

    def upload_feedback(self, path: Path) -> dict[str, list[Received]]:
        """Take a zip of feedback: a part of each path names participant and plugin."""
        received: dict[str, list[Received]] = {}
        for name, data in files_of(path).items():
            student, rest = self._addressee(name)
            if not rest.strip("/"):
                raise Refused(f"nothing is left of {name!r} for a file's name")
            mine = [upload for a in student.attempts[-1:] for upload in a.files]
            if any(clean(upload.name) == rest and upload.data == data for upload in mine):
                raise Refused(f"{name!r} is what the student handed in, so that it is left out")
            received.setdefault(student.id, []).append(Received(rest, data))
        return received

    def _addressee(self, name: str) -> tuple[Student, str]:
        parts = name.split("/")
        if parts[-1].startswith((".", "~")):
            raise Refused(f"{name!r} is a hidden file, which is left out")
        while parts:
            info = parts.pop(0).split("_", 4)
            if len(info) < 4 or not re.fullmatch(r"\s*[+-]?\d+(\.\d*)?\s*", info[1]):
                continue
            student = self.by_number(int(float(info[1])))
            if student is None or not student.on_sheet or (info[2], info[3]) not in PLUGINS:
                continue
            return student, "/".join([*info[4:], *parts]).strip("/")
        raise Refused(f"{name!r} names no participant, so that it is left out")

    def upload_grades(self, data: bytes) -> dict[str, float]:
        """Take the worksheet back: comma and UTF-8 unless the instructor says otherwise."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(f"the worksheet is not UTF-8: {error}") from None
        columns, rows = table(text, self.delimiter)
        columns = [column.strip() for column in columns]
        for column in ("Identifier", "Grade", "Last modified (grade)"):
            if columns.count(column) != 1:
                raise Refused(f"the worksheet has {columns.count(column)} columns {column!r}")
        grades = {}
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            student = self._identified(cells["Identifier"])
            if student.id in grades:
                raise Refused(f"{student.id} is there twice")
            if cells["Grade"].strip():
                where = f"the grade of {cells['Identifier']}"
                grades[student.id] = number(cells["Grade"], where, self.points)
            if cells.get("Maximum Grade") != f"{self.points:.2f}":
                raise Refused(f"the maximum of {student.id} is {cells.get('Maximum Grade')!r}")
        return grades

    def _identified(self, identifier: str) -> Student:
        digits = identifier[len(PARTICIPANT) :]
        student = self.by_number(int(digits)) if re.fullmatch(r"\d+", digits) else None
        if student is None or not student.on_sheet:
            raise Refused(f"{identifier!r} is nobody, so that the line is left out")
        return student


def clean(name: str) -> str:
    """Return a file's name as Moodle keeps it."""
    return re.sub(r"\.\.+", "", FORBIDDEN.sub("", name)).strip()


def shown_time(time: datetime) -> str:
    """Write a time as the worksheet shows it: to the minute, in the zone of who downloads it.

    >>> from datetime import UTC
    >>> shown_time(datetime(2026, 10, 1, 15, 5, 59, tzinfo=UTC))
    'Thursday, 1 October 2026, 3:05 PM'
    """
    return f"{time:%A}, {time.day} {time:%B %Y}, {time.hour % 12 or 12}:{time:%M %p}"


def duration(length: timedelta) -> str:
    """Write a length of time as Moodle does: the two largest units.

    >>> duration(timedelta(seconds=1)), duration(timedelta(days=1, hours=2, minutes=5))
    ('1 sec', '1 day 2 hours')
    """
    left, parts = int(length.total_seconds()), []
    for unit, seconds in UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2])
