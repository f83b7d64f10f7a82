"""Times of platforms in UTC, and when each student must hand in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from course_utils.grading.intake.deadlines import later, read_deadlines
from course_utils.grading.report.results import due_date

SHEET_TIME = re.compile(
    r".*?(\d{1,2})\.? (\w{3})\w*\.? (\d{4}), (\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([AaPp])[Mm])?"
)
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7,
    "aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip


@dataclass(frozen=True)
class Due:
    """When an assignment is due.

    Attributes
    ----------
    everybody : datetime or None
        In UTC; None if there is no date.
    own : dict of str to datetime
        Later dates of single students.
    """

    everybody: datetime | None = None
    own: Mapping[str, datetime] = field(default_factory=dict)

    def of(self, student: str) -> datetime | None:
        """Return when a student must hand in: the later of the class's date and the student's."""
        return later(self.everybody, self.own.get(student))

    def within_minute(self, student: str, shown: datetime) -> datetime:
        """Return when a late attempt was handed in of which only the minute is known, in UTC.

        That is the minute's beginning, unless the attempt was due in that minute: then it is the
        minute's last second, or the first one that is late.
        """
        due = self.of(student)
        if due is None or due.replace(second=0, microsecond=0) != shown:
            return shown
        return max(shown.replace(second=59), due.replace(microsecond=0) + timedelta(seconds=1))


def read_due(course: Path, root: Path, slug: str) -> Due:
    """Read when an assignment is due, from the gradebook and ``deadlines/<slug>.csv``.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug : str

    Raises
    ------
    CourseError
        If there is a file of deadlines and it cannot be read.
    """
    return Due(due_date(course, root, slug), read_deadlines(root, slug))


def sheet_time(text: str) -> datetime | None:
    """Read a time as Moodle's worksheet writes it in English or German; None if it is none.

    >>> sheet_time("Thursday, 1 October 2026, 9:30 PM")
    datetime.datetime(2026, 10, 1, 21, 30)
    >>> sheet_time("-")
    """
    found = SHEET_TIME.fullmatch(text.strip())
    if not found or found[2].casefold() not in MONTHS:
        return None
    hour = int(found[4]) % 12 if found[7] else int(found[4])
    hour += 12 if found[7] and found[7] in "pP" else 0
    try:
        return datetime(
            int(found[3]), MONTHS[found[2].casefold()], int(found[1]), hour, int(found[5]),
            int(found[6] or 0),
        )  # fmt: skip
    except ValueError:
        return None
