"""The scores of a graded class, read from nbgrader's gradebook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError

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
    """

    student: str
    scores: dict[str, float | None]
    points: dict[str, float]
    last_name: str = ""
    first_name: str = ""
    penalty: float = 0.0

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


def gradebook_address(course: Path, root: Path) -> str:
    """Return the address of the gradebook that nbgrader's settings in `course` name for `root`."""
    if not course.is_dir():
        raise CourseError(f"{course} is no folder: name the course's with --course")
    from nbgrader.apps import NbGrader

    words = [f"--CourseDirectory.root={root.resolve()}", "--Application.log_level=ERROR"]
    app = NbGrader()
    with contextlib.chdir(course):
        app.initialize(words)
    return str(app.coursedir.db_url)


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
    address = gradebook or f"{SQLITE}{root / 'gradebook.db'}"
    path = Path(address.removeprefix(SQLITE))
    if address.startswith(SQLITE) and not path.is_file():
        raise CourseError(
            f"{path.parent} has no {path.name}: grade first, with `course grade {slug}`, "
            "or name the folder with --root"
        )
    import sqlalchemy.exc
    from nbgrader.api import Gradebook, MissingEntry

    try:
        with Gradebook(address) as opened:
            opened.find_assignment(slug)
            found = [
                Result(
                    submission.student_id,
                    {g.name: _score(g) for n in submission.notebooks for g in n.grades},
                    {g.name: g.max_score for n in submission.notebooks for g in n.grades},
                    submission.student.last_name or "",
                    submission.student.first_name or "",
                    cents(submission.late_submission_penalty or 0.0),
                )
                for submission in opened.assignment_submissions(slug)
            ]
    except MissingEntry:
        raise CourseError(f"the gradebook of {root} has no assignment {slug!r}") from None
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:  # its driver may be missing
        named = sqlalchemy.make_url(address).render_as_string(hide_password=True)
        raise CourseError(f"the gradebook {named} cannot be read: {_first_line(error)}") from error
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
