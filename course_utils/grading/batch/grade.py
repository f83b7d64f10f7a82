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
from course_utils.grading.batch import keys, parts
from course_utils.grading.batch.changes import Change, change
from course_utils.grading.batch.chosen import chosen
from course_utils.grading.batch.gradebook import Book, Entry
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.records import Record, Records
from course_utils.grading.batch.stop import Stop
from course_utils.grading.batch.summary import MOST_COMMANDS, Summary
from course_utils.grading.batch.task import Outputs, Task
from course_utils.grading.batch.workers import Done, Workers
from course_utils.grading.intake.roster import read_roster
from course_utils.grading.intake.take_in import take_in
from course_utils.grading.judge.cells import code_cells, grade_id, is_test, tests_of
from course_utils.grading.judge.notebook import Judged, doubts
from course_utils.grading.judge.released import read_release, restore
from course_utils.grading.judge.verdict import has_verdict
from course_utils.grading.kernels.student import NAMESPACES, REQUIRED

Progress = Callable[[str], None]


@dataclass
class Command:
    """What was asked for, and what came of it so far.

    Attributes
    ----------
    summary : Summary
    force : bool
        Whether to run what has not changed, too.
    accept_falls : bool
        Whether to write grades that fall for a reason of the course's.
    stop : Stop
    advance : callable
        Told each student who is done.
    """

    summary: Summary = field(default_factory=Summary)
    force: bool = False
    accept_falls: bool = True
    stop: Stop = field(default_factory=Stop)
    advance: Progress = lambda _: None


@dataclass(frozen=True)
class Taken:
    """A submission that was taken in.

    Attributes
    ----------
    depends : dict of str to str
        Digests of all that its entry in the gradebook depends on, by part.
    notebook : NotebookNode
    wanted : dict of str to str
        For each test the key of the result that is right.
    """

    depends: dict[str, str]
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
        self._secret = self._book.judge.secret_of(slug)
        self._rules = self._book.judge.rules
        self._records = Records(root, slug)
        self._previews = self._records.previews()
        self._root = root
        self._times = self._book.times()
        self._lateness = self._book.lateness()
        self._folders: dict[str, Path] = {}
        self._entries: dict[str, Entry] = {}
        self._waiting: dict[str, Taken] = {}
        self._release = read_release(self._book.released, self._book.cells)
        self._files = tuple((path.name, path.read_bytes()) for path in self._release.files)
        if slug in topics():
            topic(slug)  # now, so that the others need not be imported to find its exercises
        # The same for all students, and many files are read for them.
        self._tests = {name: keys.test(self._release, name) for name in self._release.tests}
        self._depends = {
            **{parts.TEST + name: key for name, key in self._tests.items()},
            **self._book.rules(),
            "release": keys.digest(
                self._book.released.read_text(encoding="utf-8"),
                sorted((name, *astuple(cell)) for name, cell in self._book.cells.items()),
                [keys.digest(name, content.hex()) for name, content in self._files],
            ),
            "limits": keys.digest(repr(self._rules)),
            "environment": keys.environment(),
            "secret": keys.digest(self._secret),
        }

    def grade(
        self,
        students: Iterable[str] = (),
        *,
        jobs: int = 2,
        scheduler: str = "",
        host: Host | None = None,
        force: bool = False,
        dry_run: bool = False,
        accept_falls: bool = True,
        stop: Stop | None = None,
        begin: Callable[[int], None] = lambda _: None,
        advance: Progress = lambda _: None,
    ) -> Summary:
        """Grade those submissions that have changed.

        Parameters
        ----------
        students : iterable of str
            Whose; everybody's if it is empty, of those who are on the list of the class.
        jobs : int
            How many notebooks run at a time.
        scheduler : str
            Address of a dask scheduler that runs them; empty for processes of this machine.
        host : Host, optional
            The process of this machine that runs them, if there is one already. It may end with
            this.
        force : bool
            Whether to run what has not changed, too.
        dry_run : bool
            Whether to leave gradebook, autograded notebooks and pages as they are. What is run is
            kept for the command that writes it.
        accept_falls : bool
            Whether to write grades that fall, too, and not for something that the student did.
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
        summary = Summary(dry=dry_run)
        command = Command(summary, force, accept_falls, stop or Stop(), advance)
        with self._records.locked():
            todo = []
            roster = read_roster(self._root)
            self._folders = chosen(self._book, roster, list(students), summary)
            self._entries = self._book.entries()
            for student in self._folders:
                command.stop.check()
                record = self._records.load(student)
                if not force and self._is_current(student, record):
                    summary.unchanged.append(student)
                    summary.add_doubts(student, record)
                else:
                    todo.append(student)
            begin(len(todo))
            workers = Workers(max(1, min(jobs, len(todo))), scheduler, host, command.stop)
            with contextlib.closing(workers.run(self._prepared(todo, command))) as outcomes:
                for done in outcomes:
                    self._finish(done, command)
                    advance(done.task.student)
            if roster and not dry_run:
                self._book.name(roster.people)
        summary.seconds = time.perf_counter() - start
        return summary

    def _is_current(self, student: str, record: Record) -> bool:
        """Say whether the gradebook holds what this submission is worth, by its record."""
        entry = self._entries.get(student)
        return (
            bool(record.written)
            and self._is_isolated(record)
            and not (record.faults and record.tries < MOST_COMMANDS)
            and entry is not None
            and record.scores == entry.automatic
            and record.written == self._depends_on(student)
            and (self._book.folder("autograded", student) / self._book.released.name).is_file()
        )

    def _depends_on(self, student: str) -> dict[str, str]:
        """Return digests of all that a student's entry in the gradebook depends on, by part."""
        folder = self._folders[student]
        everything, written = keys.submission(folder)
        return {
            "notebook": written,
            "files": keys.digest(everything, folder.parent.name),
            "time": keys.digest(vars(self._times.of(student))),
            "extension": keys.digest(self._lateness.get(student)),
            **self._depends,
        }

    def _prepared(self, students: list[str], command: Command) -> Iterator[Task]:
        """Take submissions in and yield what must run; write at once what is known."""
        for student in students:
            command.stop.check()
            depends = self._depends_on(student)  # before it is read, so that a change is noticed
            clean = self._book.folder("intake", student)
            try:
                take_in(self._book.released, self._folders[student], clean, self._times.of(student))
            except CourseError as error:
                command.summary.flag(student, str(error))
                command.advance(student)
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
            taken = Taken(depends, notebook, wanted)
            kept = [] if command.force else self._kept(student)
            own = [cell for cell in code_cells(notebook) if not is_test(cell)]
            for record in kept:
                whole = wanted and self._known(record, wanted).keys() == wanted.keys()
                if whole and len(record.cells) == len(own):
                    self._write(student, taken, record, command)
                    command.advance(student)
                    break
            else:
                known: dict[str, Outputs] = {}
                for record in reversed(kept):
                    known |= self._known(record, wanted)
                self._waiting[student] = taken
                yield replace(task, known=known)

    def _kept(self, student: str) -> list[Record]:
        """Return what is kept of a student's notebook: what was written, and what was only run."""
        records = self._records.load(student), self._previews.load(student)
        return [record for record in records if self._is_isolated(record)]

    def _is_isolated(self, record: Record) -> bool:
        """Say whether code ran as isolated as is asked for: what came of it is the same."""
        return self._isolation != REQUIRED or record.tier == NAMESPACES

    def _finish(self, done: Done, command: Command) -> None:
        """Write what came of a notebook."""
        student, judged = done.task.student, done.judged
        taken = self._waiting.pop(student)
        if judged is None:
            command.summary.flag(student, f"it could not be run: {done.why}")
            return
        command.summary.ran.append(student)
        pairs = list(zip(code_cells(taken.notebook), judged.outputs, strict=True))
        outputs = {grade_id(cell): found for cell, found in pairs if is_test(cell)}
        # What was kept of tests as they are: what is not run again is at fault as it was.
        before = [
            (one, {name for name, (key, _) in one.tests.items() if taken.wanted.get(name) == key})
            for one in self._kept(student)
        ]
        broken = {
            name: says
            for one, right in before
            for name, says in one.broken.items()
            if name in right & done.task.known.keys()
        }
        tries = [one.tries for one, right in before if right & {*judged.faults} & {*one.faults}]
        record = Record(
            cells=[found for cell, found in pairs if not is_test(cell)],
            tests={name: (taken.wanted[name], found) for name, found in outputs.items()},
            faults=judged.faults,
            tries=max(tries, default=0) + 1 if judged.faults else 0,
            broken=broken | judged.broken,
            tier=judged.tier,
        )
        doubt = doubts(judged.ended, judged.busy)
        if doubt:
            command.summary.flag(student, doubt)
        # The next run takes nothing for granted of what is doubted.
        if not self._write(student, taken, record, command):
            self._previews.save(student, Record() if doubt else record)
        elif doubt:
            self._records.save(student, Record())

    def _write(self, student: str, taken: Taken, record: Record, command: Command) -> bool:
        """Give the gradebook what a record says, and keep the record.

        In a dry run, and where the grade is not to fall, it stays as it is. Return whether it was
        written.
        """
        before, found = self._records.load(student), []

        def keep(old: Entry | None, new: Entry) -> bool:
            found.append(change(student, (old, new), (before, record), taken.depends))
            return not command.summary.dry and self._may_write(found[0], command)

        try:
            scores = self._book.write(student, self._judged(taken, record), keep)
        except CourseError as error:
            command.summary.flag(student, str(error))
            return False
        summary = command.summary
        summary.changes[student] = found[0]
        summary.add_doubts(student, record)
        summary.tiers.add(record.tier)
        if scores is None:
            if found[0].falls and found[0].lost:
                summary.flag(student, f"the grade of before, {found[0].old:g}, stays")
            return False
        self._records.save(student, replace(record, scores=scores, written=taken.depends))
        self._previews.remove(student)
        summary.graded.append(student)
        return True

    def _may_write(self, found: Change, command: Command) -> bool:
        """Say whether to write a grade, and note it if not."""
        if not found.falls:
            return True
        if found.lost:
            return False
        if found.is_own or command.accept_falls:
            return True
        command.summary.held.append(found.student)
        return False

    def _judged(self, taken: Taken, record: Record) -> Judged:
        """Return what a record says came of a notebook."""
        own = iter(record.cells)
        outputs = [
            record.tests[grade_id(cell)][1] if is_test(cell) else next(own)
            for cell in code_cells(taken.notebook)
        ]
        found = [[nbformat.from_dict(one) for one in cell] for cell in outputs]
        return Judged(found, record.faults, record.broken, record.tier)

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
