"""The tour: grade a sample class, and build the book."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import nbformat
from tqdm import tqdm

from course_utils.cores import cores
from course_utils.errors import CourseError
from course_utils.fingerprint import fingerprint
from course_utils.grading.batch.grade import Batch
from course_utils.grading.handout.release import require_topic
from course_utils.grading.handout.sample_class import roster, write_class
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.class_report import common_mistakes
from course_utils.grading.report.rendering import to_table
from course_utils.grading.report.results import results

INPUTS = (
    "course_utils", "solutions", "nbgrader_config.py", "course_config.py", "constraints.txt",
)  # fmt: skip
STAMP = "graded-from"


def grade_sample_class(course: Path, root: Path, slug: str) -> bool:
    """Grade the sample class of a topic in `root`, unless that was done from the same files.

    Parameters
    ----------
    course : Path
        The course's folder.
    root : Path
        A folder of its own for submissions, gradebook and feedback. It is emptied first.
    slug : str
        The topic.

    Returns
    -------
    bool
        Whether there was something to do.

    Raises
    ------
    CourseError
        If the topic is unknown, or one of nbgrader's commands fails.
    """
    require_topic(course, slug)
    stamp = root / STAMP
    made_from = f"{slug} {fingerprint(course, INPUTS)}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return False
    shutil.rmtree(root, ignore_errors=True)
    release_class(course, root, slug)
    grade_class(course, root, slug)
    with _step("Writing feedback (nbgrader generate_feedback)"):
        nbgrader(course, root, "generate_feedback", slug)
    with _step("Exporting grades (nbgrader export)"):
        nbgrader(course, root, "export", f"--to={root / 'grades.csv'}")
    stamp.write_text(made_from, encoding="utf-8")
    return True


def release_class(course: Path, root: Path, slug: str) -> None:
    """Release a topic in an empty folder.

    Parameters
    ----------
    course, root : Path
        The course's folder, and one of its own for submissions and gradebook.
    slug : str
        The topic; all of them for ``*``.

    Raises
    ------
    CourseError
        If nbgrader refuses it.
    """
    root.mkdir(parents=True, exist_ok=True)
    shutil.copytree(course / "solutions", root / "solutions")
    with _step("Releasing the assignment (nbgrader generate_assignment)"):
        nbgrader(course, root, "generate_assignment", slug)


def grade_class(course: Path, root: Path, slug: str, kinds: Collection[str] | None = None) -> None:
    """Hand in what the sample class writes for a topic that is released, and grade it.

    Parameters
    ----------
    course, root : Path
        The course's folder, and the one in which the topic was released.
    slug : str
        The topic.
    kinds : collection of str, optional
        The students of the class that take part, by what they handed in; all unless given.

    Raises
    ------
    CourseError
        If a student is flagged.
    """
    source = nbformat.read(root / "solutions" / slug / f"{slug}.ipynb", as_version=4)
    released = nbformat.read(root / "exercises" / slug / f"{slug}.ipynb", as_version=4)
    students = write_class(slug, source, released, root / "submitted", kinds)
    with tqdm(
        total=len(students), desc="Grading (course grade)", unit="student", disable=None
    ) as bar:
        batch = Batch(course, root, slug)
        summary = batch.grade(jobs=cores(), advance=lambda _: bar.update())
    if summary.flagged:
        raise CourseError(f"the class was not graded: {summary.flagged}")


def summary(root: Path, slug: str) -> str:
    """Return the class's table of grades and its commonest mistakes, as text."""
    kinds = roster(slug)
    table = to_table(results(root, slug)).splitlines()
    lines = [f"{line}  {kinds.get(line.split()[0], '')}".rstrip() if line else "" for line in table]
    lines += ["", "Commonest mistakes"]
    for mistake in common_mistakes(root, slug)[:5]:
        count = f"{mistake.students} student{'s' if mistake.students > 1 else ' '}"
        text = f"  {count}  {mistake.exercise}: {mistake.sentence}"
        lines += textwrap.wrap(text, 100, subsequent_indent=" " * 14)
    return "\n".join(lines)


@contextmanager
def _step(title: str) -> Iterator[None]:
    """Say what is done, and on a terminal count the seconds meanwhile."""
    start = time.perf_counter()
    done = Event()

    def count() -> None:
        while not done.wait(1):
            print(f"\r{title} ... {time.perf_counter() - start:.0f} s", end="", flush=True)

    counting = Thread(target=count, daemon=True)
    if sys.stdout.isatty():
        print(f"{title} ...", end="", flush=True)
        counting.start()
    try:
        yield
    finally:
        done.set()
    if counting.is_alive():
        counting.join()
    again = "\r" if sys.stdout.isatty() else ""
    print(f"{again}{title} ... {time.perf_counter() - start:.0f} s", flush=True)
