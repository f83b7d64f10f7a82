"""When an assignment is due: for the class, for single students, and who was late."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.intake.deadlines import (
    after,
    extend,
    later,
    read_date,
    read_deadlines,
    withdraw,
    written,
)
from course_utils.grading.intake.roster import LISTED, read_roster
from course_utils.grading.intake.submissions import handed_in, normal, odd
from course_utils.grading.intake.take_in import submission_time
from course_utils.grading.intake.times import CHECKED, read_times
from course_utils.grading.late_rule import LateRule
from course_utils.grading.note import counted, listed, printable, quoted
from course_utils.grading.report.results import open_gradebook, settings


@dataclass(frozen=True)
class Late:
    """A student who was late: when they handed in, and by how much it was too late."""

    student: str
    time: datetime
    by: timedelta


@dataclass(frozen=True)
class DueDates:
    """When an assignment is due, and who was late. All dates are in UTC.

    Attributes
    ----------
    assignment : str
    due : datetime or None
        The class's date; None if there is none.
    extensions : dict of str to datetime
    handed_in : int
        How many students.
    late : list of Late
    without_time : list of str
        Students of whom nothing says when they handed in: they are not late.
    rule : str
        What late work loses, in a sentence.
    zone : str
        In which dates are shown; UTC if it is empty.
    """

    assignment: str
    due: datetime | None
    extensions: dict[str, datetime]
    handed_in: int
    late: list[Late]
    without_time: list[str]
    rule: str
    zone: str


class Dates:
    """The due dates of one assignment.

    Parameters
    ----------
    course : Path
        The folder with nbgrader_config.py.
    root : Path
        The folder with the submissions and the gradebook.
    slug : str

    Raises
    ------
    CourseError
        If the gradebook has no such assignment.
    """

    def __init__(self, course: Path, root: Path, slug: str) -> None:
        self._root, self._slug = root, slug
        app = settings(course, root)
        self._config = app.config
        self._address = str(app.coursedir.db_url)
        self.zone = str(self._config.get("NbGraderAPI", {}).get("timezone", ""))
        with open_gradebook(root, self._address, slug) as gradebook:
            dates = {one.name: one.duedate for one in gradebook.assignments}
            self._students = [one.id for one in gradebook.students]
        if slug not in dates:
            is_one = any((folder / "solutions" / slug).is_dir() for folder in (course, root))
            generate = f"run `nbgrader generate_assignment {slug}` first"
            mend = generate if is_one else did_you_mean(slug, dates)
            raise CourseError(f"the gradebook has no assignment {slug!r}: {mend}")
        self.due: datetime | None = dates[slug]

    def set_due(self, date: str) -> datetime:
        """Set the class's date; return it in UTC."""
        due = read_date(date, self.zone)
        with open_gradebook(self._root, self._address, self._slug) as gradebook:
            gradebook.find_assignment(self._slug).duedate = due
            gradebook.db.commit()
        self.due = due
        return due

    def extend(self, students: Iterable[str], date: str) -> str:
        """Give students a date of their own; return it as it is written down.

        Parameters
        ----------
        students : iterable of str
        date : str
            A date, or how much later than the class's: ``+48h``, ``+3d``.

        Raises
        ------
        CourseError
            If it is not later than the class's date, or one of them is not in the class.
        """
        if self.due is None:
            raise CourseError(
                f"{self._slug} has no due date to extend: set one, with "
                f'`course due {self._slug} "2026-10-01 12:00 UTC"`'
            )
        own = after(self.due, date, self.zone)
        shown = written(own, self.zone) if own else _with_zone(date, self.zone)
        own = own or read_date(date, self.zone)
        if own <= self.due:
            raise CourseError(
                f"{shown} is no later than {self._slug} is due: {written(self.due, self.zone)}"
            )
        names = [self._known(student) for student in students]
        for name in names:
            extend(self._root, self._slug, name, shown)
        return shown

    def withdraw(self, students: Iterable[str]) -> None:
        """Take students' own dates back."""
        for student in students:
            withdraw(self._root, self._slug, normal(student))

    def is_new(self, student: str) -> bool:
        """Say whether nothing is known of a student."""
        folders = handed_in(self._root / "submitted", self._slug).folders
        listed_there = read_roster(self._root) is not None
        return not listed_there and student not in {*self._students, *folders}

    def read(self) -> DueDates:
        """Return all dates, and who was late."""
        own = read_deadlines(self._root, self._slug)
        checked = str(self._config.get("CourseAutograde", {}).get("timestamps", CHECKED))
        times = read_times(self._root, self._slug, checked)
        roster = read_roster(self._root)
        late, unknown, count = [], [], 0
        for student, folder in handed_in(self._root / "submitted", self._slug).folders.items():
            if roster is not None and roster.status(student) != LISTED:
                continue
            count += 1
            time = submission_time(folder, self._slug, times.of(student))
            due = later(self.due, own.get(student))
            if time is None:
                unknown.append(student)
            elif self.due and due and time > due:
                late.append(Late(student, time, time - due))
        return DueDates(
            self._slug, self.due, own, count, late, unknown, _rule(self._config), self.zone
        )

    def _known(self, student: str) -> str:
        """Return a student's id, which is one that somebody in the class can have."""
        if why := odd(student):
            raise CourseError(f"{quoted(student)} is no id: {why}")
        name = normal(student)
        roster = read_roster(self._root)
        if roster is not None and (status := roster.status(name)) != LISTED:
            near = did_you_mean(name, roster.present, "look into roster.csv")
            raise CourseError(f"{quoted(name)} is {status}: {near}")
        return name


def _with_zone(date: str, zone: str) -> str:
    """Return a date as it is to be kept: with its zone, as it was written where it has one."""
    read = read_date(date, zone)
    try:
        read_date(date)
    except CourseError:
        return written(read, zone)
    return date.strip()


def _rule(config: Any) -> str:
    """Say what late work loses by a course's settings."""
    plugin = config.get("AssignLatePenalties", {}).get("plugin_class", LateRule)
    if isinstance(plugin, str):
        module, _, name = plugin.rpartition(".")
        plugin = getattr(import_module(module), name, plugin)
    if plugin is not LateRule:
        return f"What late work loses, {getattr(plugin, '__name__', plugin)} says."
    return LateRule(config=config).says


def to_text(dates: DueDates) -> str:
    """Return due dates as text."""

    def shown(date: datetime) -> str:
        return written(date, dates.zone)

    if dates.due is None:
        lines = [f"{dates.assignment} has no due date, so nobody is late."]
    else:
        lines = [f"{dates.assignment} is due {shown(dates.due)}."]
    if dates.extensions:
        lines += ["", "Extensions"]
    for student, own in sorted(dates.extensions.items()):
        idle = "" if dates.due and own > dates.due else "  (no later than the class's date)"
        lines.append(f"  {printable(student, keep='')}  {shown(own)}{idle}")
    if dates.due is not None:
        who = counted(dates.handed_in, "student")
        lines += ["", f"Late: {len(dates.late)} of {who} who handed in"]
    for one in dates.late:
        name = printable(one.student, keep="")
        lines.append(f"  {name}  {shown(one.time)}, late by {span(one.by)}")
    if dates.due is not None and dates.without_time:
        lines.append(
            f"No time is known of {len(dates.without_time)}, and they are not late: "
            f"{listed(dates.without_time)}"
        )
    lines += ["", dates.rule]
    return "\n".join(lines)


def span(time: timedelta) -> str:
    """Write a span of time, in minutes that have begun.

    >>> span(timedelta(days=1, hours=3, minutes=20)), span(timedelta(seconds=1))
    ('1 d 3 h 20 min', '1 min')
    """
    minutes = math.ceil(time / timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
