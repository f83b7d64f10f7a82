"""Who rises, who falls, by how much and why: as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from course_utils.grading.batch.changes import Case, Change, Exercise
from course_utils.grading.batch.summary import Summary
from course_utils.grading.note import counted, printable, quoted

SHOWN = 10  # students, and cases of an exercise
LONGEST = 100  # characters of what a test says


def in_a_line(change: Change) -> str:
    """Say how a grade changes, and why."""
    return f"{quoted(change.student)} from {change.old:g} to {change.new:g}: {change.why}"


def grouped(summary: Summary) -> dict[str, list[Change]]:
    """Return the changes that are to be told, by what becomes of the grade."""
    found = [summary.changes[name] for name in sorted(summary.changes)]
    return {
        "falls": [one for one in found if one.falls],
        "rises": [one for one in found if one.rises],
        "is new": [one for one in found if one.old is None],
        "stays": [one for one in found if not (one.falls or one.rises or one.old is None)],
    }


def overview(summary: Summary) -> Iterator[str]:
    """Yield lines that say of a dry run how many would rise and fall, who, and why."""
    groups = grouped(summary)
    for verb, many in (("rise", groups["rises"]), ("fall", groups["falls"])):
        yield f"{counted(len(many), 'grade')} would {verb}{':' if many else '.'}"
        yield from _first(many)
    new, same = len(groups["is new"]), len(groups["stays"]) + len(summary.unchanged)
    yield f"{counted(new, 'grade')} would be new, {same} would stay."


def _first(many: list[Change]) -> Iterator[str]:
    many = sorted(many, key=lambda one: (-abs(one.new - (one.old or 0)), one.student))
    yield from (f"  {in_a_line(one)}" for one in many[:SHOWN])
    if (more := len(many) - SHOWN) > 0:
        yield f"  and {more} more, which --diff shows"


def details(summary: Summary) -> Iterator[str]:
    """Yield lines that say of each grade that changes what it is made of."""
    for change in [one for many in grouped(summary).values() for one in many]:
        if change.old is None:
            yield f"{quoted(change.student)}: new, {change.new:g}"
        elif change.old != change.new or change.exercises:
            yield from _details(change)


def _details(change: Change) -> Iterator[str]:
    assert change.old is not None
    verb = "falls" if change.falls else "rises" if change.rises else "stays"
    yield f"{quoted(change.student)}: {verb}, {change.old:g} -> {change.new:g}"
    yield f"  because of {change.why}"
    for exercise in change.exercises:
        yield from _exercise(exercise)
    if change.old_penalty != change.new_penalty:
        yield f"  penalty: {change.old_penalty:g} -> {change.new_penalty:g}"
    if change.by_hand:
        yield f"  points given by hand stay: {', '.join(change.by_hand)}"


def _exercise(exercise: Exercise) -> Iterator[str]:
    old, new = (_score(score) for score in (exercise.old, exercise.new))
    yield f"  {exercise.name}: {old} -> {new} of {exercise.points:g}"
    for case in exercise.cases[:SHOWN]:
        yield f"    {_case(case)}"
    if (more := len(exercise.cases) - SHOWN) > 0:
        yield f"    and {more} more"
    if exercise.says and not exercise.cases:
        says = " ".join(exercise.says.split())
        yield f"    now ends with {says[:LONGEST]}{'…' * (len(says) > LONGEST)}"


def _score(score: float | None) -> str:
    return "none" if score is None else f"{score:g}"


def _case(case: Case) -> str:
    return f"{case.label}: {case.old} -> {case.new}"


def printed(lines: Iterable[str]) -> str:
    """Join lines, each as it may be shown on a terminal."""
    return "\n".join(printable(line, keep="") for line in lines)


def to_data(slug: str, summary: Summary) -> dict[str, Any]:
    """Return a summary as data for JSON."""
    changes = [
        {**asdict(one), "rises": one.rises, "falls": one.falls, "why": one.why}
        for one in summary.changes.values()
    ]
    return {"assignment": slug, **asdict(summary), "changes": changes, "tiers": [*summary.tiers]}
