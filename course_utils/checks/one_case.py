"""One case of an exercise, run as it is: prints are shown, and exceptions come with a traceback."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from course_utils.checks.call import changed, copies
from course_utils.checks.cases import Case, CaseSet, Raised
from course_utils.checks.grade import grade
from course_utils.checks.probes import probed
from course_utils.checks.progress import Lines, show


def run_case(cases: CaseSet, number: int, function: Callable[..., Any]) -> None:
    """Run one case and show what it comes to. What the function raises goes on its way.

    Parameters
    ----------
    cases : CaseSet
    number : int
        The case's number in the table of a check, from 1.
    function : callable

    Raises
    ------
    ValueError
        If there is no such case.
    """
    if not 1 <= number <= len(cases.cases):
        raise ValueError(f"{cases.name} has the cases 1 to {len(cases.cases)}, got {number}")
    case = cases.cases[number - 1]
    args, kwargs = copies(case.args, case.kwargs)
    show(Lines([f"Case {number}, {case.label}:"]))
    try:
        value = probed(function, cases.probe)(*args, **kwargs)
    except Exception as error:
        if not isinstance(case.expected, Raised) or case.expected.kind not in _kinds(error):
            raise
        show(Lines([f"Right: it raised {type(error).__name__}: {error}"]))
        return
    show(Lines([_verdict(cases, case, value, changed(case, args, kwargs))]))


def _kinds(error: Exception) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__]


def _verdict(cases: CaseSet, case: Case, value: Any, place: str | None) -> str:
    """Say in a line whether a value is right, as a check of this case alone does."""
    if place is not None:
        name = cases.parameters[int(place)] if place.isdigit() else place
        return f"Wrong: your function changed its argument `{name}`; copy what you change."
    alone = dataclasses.replace(
        cases, cases=(dataclasses.replace(case, weight=1.0),), probe="", forbidden=(), order=()
    )
    report = grade(alone, lambda *args, **kwargs: value)
    if report.passed:
        return "Right."
    says = report.first.removeprefix(f"Case 1, {case.label}: ")
    return f"Wrong: {says}"
