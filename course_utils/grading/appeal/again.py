"""Run a graded notebook once more, with the same hidden cases, and have them told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from course_utils.checks.report import MIME
from course_utils.errors import CourseError
from course_utils.grading.batch.task import Task
from course_utils.grading.batch.workers import Workers
from course_utils.grading.judge.cells import code_cells, grade_id, is_test
from course_utils.grading.judge.disclosed import Disclosed, quoted_text
from course_utils.grading.judge.notebook import Judged
from course_utils.grading.report.results import cents


@dataclass(frozen=True)
class TriedTest:
    """One test that was run again.

    Attributes
    ----------
    name : str
        Its grade_id.
    points, score : float
    why : str
        What it ended with in place of a score; empty if it has one.
    checks : tuple of Disclosed
        What its checks asked, and what came.
    sentences : tuple of str
        What a tutor says of the mistakes that were recognised.
    calls : tuple of (str, str)
        The first calls that it made without a check, and what came.
    """

    name: str
    points: float
    score: float
    why: str = ""
    checks: tuple[Disclosed, ...] = ()
    sentences: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Again:
    """A notebook that was run again.

    Attributes
    ----------
    tests : tuple of TriedTest
        In their order.
    raised : tuple of str
        Which cells of the student's ended with an exception, and with which.
    tier : str
        How its code was isolated.
    doubts : tuple of str
        Tests that came to no verdict for a reason that is not the student's.
    """

    tests: tuple[TriedTest, ...]
    raised: tuple[str, ...]
    tier: str
    doubts: tuple[str, ...]

    @property
    def total(self) -> float:
        """The sum of the scores."""
        return cents(sum(test.score for test in self.tests))

    @property
    def points(self) -> float:
        """The sum of the points."""
        return cents(sum(test.points for test in self.tests))


def run_again(notebook: NotebookNode, task: Task) -> Again:
    """Run a notebook and read what came of it.

    Parameters
    ----------
    notebook : NotebookNode
        The task's.
    task : Task

    Raises
    ------
    CourseError
        If it cannot be run.
    """
    (done,) = Workers(1).run(iter([task]))
    if done.judged is None:
        raise CourseError(f"the notebook could not be run: {done.why}")
    judged = done.judged
    pairs = list(zip(code_cells(notebook), judged.outputs, strict=True))
    tests = tuple(_test(cell, outputs, judged) for cell, outputs in pairs if is_test(cell))
    raised = tuple(_raised(pairs))
    return Again(tests, raised, judged.tier, (*judged.faults, *judged.broken))


def _test(cell: NotebookNode, outputs: Sequence[Mapping[str, Any]], judged: Judged) -> TriedTest:
    """Read what a test came to: its last output is the judge's verdict."""
    name, points = grade_id(cell), float(cell.metadata.nbgrader["points"])
    last = outputs[-1] if outputs else {}
    score, why = 0.0, ""
    if last.get("output_type") == "execute_result":
        score = cents(float(last["data"]["text/plain"]))
    elif last:
        why = _error(last)
    told = judged.told.get(name, {})
    checks = tuple(map(Disclosed.from_json, told.get("checks", [])))
    calls = tuple((str(call), str(came)) for call, came in told.get("calls", []))
    reports = [o["data"][MIME] for o in outputs if MIME in o.get("data", {})]
    sentences = dict.fromkeys(str(one) for report in reports for one in report["sentences"])
    return TriedTest(name, points, score, why, checks, tuple(sentences), calls)


def _raised(pairs: Sequence[tuple[NotebookNode, Sequence[Mapping[str, Any]]]]) -> Iterator[str]:
    for number, (cell, outputs) in enumerate(pairs, start=1):
        errors = [one for one in outputs if one.get("output_type") == "error"]
        if errors and not is_test(cell):
            name = f" ({grade_id(cell)})" if grade_id(cell) else ""
            yield f"code cell {number}{name}: {_error(errors[-1])}"


def _error(output: Mapping[str, Any]) -> str:
    """Tell an error. Its name and its message may be the student's own."""
    name = str(output["ename"])
    name = name if name.isidentifier() else quoted_text(name)
    return f"{name}, {quoted_text(output['evalue'])}" if output["evalue"] else name
