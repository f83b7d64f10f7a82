"""Make the exercises that students get from the solutions, with nbgrader's own generator."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from pathlib import Path

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.handout.assignment import write_exercises
from course_utils.grading.nbgrader_command import nbgrader


def topics(course: Path) -> list[str]:
    """Return the slugs of the course's assignments, in alphabetical order.

    Raises
    ------
    CourseError
        If the course has no folder `solutions`.
    """
    folder = course / "solutions"
    if not folder.is_dir():
        raise CourseError(f"{folder} is missing: run this in the course's folder")
    return sorted(
        path.parent.name for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name
    )


def require_topic(course: Path, slug: str) -> None:
    """Raise a CourseError that names the nearest slug, unless `slug` is an assignment."""
    known = topics(course)
    if slug not in known:
        raise CourseError(f"unknown topic {slug!r}; {did_you_mean(slug, known)}")


def release(course: Path, slugs: list[str], *, check: bool = False) -> list[Path]:
    """Write `exercises/` from `solutions/`, and those from the exercises.

    Return the files that were out of step.

    Parameters
    ----------
    course : Path
        The course's folder.
    slugs : list of str
        The assignments to release; all of them if empty.
    check : bool
        Whether to leave all files as they are and only say what is out of step.

    Raises
    ------
    CourseError
        If a slug is unknown, or nbgrader refuses an assignment; then it writes no exercises.
    """
    for slug in slugs:
        require_topic(course, slug)
    slugs = slugs or topics(course)
    changed = [path for slug in slugs for path in write_exercises(course, slug, check=check)]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        _generate(course, root, slugs)
        for slug in slugs:
            changed += _update(
                root / "exercises" / slug, course / "exercises" / slug, write=not check
            )
    return changed


def _generate(course: Path, root: Path, slugs: list[str]) -> None:
    """Make `exercises/` in an empty folder, with one run of nbgrader, which takes all it finds."""
    (root / "solutions").mkdir()
    for path in (course / "solutions").iterdir():
        if path.name in slugs:
            shutil.copytree(path, root / "solutions" / path.name)
        elif path.is_file():  # nbgrader's header, if there is one
            shutil.copyfile(path, root / "solutions" / path.name)
    # A gradebook refuses points that are no number; the course's own is left alone.
    gradebook = f"--CourseDirectory.db_url=sqlite:///{root.resolve() / 'gradebook.db'}"
    try:
        nbgrader(course, root, "generate_assignment", "*", gradebook)
    except CourseError as error:
        missing = [s for s in slugs if not (root / "exercises" / s).is_dir()] or slugs
        raise CourseError(f"no exercises of {', '.join(missing)}: {error}") from error


def _update(made: Path, kept: Path, *, write: bool) -> list[Path]:
    """Bring the folder `kept` in step with `made`; return the files that were not."""
    names = {
        path.relative_to(folder)
        for folder in (made, kept)
        for path in folder.rglob("*")
        if path.is_file()
    }
    changed = []
    for name in sorted(names):
        new, old = made / name, kept / name
        if new.is_file() and old.is_file() and filecmp.cmp(new, old, shallow=False):
            continue
        changed.append(old)
        if not write:
            continue
        if new.is_file():
            old.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new, old)
        else:
            old.unlink()
    return changed
