"""Run a notebook: the student's cells in a sandbox, the tests in a trusted process.

This knows nothing of nbgrader. What comes in is a notebook that the intake made; what comes out are
the outputs of its code cells.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import re
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from nbformat import NotebookNode

import course_utils
from course_utils.checks.call import SECONDS
from course_utils.checks.check import GRADING, HIDDEN_CASES
from course_utils.errors import CourseError
from course_utils.exercises.catalog import SECRET, exercise_module, exercise_modules, topics
from course_utils.grading.judge.cells import code_cells, grade_id, is_test
from course_utils.grading.judge.released import Release, ReleasedTest
from course_utils.grading.judge.verdict import Verdict
from course_utils.grading.kernels.folders import new_folder
from course_utils.grading.kernels.kernel import CellRun, Kernel, KernelsLost, Process, error_output
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.kernels.student import TORCH, Student, tier
from course_utils.grading.kernels.warm.process import (
    WarmProcess,
    can_fork,
    runner_command,
    start_runner,
    warm_process,
)

TRIAL = "course_utils.grading.judge.trial"  # what the judge does
JUDGE_MODULES = ("course_utils.checks", TRIAL)
WAITED = 0.5  # of a test's time: one that waits for longer is late for the student's functions
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


@dataclass
class Judged:
    """What came of a notebook.

    Attributes
    ----------
    outputs : list of list of NotebookNode
        Of each code cell, in their order.
    faults : list of str
        Tests that came to no verdict, by no fault of the student's; another run may come to one.
    broken : dict of str to str
        Tests whose own code is at fault, and what it says.
    tier : str
        How the student's code was isolated.
    ended : list of str
        Where the student's kernel was ended from outside, as it had been there before.
    busy : list of str
        Where time ran out while others had the cores.
    said : dict of str to dict
        What the judge returned of each test.
    told : dict of str to dict
        What each test asked and what came, with the numbers, where that was asked for: "checks",
        as :class:`.disclosed.Disclosed` reads them, and "calls", pairs of a call and what came.
    """

    outputs: list[list[NotebookNode]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    tier: str = ""
    ended: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)


def doubts(ended: Collection[str], busy: Collection[str]) -> str:
    """Say why a person should look at what came of a notebook; nothing if there is no reason."""
    found = []
    if ended:
        found.append(f"its kernel was ended by a signal, and again, in {'; '.join(ended)}")
    if busy:
        found.append(f"time ran out while the machine was busy, in {'; '.join(busy)}")
    return ", and ".join(found)


def judge_notebook(
    nb: NotebookNode,
    release: Release,
    secret: str,
    rules: Rules,
    known: Mapping[str, list[NotebookNode]] | None = None,
    lost: Collection[str] = (),
    *,
    ask: str = "run",
    open: bool = False,
) -> Judged:
    """Run every code cell of a notebook.

    Each cell that a student may have written, or seen, runs in a kernel of its own world. In place
    of each test cell the released one runs in the judge, a kernel that no student's code ever
    enters; there the student's names stand for calls into his kernel (:mod:`.proxy`). A kernel that
    dies or hangs costs that cell: a new one is started, the cells before it are run again, and the
    rest goes on. The last cells are not run if they are as they were released, and no tests:
    nothing that is graded depends on them.

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
    lost : collection of str
        Places where the kernel was ended from outside when this notebook was run before.
    ask : str
        What the judge does with a test: the name of a function of :mod:`.trial`.
    open : bool
        Whether to tell the hidden cases with their numbers. They stand in `told` alone, and in no
        output of a cell.

    Raises
    ------
    KernelsLost
        If a kernel was ended from outside; run the notebook again, with the place in `lost`.
    """
    cells = code_cells(nb)
    sources = [cell.source for cell in cells if not is_test(cell)]
    submission = submission_digest(nb)
    end = time.monotonic() + rules.notebook_seconds
    judged = Judged(tier=tier(release.torch))
    needed = _needed(cells, release)
    with (
        contextlib.closing(
            Student(release.files, rules.limits, torch=release.torch, end=end, lost=lost)
        ) as student,
        contextlib.closing(BorrowedJudge(secret, release)) as judge,
    ):
        for number, cell in enumerate(cells, start=1):
            left = end - time.monotonic()
            name = grade_id(cell)
            place = f"code cell {number}" + (f", {name}" if name else "")
            if is_test(cell) and known and name in known:
                judged.outputs.append(known[name])
            elif left <= 0:
                late = f"the notebook ran longer than {rules.notebook_seconds} s"
                judged.outputs.append([error_output("TimeLimit", late)])
            elif number > needed:
                judged.outputs.append([])
            elif not is_test(cell):
                seconds = min(rules.cell_seconds, left)
                judged.outputs.append(student.run(cell.source, seconds, place))
            elif name not in release.tests:
                judged.broken[name] = "the release has no such test"
                judged.outputs.append([Verdict("broken").output])
            else:
                facts = {
                    "folder": str(student.kernel.folder),
                    "pid": student.kernel.pid,
                    "sources": sources,
                    "submission": submission,
                    "open": open,
                }
                test = release.tests[name]
                seconds = min(rules.test_seconds, left)
                with student.timed(SECONDS, place) as ended:
                    ran = judge.run(test, facts, seconds, left, ask)
                    said = judged.said[name] = ran.returned or {}
                    ended.late = bool(ran.trouble or said.get("late"))
                    ended.limit = said.get("seconds", SECONDS)
                shown = _shown(judged, test, ran, seconds) if ask == "run" else []
                judged.outputs.append(shown)
                judged.told[name] = said.get("told") or {}
                student.mend(place)
        judged.ended, judged.busy = student.ended, student.busy
    return judged


def _needed(cells: list[NotebookNode], release: Release) -> int:
    """Return how many cells there are, without those at the end that are plain and as released."""
    while cells and cells[-1].source in release.plain and not is_test(cells[-1]):
        cells = cells[:-1]
    return len(cells)


def submission_digest(nb: NotebookNode) -> str:
    """Return what stands for a student's code: the same code gets the same hidden cases."""
    sources = [cell.source for cell in code_cells(nb) if not is_test(cell)]
    return hashlib.sha256("\0".join(sources).encode("utf-8", "replace")).hexdigest()


class BorrowedJudge:
    """The judge, for one notebook; another one gets it afterwards.

    Parameters
    ----------
    secret : str
        From which the hidden cases follow.
    release : Release
        Which exercises it is to know.
    """

    _all_idle: ClassVar[defaultdict[tuple[Any, ...], list[Kernel]]] = defaultdict(list)

    def __init__(self, secret: str, release: Release) -> None:
        self._secret = secret
        self._release = release
        self._idle = self._all_idle[secret, release.slug, release.files]
        self._kernel: Kernel | None = None

    def run(
        self,
        test: ReleasedTest,
        facts: dict[str, Any],
        seconds: float,
        most: float,
        ask: str = "run",
    ) -> CellRun:
        """Run a test cell as it was released, once more if the judge dies of it.

        Parameters
        ----------
        test : ReleasedTest
        facts : dict
            Of the student's side: see :func:`.trial.run`.
        seconds : float
        most : float
            By the clock: see :meth:`.kernel.Kernel.run`.
        ask : str
            A function of :mod:`.trial`.
        """
        release = self._release
        facts = {
            **facts,
            "slug": release.slug,
            "name": test.name,
            "source": test.source,
            "points": test.points,
            "before": [astuple(cell) for cell in test.before],
            "imports": release.imports,
            "files": [str(path.absolute()) for path in release.files],
            "learned": dict(release.learned),
        }
        ran = self._run(ask, facts, seconds, most)
        return self._run(ask, facts, seconds, most) if ran.trouble == "died" else ran

    def _run(self, ask: str, facts: dict[str, Any], seconds: float, most: float) -> CellRun:
        """Run a test cell; leave a judge that is in trouble behind."""
        kernel, self._kernel = self._kernel, None
        with contextlib.suppress(IndexError):
            kernel = kernel or self._idle.pop()
        kernel = kernel or judge_kernel(self._secret, self._release)
        with contextlib.ExitStack() as undo:
            undo.callback(kernel.stop)
            ran = kernel.call(TRIAL, ask, facts, seconds, most)
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
        HIDDEN_CASES: f"{TRIAL}:cases",
        SECRET: secret,
    }
    warm = warm_judges(release)

    def start(folder: Path) -> Process:
        if warm is None:
            return start_runner(folder, runner_command(folder), environment)
        return warm.fork(folder=str(folder), cwd=str(folder), env=environment, limits=None)

    try:
        kernel = Kernel(warm.new_folder() if warm else new_folder(), start)
    except (CourseError, RuntimeError) as error:
        raise KernelsLost("judge", f"no judge could be started: {error}") from error
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
    modules += _exercise_modules(release)
    package = str(Path(course_utils.__file__).parents[1])
    try:
        return warm_process(tuple(modules), package, False)
    except CourseError as error:  # what an exercise imports has started a thread
        LOG.warning("Judges are started one by one: %s", error)
        return None


def _exercise_modules(release: Release) -> list[str]:
    """Return the modules of the exercises that a release checks, whoever chose them."""
    if release.slug in topics():
        return exercise_modules(release.slug)
    sources = "\n".join(test.source for test in release.tests.values())
    found = []
    for name in sorted(set(re.findall(r"""\bcheck\(\s*["'](\w+)""", sources))):
        with contextlib.suppress(ValueError):  # the check itself will say that it is unknown
            found.append(exercise_module(name))
    return found


def _shown(judged: Judged, test: ReleasedTest, ran: CellRun, seconds: float) -> list[NotebookNode]:
    """Return what may be shown of a test cell, with exactly one score or error at its end."""
    verdict = _verdict(test, ran, seconds)
    if verdict.kind == "broken":
        judged.broken[test.name] = f"{verdict.name}: {verdict.says}"
        LOG.error("The check %s failed: %s", test.name, (ran.returned or {}).get("trace"))
    elif verdict.kind == "lost":
        judged.faults.append(test.name)
        LOG.error("The check %s came to no verdict: %s", test.name, verdict.says)
    shown = []
    for output in ran.outputs:
        if output.output_type == "stream":
            output["name"] = "stdout"  # nbgrader gives nothing to a cell that wrote to stderr
        # A score or an error counts if it is the verdict, which is no output of the cell's.
        if output.output_type not in ("error", "execute_result"):
            shown.append(output)
    return [*shown, verdict.output]


def _verdict(test: ReleasedTest, ran: CellRun, seconds: float) -> Verdict:
    """Return what a test came to: nothing that was not said counts as a verdict."""
    if ran.trouble:
        return Verdict("lost", says=f"the judge {ran.trouble}")
    if not ran.late:
        return Verdict.of(ran.returned, test.points)
    waited = ran.returned.get("waited") if isinstance(ran.returned, dict) else None
    if isinstance(waited, float) and waited > WAITED:
        says = f"calls of your functions took longer than {seconds:g} s together"
        return Verdict("failed", name="TimeLimit", says=says)
    return Verdict("lost", says=f"it ran longer than {seconds:g} s")
