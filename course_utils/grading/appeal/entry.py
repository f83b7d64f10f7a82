"""What the gradebook keeps of one student's assignment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import Gradebook, MissingEntry

from course_utils.grading.batch.gradebook import Book
from course_utils.grading.report.results import cents


@dataclass(frozen=True)
class Kept:
    """What is kept of one exercise.

    Attributes
    ----------
    points : float
    auto, manual : float or None
        What the test gave, and what a person gave in its place.
    extra : float
        What a person added.
    """

    points: float
    auto: float | None
    manual: float | None = None
    extra: float = 0.0

    @property
    def score(self) -> float:
        """What counts."""
        given = self.auto if self.manual is None else self.manual
        return cents((given or 0.0) + self.extra)


@dataclass(frozen=True)
class Entry:
    """What is kept of an assignment.

    Attributes
    ----------
    exercises : dict of str to Kept
    penalty : float
        Points that are taken off because the work was late.
    """

    exercises: dict[str, Kept]
    penalty: float = 0.0

    @property
    def total(self) -> float:
        """The sum of what counts."""
        return cents(sum(kept.score for kept in self.exercises.values()))

    @property
    def grade(self) -> float:
        """What is left of the total when the penalty is taken off."""
        return cents(max(0.0, self.total - self.penalty))


def read_entry(book: Book, student: str) -> Entry | None:
    """Return what the gradebook keeps of a student's assignment; None if it keeps nothing."""
    with Gradebook(book.coursedir.db_url) as gradebook:
        try:
            found = gradebook.find_submission(book.slug, student)
        except MissingEntry:
            return None
        exercises = {
            grade.name: Kept(
                grade.max_score,
                None if grade.auto_score is None else cents(grade.auto_score),
                None if grade.manual_score is None else cents(grade.manual_score),
                cents(grade.extra_credit or 0.0),
            )
            for notebook in found.notebooks
            for grade in notebook.grades
        }
        penalty = cents(found.late_submission_penalty or 0.0)
    if all(kept.auto is None and kept.manual is None for kept in exercises.values()):
        return None
    return Entry(exercises, penalty)


def due_date(book: Book) -> datetime | None:
    """Return when an assignment was due, in UTC without a zone; None if that is not known."""
    with Gradebook(book.coursedir.db_url) as gradebook:
        due: datetime | None = gradebook.find_assignment(book.slug).duedate
    return due
