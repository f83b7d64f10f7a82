"""nbgrader's autograder for this course: submissions are taken in before anything reads them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Enum

from course_utils.errors import CourseError
from course_utils.grading.intake.deadlines import due_of
from course_utils.grading.intake.submissions import Submissions, handed_in, normal, submitted_folder
from course_utils.grading.intake.take_in import submission_time, take_in
from course_utils.grading.intake.times import CHECKED, TRUSTED, read_times
from course_utils.grading.nbgrader_internals import use_autograder, use_known_version
from course_utils.grading.note import listed, log_printable, quoted

INTAKE = "intake"  # the folder of the rebuilt submissions, beside `submitted`


class CourseAutograde(Autograde):
    """Grades what the intake made of the submissions; `submitted/` is only ever read by it.

    Every submission ends with a grade: one that nothing can be made of is graded as blank, with a
    note that says why. Only what has no student's name, or what the system refuses to read, is not
    graded; it is named, and stops nobody else's.
    """

    timestamps = Enum(
        [CHECKED, TRUSTED],
        default_value=CHECKED,
        help="Whether a timestamp.txt counts that is older than the notebook beside it: not if it "
        "is checked, since its student may have written it; yes if it is trusted.",
    ).tag(config=True)

    @property
    def _input_directory(self) -> str:
        return INTAKE if self._sanitizing else str(self.coursedir.autograded_directory)

    _refused: Mapping[str, str] = MappingProxyType({})

    def init_notebooks(self) -> None:
        """Take in the submissions that were asked for: these, and nothing else, are graded."""
        slug = self.coursedir.assignment_id
        found, refused = self._asked_for(self.coursedir.student_id, slug)
        self._released(slug, slug)  # without it nobody can be graded
        AssignLatePenalties(parent=self).init_plugin()  # nor by a rule that makes no sense
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        for student, submission in found.items():
            try:
                self._take_in(student, submission)
            except CourseError as error:
                refused[student] = str(error)
            else:
                self._choose(student, slug)
        self._refused = refused
        for name, why in refused.items():
            self.log.error("%s is not graded: %s.", quoted(name), why)
        if not self.assignments:
            msg = f"There is nothing of {slug} to grade in submitted/, or it was not asked for."
            self.log.error(msg)
            raise NbGraderException(msg)

    def convert_notebooks(self) -> None:
        """Grade those who were taken in, and say in the end if there are others."""
        super().convert_notebooks()
        if self._refused:
            msg = f"Not graded, as is said above: {listed(map(quoted, self._refused))}"
            self.log.error(msg)
            raise NbGraderException(msg)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Make ready to grade, with the time and the extension that hold now.

        The page on the grade of before goes first, since it is none now.
        """
        feedback = self.coursedir.feedback_directory
        shutil.rmtree(
            self.coursedir.format_path(feedback, student_id, assignment_id), ignore_errors=True
        )
        self._give_extension(assignment_id, student_id)  # nbgrader asks at once who is late
        super().init_assignment(assignment_id, student_id)
        self._give_extension(assignment_id, student_id)  # to who was not in the gradebook before
        source = self._format_source(assignment_id, student_id)
        if not self.coursedir.get_existing_timestamp(source):  # nbgrader would keep an older one
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                gradebook.update_or_create_submission(assignment_id, student_id, timestamp=None)

    def _give_extension(self, slug: str, student: str) -> None:
        """Tell the gradebook by how much a student's own date is later, if it has a submission."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(slug, student)
            except MissingEntry:
                return
            due = submission.assignment.duedate
            own = due_of(Path(self.coursedir.root), slug, student, due)
            submission.extension = (own - due or None) if due and own else None
            gradebook.db.commit()

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """Say also where the assignment lies as it was released."""
        resources: dict[str, Any] = super().init_single_notebook_resources(notebook_filename)
        names = resources["nbgrader"]
        names["released"] = str(self._released(names["assignment"], names["notebook"]))
        return resources

    def _asked_for(self, pattern: str, slug: str) -> tuple[dict[str, Path], dict[str, str]]:
        """Return the submissions of whom a pattern of nbgrader's names, and what is refused."""
        there, pattern = submissions(self.coursedir, slug), normal(pattern)
        found = {name: path for name, path in there.folders.items() if fnmatchcase(name, pattern)}
        refused = {
            name: why
            for name, why in there.refused.items()
            if fnmatchcase(name, pattern) or normal(name) == pattern
        }
        return found, refused

    def _take_in(self, student: str, submission: Path) -> None:
        slug = self.coursedir.assignment_id
        clean = Path(self.coursedir.format_path(INTAKE, student, slug))
        known = read_times(Path(self.coursedir.root), slug, self.timestamps).of(student)
        for note in take_in(self._released(slug, slug), submission, clean, known):
            self.log.warning("%s: %s", student, note.says)

    def _choose(self, student: str, slug: str) -> None:
        """Have a student's notebook graded, as the intake made it."""
        folder = self.coursedir.format_path(INTAKE, student, slug)
        if fnmatchcase(slug, self.coursedir.notebook_id):
            self.assignments[folder] = [os.path.join(folder, f"{slug}.ipynb")]

    def _released(self, slug: str, notebook: str) -> Path:
        folder = self.coursedir.format_path(self.coursedir.release_directory, ".", slug)
        path = Path(folder) / f"{notebook}.ipynb"
        if not path.is_file():
            raise CourseError(
                f"{path} is missing: make it first, with `nbgrader generate_assignment {slug}`"
            )
        return path


def submissions(coursedir: CourseDirectory, slug: str) -> Submissions:
    """Return who handed in an assignment of a course."""
    return handed_in(_submitted(coursedir), slug)


def folder_of(coursedir: CourseDirectory, student: str, slug: str) -> Path:
    """Return the folder that a student handed in."""
    return submitted_folder(_submitted(coursedir), student, slug)


def _submitted(coursedir: CourseDirectory) -> Path:
    return Path(coursedir.format_path(coursedir.submitted_directory, ".", "."))


def use_course_autograde() -> None:
    """Have `nbgrader autograde` and the formgrader use this course's autograder.

    The formgrader is told who handed in, and when, as the intake sees it.
    """
    use_autograder(CourseAutograde, _submitted_timestamp, _submitted_students)
    use_known_version()
    log_printable()


def _submitted_timestamp(api: NbGraderAPI, slug: str, student: str) -> datetime | None:
    timestamps = CourseAutograde(coursedir=api.coursedir, parent=api).timestamps
    try:
        known = read_times(Path(api.coursedir.root), slug, timestamps).of(student)
    except CourseError as error:  # grading says so, too, and grades nobody
        api.log.error("%s", error)
        return None
    return submission_time(folder_of(api.coursedir, student, slug), slug, known)


def _submitted_students(api: NbGraderAPI, slug: str) -> set[str]:
    """Return who handed in an assignment; with * for it, who handed in any."""
    slugs = api.get_source_assignments() if slug == "*" else [slug]
    return {student for one in slugs for student in submissions(api.coursedir, one).folders}
