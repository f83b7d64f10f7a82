"""Run a notebook: the student's cells in a sandbox, the tests in a trusted process.

This knows nothing of nbgrader. What comes in is a notebook that the intake made; what comes out are
the outputs of its code cells.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import hashlib
import logging
import os
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

import course_utils
from course_utils.checks.check import GRADING, HIDDEN_CASES
from course_utils.errors import CourseError
from course_utils.exercises.catalog import SECRET, exercise_modules, topics
from course_utils.grading.folders import new_folder
from course_utils.grading.kernel import Kernel, Process, Ran, error_output
from course_utils.grading.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.student import TORCH, Student, tier
from course_utils.grading.warm.process import (
    WarmProcess,
    can_fork,
    runner_command,
    start_runner,
    warm_process,
)

# What a test cell may say to a student; any other error is the course's own fault.
STUDENT_ERRORS = {"CheckFailed", "AssertionError", "NameError", "TypeError", "TimeLimit"}
FAILED = "the check itself failed; tell your instructor"
JUDGE_MODULES = ("course_utils.checks", "course_utils.grading.proxy")
PREPARE = ["course_utils.grading.proxy", "prepare"]  # what the judge does before a test
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """How a notebook is run.

    Attributes
    ----------
    cell_seconds, test_seconds, notebook_seconds : int
        The longest that one of a student's cells, a test cell, the whole notebook may run.
    limits : Limits
    """

    cell_seconds: int = 60
    test_seconds: int = 300
    notebook_seconds: int = 900
    limits: Limits = DEFAULT_LIMITS


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Release:
    """What an assignment brings along.

    Attributes
    ----------
    slug : str
    imports : str
        The import statements of its notebook.
    files : tuple of Path
        What lies beside the notebook.
    """

    slug: str
    imports: str
    files: tuple[Path, ...] = ()

    @property
    def torch(self) -> bool:
        """Whether it builds on PyTorch."""
        return "torch" in re.findall(r"\w+", self.imports)


@dataclass
class Judged:
    """What came of a notebook.

    Attributes
    ----------
    outputs : list of list of NotebookNode
        Of each code cell, in their order.
    faults : list of str
        What went wrong and was no fault of the student's, by the name of the test.
    tier : str
        How the student's code was isolated.
    """

    outputs: list[list[NotebookNode]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    tier: str = ""


def judge_notebook(
    nb: NotebookNode,
    release: Release,
    secret: str,
    rules: Rules,
    known: Mapping[str, list[NotebookNode]] | None = None,
) -> Judged:
    """Run every code cell of a notebook.

    Each cell of the student's runs in a kernel of its own world. Each test cell runs in the judge,
    a kernel that no student's code ever enters; there the student's names stand for calls into his
    kernel (:mod:`.proxy`). A kernel that dies or hangs costs that cell: a new one is started, the
    cells before it are run again, and the rest goes on.

    Parameters
    ----------
    nb : NotebookNode
        As the intake made it. It is not changed.
    release : Release
    secret : str
        From which the hidden cases follow.
    rules : Rules
    known : dict of str to list of NotebookNode, optional
        Outputs of tests, by name, that need not be run.
    """
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in cells if is_students(cell)]
    submission = submission_digest(nb)
    end = time.monotonic() + rules.notebook_seconds
    judged = Judged(tier=tier(release.torch))
    with (
        contextlib.closing(Student(release.files, rules.limits, torch=release.torch)) as student,
        contextlib.closing(BorrowedJudge(secret, release)) as judge,
    ):
        for cell in cells:
            left = end - time.monotonic()
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if not is_students(cell) and known and name in known:
                judged.outputs.append(known[name])
            elif left <= 0:
                late = f"the notebook ran longer than {rules.notebook_seconds} s"
                judged.outputs.append([error_output("TimeLimit", late)])
            elif is_students(cell):
                judged.outputs.append(student.run(cell.source, min(rules.cell_seconds, left)))
            else:
                facts = {
                    "folder": str(student.kernel.folder),
                    "pid": student.kernel.pid,
                    "slug": release.slug,
                    "test": cell.source,
                    "imports": release.imports,
                    "sources": sources,
                    "submission": submission,
                }
                ran = judge.run(facts, rules.test_seconds)
                if ran.trouble or _is_ours(ran):
                    judged.faults.append(name)
                judged.outputs.append(_shown(cell, ran))
                student.mend()
    return judged


def submission_digest(nb: NotebookNode) -> str:
    """Return what stands for a student's code: the same code gets the same hidden cases."""
    sources = [cell.source for cell in nb.cells if is_students(cell)]
    return hashlib.sha256("\0".join(sources).encode("utf-8", "replace")).hexdigest()


def is_students(cell: NotebookNode) -> bool:
    """Say whether a cell is code of the student's, and no test."""
    return cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade")


def import_statements(notebook: NotebookNode) -> str:
    """Return the imports of an assignment, as it was released, outside answers and tests."""
    lines = []
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or marks.get("solution") or marks.get("grade"):
            continue
        for statement in ast.parse(cell.source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                lines.append(ast.unparse(statement))
    return "\n".join(lines)


def read_release(released: Path) -> Release:
    """Return what an assignment brings along, as it was released."""
    files = sorted(released.parent.iterdir())
    beside = tuple(path for path in files if path.is_file() and path.suffix != ".ipynb")
    imports = import_statements(nbformat.read(released, as_version=4))
    return Release(released.stem, imports, beside)


class BorrowedJudge:
    """The judge, for one notebook; another one gets it afterwards.

    Parameters
    ----------
    secret : str
        From which the hidden cases follow.
    release : Release
        Which exercises it is to know.
    """

    _all_idle: ClassVar[defaultdict[tuple[str, str], list[Kernel]]] = defaultdict(list)

    def __init__(self, secret: str, release: Release) -> None:
        self._secret = secret
        self._release = release
        self._idle = self._all_idle[secret, release.slug]
        self._kernel: Kernel | None = None

    def run(self, facts: dict[str, Any], seconds: float) -> Ran:
        """Run a test cell; leave a judge that is in trouble behind."""
        kernel, self._kernel = self._kernel, None
        with contextlib.suppress(IndexError):
            kernel = kernel or self._idle.pop()
        kernel = kernel or judge_kernel(self._secret, self._release)
        with contextlib.ExitStack() as undo:
            undo.callback(kernel.stop)
            ran = kernel.run(facts["test"], seconds, call=[*PREPARE, facts])
            if not ran.trouble:
                undo.pop_all()
                self._kernel = kernel
        return ran

    def close(self) -> None:
        """Let the next notebook have the judge."""
        if self._kernel is not None:
            self._idle.append(self._kernel)
            self._kernel = None


def judge_kernel(secret: str, release: Release) -> Kernel:
    """Start a judge; fork it where that is possible."""
    environment = {
        **os.environ,
        GRADING: "autograde",
        HIDDEN_CASES: "course_utils.exercises:hidden_cases",
        SECRET: secret,
    }
    warm = warm_judges(release)

    def start(folder: Path) -> Process:
        if warm is None:
            return start_runner(folder, runner_command(folder), environment)
        return warm.fork(folder=str(folder), cwd=str(folder), env=environment, limits=None)

    kernel = Kernel(warm.new_folder() if warm else new_folder(), start)
    atexit.register(kernel.stop)
    return kernel


def warm_judges(release: Release) -> WarmProcess | None:
    """Return the process from which judges are forked, in which the exercises are imported.

    It is trusted, as they are, and has nothing to do with that of the students' kernels. There is
    none where forking is not safe.
    """
    if not can_fork():
        return None
    modules = [*JUDGE_MODULES, *(TORCH if release.torch else ())]
    modules += exercise_modules(release.slug) if release.slug in topics() else []
    package = str(Path(course_utils.__file__).parents[1])
    try:
        return warm_process("runner", tuple(modules), package, False)
    except CourseError as error:  # what an exercise imports has started a thread
        LOG.warning("Judges are started one by one: %s", error)
        return None


def _errors(ran: Ran) -> list[NotebookNode]:
    return [output for output in ran.outputs if output.output_type == "error"]


def _is_ours(ran: Ran) -> bool:
    return any(output.ename not in STUDENT_ERRORS for output in _errors(ran))


def _shown(cell: NotebookNode, ran: Ran) -> list[NotebookNode]:
    """Return what may be shown of a test cell, with exactly one score or error."""
    points = float(cell.metadata.nbgrader["points"])
    shown = []
    ends = []
    for output in ran.outputs:
        if output.output_type == "stream":
            output["name"] = "stdout"  # nbgrader gives nothing to a cell that wrote to stderr
            shown.append(output)
        elif output.output_type == "error":
            ends.append(_error(cell, output))
        elif output.output_type == "execute_result":
            ends.append(_score(output, points))
        else:
            shown.append(output)
    if ran.trouble:
        ends = [error_output("TimeLimit", "the check took too long; tell your instructor")]
    # Without an error or a score nbgrader would give all points, and an error outweighs.
    errors = [end for end in ends if end.output_type == "error"]
    return shown + (errors[:1] or ends[-1:])


def _error(cell: NotebookNode, output: NotebookNode) -> NotebookNode:
    name = output.ename
    if name in STUDENT_ERRORS:
        return error_output(name, output.evalue)
    trace = "\n".join(output.traceback)
    LOG.error("The check %s failed: %s", cell.metadata.nbgrader["grade_id"], trace)
    return error_output(name, FAILED)


def _score(output: NotebookNode, points: float) -> NotebookNode:
    """Return a result as nbgrader reads it: a plain number between 0 and the points."""
    text = output.get("data", {}).get("text/plain", "")
    try:
        score = float(text)
    except ValueError:
        score = float("nan")
    if not 0 <= score <= points:
        return error_output("BadScore", "the check gave no score; tell your instructor")
    return new_output("execute_result", data={"text/plain": f"{score:g}"}, execution_count=1)
