"""The pages of feedback of a class: those that are there and of today, and the others made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from course_utils.errors import CourseError
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import SQLITE

POLL = 0.5  # seconds between two looks at how many pages there are


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
    """
    students = sorted(students)
    old = {
        student: _written(_page(root, slug, student))
        for student in students
        if _is_stale(root, slug, student, gradebook)
    }

    def count() -> int:
        return sum(_written(_page(root, slug, s)) not in (0, time) for s, time in old.items())

    says = ""
    if old:
        try:
            _make(course, root, slug, [s for s in students if s not in old], len(old), count)
        except CourseError as error:
            says = str(error)
    made = [s for s, time in old.items() if _written(_page(root, slug, s)) not in (0, time)]
    without = [student for student in old if student not in made]
    found = {s: _page(root, slug, s) for s in students if s not in without}
    return Pages(found, made, without, says)


def _make(
    course: Path,
    root: Path,
    slug: str,
    others: Sequence[str],
    total: int,
    count: Callable[[], int],
) -> None:
    """Have nbgrader make the pages of all but some, and show how many there are."""
    names = ",".join(name for name in others if "," not in name)
    words = [f"--CourseDirectory.student_id_exclude={names}"] if names else []
    with (
        tqdm(total=total, desc="Writing feedback", unit="page", disable=None) as bar,
        ThreadPoolExecutor(1) as pool,
    ):
        making = pool.submit(nbgrader, course, root.resolve(), "generate_feedback", slug, *words)
        running = True
        while running:
            running = bool(wait([making], timeout=POLL).not_done)
            bar.update(count() - bar.n)
        making.result()


def _is_stale(root: Path, slug: str, student: str, gradebook: str) -> bool:
    """Say whether a page must be made: it is missing, or older than what it shows."""
    if not gradebook.startswith(SQLITE):
        return True
    shown = (root / "autograded" / student / slug / f"{slug}.ipynb", Path(gradebook[len(SQLITE) :]))
    return _written(_page(root, slug, student)) < max(map(_written, shown))


def _written(path: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 if it is missing."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _page(root: Path, slug: str, student: str) -> Path:
    return root / "feedback" / student / slug / f"{slug}.html"
