"""When an assignment's secret may be revealed: once nobody hands in any more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.deadlines import read_deadlines
from course_utils.grading.note import quoted
from course_utils.grading.report.results import due_date

WARNING = (
    "Whoever has this secret can work out the hidden cases of any notebook for {slug}. Give it out "
    "when nobody hands in any more, and make a new .course-secret before the next class begins."
)
NOT_KNOWN = " The gradebook has no due date, so look yourself whether that is so."


def require_over(course: Path, root: Path, slug: str) -> str:
    """Refuse as long as anybody may hand in an assignment; return a warning for who goes on.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the gradebook.
    slug : str

    Raises
    ------
    CourseError
        If a due date in the gradebook, or an extension in ``deadlines/<slug>.csv``, has not passed,
        or the file cannot be read.
    """
    try:
        due, own = due_date(course, root, slug), read_deadlines(root, slug)
    except CourseError as error:
        raise CourseError(
            f"nobody knows who may still hand in, as {error}; --force goes on all the same"
        ) from error
    now = datetime.now(UTC).replace(tzinfo=None)
    ends = [("the class", due)] if due else []
    for who, until in [*ends, *((quoted(student), date) for student, date in own.items())]:
        if until > now:
            raise CourseError(
                f"{who} may hand {slug} in until {until:%Y-%m-%d %H:%M} UTC, and the secret would "
                "tell the hidden cases: wait, or add --force"
            )
    return warning(slug) if due else warning(slug) + NOT_KNOWN


def warning(slug: str) -> str:
    """Return what to know before a secret is given out."""
    return WARNING.format(slug=slug)
