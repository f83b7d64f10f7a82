"""Explain a grade: what each exercise came to, and whether the gradebook says the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.appeal.again import Again, TriedTest, run_again
from course_utils.grading.appeal.entry import Entry, Kept, read_entry
from course_utils.grading.appeal.subject import Subject, find_subject

SINCE = "other code has been handed in since; this is about what was graded"


@dataclass(frozen=True)
class Explanation:
    """A grade and where it comes from.

    Attributes
    ----------
    slug, student : str
    again : Again
        What the notebook comes to now.
    entry : Entry or None
        What the gradebook keeps; None if the notebook is not graded.
    notes : tuple of str
        What to know besides.
    """

    slug: str
    student: str
    again: Again
    entry: Entry | None
    notes: tuple[str, ...]

    @property
    def differing(self) -> list[tuple[TriedTest, Kept | None]]:
        """The tests to which the gradebook gives another score than they come to now."""
        kept = self.entry.exercises if self.entry else {}
        pairs = [(test, kept.get(test.name)) for test in self.again.tests]
        return [(test, one) for test, one in pairs if one is None or one.auto != test.score]

    @property
    def by_hand(self) -> dict[str, Kept]:
        """The exercises that a person graded or has yet to grade."""
        tests = {test.name for test in self.again.tests}
        kept = self.entry.exercises if self.entry else {}
        return {name: one for name, one in kept.items() if name not in tests}

    @property
    def same(self) -> bool:
        """Whether the gradebook says the same of all that was run."""
        return not self.differing

    def to_json(self, exercise: str = "") -> dict[str, Any]:
        """Return all of it as data; of one exercise alone if it is named."""
        tests = [test for test in self.again.tests if is_about(test, exercise)]
        entry = self.entry
        return {
            "assignment": self.slug,
            "student": self.student,
            "isolation": self.again.tier,
            "total": self.again.total,
            "points": self.again.points,
            "exercises": [dataclasses.asdict(test) for test in tests],
            "raised": list(self.again.raised),
            "gradebook": dataclasses.asdict(entry) | {"total": entry.total, "grade": entry.grade}
            if entry
            else None,
            "same": self.same,
            "notes": list(self.notes),
        }


def explain(
    course: Path, root: Path, slug: str, student: str, exercise: str = ""
) -> tuple[Subject, Explanation]:
    """Run a graded notebook again, with the same hidden cases, and say what its grade is made of.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug, student : str
    exercise : str
        The one that the explanation is for; it must be there.

    Raises
    ------
    CourseError
        If there is no such assignment, submission or exercise, or the notebook cannot be run.
    """
    subject = find_subject(course, root, slug, student)
    if exercise and exercise not in subject.tests:
        raise CourseError(
            f"{slug} has no exercise {exercise!r}: {did_you_mean(exercise, subject.tests)}"
        )
    again = run_again(subject.notebook, subject.task)
    entry = read_entry(subject.book, subject.student)
    return subject, Explanation(
        slug, subject.student, again, entry, tuple(_notes(subject, again, entry))
    )


def is_about(test: TriedTest, exercise: str) -> bool:
    """Say whether a test is that of an exercise; every one is if none is named."""
    return exercise in ("", test.name)


def _notes(subject: Subject, again: Again, entry: Entry | None) -> Iterator[str]:
    if subject.handed_in_since:
        yield SINCE
    if entry is None:
        yield f"it is not graded yet: run `course grade {subject.slug}`"
    elif subject.changed:
        yield (
            "code, settings or libraries are not as they were when this was graded: "
            f"`course grade {subject.slug}` would run it anew"
        )
    if again.doubts:
        yield f"no verdict came of {', '.join(again.doubts)}, which is no fault of the student's"
