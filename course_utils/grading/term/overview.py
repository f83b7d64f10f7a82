"""What a term came to: every student's grade in every assignment, and what they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from course_utils.errors import CourseError
from course_utils.grading.intake.roster import DROPPED, LISTED, UNLISTED, Roster, read_roster
from course_utils.grading.report.results import (
    Result,
    cents,
    open_gradebook,
    points_of,
    results,
)


@dataclass(frozen=True)
class Mark:
    """What a student has in one assignment.

    Attributes
    ----------
    grade : float
        What is left when the penalty for late work is taken off.
    late : bool
    waiting : bool
        Whether something of it waits for points by hand.
    """

    grade: float
    late: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class Assignment:
    """How an assignment came out.

    Attributes
    ----------
    name : str
    points : float
        Points to reach.
    handed_in, late, missing, waiting : int
        How many students.
    lower, median, upper : float
        Quartiles of the grades of those who handed in; NaN if nobody did.
    """

    name: str
    points: float
    handed_in: int
    late: int
    missing: int
    waiting: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class Row:
    """A student's term.

    Attributes
    ----------
    student, last_name, first_name : str
    marks : dict of str to Mark or None
        By assignment; None for one that was not handed in.
    total : float
        The sum of the grades.
    share : float
        Between 0 and 1, more with extra credit: of all points, or the mean of the shares of those
        assignments that count.
    counted : frozenset of str
        The assignments that count.
    """

    student: str
    last_name: str
    first_name: str
    marks: Mapping[str, Mark | None]
    total: float
    share: float
    counted: frozenset[str]


@dataclass(frozen=True)
class Term:
    """What a term came to.

    Attributes
    ----------
    assignments : list of Assignment
        Those of which somebody has a grade, by their due dates; those without one come last.
    students : list of Row
        By id, or in the order of the class's list.
    points : float
        Points to reach in all assignments.
    best : int or None
        How many assignments count, each with the same weight; None if all points count alike.
    dropped, unlisted : list of str
        Students who have grades and are left out.
    without_grades : list of str
        Assignments that nobody has a grade of, and that are left out.
    """

    assignments: list[Assignment]
    students: list[Row]
    points: float
    best: int | None
    dropped: list[str]
    unlisted: list[str]
    without_grades: list[str]


def overview(root: Path, gradebook: str = "", best: int | None = None) -> Term:
    """Gather a term from the gradebook and the class's list.

    Parameters
    ----------
    root : Path
        The folder of the class.
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.
    best : int, optional
        How many assignments of each student count, the best ones. Each weighs the same then, be it
        of many points or few. Without it, a point is a point.

    Raises
    ------
    CourseError
        If there is no gradebook, or no grade in it.
    """
    roster = read_roster(root)
    with open_gradebook(root, gradebook) as opened:
        dates = {assignment.name: assignment.duedate for assignment in opened.assignments}
        released = sorted(dates, key=lambda name: (dates[name] or datetime.max, name))
        handed_in = {name for name in released if opened.assignment_submissions(name)}
        names = {one.id: (one.last_name or "", one.first_name or "") for one in opened.students}
    if not handed_in:
        raise CourseError(f"the gradebook of {root} has no grades: run `course grade SLUG`")
    found = {name: results(root, name, gradebook) for name in released if name in handed_in}
    status = _status(roster, {one.student for each in found.values() for one in each})
    counts = {name: _who_counts(each, status) for name, each in found.items()}
    points = {name: cents(sum(points_of(each).values())) for name, each in found.items()}
    if roster is not None:
        people = {one.id: (one.last_name, one.first_name) for one in roster.people.values()}
        students = {name: people[name] for name in roster.present}
    else:
        students = dict(sorted(names.items()))
    return Term(
        assignments=[
            _assignment(name, points[name], counts[name], len(students)) for name in found
        ],
        students=[
            _row(name, who, {a: _mark(counts[a].get(name)) for a in found}, points, best)
            for name, who in students.items()
        ],
        points=cents(sum(points.values())),
        best=best,
        dropped=sorted(name for name, one in status.items() if one == DROPPED),
        unlisted=sorted(name for name, one in status.items() if one == UNLISTED),
        without_grades=[name for name in released if name not in handed_in],
    )


def best_of(shares: Mapping[str, float], most: int) -> frozenset[str]:
    """Return the names of the largest shares; of those that are equal the first."""
    ranked = sorted(shares, key=lambda name: -shares[name])  # it keeps the order of what is equal
    return frozenset(ranked[:most])


def _status(roster: Roster | None, students: Iterable[str]) -> dict[str, str]:
    return {name: LISTED if roster is None else roster.status(name) for name in students}


def _who_counts(found: Iterable[Result], status: Mapping[str, str]) -> dict[str, Result]:
    return {one.student: one for one in found if status[one.student] == LISTED}


def _mark(result: Result | None) -> Mark | None:
    if result is None:
        return None
    return Mark(result.grade, result.seconds_late > 0, bool(result.waiting))


def _row(
    student: str,
    name: tuple[str, str],
    marks: Mapping[str, Mark | None],
    points: Mapping[str, float],
    best: int | None,
) -> Row:
    """Add a student's grades up."""
    grades = {each: mark.grade if mark else 0.0 for each, mark in marks.items()}
    total, whole = cents(sum(grades.values())), sum(points.values())
    shares = {each: _share(grade, points[each]) for each, grade in grades.items()}
    counted = best_of(shares, len(shares) if best is None else best)
    if best is None:
        share = _share(total, whole)
    else:
        share = sum(shares[each] for each in counted) / len(counted)
    return Row(student, *name, marks=marks, total=total, share=share, counted=counted)


def _share(grade: float, points: float) -> float:
    return grade / points if points else 0.0


def _assignment(name: str, points: float, found: Mapping[str, Result], students: int) -> Assignment:
    grades = [result.grade for result in found.values()]
    lower, median, upper = _quartiles(grades)
    return Assignment(
        name,
        points,
        handed_in=len(found),
        late=sum(result.seconds_late > 0 for result in found.values()),
        missing=students - len(found),
        waiting=sum(bool(result.waiting) for result in found.values()),
        lower=lower,
        median=median,
        upper=upper,
    )


def _quartiles(grades: Sequence[float]) -> tuple[float, float, float]:
    if not grades:
        return (float("nan"),) * 3
    lower, median, upper = np.percentile(grades, [25, 50, 75])
    return cents(float(lower)), cents(float(median)), cents(float(upper))
