"""How far one is in an assignment: the points so far, and what comes next.

It counts the checks that have run since the kernel was started, and says so. Nothing is written
anywhere: after a restart, *Run All* brings it all back, since a check does not stop it.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from course_utils.checks.as_html import to_picture
from course_utils.checks.opened import exercise_names
from course_utils.checks.report import Report

GRADING = "NBGRADER_EXECUTION"  # nbgrader sets it while it autogrades or validates
ASSIGNMENTS = "assignments.json"
BEGUN = "in this session"

_reports: dict[str, Report] = {}  # the last of each exercise, in the order of the checks
_here: dict[str, dict[str, float]] = {}  # what this notebook says of its assignment


@dataclass(frozen=True)
class Standing:
    """One exercise of an assignment and what it has earned.

    Attributes
    ----------
    number : int
        Its place in the assignment, from 1.
    name : str
    points : float
        Points to reach.
    score : float or None
        Points reached; None if nothing is known to be written.
    waits : bool
        Whether nothing is to be mended here, and points are counted when it is graded.
    unchecked : bool
        Whether there is no check for it, so that it is not known whether anything is written.
    """

    number: int
    name: str
    points: float
    score: float | None = None
    waits: bool = False
    unchecked: bool = False

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do, as far as checks know."""
        return (
            self.waits or self.unchecked or (self.score is not None and self.score >= self.points)
        )

    @property
    def word(self) -> str:
        """How it stands, in a few words."""
        if self.waits or self.unchecked:
            return "counted when graded"
        return "to do" if self.score is None else "done" if self.done else "not right yet"


@cache
def assignments() -> dict[str, dict[str, float]]:
    """Return the exercises of each assignment in their order, with their points."""
    file = resources.files("course_utils.checks") / ASSIGNMENTS
    found: dict[str, dict[str, float]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def assignment(slug: str, /, **points: float) -> None:
    """Say what this notebook asks for: its exercises in their order, with their points.

    It stands in the setup of an assignment of the instructor's own choice, so that checks show its
    points. What no check is for, such as a text, is counted when it is graded.

    Parameters
    ----------
    slug : str
        The assignment.
    **points : float
        Of each exercise.

    Raises
    ------
    ValueError
        If points are no positive number.
    """
    for name, value in points.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"points of {name} must be a number, got {value!r}")
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"points of {name} must be positive, got {value}")
    _here.clear()
    _here[slug] = points


def points_here(name: str) -> float | None:
    """Return the points of an exercise that this notebook states; None if it states none."""
    return next((points[name] for points in _here.values() if name in points), None)


def standings(
    slug: str,
    scores: Mapping[str, float],
    waiting: Collection[str] = (),
    exercises: Mapping[str, float] | None = None,
) -> list[Standing]:
    """Return where one stands in an assignment, exercise by exercise.

    `waiting` are those in which all is well as far as can be known before they are graded;
    `exercises` has their points, if they are not those that the package knows.
    """
    asked = exercises or _here.get(slug) or assignments()[slug]
    return [
        Standing(
            number, name, points, scores.get(name), name in waiting, name not in exercise_names()
        )
        for number, (name, points) in enumerate(asked.items(), start=1)
    ]


def keep(report: Report) -> None:
    """Remember what a check has found."""
    _reports[report.name] = report


def last_report(name: str) -> Report | None:
    """Return what the last check of an exercise has found in this session."""
    return _reports.get(name)


def forget() -> None:
    """Begin anew, as after a restart."""
    _reports.clear()
    _here.clear()


def footer(name: str) -> Lines:
    """Return what stands below a check: the points so far, and the next exercise."""
    slug = _assignment_of(name)
    if slug is None:  # an exercise that is in no assignment
        return Lines([])
    found = _standings(slug)
    return Lines([f"So far {in_all(found)}, {BEGUN}. {after(found, name)}"])


def progress() -> None:
    """Show the points of the assignment so far, exercise by exercise, and what comes next.

    It counts the checks that have run since the kernel was started; while nbgrader autogrades, it
    shows nothing, because points are no business of the student's kernel then.
    """
    if os.environ.get(GRADING) == "autograde":
        return
    slugs = dict.fromkeys(filter(None, map(_assignment_of, _reports)))
    if not slugs:
        show(Lines(["No check has run since the kernel was started: run the cells above."]))
    for slug in slugs:
        found = _standings(slug)
        show(Lines([f"{slug}: {in_all(found)}, {BEGUN}. {after(found)}"], table(found)))


def in_all(found: list[Standing]) -> str:
    """Say how many points of an assignment there are."""
    reached = sum(standing.score or 0.0 for standing in found)
    return f"{reached:g} of {sum(standing.points for standing in found):g} points"


def after(found: list[Standing], name: str = "") -> str:
    """Say what is to be done next: the first open exercise behind `name`, else of all others."""
    place = next((i for i, standing in enumerate(found) if standing.name == name), 0)
    behind = found[place + 1 :] if name else found
    rest = [standing for standing in [*behind, *found[:place]] if not standing.done]
    if rest:
        unit = "point" if rest[0].points == 1 else "points"
        return f"Next: {rest[0].number}. `{rest[0].name}` ({rest[0].points:g} {unit})."
    if unchecked := [f"{one.number}. `{one.name}`" for one in found if one.unchecked]:
        listed = ", ".join(unchecked)
        return f"No check is open. See to what has none, {listed}; then save and hand it in."
    if all(standing.done for standing in found):
        return "Nothing is left to do: save the notebook and hand it in."
    return "This is the last one that is open."


def table(found: list[Standing]) -> list[tuple[str, str, str]]:
    """Return a line for each exercise: its number and name, its points, and how it stands."""
    return [
        (
            f"{standing.number}. {standing.name}",
            f"{standing.score or 0:g} of {standing.points:g}",
            standing.word,
        )
        for standing in found
    ]


@dataclass(frozen=True)
class Lines:
    """A few lines of text, a table, links to pictures, that show themselves as HTML and text."""

    texts: list[str]
    rows: list[tuple[str, str, str]] | None = None
    links: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        """Return them as plain text."""
        rows = self.rows or []
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        links = [f"{text}: {address}" for text, address in self.links]
        return "\n".join([*self.texts, *(f"  {line}" for line in lines), *links])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """Return them as HTML that suits light and dark pages."""
        texts = "".join(f'<p style="margin:.5em 0">{_html_text(text)}</p>' for text in self.texts)
        cell = "padding:.15em 1.2em .15em 0;text-align:left"
        rows = "".join(
            f"<tr>{''.join(f'<td style={cell!r}>{html.escape(text)}</td>' for text in row)}</tr>"
            for row in self.rows or []
        )
        rows = f'<table style="border-collapse:collapse">{rows}</table>' if rows else ""
        links = "".join(to_picture(*each) for each in self.links)
        return f'<div class="course-progress">{texts}{rows}{links}</div>'


def show(shown: Any) -> None:
    """Display in a notebook, print elsewhere; nothing if there is nothing to show."""
    if not str(shown):
        return
    try:
        from IPython import get_ipython
        from IPython.display import publish_display_data
    except ImportError:
        print(shown)
        return
    if get_ipython() is None:
        print(shown)
    else:
        publish_display_data(shown._repr_mimebundle_())


def _standings(slug: str) -> list[Standing]:
    scores = {name: report.score for name, report in _reports.items() if not report.blank}
    caught = {name: report.caught for name, report in _reports.items()}
    waiting = [name for name, one in caught.items() if one and one.fine and not one.counted]
    return standings(slug, scores, waiting)


def _assignment_of(name: str) -> str | None:
    known = (*_here.items(), *assignments().items())  # this notebook's own comes first
    return next((slug for slug, names in known if name in names), None)


def _html_text(text: str) -> str:
    """Escape a text and set what stands in backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
