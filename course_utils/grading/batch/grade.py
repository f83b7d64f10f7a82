"""Grade a class: decide what must run, run it, and write the grades as they come."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import reads

from course_utils.errors import CourseError
from course_utils.exercises.catalog import topic, topics
from course_utils.grading.batch import keys
from course_utils.grading.batch.gradebook import Book
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.records import Record, Records
from course_utils.grading.batch.stop import Stop
from course_utils.grading.batch.task import Outputs, Task
from course_utils.grading.batch.workers import Done, Workers
from course_utils.grading.intake.submissions import normal
from course_utils.grading.intake.take_in import take_in
from course_utils.grading.judge.cells import code_cells, grade_id, is_test, tests_of
from course_utils.grading.judge.notebook import Judged, doubts
from course_utils.grading.judge.released import read_release, restore
from course_utils.grading.judge.verdict import has_verdict
from course_utils.grading.note import listed

Progress = Callable[[str], None]
MOST_COMMANDS = 2  # that run a test which comes to no verdict, until something changes


@dataclass
class Summary:
    """What `course grade` did.

    Attributes
    ----------
    graded, unchanged : list of str
        Students whose grades were written; whose grades were up to date.
    flagged : dict of str to str
        Students for whom something failed, twice, that was not theirs, and what.
    broken : dict of str to list of str
        Tests whose own code is at fault, each with what it says, and the students who got no
        points for it.
    tiers : set of str
        How the code was isolated of those who were graded.
    seconds : float
    """

    graded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    flagged: dict[str, str] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    tiers: set[str] = field(default_factory=set)
    seconds: float = 0.0

    def add_doubts(self, student: str, record: Record) -> None:
        """Add what a person should know of a student's record."""
        if record.faults:
            again = "; `--force` runs it again" if record.tries >= MOST_COMMANDS else ""
            self.flagged[student] = f"no verdict came of {', '.join(record.faults)}{again}"
        for name, says in record.broken.items():
            self.broken.setdefault(f"{name}: {says}", []).append(student)


@dataclass(frozen=True)
class Taken:
    """A submission that was taken in.

    Attributes
    ----------
    entry : str
        Digest of all that its entry in the gradebook depends on.
    notebook : NotebookNode
    wanted : dict of str to str
        For each test the key of the result that is right.
    """

    entry: str
    notebook: NotebookNode
    wanted: dict[str, str]


class Batch:
    """One assignment of a class.

    Parameters
    ----------
    course : Path
        The folder with nbgrader_config.py.
    root : Path
        The folder with the submissions and the gradebook.
    slug : str
    isolation : str
        "required" to refuse without a sandbox; else the course's setting holds.
    settings : sequence of str
        Further settings of nbgrader, as on its command line.
    """

    def __init__(
        self,
        course: Path,
        root: Path,
        slug: str,
        isolation: str = "",
        settings: Sequence[str] = (),
    ) -> None:
        self._book = Book(course, root, slug, settings)
        self._isolation = isolation or self._book.judge.isolation
        self._secret = self._book.judge.secret
        self._rules = self._book.judge.rules
        self._records = Records(root, slug)
        self._times = self._book.times()
        self._lateness = self._book.lateness()
        self._folders = self._book.submissions().folders
        self._waiting: dict[str, Taken] = {}
        self._release = read_release(self._book.released, self._book.cells)
        self._files = tuple((path.name, path.read_bytes()) for path in self._release.files)
        if slug in topics():
            topic(slug)  # now, so that the others need not be imported to find its exercises
        # The same for all students, and many files are read for them.
        self._tests = {name: keys.test(self._release, name) for name in self._release.tests}
        self._released = keys.digest(
            self._book.released.read_text(encoding="utf-8"),
            sorted((name, *astuple(cell)) for name, cell in self._book.cells.items()),
            [keys.digest(name, content.hex()) for name, content in self._files],
            self._book.rules(),
            repr(self._rules),
            self._isolation,
            keys.digest(self._secret),
            keys.environment(),
            self._tests,
        )

    def grade(
        self,
        students: Iterable[str] = (),
        *,
        jobs: int = 2,
        scheduler: str = "",
        host: Host | None = None,
        force: bool = False,
        stop: Stop | None = None,
        begin: Callable[[int], None] = lambda _: None,
        advance: Progress = lambda _: None,
    ) -> Summary:
        """Grade those submissions that have changed.

        Parameters
        ----------
        students : iterable of str
            Whose; everybody's if it is empty.
        jobs : int
            How many notebooks run at a time.
        scheduler : str
            Address of a dask scheduler that runs them; empty for processes of this machine.
        host : Host, optional
            The process of this machine that runs them, if there is one already. It may end with
            this.
        force : bool
            Whether to run what has not changed, too.
        stop : Stop, optional
            Set by somebody else to end this between two students.
        begin, advance : callable
            Told how many there are to grade, and each student who is done.

        Raises
        ------
        CourseError
            If a student handed nothing in, or isolation is required and there is none.
        KeyboardInterrupt
            If it was stopped.
        """
        start = time.perf_counter()
        summary = Summary()
        stop = stop or Stop()
        with self._records.locked():
            todo = []
            scores = self._book.scores()
            for student in self._wanted(list(students), summary):
                stop.check()
                if not force and self._is_current(student, scores.get(student)):
                    summary.unchanged.append(student)
                    summary.add_doubts(student, self._records.load(student))
                else:
                    todo.append(student)
            begin(len(todo))
            workers = Workers(max(1, min(jobs, len(todo))), scheduler, host, stop)
            prepared = self._prepared(todo, force, stop, summary, advance)
            with contextlib.closing(workers.run(prepared)) as outcomes:
                for done in outcomes:
                    self._finish(done, summary)
                    advance(done.task.student)
        summary.seconds = time.perf_counter() - start
        return summary

    def _wanted(self, students: list[str], summary: Summary) -> list[str]:
        """Return whom to grade, and flag what is in nobody's name or cannot be read."""
        there = self._book.submissions()
        self._folders = there.folders
        asked = [name if name in there.refused else normal(name) for name in students]
        if missing := sorted(set(asked) - there.folders.keys() - there.refused.keys()):
            raise CourseError(
                f"{listed(missing)} handed nothing in: there is no "
                f"{self._book.folder('submitted', missing[0])}"
            )
        if not there.folders and not there.refused:
            raise CourseError(
                f"nobody handed {self._book.slug} in: submissions belong in "
                f"{self._book.folder('submitted', '<student>')}"
            )
        for name in set(asked or there.refused) & there.refused.keys():
            summary.flagged[name] = there.refused[name]
        return [name for name in dict.fromkeys(asked or there.folders) if name in there.folders]

    def _is_current(self, student: str, scores: dict[str, float | None] | None) -> bool:
        """Say whether the gradebook holds what this submission is worth."""
        record = self._records.load(student)
        return (
            bool(record.written)
            and record.scores == scores
            and record.written == self._entry(student)
            and (self._book.folder("autograded", student) / self._book.released.name).is_file()
        )

    def _entry(self, student: str) -> str:
        """Return a digest of all that a student's entry in the gradebook depends on."""
        folder = self._folders[student]
        known = folder.parent.name, vars(self._times.of(student))
        return keys.digest(
            keys.submission(folder), known, self._lateness.get(student), self._released
        )

    def _prepared(
        self, students: list[str], force: bool, stop: Stop, summary: Summary, advance: Progress
    ) -> Iterator[Task]:
        """Take submissions in and yield what must run; write at once what is known."""
        for student in students:
            stop.check()
            entry = self._entry(student)  # before it is read, so that a later change is noticed
            clean = self._book.folder("intake", student)
            try:
                take_in(self._book.released, self._folders[student], clean, self._times.of(student))
            except CourseError as error:
                summary.flagged[student] = str(error)
                advance(student)
                continue
            notebook = reads((clean / self._book.released.name).read_text(encoding="utf-8"))
            restore(notebook, self._book.cells)
            task = Task(
                student, json.dumps(notebook), replace(self._release, files=()),
                self._files, self._secret, self._rules, self._isolation,
            )  # fmt: skip
            code = keys.code_key(task, notebook)
            wanted = {
                name: keys.test_key(code, task, self._tests.get(name, ""))
                for name in map(grade_id, tests_of(notebook))
            }
            taken = Taken(entry, notebook, wanted)
            record = self._records.load(student)
            known = {} if force else self._known(record, wanted)
            own = [cell for cell in code_cells(notebook) if not is_test(cell)]
            if wanted and known.keys() == wanted.keys() and len(record.cells) == len(own):
                self._write(student, taken, record, summary)
                advance(student)
            else:
                self._waiting[student] = taken
                yield replace(task, known=known)

    def _finish(self, done: Done, summary: Summary) -> None:
        """Write what came of a notebook."""
        student, judged = done.task.student, done.judged
        taken = self._waiting.pop(student)
        if judged is None:
            summary.flagged[student] = f"it could not be run: {done.why}"
            return
        pairs = list(zip(code_cells(taken.notebook), judged.outputs, strict=True))
        outputs = {grade_id(cell): found for cell, found in pairs if is_test(cell)}
        before = self._records.load(student)
        # What was not run again is at fault as it was.
        broken = {name: says for name, says in before.broken.items() if name in done.task.known}
        in_vain = any(
            before.tests[name][0] == taken.wanted[name]
            for name in {*judged.faults} & {*before.faults} & before.tests.keys()
        )
        record = Record(
            cells=[found for cell, found in pairs if not is_test(cell)],
            tests={name: (taken.wanted[name], found) for name, found in outputs.items()},
            faults=judged.faults,
            tries=(before.tries if in_vain else 0) + 1 if judged.faults else 0,
            broken=broken | judged.broken,
            tier=judged.tier,
        )
        self._write(student, taken, record, summary)
        if why := doubts(judged.ended, judged.busy):
            summary.flagged[student] = why
            self._records.save(student, Record())  # the next run takes nothing of it for granted

    def _write(self, student: str, taken: Taken, record: Record, summary: Summary) -> None:
        """Give the gradebook what a record says, and keep the record."""
        own = iter(record.cells)
        outputs = [
            record.tests[grade_id(cell)][1] if is_test(cell) else next(own)
            for cell in code_cells(taken.notebook)
        ]
        found = [[nbformat.from_dict(one) for one in cell] for cell in outputs]
        try:
            scores = self._book.write(
                student, Judged(found, record.faults, record.broken, record.tier)
            )
        except CourseError as error:
            summary.flagged[student] = str(error)
            self._records.save(student, replace(record, written=""))
            return
        # What came to no verdict is not said to be written, so that the next run tries it again.
        written = taken.entry if not record.faults or record.tries >= MOST_COMMANDS else ""
        summary.add_doubts(student, record)
        self._records.save(student, replace(record, scores=scores, written=written))
        summary.graded.append(student)
        summary.tiers.add(record.tier)

    def _known(self, record: Record, wanted: dict[str, str]) -> dict[str, Outputs]:
        """Return the outputs of a record's tests that are right and need not be run again."""
        again = record.faults if record.tries < MOST_COMMANDS else []
        points = {name: test.points for name, test in self._release.tests.items()}
        return {
            name: outputs
            for name, (key, outputs) in record.tests.items()
            if wanted.get(name) == key
            and name not in again
            and has_verdict(outputs, points.get(name, 0.0))
        }
