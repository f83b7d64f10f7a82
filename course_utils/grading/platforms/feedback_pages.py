"""The pages of feedback of a class: those that are there and of today, and the others made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.note import counted
from course_utils.grading.report.results import SQLITE


@dataclass(frozen=True)
class Pages:
    """The pages of a class.

    Attributes
    ----------
    found : dict of str to Path
        By student, the page; each is of today.
    made : list of str
        Whose pages were missing or older than what they show, and were made.
    without : list of str
        Students without a page.
    says : str
        What nbgrader said where it could not make them all.
    """

    found: dict[str, Path] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    says: str = ""


def up_to_date_pages(
    course: Path,
    root: Path,
    slug: str,
    students: Iterable[str],
    gradebook: str,
    say: Callable[[str], object] = print,
) -> Pages:
    """Return the pages of students; those that are missing or stale are made.

    A page is stale where the autograded notebook is newer, or the gradebook is, in which points may
    have been given by hand since. Of a gradebook that is no file nobody knows that, so that all
    pages are made.

    Parameters
    ----------
    course, root : Path
        The course's folder and the class's.
    slug : str
    students : iterable of str
    gradebook : str
        The gradebook's address.
    say : callable
        Is told what takes long.
    """
    students = sorted(students)
    old = [student for student in students if _is_stale(root, slug, student, gradebook)]
    says = ""
    if old:
        say(f"Writing {counted(len(old), 'page')} of feedback (nbgrader generate_feedback) ...")
        try:
            _make(course, root, slug, [s for s in students if s not in old])
        except CourseError as error:
            says = str(error)
    made = [student for student in old if not _is_old(root, slug, student, gradebook)]
    without = [student for student in old if student not in made]
    found = {s: _page(root, slug, s) for s in students if s not in without}
    return Pages(found, made, without, says)


def _make(course: Path, root: Path, slug: str, others: Sequence[str]) -> None:
    """Have nbgrader make the pages of all but some."""
    names = ",".join(name for name in others if "," not in name)
    leave = [f"--CourseDirectory.student_id_exclude={names}"] if names else []
    nbgrader(course, root.resolve(), "generate_feedback", slug, *leave)


def _is_stale(root: Path, slug: str, student: str, gradebook: str) -> bool:
    """Say whether a page must be made."""
    return not gradebook.startswith(SQLITE) or _is_old(root, slug, student, gradebook)


def _is_old(root: Path, slug: str, student: str, gradebook: str) -> bool:
    """Say whether a page is missing, or older than what it shows."""
    page, notebook = _page(root, slug, student), root / "autograded" / student / slug
    shown = [notebook / f"{slug}.ipynb"]
    if gradebook.startswith(SQLITE):
        shown.append(Path(gradebook.removeprefix(SQLITE)))
    try:
        return any(page.stat().st_mtime_ns < path.stat().st_mtime_ns for path in shown)
    except FileNotFoundError:
        return True


def _page(root: Path, slug: str, student: str) -> Path:
    return root / "feedback" / student / slug / f"{slug}.html"
