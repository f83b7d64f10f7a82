"""Which wrong answers of a class no known mistake explains."""

from __future__ import annotations

from collections.abc import Iterable

from course_utils.exercises.catalog import find
from course_utils.grading.report.autograded import Autograded
from course_utils.grading.report.results import Result


def unexplained(found: Iterable[Result], notebooks: Iterable[Autograded]) -> dict[str, list[str]]:
    """Return, for each student, the exercises whose answer is wrong and has no known mistake.

    What was left blank, is measured, or used a shortcut that is not allowed is left out.

    Parameters
    ----------
    found : iterable of Result
    notebooks : iterable of Autograded
    """
    scores = {each.student: each for each in found}
    without: dict[str, list[str]] = {}
    for notebook in notebooks:
        if (result := scores.get(notebook.student)) is None:
            continue
        for check in notebook.checks:
            score, points = result.scores.get(check.exercise), result.points.get(check.exercise, 0)
            explained = check.mistakes or check.shortcuts or check.caught is not None
            if score is None or score >= points or explained or check.exercise in notebook.blank:
                continue
            if _is_compared(check.exercise):
                without.setdefault(notebook.student, []).append(check.exercise)
    return without


def _is_compared(exercise: str) -> bool:
    """Say whether an exercise's answers are compared, case by case."""
    try:
        return not find(exercise).measured
    except ValueError:  # a test of the instructor's own
        return False
