"""What the three learning platforms have in common when a script plays them.

A platform knows its students, what each of them handed in and when. It gives out what an instructor
downloads, and takes what an instructor uploads, as strictly as the real one: whatever that would
refuse, leave aside in silence or hang on the wrong student is `Refused`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ASSIGNMENT = "Convolution arithmetic"


class Refused(Exception):
    """The platform does not take this, or not as it was meant."""


@dataclass(frozen=True)
class Upload:
    """A file, named by the student who uploads it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Attempt:
    """What was handed in at one time.

    Attributes
    ----------
    time : datetime
        With its zone.
    files : tuple of Upload
    """

    time: datetime
    files: tuple[Upload, ...]


@dataclass
class Student:
    """Somebody whom the platform knows.

    Attributes
    ----------
    id : str
        As the course's own list has it.
    last, first : str
        The names that are shown.
    attempts : list of Attempt
        In order of time.
    on_sheet : bool
        Whether the platform's own export of grades has a line for this student.
    due : datetime, optional
        Until when an extension lasts.
    """

    id: str
    last: str
    first: str
    attempts: list[Attempt] = field(default_factory=list)
    on_sheet: bool = True
    due: datetime | None = None

    @property
    def email(self) -> str:
        return f"{self.id}@example.edu"


@dataclass(frozen=True)
class Received:
    """A file of feedback that a student gets to see."""

    name: str
    data: bytes


class Platform:
    """One assignment on a learning platform.

    Parameters
    ----------
    due : datetime
        The class's due date, with its zone.
    points : float
        What the assignment is worth.
    assignment : str
        Its title.
    """

    name = ""
    sheet_name = ""
    delimiter = ","

    def __init__(self, due: datetime, points: float, assignment: str = ASSIGNMENT) -> None:
        self.due = due
        self.points = points
        self.assignment = assignment
        self.students: list[Student] = []
        self.numbers: dict[str, int] = {}  # the platform's own, by the course's id
        self.owners: dict[str, str] = {}  # of the names in downloads

    def enrol(self, students: Iterable[Student]) -> None:
        """Take in the class, and give everybody a number of the platform's own.

        The numbers go another way than the ids, so that no order can stand in for a number.
        """
        self.students = list(students)
        for place, student in enumerate(self.students):
            self.numbers[student.id] = 4000 + (place * 37) % 1009

    def download(self, folder: Path, at: datetime | None = None) -> list[Path]:
        """Write what an instructor downloads; with `at`, as it was at that time."""
        raise NotImplementedError

    def roster(self) -> bytes:
        """Return the platform's own sheet of grades, as it exports it."""
        raise NotImplementedError

    def upload_feedback(self, path: Path) -> dict[str, list[Received]]:
        """Take a zip of feedback; return what each student, by the course's id, gets."""
        raise NotImplementedError

    def upload_grades(self, data: bytes) -> dict[str, float]:
        """Take a filled-in sheet; return the grades, by the course's id."""
        raise NotImplementedError

    def owner(self, name: str) -> str:
        """Return whose a file of the download is, by the course's id."""
        return self.owners[name]

    def is_late(self, student: Student, attempt: Attempt) -> bool:
        """Say whether an attempt came after what is the due date for its student."""
        return attempt.time > (student.due or self.due)

    def by_number(self, number: int) -> Student | None:
        """Return who has a number of the platform's own."""
        return next((s for s in self.students if self.numbers[s.id] == number), None)

    def _pack(self, path: Path, entries: Mapping[str, tuple[str, bytes]], at: datetime) -> Path:
        """Write a zip of `{name: (whose, data)}`.

        All three platforms write the time of the download beside a name, not that of the upload.
        """
        self.owners |= {name: owner for name, (owner, _) in entries.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, (_, data) in entries.items():
                info = zipfile.ZipInfo(name, at.timetuple()[:6])
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        return path


def handed_in(student: Student, at: datetime | None) -> list[Attempt]:
    """Return the attempts that there were at a time."""
    return [a for a in student.attempts if at is None or a.time <= at]


def moment(platform: Platform, at: datetime | None) -> datetime:
    """Return when a download takes place."""
    times = [a.time for s in platform.students for a in s.attempts]
    return at or max([platform.due, *times])


def files_of(path: Path) -> dict[str, bytes]:
    """Read a zip that comes back: no folders, no name twice, none that leads out.

    Raises
    ------
    Refused
        If it is no zip, is damaged, or has such a name.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if len(set(names)) < len(names):
                raise Refused(f"{path.name} has a name twice")
            for name in names:
                if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                    raise Refused(f"{name!r} leads out of {path.name}")
            return {name: archive.read(name) for name in names}
    except zipfile.BadZipFile as error:
        raise Refused(f"{path.name} is no zip: {error}") from None


def table(text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """Read a sheet that comes back: a line of columns, and lines as long as it.

    Raises
    ------
    Refused
        If it is no such table.
    """
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(f"the sheet cannot be read: {error}") from None
    rows = [row for row in rows if row]
    if not rows:
        raise Refused("the sheet is empty")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise Refused(f"line {number} has {len(row)} fields, the first one {len(rows[0])}")
    return rows[0], rows[1:]


def number(cell: str, where: str, most: float) -> float:
    """Read a grade.

    Raises
    ------
    Refused
        If it is none, or is out of range.
    """
    try:
        found = float(cell)
    except ValueError:
        raise Refused(f"{where}: {cell!r} is no number") from None
    if not 0 <= found <= most:
        raise Refused(f"{where}: {cell} is not from 0 to {most:g}")
    return found
