"""The one line in a notebook: ``check("output_size", output_size)``."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
from collections.abc import Callable
from importlib import resources
from typing import Any

from course_utils.checks import book_link, hints, pace, progress
from course_utils.checks.call import StandIn
from course_utils.checks.cascade import not_right_before
from course_utils.checks.cases import CaseSet
from course_utils.checks.encode import decode_cases
from course_utils.checks.grade import grade
from course_utils.checks.one_case import run_case
from course_utils.checks.opened import exercise_names
from course_utils.checks.report import Report
from course_utils.errors import did_you_mean

# nbgrader sets the first while it autogrades. The second names, as "module:function", what makes
# the hidden cases of an exercise; the judge sets it for itself.
GRADING = progress.GRADING
HIDDEN_CASES = "COURSE_HIDDEN_CASES"
LESS_SAFE = (
    "Graded in the notebook's own kernel, on the cases that students have: "
    "the course's nbgrader_config.py grades in a process of its own, on hidden ones."
)


class CheckFailed(AssertionError):
    """A check that did not pass. In a notebook it shows as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(
    name: str, function: Callable[..., Any] | StandIn, *, case: int | None = None
) -> float | None:
    """Check a function and show what was found.

    At the student's desk it runs the frozen cases that come with the package. In the judge it
    runs the hidden cases, and the function stands for one in the student's kernel.

    Parameters
    ----------
    name : str
        The exercise.
    function : callable
        The answer.
    case : int, optional
        At the desk, run this case alone, by its number in the table: what the function prints is
        shown, and what it raises comes with its traceback.

    Returns
    -------
    float or None
        While nbgrader autogrades, the points, which nbgrader reads as the cell's score.

    Raises
    ------
    CheckFailed
        If a case fails; while nbgrader autogrades, only if the score is 0.
    ValueError
        If there is no such exercise.
    TypeError
        If `function` cannot be called.
    """
    grading = os.environ.get(GRADING) == "autograde"
    source = os.environ.get(HIDDEN_CASES) if grading else None
    cases = _call_named(source, name) if source else _at_points(frozen_cases(name))
    if not callable(function) and not isinstance(function, StandIn):
        raise TypeError(
            f'the second argument must be your function, as in check("{name}", {name}), '
            f"not a {type(function).__name__}; write it without parentheses"
        )
    if case is not None:
        if os.environ.get(GRADING) or isinstance(function, StandIn):
            raise ValueError("a check that is graded runs all cases: leave out `case`")
        run_case(cases, case, function)
        return None
    report = grade(cases, function)
    if grading and not source:
        report = dataclasses.replace(report, note=f"{report.note} {LESS_SAFE}".strip())
    if not grading:
        progress.keep(report)
        if report.blank:
            raise CheckFailed(report.summary)  # one line is enough
        book = book_link.where(hints.book_address())
        report = dataclasses.replace(report, earlier=_earlier(report, function), book=book)
        report = _timed(report, cases, function)
        report = hints.held_back(report)
    progress.show(report)
    if not grading:
        progress.show(progress.footer(name))
    if grading and report.score > 0:
        return report.score
    if grading or not report.passed:  # to say nothing would be all points
        raise CheckFailed(
            f"{report.summary}." if grading else f"{name} is not right yet: see above."
        )
    return None


def frozen_cases(name: str) -> CaseSet:
    """Load the cases of an exercise that come with the package.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    return decode_cases(_frozen(name))


def _at_points(cases: CaseSet) -> CaseSet:
    """Return cases for the points that this notebook states."""
    points = progress.points_here(cases.name)
    return cases if points is None else dataclasses.replace(cases, points=points)


def frozen_witnesses(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Load the smallest inputs on which known mistakes of an exercise show, and their pictures.

    Errors are as above.
    """
    data = _frozen(name)
    return data["witnesses"], data.get("pictures", {})


def _frozen(name: str) -> dict[str, Any]:
    folder = resources.files("course_utils.checks") / "frozen"
    known = sorted(exercise_names())
    if name not in known:
        raise ValueError(f"unknown exercise {name!r}; {did_you_mean(name, known)}")
    data: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return data


def _earlier(report: Report, function: Callable[..., Any] | StandIn) -> tuple[str, ...]:
    """Return which earlier exercises to mend first, besides one that is told of already."""
    if report.passed or isinstance(function, StandIn):
        return ()

    def known(name: str) -> CaseSet | None:
        return frozen_cases(name) if name in exercise_names() else None

    says = report.opened.says if report.opened else ""
    found = not_right_before(report.name, function, known)
    return tuple(name for name in found if f"`{name}`" not in says)


def _timed(report: Report, cases: CaseSet, function: Callable[..., Any] | StandIn) -> Report:
    """Say of a right answer that it takes very long, if it does."""
    if not report.passed or isinstance(function, StandIn):
        return report
    says = pace.remark(cases.timing, function)
    see = cases.timing.see if cases.timing and says else ""
    return dataclasses.replace(report, pace=says, see=see)


def case_inputs(name: str, number: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the inputs of one frozen case, to try a function on: ``f(*args, **kwargs)``.

    Parameters
    ----------
    name : str
        The exercise.
    number : int
        The case's number in the table of :func:`check`, from 1.

    Raises
    ------
    ValueError
        If there is no such exercise or case.
    """
    cases = frozen_cases(name).cases
    if not 1 <= number <= len(cases):
        raise ValueError(f"{name} has the cases 1 to {len(cases)}, got {number}")
    case = cases[number - 1]
    return case.args, dict(case.kwargs)


def _call_named(place: str, name: str) -> CaseSet:
    module, _, function = place.partition(":")
    cases: CaseSet = getattr(importlib.import_module(module), function)(name)
    return cases
