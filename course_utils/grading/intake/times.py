"""When a submission was handed in, as far as that can be believed.

A student can write the timestamp.txt in his submission himself. What the platform or the collector
says is kept where no student's file is ever put: in ``times/<assignment>.csv`` beside the folder of
submissions, with the columns ``student`` and ``time``. `nbgrader zip_collect` writes it, and the
instructor may. What stands there counts.

A timestamp.txt counts only if the notebook beside it was not changed later than it says.
"""

from __future__ import annotations

import csv
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.utils import parse_utc

from course_utils.errors import CourseError
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.intake.submissions import normal
from course_utils.grading.note import Note, quoted

TIMESTAMP = "timestamp.txt"
FOLDER = "times"
CHECKED, TRUSTED = "checked", "trusted"
TIME = re.compile(r"\d{4}-\d\d?-\d\d?[ T]\d\d?:[\d:.]+ ?([A-Za-z_]+(/[A-Za-z_]+){0,2}|[+-][\d:]+)?")
MAX_TIMESTAMP = 1000  # bytes
MAX_TIMES = 10_000_000  # bytes
CLOCKS = timedelta(minutes=5)  # by which those of two machines may differ
LATEST = timedelta(days=1)


@dataclass(frozen=True)
class KnownTime:
    """What is known of the time of one submission, besides what lies in it.

    Attributes
    ----------
    recorded : str
        What stands in the file of times; empty if nothing does.
    timestamps : str
        "checked" if a timestamp.txt must agree with the notebook's own time, "trusted" if not.
    file : str
        The file of times, in words.
    """

    recorded: str = ""
    timestamps: str = CHECKED
    file: str = f"{FOLDER}/<assignment>.csv"

    def tell(self, submission: Path, notebook: str) -> tuple[str, list[Note]]:
        """Return the time of a submission in nbgrader's form, nothing if none is known, and notes.

        Parameters
        ----------
        submission : Path
            The student's folder.
        notebook : str
            The file in it that counts; empty if there is none.

        Raises
        ------
        OSError
            If the system refuses to read the time.
        """
        notes = []
        if self.recorded:
            if time := read_time(self.recorded):
                return written_time(time), []
            says = f"{quoted(self.recorded)} in {self.file} is no time of a submission: write day, "
            notes.append(Note("timestamp", f"{says}hour and zone, as in 2026-10-01 12:00 UTC."))
        path = submission / TIMESTAMP
        if not os.path.lexists(path):
            return "", notes
        changed = _changed(submission / notebook if notebook else path)
        time = _handed_in(path)
        if time and time <= _now() + LATEST:
            if self.timestamps == TRUSTED or changed - CLOCKS <= time:
                return written_time(time), notes
            says = f"{TIMESTAMP} says {time:%Y-%m-%d %H:%M} UTC, but the notebook was changed later"
        else:
            says = f"The time in {TIMESTAMP} cannot be right"
        says += f", so {changed:%Y-%m-%d %H:%M} UTC, when the notebook was last changed, counts, "
        says += f"unless {self.file} has another time: ask your instructor if that is wrong."
        return written_time(changed), [*notes, Note("timestamp", says)]


@dataclass(frozen=True)
class Times:
    """What is known of the times of an assignment's submissions, besides what lies in them."""

    recorded: dict[str, str]
    timestamps: str
    file: Path

    def of(self, student: str) -> KnownTime:
        """Return what is known of one student's."""
        recorded = self.recorded.get(student, "")
        return KnownTime(recorded, self.timestamps, f"{FOLDER}/{self.file.name}")


def read_times(root: Path, slug: str, timestamps: str = CHECKED) -> Times:
    """Read the recorded times of an assignment; of what cannot be read there is none.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.
    slug : str
    timestamps : str
        "checked" or "trusted".

    Raises
    ------
    CourseError
        If there is a file of times and it cannot be read.
    """
    file = root / FOLDER / f"{slug}.csv"
    try:
        text = read_regular(file, MAX_TIMES).decode("utf-8-sig")
        rows = csv.DictReader(text.splitlines(), strict=True)
        if missing := {"student", "time"} - set(rows.fieldnames or ()):
            raise ValueError(f"no column is called {min(missing)}")
        recorded = {normal(row["student"] or ""): (row["time"] or "").strip() for row in rows}
    except FileNotFoundError:
        recorded = {}
    except (OSError, ValueError, csv.Error) as error:
        raise CourseError(
            f"{file} cannot be read ({error}): it has lines of a student and a time below the line "
            "student,time"
        ) from error
    return Times(recorded, timestamps, file)


def record_time(root: Path, slug: str, student: str, time: datetime) -> None:
    """Keep when a submission was handed in, in place of what was kept of the same student."""
    record_times(root, slug, {student: time})


def record_times(root: Path, slug: str, known: Mapping[str, datetime | None]) -> None:
    """Keep when submissions were handed in, in place of what was kept of the same students.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.
    slug : str
    known : dict of str to datetime or None
        In UTC; None for a student of whose submission no time is known any more.
    """
    times = read_times(root, slug)
    lines = {student: text for student, text in times.recorded.items() if student not in known}
    lines |= {student: written_time(time) for student, time in known.items() if time}
    if lines == times.recorded:
        return
    times.file.parent.mkdir(parents=True, exist_ok=True)
    draft = times.file.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["student", "time"])
        writer.writerows(sorted(lines.items()))
    os.replace(draft, times.file)


def read_time(text: str) -> datetime | None:
    """Read a time in UTC that has a day and an hour; None if it is none."""
    if not TIME.fullmatch(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an unknown time zone is taken for UTC
            time: datetime = parse_utc(text)
    except Exception:  # dateutil raises errors of many types
        return None
    return time


def _handed_in(path: Path) -> datetime | None:
    try:
        return read_time(read_regular(path, MAX_TIMESTAMP).decode("utf-8-sig").strip())
    except UnicodeDecodeError:
        return None
    except OSError as error:
        if error.errno:
            raise
        return None  # a link, a folder, or too large


def _changed(path: Path) -> datetime:
    try:
        changed = datetime.fromtimestamp(os.lstat(path).st_mtime, UTC).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return _now()
    return min(changed, _now())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def written_time(time: datetime) -> str:
    """Write a time in UTC as it is kept."""
    return f"{time.isoformat(' ')} UTC"
