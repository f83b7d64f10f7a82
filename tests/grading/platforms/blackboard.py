"""Plays an assignment of Blackboard's.

What it writes and takes follows Blackboard's help for instructors ("Download assignments", "Work
offline with grade data", https://help.blackboard.com/Learn/Instructor), and how Blackboard behaves.
It has no way of its own to take feedback for a class, so `upload_feedback` stands for the person,
or the add-on, that hands out files by the user name in the names that Blackboard gave them.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path

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

COLUMN = 88123  # the assignment's number
OTHER = "Weighted Total [Total Pts: up to 0 Percentage] |88001"
COMMENT = "There are no student comments for this assignment."
SUBMISSION = "There is no student submission text data for this assignment."


class Blackboard(Platform):
    """An assignment of Blackboard's.

    Attributes
    ----------
    encoding : str
        Of the sheet: tab-separated text in UTF-16 with a byte order mark, as .xls; Ultra writes
        CSV in UTF-8 as well.
    delimiter : str
    own_users : bool
        Whether students sign in by another name than the course's id, which is then in the column
        "Student ID".
    """

    own_users = False
    name = "blackboard"
    sheet_name = "gc_FM_fullgc_2026-10-25-12-00-00.xls"
    encoding = "utf-16-le"
    delimiter = "\t"

    def download(self, folder: Path, at: datetime | None = None) -> list[Path]:
        """Write the one zip: all attempts of everybody, and a text beside each."""
        entries = {}
        for student in self.students:
            for attempt in handed_in(student, at):
                stem = self._stem(student, attempt)
                names = [(u, f"{stem}_{self._kept(u.name)}") for u in attempt.files]
                entries |= {name: (student.id, upload.data) for upload, name in names}
                text = self._text(student, attempt, [(u.name, name) for u, name in names])
                entries[f"{stem}.txt"] = (student.id, text.encode("utf-8"))
        when = moment(self, at)
        title = self.assignment.replace(" ", "20")
        path = folder / f"gradebook_FM_{title}_{when:%Y-%m-%d-%H-%M-%S}.zip"
        return [self._pack(path, entries, when)]

    def user(self, student: Student) -> str:
        """Return the name with which a student signs in."""
        return f"user_{self.numbers[student.id]}x" if self.own_users else student.id

    def _kept(self, name: str) -> str:
        return re.sub(r"[\x00-\x1f/\\:*?\"<>|]", "_", name)

    def _stem(self, student: Student, attempt: Attempt) -> str:
        return f"{self.assignment}_{self.user(student)}_attempt_{attempt.time:%Y-%m-%d-%H-%M-%S}"

    def _text(self, student: Student, attempt: Attempt, names: list[tuple[str, str]]) -> str:
        shown = f"{attempt.time:%A, %B} {attempt.time.day}, {attempt.time:%Y %I:%M:%S %p} UTC"
        files = "".join(
            f"\tOriginal filename: {given}\n\tFilename: {kept}\n\n" for given, kept in names
        )
        return (
            f"Name: {student.first} {student.last} ({self.user(student)})\n"
            f"Assignment: {self.assignment}\nDate Submitted: {shown}\n"
            f"Current Grade: Needs Grading\n\nSubmission Field:\n{SUBMISSION}\n\n"
            f"Comments:\n{COMMENT}\n\nFiles:\n{files}"
        )

    def roster(self) -> bytes:
        """Return the download of the whole grade centre."""
        text = io.StringIO(newline="")
        writer = csv.writer(
            text, delimiter=self.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n"
        )
        who = ["Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"]
        writer.writerow([*who, OTHER, self._column])
        for student in self.students:
            if student.on_sheet:
                other = student.id if self.own_users else str(self.numbers[student.id])
                names = [student.last, student.first, self.user(student), other]
                grade = "Needs Grading" if student.attempts else ""
                writer.writerow([*names, "2026-10-02 08:00:00", "Yes", "", grade])
        mark = "\ufeff" if self.encoding.startswith("utf-16") else ""
        return (mark + text.getvalue()).encode(self.encoding)

    @property
    def _column(self) -> str:
        return f"{self.assignment} [Total Pts: {self.points:g} Score] |{COLUMN}"

    def upload_feedback(self, path: Path) -> dict[str, list[Received]]:
        """Hand out files by their names: Blackboard's own, or a user name before the first dot."""
        attempt = re.compile(
            rf"{re.escape(self.assignment)}_(.+?)_attempt_(\d{{4}}(?:-\d\d){{5}})(?=[_.])"
        )
        received: dict[str, list[Received]] = {}
        users = {self.user(student): student for student in self.students}
        for name, data in files_of(path).items():
            base = name.rsplit("/", 1)[-1]
            found = attempt.match(base)
            user = found[1] if found else name.split("/")[0] if "/" in name else base.split(".")[0]
            if user not in users:
                raise Refused(f"{name!r} names no user")
            student = users[user]
            times = {f"{a.time:%Y-%m-%d-%H-%M-%S}" for a in student.attempts}
            if found and found[2] not in times:
                raise Refused(f"{name!r} is of no attempt of {user}'s")
            received.setdefault(student.id, []).append(Received(base, data))
        return received

    def upload_grades(self, data: bytes) -> dict[str, float]:
        """Take the sheet back: a line for each user name, columns known by their numbers."""
        text = self._decoded(data)
        columns, rows = table(text, self.delimiter)
        if columns.count("Username") != 1:
            raise Refused(f"there is no one column Username in {columns}")
        mine = [i for i, c in enumerate(columns) if c.endswith(f"|{COLUMN}")]
        if len(mine) != 1:
            raise Refused(f"{len(mine)} columns have the assignment's number")
        known = {"Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"}
        for column in columns:
            if column not in known and not re.search(r"\|\d+$", column):
                raise Refused(f"{column!r} would be a new column of text")
        users = {self.user(student): student for student in self.students if student.on_sheet}
        grades: dict[str, float] = {}
        seen = set()
        for row in rows:
            user, grade = row[columns.index("Username")], row[mine[0]].strip()
            if user not in users:
                raise Refused(f"{user!r} is not enrolled")
            if user in seen:
                raise Refused(f"{user!r} is there twice")
            seen.add(user)
            if grade and grade not in ("Needs Grading", "In Progress"):
                grades[users[user].id] = number(grade, f"the grade of {user}", self.points)
        return grades

    def _decoded(self, data: bytes) -> str:
        try:
            if data.startswith(b"\xff\xfe"):
                return data[2:].decode("utf-16-le")
            if self.encoding.startswith("utf-16") and b"\0" in data:
                raise Refused("the sheet is UTF-16 without a byte order mark")
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(f"the sheet cannot be decoded: {error}") from None
