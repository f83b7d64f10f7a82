"""When each student must hand in: the class's due date, or a later one of the student's own.

The class's date is in nbgrader's gradebook. Extensions are in ``deadlines/<assignment>.csv`` beside
the submissions, with the columns ``student`` and ``due``, written by `course due` or by hand;
further columns are kept as they are. Dates are returned in UTC and without a zone, as nbgrader
keeps them.
"""

from __future__ import annotations

import csv
import os
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.intake.submissions import normal
from course_utils.grading.intake.tables import read_table
from course_utils.grading.note import quoted

FOLDER = "deadlines"
COLUMNS = ("student", "due")
EXAMPLE = "2026-10-01 12:00 Europe/Berlin"
DATE = re.compile(r"(\d{4}-\d\d?-\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d))? ?(.*)")
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
SPAN = re.compile(r"\+(\d{1,4})([hd])")
Rows = list[dict[str, str]]


def read_deadlines(root: Path, slug: str) -> dict[str, datetime]:
    """Read the dates of those who have one of their own, by student.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.
    slug : str

    Raises
    ------
    CourseError
        If there is a file of deadlines and it cannot be read, or a date in it.
    """
    return {row["student"]: read_date(row["due"]) for row in _rows(root, slug)}


def due_of(root: Path, slug: str, student: str, due: datetime | None = None) -> datetime | None:
    """Return when a student must hand in.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.
    slug, student : str
    due : datetime, optional
        The class's date. A date of the student's own counts only if it is later.

    Returns
    -------
    datetime or None
        None if there is neither date.
    """
    return later(due, read_deadlines(root, slug).get(student))


def later(due: datetime | None, own: datetime | None) -> datetime | None:
    """Return the later of the class's date and a student's own, if there are such."""
    return max((date for date in (due, own) if date), default=None)


def extend(root: Path, slug: str, student: str, date: str) -> Path:
    """Give a student a date of their own, in place of the one that they had."""
    rows = [row for row in _rows(root, slug) if row["student"] != student]
    return _write(root, slug, [*rows, {"student": student, "due": date}])


def withdraw(root: Path, slug: str, student: str) -> Path:
    """Take a student's own date back.

    Raises
    ------
    CourseError
        If there is none.
    """
    rows = _rows(root, slug)
    kept = [row for row in rows if row["student"] != student]
    if len(kept) == len(rows):
        raise CourseError(f"{quoted(student)} has no extension in {_file(root, slug)}")
    return _write(root, slug, kept)


def read_date(text: str, zone: str = "") -> datetime:
    """Read a date in the zone that it names, and return it in UTC.

    Where the clocks are set back, and the hour comes twice, it is the second one.

    Parameters
    ----------
    text : str
        Such as ``"2026-10-01 12:00 Europe/Berlin"``; ``UTC`` and ``+02:00`` are zones, too.
    zone : str
        The zone of a date that names none; such a date is refused if this is empty.

    Raises
    ------
    CourseError
        If it is no date, names no zone, or is in the hour that is left out in spring.
    """
    found = DATE.fullmatch(text.strip())
    if not found:
        raise CourseError(f"{quoted(text)} is no date: write one as in {EXAMPLE}")
    day, hour, minute, second, named = found.groups()
    try:
        year, month, date = map(int, day.split("-"))
        local = datetime(year, month, date, int(hour), int(minute), int(second or 0))
    except ValueError as error:
        raise CourseError(f"{quoted(text)} is no date: {error}") from None
    if not (named or zone):
        raise CourseError(f"{quoted(text)} names no time zone: write it as in {EXAMPLE}")
    return in_utc(local, named.strip() or zone)


def in_utc(local: datetime, zone: str) -> datetime:
    """Return the date in UTC at which clocks in a zone show another one, the last time they do."""
    place = _zone(zone)
    try:
        dates = [local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)]
        shown = [date.astimezone(place).replace(tzinfo=None) for date in dates]
    except OverflowError:
        raise CourseError(f"no due date is in the year {local.year}") from None
    if local not in shown:
        raise CourseError(
            f"{local:%Y-%m-%d %H:%M} is not on the clocks in {zone}: they are set forward that day"
        )
    return max(dates).replace(tzinfo=None)


def written(date: datetime, zone: str = "") -> str:
    """Write a date that is in UTC as clocks in a zone show it, with the zone behind it.

    >>> written(datetime(2026, 10, 1, 10, 0), "Europe/Berlin")
    '2026-10-01 12:00 Europe/Berlin'
    """
    local = date.replace(tzinfo=UTC).astimezone(_zone(zone or "UTC"))
    seconds = ":%S" if date.second else ""
    return f"{local.strftime(f'%Y-%m-%d %H:%M{seconds}')} {zone or 'UTC'}"


def after(due: datetime, span: str, zone: str = "") -> datetime | None:
    """Return the date that is so much later: ``+48h``, or ``+3d`` at the same time of day.

    Parameters
    ----------
    due : datetime
        In UTC.
    span : str
    zone : str
        Where the time of day is the same; in UTC if it is empty.

    Returns
    -------
    datetime or None
        In UTC; None if `span` is something else.
    """
    found = SPAN.fullmatch(span.strip())
    if not found:
        return None
    count, unit = int(found[1]), found[2]
    if unit == "h":
        return due + timedelta(hours=count)
    local = due.replace(tzinfo=UTC).astimezone(_zone(zone or "UTC")).replace(tzinfo=None)
    return in_utc(local + timedelta(days=count), zone or "UTC")


def _zone(name: str) -> tzinfo:
    if name in ("UTC", "Z", "GMT"):
        return UTC
    if found := OFFSET.fullmatch(name):
        span = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if span < timedelta(days=1):
            return timezone(span if found[1] == "+" else -span)
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        otherwise = "write one as in Europe/Berlin, UTC or +02:00"
        nearest = did_you_mean(name, zoneinfo.available_timezones(), otherwise)
        raise CourseError(f"{quoted(name)} is no time zone: {nearest}") from None


def _file(root: Path, slug: str) -> Path:
    return root / FOLDER / f"{slug}.csv"


def _rows(root: Path, slug: str) -> Rows:
    """Read the lines of the file that give somebody a date."""
    path = _file(root, slug)
    try:
        found = read_table(path, COLUMNS)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise _unreadable(path, str(error)) from error
    rows: Rows = []
    for number, row in enumerate(found, start=1):
        where = f"extension {number}"
        if None in row or None in row.values():
            raise _unreadable(path, f"{where} has more or fewer fields than the first line")
        cells = {name: value.strip() for name, value in row.items()}
        cells["student"] = normal(cells["student"])
        if cells["student"] in [other["student"] for other in rows]:
            raise _unreadable(path, f"{quoted(cells['student'])} is in it twice")
        try:
            read_date(cells["due"])
        except CourseError as error:
            raise _unreadable(path, f"{where}: {error}") from error
        rows.append(cells)
    return rows


def _unreadable(path: Path, why: str) -> CourseError:
    return CourseError(
        f"{path} cannot be read ({why}): it has lines of a student and a date below the line "
        f"{','.join(COLUMNS)}"
    )


def _write(root: Path, slug: str, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write the file in one step, in place of the one that is there."""
    rows = list(rows)
    path = _file(root, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(names), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(draft, path)
    return path
