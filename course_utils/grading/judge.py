"""Judge a notebook: the student's cells run in a sandbox, the tests in a trusted process."""

from __future__ import annotations

import ast
import atexit
import functools
import hashlib
import os
import shutil
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer, Unicode

from course_utils.checks.check import GRADING, HIDDEN_CASES
from course_utils.exercises.catalog import SECRET
from course_utils.grading import sandbox
from course_utils.grading.kernel import Kernel, Ran
from course_utils.grading.secret import course_secret
from course_utils.grading.student_part import write_student_part

# What a test cell may say to a student; any other error is the course's own fault.
STUDENT_ERRORS = {"CheckFailed", "AssertionError", "NameError", "TypeError", "TimeLimit"}
MOST_RESTARTS = 5  # of a student's kernel, for one notebook
TROUBLE = {
    "died": "the kernel died in this cell: does it call `exit`, or take too much memory?",
    "hung": "this cell could not be stopped, so its kernel was ended",
    "flooded": "this cell printed without end, so its kernel was ended",
}


class Judge(NbGraderPreprocessor):
    """Runs a notebook in place of nbgrader's `Execute`.

    Each cell of the student's runs in a kernel of its own world (:mod:`.sandbox`). Each test cell
    runs in the judge, a kernel that no student's code ever enters; there the student's names
    stand for calls into his kernel (:mod:`.proxy`). A kernel that dies or hangs costs that cell:
    a new one is started, the cells before it are run again, and the rest goes on.
    """

    course = Unicode("", help="The course's folder, in which the secret lies.").tag(config=True)
    cell_seconds = Integer(60, help="The longest that one of a student's cells may run.").tag(
        config=True
    )
    test_seconds = Integer(300, help="The longest that one test cell may run.").tag(config=True)
    notebook_seconds = Integer(900, help="The longest that a notebook may run.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run every code cell of a notebook and give it outputs."""
        if not sandbox.available():
            self.log.warning(sandbox.ABSENT)
        nb.metadata.setdefault("course", {})["isolation"] = sandbox.tier()
        released = Path(resources["nbgrader"]["released"])
        judge = judge_kernel(self.course)
        imports = import_statements(released)
        sources = [cell.source for cell in nb.cells if _is_students(cell)]
        submission = hashlib.sha256("\0".join(sources).encode("utf-8", "replace")).hexdigest()
        end = time.monotonic() + self.notebook_seconds
        student = Student(data_files(released))
        try:
            for number, cell in enumerate(c for c in nb.cells if c.cell_type == "code"):
                cell.execution_count = number + 1
                left = end - time.monotonic()
                if left <= 0:
                    late = f"the notebook ran longer than {self.notebook_seconds} s"
                    cell.outputs = [_error("TimeLimit", late)]
                elif _is_students(cell):
                    cell.outputs = student.run(cell.source, min(self.cell_seconds, left))
                else:
                    setup = _setup(student.kernel, cell.source, imports, sources, submission)
                    prepared = judge.run(setup, self.test_seconds)
                    ran = prepared
                    if not any(o.output_type == "error" for o in prepared.outputs):
                        ran = judge.run(cell.source, self.test_seconds)
                    cell.outputs = self._outputs(cell, ran)
                    if ran.trouble:
                        judge.stop()
                        judge_kernel.cache_clear()
                        judge = judge_kernel(self.course)
                    student.mend()
        finally:
            student.stop()
        return nb, resources

    def _outputs(self, cell: NotebookNode, ran: Ran) -> list[NotebookNode]:
        """Return what may be shown of a test cell, with exactly one score or error."""
        points = float(cell.metadata.nbgrader["points"])
        shown = []
        ends = []
        for output in ran.outputs:
            if output.output_type == "stream":
                output["name"] = "stdout"  # nbgrader gives nothing to a cell that wrote to stderr
                shown.append(output)
            elif output.output_type == "error":
                ends.append(self._error(cell, output))
            elif output.output_type == "execute_result":
                ends.append(_score(output, points))
            else:
                shown.append(output)
        if ran.trouble:
            ends = [_error("TimeLimit", "the check took too long; tell your instructor")]
        # Without an error or a score nbgrader would give all points, and an error outweighs.
        errors = [end for end in ends if end.output_type == "error"]
        return shown + (errors[:1] or ends[-1:])

    def _error(self, cell: NotebookNode, output: NotebookNode) -> NotebookNode:
        name = output.ename
        if name in STUDENT_ERRORS:
            return _error(name, output.evalue)
        trace = "\n".join(output.traceback)
        self.log.error("The check %s failed: %s", cell.metadata.nbgrader["grade_id"], trace)
        return _error(name, "the check itself failed; tell your instructor")


class Student:
    """A student's kernel, and what it takes to start it anew where it was.

    Parameters
    ----------
    files : list of Path
        What lies beside the notebook.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._history: list[str] = []
        self._restarts = 0
        self._seconds = 60.0
        self.kernel = self._start()

    def run(self, source: str, seconds: float) -> list[NotebookNode]:
        """Run a cell; if the kernel is lost with it, start it anew without that cell."""
        ran = self.kernel.run(source, seconds)
        self._seconds = seconds
        if ran.trouble:
            self._restart()
            return [*ran.outputs, _error("KernelDied", TROUBLE[ran.trouble])]
        if not ran.late:
            self._history.append(source)
        return ran.outputs

    def mend(self) -> None:
        """Start the kernel anew if it does not answer."""
        if not self.kernel.answers():
            self._restart()

    def stop(self) -> None:
        """End the kernel."""
        self.kernel.stop()

    def _start(self) -> Kernel:
        package = student_package()
        if not sandbox.available():
            environment = sandbox.environment(str(package))
            kernel = Kernel(environment, lambda folder, command: sandbox.limited(command))
            for file in self._files:
                shutil.copy(file, kernel.folder)
            return kernel
        return Kernel(
            sandbox.environment(sandbox.PACKAGE),
            functools.partial(sandbox.sandboxed, package=package, files=self._files),
        )

    def _restart(self) -> None:
        """Start anew and run again what had run, while that works."""
        self.kernel.stop()
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            self._history = []
        self.kernel = self._start()
        for i, source in enumerate(self._history):
            if self.kernel.run(source, self._seconds).trouble:
                del self._history[i]
                self._restart()
                return


@functools.cache
def judge_kernel(course: str) -> Kernel:
    """Start the judge; the same one serves every notebook of this process."""
    environment = {
        **os.environ,
        GRADING: "autograde",
        HIDDEN_CASES: "course_utils.exercises:hidden_cases",
        SECRET: os.environ.get(SECRET) or course_secret(Path(course or ".")),
    }
    kernel = Kernel(environment)
    atexit.register(kernel.stop)
    return kernel


@functools.cache
def student_package() -> Path:
    """Write the student's part of the package to a folder that goes when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="course-kit-")
    atexit.register(folder.cleanup)
    write_student_part(Path(folder.name))
    return Path(folder.name)


def import_statements(released: Path) -> str:
    """Return the imports of an assignment, as it was released, outside answers and tests."""
    notebook = nbformat.read(released, as_version=4)
    lines = []
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or marks.get("solution") or marks.get("grade"):
            continue
        for statement in ast.parse(cell.source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                lines.append(ast.unparse(statement))
    return "\n".join(lines)


def data_files(released: Path) -> list[Path]:
    """Return the files that were released beside a notebook."""
    files = sorted(released.parent.iterdir())
    return [path for path in files if path.is_file() and path.suffix != ".ipynb"]


def _setup(kernel: Kernel, test: str, imports: str, sources: list[str], submission: str) -> str:
    """Return the code that makes the judge ready for a test cell."""
    facts = {
        "connection": kernel.connection,
        "folder": str(kernel.folder),
        "pid": kernel.pid,
        "test": test,
        "imports": imports,
        "sources": sources,
        "submission": submission,
    }
    return textwrap.dedent(
        f"""
        import course_utils.grading.proxy
        course_utils.grading.proxy.bind(globals(), **{facts!r})
        """
    )


def _is_students(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade")


def _score(output: NotebookNode, points: float) -> NotebookNode:
    """Return a result as nbgrader reads it: a plain number between 0 and the points."""
    text = output.get("data", {}).get("text/plain", "")
    try:
        score = float(text)
    except ValueError:
        score = float("nan")
    if not 0 <= score <= points:
        return _error("BadScore", "the check gave no score; tell your instructor")
    return new_output("execute_result", data={"text/plain": f"{score:g}"}, execution_count=1)


def _error(name: str, says: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=says, traceback=[f"{name}: {says}"])
