"""The one writer of grades: what a record says goes into the gradebook through nbgrader itself."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
import sqlalchemy.exc
from nbconvert.writers import FilesWriter
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.apps.autogradeapp import AutogradeApp
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from sqlalchemy.orm import selectinload
from traitlets.utils.importstring import import_item

from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import topics
from course_utils.grading.autograde import CourseAutograde, submissions
from course_utils.grading.batch import keys
from course_utils.grading.batch.records import FOLDER as RECORDS
from course_utils.grading.intake.deadlines import read_deadlines
from course_utils.grading.intake.roster import Person
from course_utils.grading.intake.submissions import Submissions
from course_utils.grading.intake.times import Times, read_times
from course_utils.grading.judge.notebook import Judged
from course_utils.grading.judge.preprocessor import Judge, give_outputs, saved_cells
from course_utils.grading.judge.released import Saved, restore
from course_utils.grading.late_rule import loses_nothing
from course_utils.grading.nbgrader_internals import QuickExporter, SaveAtOnce, one_transaction
from course_utils.grading.own_settings import BrokenSettings, own_settings
from course_utils.grading.report.results import SQLITE, cents

ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # of an object, which is another one each time
DRAFT = ".draft"  # beside the records: no student's id begins with a dot
NAMES = ("last_name", "first_name", "email")


@dataclass(frozen=True)
class Entry:
    """What the gradebook holds of one student's work.

    Attributes
    ----------
    automatic : dict of str to float or None
        The automatic scores, by test.
    scores, points : dict of str to float
        What counts, points given by hand and extra credit among it, and points to reach.
    by_hand : frozenset of str
        What a person gave points for.
    penalty : float
        Points that are taken off because the work was late.
    """

    automatic: Mapping[str, float | None]
    scores: Mapping[str, float]
    points: Mapping[str, float]
    by_hand: frozenset[str] = frozenset()
    penalty: float = 0.0

    @classmethod
    def of(cls, submission: SubmittedAssignment) -> Entry:
        """Read what nbgrader keeps."""
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        return cls(
            {grade.name: grade.auto_score for grade in grades},
            {grade.name: cents(grade.score or 0.0) for grade in grades},
            {grade.name: grade.max_score for grade in grades},
            frozenset(grade.name for grade in grades if grade.manual_score is not None),
            cents(submission.late_submission_penalty or 0.0),
        )

    @property
    def grade(self) -> float:
        """What is left of all scores when the penalty is taken off."""
        return cents(max(0.0, sum(self.scores.values()) - self.penalty))

    @property
    def is_graded(self) -> bool:
        """Whether there is any score."""
        return bool(self.by_hand) or any(score is not None for score in self.automatic.values())


Keep = Callable[[Entry | None, Entry], bool]  # says whether to write an entry in place of another


class Writer(CourseAutograde):
    """nbgrader's autograder, which is handed what comes of a notebook in place of running it.

    So late penalties, manual grades and everything else are nbgrader's own. What it does besides,
    to set a notebook right or to complain of it, is left out: the intake made this one.
    """

    def write(self, student: str, judged: Judged, keep: Keep) -> dict[str, float | None] | None:
        """Write one student's grades and autograded notebook; return the automatic scores.

        Parameters
        ----------
        student : str
        judged : Judged
        keep : callable
            Handed the entry of before, None if there is none, and the one that nbgrader has made;
            if it says no, gradebook, autograded notebook and page stay as they were, and nothing is
            returned.

        Raises
        ------
        CourseError
            If nbgrader fails.
        """
        self._replay.judged, self._save.scores = judged, {}
        self.assignments = {}
        self._choose(student, self.coursedir.assignment_id)
        with (
            contextlib.chdir(self.coursedir.root),
            one_transaction(self.coursedir.db_url) as connection,
            warnings.catch_warnings(),
        ):
            # nbgrader adds a submission in an order that the database library warns of.
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
            before = None
            with contextlib.suppress(MissingEntry):
                before = self._entry(student)
            try:
                with self._drafting(student) as drafted:
                    self.convert_notebooks()
                    if not keep(before, self._entry(student)):
                        connection.rollback()
                        return None
                    self._put_in_place(student, drafted)
            except (NbGraderException, MissingEntry, shutil.Error) as error:
                raise CourseError(f"nbgrader could not save the grades of {student}") from error
        return self._save.scores

    @contextlib.contextmanager
    def _drafting(self, student: str) -> Iterator[Path]:
        """Have nbgrader write a student's autograded notebook to a folder that goes afterwards."""
        course, slug = self.coursedir, self.coursedir.assignment_id
        before = course.autograded_directory, course.feedback_directory
        step = os.path.join(RECORDS, slug, DRAFT)
        drafted = Path(course.format_path(step, student, slug))
        course.autograded_directory, course.feedback_directory = step, f"{step}-page"
        try:
            yield drafted
        finally:
            course.autograded_directory, course.feedback_directory = before
            shutil.rmtree(drafted.parent, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(course.root, step).rmdir()

    def _put_in_place(self, student: str, drafted: Path) -> None:
        """Have the draft be the student's autograded notebook; the page on the one before goes."""
        course, slug = self.coursedir, self.coursedir.assignment_id
        place = Path(course.format_path(self._places[0], student, slug))
        shutil.rmtree(course.format_path(self._places[1], student, slug), ignore_errors=True)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(drafted, place)

    def _entry(self, student: str) -> Entry:
        """Return what the gradebook holds of a student's work."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            return Entry.of(gradebook.find_submission(self.coursedir.assignment_id, student))

    def start(self) -> None:
        """Make ready to write; unlike its parent, this writes nothing yet."""
        self._places = self.coursedir.autograded_directory, self.coursedir.feedback_directory
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = QuickExporter(parent=self, config=self.config)
        self.restore = Restore(parent=self.exporter)
        self._replay = Replay(parent=self.exporter)
        self._save = SaveAtOnce(parent=self.exporter)
        ours = {Judge: self._replay, SaveAutoGrades: self._save, CheckCellMetadata: None}
        self.exporter.register_preprocessor(self.restore)
        for step in self.autograde_preprocessors:
            kind = import_item(step) if isinstance(step, str) else step
            if step := ours.get(kind, kind):
                self.exporter.register_preprocessor(step)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Make the autograded notebook of the intake's, in one pass."""
        BaseConverter.convert_single_notebook(self, notebook_filename)


class Restore(NbGraderPreprocessor):
    """nbgrader's `OverwriteCells`, with one look into the gradebook for a class.

    Tests get their hidden parts back.

    Attributes
    ----------
    cells : dict of str to Saved
        What the gradebook keeps of the notebook's cells.
    """

    cells: dict[str, Saved]

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Restore a notebook in place."""
        restore(nb, self.cells)
        return nb, resources


class Replay(NbGraderPreprocessor):
    """Stands in for the `Judge`: it gives a notebook what came of it when it was run elsewhere.

    Attributes
    ----------
    judged : Judged
    """

    judged: Judged

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Give the code cells their outputs."""
        give_outputs(nb, self.judged, self.log)
        return nb, resources


class Book:
    """The gradebook of a course, and nbgrader's settings for it.

    Parameters
    ----------
    course : Path
        The folder with nbgrader_config.py.
    root : Path
        The folder with the submissions.
    slug : str
    settings : sequence of str
        Further settings of nbgrader, as on its command line.

    Raises
    ------
    CourseError
        If there is no such assignment in the gradebook.
    """

    def __init__(self, course: Path, root: Path, slug: str, settings: Sequence[str] = ()) -> None:
        app = configured(course, [f"--CourseDirectory.root={root.resolve()}", *settings, slug])
        self.slug = slug
        self.config = app.config
        loaded = [Path(path) for path in app.loaded_config_files if Path(path).is_file()]
        self._files = loaded + [own for one in loaded if (own := own_settings(one.parent))]
        self.coursedir = app.coursedir
        self.coursedir.assignment_id = slug
        self.judge = Judge(parent=app)
        self._writer = Writer(coursedir=app.coursedir, parent=app)
        self._writer.force = True
        self._writer.start()
        for step in self._late_steps():
            step.init_plugin()  # settings that make no sense are an error now, and not a student's
        if not _is_there(self.coursedir):  # nbgrader would make it
            raise CourseError(f"there is no gradebook for {slug!r} yet: {self._remedy()}")
        with _helpers_on_path(), self._gradebook() as gradebook:
            try:
                gradebook.find_assignment(slug)
            except MissingEntry:
                known = [assignment.name for assignment in gradebook.assignments]
                raise CourseError(
                    f"the gradebook has no assignment {slug!r}: {self._remedy(known)}"
                ) from None
            self.cells = saved_cells(gradebook, slug, slug)
        self._writer.restore.cells = self.cells

    def _remedy(self, known: Iterable[str] = ()) -> str:
        """Say what to do about an assignment that is not in the gradebook."""
        sources = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", "."))
        names = {path.name for path in sources.glob("*/") if path.is_dir()} | {*topics(), *known}
        if self.slug in names:
            return f"run `nbgrader generate_assignment {self.slug}` first"
        return did_you_mean(self.slug, names)

    def folder(self, kind: str, student: str) -> Path:
        """Return where something of a student's lies: `kind` is such as "submitted"."""
        return Path(self.coursedir.format_path(kind, student, self.slug))

    @property
    def released(self) -> Path:
        """The assignment's notebook, as it was released."""
        return self._writer._released(self.slug, self.slug)

    def submissions(self) -> Submissions:
        """Return who handed something in."""
        return submissions(self.coursedir, self.slug)

    def times(self) -> Times:
        """Return what is known of the times of submissions."""
        return read_times(Path(self.coursedir.root), self.slug, self._writer.timestamps)

    def rules(self) -> dict[str, str]:
        """Return what a grade depends on besides the results, by part, as digests.

        The rule for what is late is a class that a course may write itself, and so is each step.
        """
        with self._gradebook() as gradebook:
            due = gradebook.find_assignment(self.slug).duedate
        steps = [*self._writer.exporter._preprocessors]
        late = [step.plugin_class for step in self._late_steps()]
        of_late = {"AssignLatePenalties", *_names(late)}
        of_steps = {"Autograde", *_names([type(self._writer), *map(type, steps)])} - of_late
        settings = {
            name: ADDRESS.sub("", repr(section))
            for name, section in self.config.items()
            if name not in ("Application", "CourseDirectory", "NbGrader")
        }
        files = [path.read_bytes().hex() for path in self._files]
        return {
            "due": keys.digest(str(due)),
            "late": keys.digest(_among(settings, of_late), keys.code_of(*late)),
            "steps": keys.digest(_among(settings, of_steps), keys.code_of(*map(type, steps))),
            "config": keys.digest(settings, files),
        }

    def lateness(self) -> dict[str, list[str]]:
        """Return what a student's penalty depends on besides the class's rules, by student.

        That is a date of the student's own and, where the work is late, the points that were given
        by hand: nbgrader works a penalty out when it grades, and not when somebody gives points.
        """
        own = read_deadlines(Path(self.coursedir.root), self.slug)
        found = {name: [str(date)] for name, date in own.items()}
        if all(loses_nothing(step.plugin_inst) for step in self._late_steps()):
            return found
        with self._gradebook() as gradebook:
            for submission in gradebook.assignment_submissions(self.slug):
                name, handed_in = submission.student_id, submission.timestamp
                due = submission.assignment.duedate
                if due and handed_in and handed_in > max(due, own.get(name, due)):
                    found[name] = found.get(name, []) + _given(submission)
        return {name: facts for name, facts in found.items() if facts}

    def _late_steps(self) -> list[AssignLatePenalties]:
        """Return the steps that work out penalties."""
        steps = self._writer.exporter._preprocessors
        return [step for step in steps if isinstance(step, AssignLatePenalties)]

    def entries(self) -> dict[str, Entry]:
        """Return what the gradebook holds, by student."""
        with self._gradebook() as gradebook:
            found = gradebook.db.query(SubmittedAssignment).filter(
                SubmittedAssignment.assignment.has(name=self.slug)
            )
            # All at once, and not for each student anew.
            notebooks = selectinload(SubmittedAssignment.notebooks)
            grades = notebooks.selectinload(SubmittedNotebook.grades)
            found = found.options(grades.undefer(Grade.max_score), grades.selectinload(Grade.cell))
            return {submission.student_id: Entry.of(submission) for submission in found}

    def write(self, student: str, judged: Judged, keep: Keep) -> dict[str, float | None] | None:
        """Write one student's entry, if it is to be kept: see :meth:`Writer.write`."""
        return self._writer.write(student, judged, keep)

    def name(self, people: Mapping[str, Person]) -> None:
        """Give those students names and addresses who are in the gradebook and on a list.

        Where the list has none, those of before stay.
        """
        with self._gradebook() as gradebook:
            for student in gradebook.students:
                if (person := people.get(student.id)) is None:
                    continue
                said = {name: getattr(person, name) for name in NAMES if getattr(person, name)}
                if any(getattr(student, name) != text for name, text in said.items()):
                    gradebook.update_or_create_student(student.id, **said)

    def _gradebook(self) -> Gradebook:
        return _opened(self.coursedir)


def _given(submission: SubmittedAssignment) -> list[str]:
    """Return the points that a person gave, each with its cell."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    return sorted(
        f"{grade.name} {grade.manual_score} {grade.extra_credit}"
        for grade in grades
        if grade.manual_score is not None or grade.extra_credit
    )


def _names(kinds: Iterable[type]) -> set[str]:
    """Return under what names classes and their parents are set up."""
    return {parent.__name__ for kind in kinds for parent in kind.__mro__}


def _among(settings: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: settings[name] for name in sorted(names) if name in settings}


def assignments(course: Path, root: Path) -> list[str]:
    """Return the names of a gradebook's assignments that somebody handed in, in order.

    Raises
    ------
    CourseError
        If there is no gradebook, or nobody handed anything in.
    """
    coursedir = configured(course, [f"--CourseDirectory.root={root.resolve()}"]).coursedir
    if not _is_there(coursedir):
        raise CourseError(
            "there is no gradebook yet: run `nbgrader generate_assignment <assignment>` first"
        )
    with _helpers_on_path(), _opened(coursedir) as gradebook:
        names = sorted(assignment.name for assignment in gradebook.assignments)
    there = {name: submissions(coursedir, name) for name in names}
    found = [name for name, one in there.items() if one.folders or one.refused]
    if not found:
        where = coursedir.format_path(coursedir.submitted_directory, "<student>", "<assignment>")
        raise CourseError(f"nobody handed anything in: submissions belong in {where}")
    return found


def _is_there(coursedir: CourseDirectory) -> bool:
    """Say whether there is a gradebook; a server's is taken to be."""
    address = coursedir.db_url
    file = address.removeprefix(SQLITE)
    return file == address or Path(file).is_file()


def _opened(coursedir: CourseDirectory) -> Gradebook:
    try:
        return Gradebook(coursedir.db_url, coursedir.course_id)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        address = sqlalchemy.make_url(coursedir.db_url).render_as_string()
        why = str(error).strip().splitlines()[0]
        raise CourseError(f"the gradebook {address} does not answer: {why}") from error


def configured(course: Path, words: list[str]) -> AutogradeApp:
    """Return nbgrader's program with the course's settings.

    Raises
    ------
    CourseError
        If there are no settings, or they make no sense.
    """
    if not (course / "nbgrader_config.py").is_file():
        raise CourseError(
            f"{course} has no nbgrader_config.py: go to the course's folder, or name it with "
            "--course"
        )
    app = AutogradeApp()
    app.raise_config_file_errors = True
    with contextlib.chdir(course), _helpers_on_path():
        try:
            app.initialize(["--Application.log_level=ERROR", *words])
        except CourseError:
            raise
        except BrokenSettings as error:
            raise CourseError(str(error)) from error
        except Exception as error:
            raise CourseError(f"nbgrader_config.py cannot be read: {error}") from error
    return app


@contextlib.contextmanager
def _helpers_on_path() -> Iterator[None]:
    """Let nbgrader find its helper `alembic`, which lies beside Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
