"""What becomes of a grade: the old one and the new one, exercise by exercise, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from course_utils.checks.report import MIME
from course_utils.grading.batch import parts
from course_utils.grading.batch.gradebook import Entry
from course_utils.grading.batch.records import Record
from course_utils.grading.batch.task import Outputs

NONE = "not there"


@dataclass(frozen=True)
class Case:
    """A case of a check that came to something else.

    Attributes
    ----------
    label : str
        What is special about it.
    old, new : str
        The verdicts, in words.
    """

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Exercise:
    """A test whose score is another one.

    Attributes
    ----------
    name : str
    old, new : float or None
        The scores that count; None where there was, or is, no such test.
    points : float
        To reach.
    cases : tuple of Case
        Those that came to something else.
    says : str
        What the test ended with, where it ended with an error.
    """

    name: str
    old: float | None
    new: float | None
    points: float
    cases: tuple[Case, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Change:
    """What becomes of one student's grade.

    Attributes
    ----------
    student : str
    old : float or None
        The grade of before, after the penalty; None if there was none.
    new : float
        The grade now, after the penalty.
    old_penalty, new_penalty : float
    exercises : tuple of Exercise
        Those whose scores have changed.
    causes : tuple of str
        What can have changed it, by the names in :mod:`.parts`.
    known : bool
        Whether there is a record of what the old grade depended on.
    by_hand : tuple of str
        Tests with points that a person gave, which stay.
    lost : tuple of str
        Tests that came to no verdict, for no reason of the student's: such a fall is never written.
    """

    student: str
    old: float | None
    new: float
    old_penalty: float = 0.0
    new_penalty: float = 0.0
    exercises: tuple[Exercise, ...] = ()
    causes: tuple[str, ...] = ()
    known: bool = True
    by_hand: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def rises(self) -> bool:
        """Whether the grade is a higher one."""
        return self.old is not None and self.new > self.old

    @property
    def falls(self) -> bool:
        """Whether the grade is a lower one."""
        return self.old is not None and self.new < self.old

    @property
    def is_own(self) -> bool:
        """Whether nothing but what the student did can have changed it."""
        return self.known and parts.are_own(self.causes)

    @property
    def why(self) -> str:
        """The causes, in words."""
        if self.lost:
            return f"no verdict came of {', '.join(self.lost)}"
        if not self.known:
            return "there is no record of what the grade of before came from"
        return parts.in_words(self.causes)


def change(
    student: str,
    entries: tuple[Entry | None, Entry],
    records: tuple[Record, Record],
    now: Mapping[str, str],
) -> Change:
    """Say what becomes of a student's grade.

    Parameters
    ----------
    student : str
    entries : tuple of Entry
        What the gradebook held, None if nothing, and what it is to hold.
    records : tuple of Record
        What was run before, and now.
    now : dict of str to str
        What the new entry depends on, by part.
    """
    old, new = entries
    before, after = records
    if old is None or not old.is_graded:
        return Change(student, None, new.grade, new_penalty=new.penalty)
    exercises = tuple(_exercises(old, new, before, after))
    tests = [one.name for one in exercises]
    changed = parts.changed(before.written, now)
    return Change(
        student,
        old.grade,
        new.grade,
        old.penalty,
        new.penalty,
        exercises,
        tuple(parts.relevant(changed, tests, old.penalty != new.penalty)),
        known=bool(before.written),
        by_hand=tuple(sorted(new.by_hand)),
        lost=tuple(after.faults),
    )


def _exercises(old: Entry, new: Entry, before: Record, after: Record) -> Iterator[Exercise]:
    """Yield the tests whose scores have changed, in the notebook's order."""
    for name in dict.fromkeys([*after.tests, *new.scores, *old.scores]):
        was, now = old.scores.get(name), new.scores.get(name)
        if was == now:
            continue
        one, two = (record.tests.get(name, ("", []))[1] for record in (before, after))
        points = new.points.get(name, old.points.get(name, 0.0))
        yield Exercise(name, was, now, points, tuple(_cases(one, two)), _error(two))


def _cases(old: Outputs, new: Outputs) -> Iterator[Case]:
    """Yield the cases whose verdicts differ."""
    one, two = dict(_verdicts(old)), dict(_verdicts(new))
    for label in dict.fromkeys([*two, *one]):
        was, now = one.get(label, NONE), two.get(label, NONE)
        if was != now:
            yield Case(label, was, now)


def _verdicts(outputs: Outputs) -> Iterator[tuple[str, str]]:
    """Yield each case of a test's checks: its label, which no other has, and its verdict."""
    reports = [data[MIME] for one in outputs if MIME in (data := one.get("data", {}))]
    seen: Counter[str] = Counter()
    for report in reports:
        for row in report.get("rows", []):
            label = str(row.get("label") or f"case {row.get('number')}")
            if len(reports) > 1:
                label = f"{report.get('name')}: {label}"
            seen[label] += 1
            yield label if seen[label] == 1 else f"{label} ({seen[label]})", _verdict(row)


def _verdict(row: Mapping[str, Any]) -> str:
    passed, share = row.get("passed"), row.get("share")
    if share is not None:
        return f"{share:.0%} of its points"
    return "not run" if passed is None else "right" if passed else "wrong"


def _error(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Return what a test ended with, where that is an error."""
    errors = [one for one in outputs if one.get("output_type") == "error"]
    return f"{errors[-1].get('ename')}: {errors[-1].get('evalue')}" if errors else ""
