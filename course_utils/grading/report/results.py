"""The scores of a graded class, read from nbgrader's gradebook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError
from course_utils.grading.own_settings import BrokenSettings

SQLITE = "sqlite:///"  # how the address of a file begins


@dataclass(frozen=True)
class Result:
    """One student's scores, by exercise.

    Attributes
    ----------
    student : str
    scores, points : dict of str to float
        Points reached and points to reach; an exercise without a grade has None for a score.
    last_name, first_name : str
        As the gradebook has them; empty if it does not.
    penalty : float
        Points that are taken off because the work was late.
    seconds_late : float
        By how much it was late, extensions included; 0 if it was not, or its time is not known.
    waiting : tuple of str
        The exercises that wait for points by hand.
    """

    student: str
    scores: dict[str, float | None]
    points: dict[str, float]
    last_name: str = ""
    first_name: str = ""
    penalty: float = 0.0
    seconds_late: float = 0.0
    waiting: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """The sum of the scores."""
        return cents(sum(score or 0.0 for score in self.scores.values()))

    @property
    def grade(self) -> float:
        """What is left of the total when the penalty is taken off."""
        return cents(max(0.0, self.total - self.penalty))

    @property
    def graded(self) -> bool:
        """Whether any exercise has a grade."""
        return any(score is not None for score in self.scores.values())

    @property
    def waits(self) -> bool:
        """Whether a person is still to give points for an exercise, while others have them."""
        return self.graded and None in self.scores.values()


def cents(points: float) -> float:
    """Round points as they are everywhere rounded that anybody reads them: to 0.01."""
    return round(points, 2)


def settings(course: Path, root: Path) -> Any:
    """Return nbgrader's program `NbGrader` with the settings in `course`, for the class in `root`.

    Raises
    ------
    CourseError
        If there is no such folder, or an instructor's own settings cannot be read.
    """
    if not course.is_dir():
        raise CourseError(f"{course} is no folder: name the course's with --course")
    from nbgrader.apps import NbGrader

    words = [f"--CourseDirectory.root={root.resolve()}", "--Application.log_level=ERROR"]
    app = NbGrader()
    try:
        with contextlib.chdir(course):
            app.initialize(words)
    except BrokenSettings as error:
        raise CourseError(str(error)) from error
    return app


def gradebook_address(course: Path, root: Path) -> str:
    """Return the address of the gradebook that nbgrader's settings in `course` name for `root`."""
    return str(settings(course, root).coursedir.db_url)


def due_date(course: Path, root: Path, slug: str) -> datetime | None:
    """Return when an assignment is due, in UTC; None if no gradebook says so, and none is made.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the gradebook.
    slug : str

    Raises
    ------
    CourseError
        If the gradebook does not answer.
    """
    address = gradebook_address(course, root)
    if address.startswith(SQLITE) and not Path(address.removeprefix(SQLITE)).is_file():
        return None
    with open_gradebook(root, address, slug) as gradebook:
        dates = {one.name: one.duedate for one in gradebook.assignments}
    return dates.get(slug)


@contextlib.contextmanager
def open_gradebook(root: Path, gradebook: str = "", slug: str = "SLUG") -> Iterator[Any]:
    """Open nbgrader's gradebook, which must be there.

    Parameters
    ----------
    root : Path
        The folder of the class.
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.
    slug : str
        What an error proposes to grade.

    Raises
    ------
    CourseError
        If there is no gradebook, or it does not answer.
    """
    address = gradebook or f"{SQLITE}{root / 'gradebook.db'}"
    path = Path(address.removeprefix(SQLITE))
    if address.startswith(SQLITE) and not path.is_file():
        raise CourseError(
            f"{path.parent} has no {path.name}: grade first, with `course grade {slug}`, "
            "or name the folder with --root"
        )
    import sqlalchemy.exc
    from nbgrader.api import Gradebook

    try:
        with Gradebook(address) as opened:
            yield opened
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:  # its driver may be missing
        named = sqlalchemy.make_url(address).render_as_string(hide_password=True)
        raise CourseError(f"the gradebook {named} cannot be read: {_first_line(error)}") from error


def results(root: Path, slug: str, gradebook: str = "") -> list[Result]:
    """Read the scores of one assignment from nbgrader's gradebook.

    A score that was set by hand, say in the formgrader, holds; extra credit is added.

    Parameters
    ----------
    root : Path
        The folder of the class.
    slug : str
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.

    Raises
    ------
    CourseError
        If there is no gradebook, it does not answer, or nobody's work was graded.
    """
    from nbgrader.api import MissingEntry

    try:
        with open_gradebook(root, gradebook, slug) as opened:
            opened.find_assignment(slug)
            found = [
                Result(
                    submission.student_id,
                    {g.name: _score(g) for n in submission.notebooks for g in n.grades},
                    {g.name: g.max_score for n in submission.notebooks for g in n.grades},
                    submission.student.last_name or "",
                    submission.student.first_name or "",
                    cents(submission.late_submission_penalty or 0.0),
                    float(submission.total_seconds_late) if submission.assignment.duedate else 0.0,
                    tuple(
                        g.name
                        for n in submission.notebooks
                        for g in n.grades
                        if g.needs_manual_grade
                    ),
                )
                for submission in opened.assignment_submissions(slug)
            ]
    except MissingEntry:
        raise CourseError(f"the gradebook of {root} has no assignment {slug!r}") from None
    if not found:
        raise CourseError(f"nobody's {slug} is graded yet: run `course grade {slug}`")
    return sorted(found, key=lambda result: result.student)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def points_of(found: Iterable[Result]) -> dict[str, float]:
    """Return the points of each exercise that anybody has a score for."""
    return {name: points for result in found for name, points in result.points.items()}


def _score(grade: Any) -> float | None:
    score: float | None = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if score is None else cents(score + (grade.extra_credit or 0.0))
