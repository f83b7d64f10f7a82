"""nbgrader's autograder for this course: submissions are taken in before anything reads them."""

from __future__ import annotations

import glob
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde

from course_utils.errors import CourseError
from course_utils.grading.intake import submission_time, take_in

INTAKE = "intake"  # the folder of the rebuilt submissions, beside `submitted`


class CourseAutograde(Autograde):
    """Grades what the intake made of the submissions; `submitted/` is only ever read by it.

    Every submission ends with a grade: one that nothing can be made of is graded as blank, with a
    note that says why.
    """

    @property
    def _input_directory(self) -> str:
        return INTAKE if self._sanitizing else str(self.coursedir.autograded_directory)

    def init_notebooks(self) -> None:
        """Take in the submissions that were asked for, then find them."""
        slug = self.coursedir.assignment_id
        for submission in sorted(glob.glob(self._submitted(self.coursedir.student_id, slug))):
            if os.path.isdir(submission):
                self._take_in(Path(submission))
        super().init_notebooks()

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Make ready to grade; the page on the grade of before goes first, since it is none now."""
        feedback = self.coursedir.feedback_directory
        shutil.rmtree(
            self.coursedir.format_path(feedback, student_id, assignment_id), ignore_errors=True
        )
        super().init_assignment(assignment_id, student_id)

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """Say also where the assignment lies as it was released."""
        resources: dict[str, Any] = super().init_single_notebook_resources(notebook_filename)
        names = resources["nbgrader"]
        names["released"] = str(self._released(names["assignment"], names["notebook"]))
        return resources

    def _take_in(self, submission: Path) -> None:
        slug = submission.name
        student = submission.parent.name
        clean = Path(self.coursedir.format_path(INTAKE, student, slug))
        for note in take_in(self._released(slug, slug), submission, clean):
            self.log.warning("%s: %s", student, note.says)

    def _released(self, slug: str, notebook: str) -> Path:
        folder = self.coursedir.format_path(self.coursedir.release_directory, ".", slug)
        path = Path(folder) / f"{notebook}.ipynb"
        if not path.is_file():
            raise CourseError(
                f"{path} is missing: make it first, with `nbgrader generate_assignment {slug}`"
            )
        return path

    def _submitted(self, student: str, slug: str) -> str:
        submitted = self.coursedir.submitted_directory
        return str(self.coursedir.format_path(submitted, student, slug))


def use_course_autograde() -> None:
    """Have `nbgrader autograde` and the formgrader use this course's autograder.

    nbgrader has no setting for it, so its class is replaced where it is looked up. The formgrader
    is told the time of a submission as the intake believes it: nbgrader's own reading fails on
    what is no date, and its page with it.
    """
    nbgrader.apps.autogradeapp.Autograde = CourseAutograde
    nbgrader.apps.api.Autograde = CourseAutograde
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = _submitted_timestamp


def _submitted_timestamp(api: NbGraderAPI, slug: str, student: str) -> datetime | None:
    coursedir = api.coursedir
    folder = coursedir.format_path(coursedir.submitted_directory, student, slug)
    return submission_time(Path(folder), slug)
