"""What an appeal is about: one student's notebook as it was graded, and all that graded it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import reads

from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import topic, topics
from course_utils.grading.batch import keys
from course_utils.grading.batch.gradebook import Book
from course_utils.grading.batch.records import Records
from course_utils.grading.batch.task import Task
from course_utils.grading.intake.roster import read_roster
from course_utils.grading.intake.submissions import normal
from course_utils.grading.intake.take_in import take_in
from course_utils.grading.judge.cells import grade_id, tests_of
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.judge.released import Release, read_release, restore
from course_utils.grading.note import quoted


@dataclass(frozen=True)
class Subject:
    """One student's graded notebook.

    Attributes
    ----------
    book : Book
    student : str
    folder : Path
        What was handed in.
    notebook : NotebookNode
        As the intake made it, with the tests of the gradebook.
    release : Release
    task : Task
        It runs the notebook as it was run for its grade, and tells the hidden cases.
    handed_in_since : bool
        Whether other code lies in `folder` now.
    changed : tuple of str
        Tests whose result depends on something that is no longer as it was when they were graded.
    """

    book: Book
    student: str
    folder: Path
    notebook: NotebookNode
    release: Release
    task: Task
    handed_in_since: bool
    changed: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The assignment."""
        return self.book.slug

    @property
    def submission(self) -> str:
        """What the hidden cases follow from besides the secret."""
        return submission_digest(self.notebook)

    @property
    def tests(self) -> list[str]:
        """The names of the tests, in their order."""
        return [grade_id(cell) for cell in tests_of(self.notebook)]


def find_subject(course: Path, root: Path, slug: str, student: str) -> Subject:
    """Find what a student handed in, as it was graded.

    Nothing is changed: neither submissions nor grades, nor what the intake made.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug, student : str

    Raises
    ------
    CourseError
        If there is no such assignment, or the student handed nothing in.
    """
    book = Book(course, root, slug)
    student = normal(student)
    there = book.submissions()
    if student not in there.folders:
        roster = read_roster(root)
        why = there.refused.get(student)
        if not why and not (roster and student in roster.people):
            why = did_you_mean(student, there.folders, "")
        raise CourseError(f"{quoted(student)} handed no {slug} in{': ' if why else ''}{why or ''}")
    folder = there.folders[student]
    fresh = _taken_in(book, folder, student)
    path = book.folder("intake", student) / book.released.name
    notebook = reads(path.read_text(encoding="utf-8")) if path.is_file() else fresh
    since = submission_digest(notebook) != submission_digest(fresh)
    restore(notebook, book.cells)
    release = read_release(book.released, book.cells)
    if slug in topics():
        topic(slug)  # now, so that the others need not be imported to find its exercises
    task = Task(
        student,
        json.dumps(notebook),
        replace(release, files=()),
        tuple((path.name, path.read_bytes()) for path in release.files),
        book.judge.secret_of(slug),
        book.judge.rules,
        book.judge.isolation,
        open=True,
    )
    changed = tuple(_changed(root, task, notebook, release))
    return Subject(book, student, folder, notebook, release, task, since, changed)


def _taken_in(book: Book, folder: Path, student: str) -> NotebookNode:
    """Return what the intake makes of what lies in the folder now."""
    with tempfile.TemporaryDirectory() as place:
        clean = Path(place) / "intake"
        take_in(book.released, folder, clean, book.times().of(student))
        return reads((clean / book.released.name).read_text(encoding="utf-8"))


def _changed(root: Path, task: Task, notebook: NotebookNode, release: Release) -> list[str]:
    """Return the tests that the record knows under another key than they have now."""
    code = keys.code_key(task, notebook)
    kept = Records(root, release.slug).load(task.student).tests
    return [
        name
        for name, (key, _) in kept.items()
        if name in release.tests and key != keys.test_key(code, task, keys.test(release, name))
    ]
