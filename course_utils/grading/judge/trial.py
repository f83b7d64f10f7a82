"""In the judge: run one test cell and say what it came to.

The cell and all that it is run with come from the release. A name that it reads is the release's
own where imports or locked cells define it, and else stands for what lives in the student's kernel
(:mod:`.proxy`). What the cell came to is what :func:`run` returns, not what it shows.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import json
import math
import numbers
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython import get_ipython

from course_utils.checks.call import answer_of
from course_utils.checks.cases import SECONDS, CaseSet, Outcome
from course_utils.checks.check import CheckFailed, frozen_cases
from course_utils.checks.encode import encode_outcome
from course_utils.checks.learned import with_learned
from course_utils.checks.report import MIME
from course_utils.exercises import hidden_cases
from course_utils.exercises.catalog import SUBMISSION, find, topic, topics
from course_utils.exercises.exercise import Exercise
from course_utils.grading.judge.definitions import (
    PYTHONS_OWN,
    Cell,
    for_judge,
    free_names,
    needed,
    of_students,
    parsed,
    tainted,
)
from course_utils.grading.judge.disclosed import disclosed, told_call
from course_utils.grading.judge.proxy import Line, RemoteAnswer, names_of

MOST_SAID = 1000  # characters of an error that are told
MOST_CALLS = 20  # of a test's own that are told
COURSE_CODE = ("course_utils.checks.", "course_utils.exercises.")
Namespace = dict[str, Any]

_line: Line | None = None
_before: set[str] | None = None
_scale = 1.0
_learned: dict[str, str] = {}
_drawn: list[CaseSet] = []  # for the cell that is run


def run(facts: dict[str, Any]) -> dict[str, Any]:
    """Run a test cell in this process, which is the judge's, and return what it came to.

    Parameters
    ----------
    facts : dict
        "folder", "pid": of the student's kernel, see :class:`.proxy.Line`. "slug": the
        assignment. "name", "source", "points": of the cell. "before": the locked cells above it,
        as pairs of a source and whether it is a test. "imports": the assignment's own import
        statements. "files": paths of what lies beside the notebook. "sources": the student's code
        cells. "submission": what the hidden cases depend on besides exercise and secret.
        "learned": mistakes that the course has learned, as JSON by exercise. "open": whether to
        tell the hidden cases, too, where it is there.

    Returns
    -------
    dict
        As :class:`.verdict.Verdict` reads it; with "told", if that was asked for: what each check
        asked and what came, as :func:`.disclosed.disclosed` tells it, and other calls.
    """
    start = time.monotonic()
    line = _line_to(Path(facts["folder"]), facts["pid"])
    waited, late = line.waited, line.late
    line.heard = [] if facts.get("open") else None
    _drawn.clear()
    try:
        said = Trial(get_ipython(), line, facts).verdict()
    except KeyboardInterrupt:
        said = {"kind": "late"}
    except Exception as error:
        said = _broken(error)
    share = (line.waited - waited) / max(time.monotonic() - start, 1e-9)
    seconds = max((e.seconds for e in _checked(facts["source"])), default=SECONDS)
    told = {"told": _told(line.heard)} if line.heard is not None else {}
    return {**said, **told, "waited": share, "late": line.late > late, "seconds": seconds}


def _told(heard: Sequence[RemoteAnswer]) -> dict[str, Any]:
    """Tell the hidden cases of the checks, and the calls that the cell made without one."""
    checks: list[dict[str, Any]] = []
    calls: list[tuple[str, str]] = []
    for one in heard:
        if not one.found:
            continue
        if any(one.cases is cases for cases in _drawn):
            told = disclosed(one.cases, one.found, one.shortcuts())
            checks.append(dataclasses.asdict(told))
        elif not one.cases.outputs and len(calls) < MOST_CALLS:  # what a check asks has a name
            calls.append(told_call(one.cases, one.found))
    return {"checks": checks, "calls": calls}


def cases(name: str) -> CaseSet:
    """Draw the hidden cases of an exercise, for the points of the cell that is run."""
    drawn = hidden_cases(name)
    learned = None
    if name in _learned:
        learned = with_learned(frozen_cases(name), json.loads(_learned[name]))
    _drawn.append(dataclasses.replace(drawn, points=drawn.points * _scale, learned=learned))
    return _drawn[-1]


def outcomes(facts: dict[str, Any]) -> dict[str, Any]:
    """Say what the answers that a test cell checks come to on the cases that students have.

    Parameters
    ----------
    facts : dict
        As for :func:`run`.

    Returns
    -------
    dict
        "outcomes": for each exercise a list, with a code of each outcome and None where there is
        none, or it cannot be written down. "why": why there is nothing, if so.
    """
    line = _line_to(Path(facts["folder"]), facts["pid"])
    trial = Trial(get_ipython(), line, facts)
    try:
        failed = trial.define()
        return {"why": failed["says"]} if failed else {"outcomes": trial.outcomes()}
    except KeyboardInterrupt:
        return {"why": "it took too long"}


def _checked(source: str) -> list[Exercise]:
    """Return the exercises that a test cell checks."""
    named = [
        node.args[0].value
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "check"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    found = []
    for name in named:
        with contextlib.suppress(ValueError):  # the check itself will say that it is unknown
            found.append(find(str(name)))
    return found


class Trial:
    """One test cell and the names that it reads.

    Parameters
    ----------
    shell : InteractiveShell
        The judge's. What an earlier test left there is removed.
    line : Line
    facts : dict
        See :func:`run`.
    """

    def __init__(self, shell: Any, line: Line, facts: dict[str, Any]) -> None:
        self._shell = shell
        self._facts = facts
        self._tree = parsed(facts["source"])
        self._namespace: Namespace = shell.user_ns
        self._line = line
        self._theirs: frozenset[str] = frozenset()  # names that are the student's
        self._known: frozenset[str] = frozenset()

    def verdict(self) -> dict[str, Any]:
        """Make the names ready, run the cell, and say what it came to."""
        if failed := self.define():
            return failed
        reports: list[dict[str, Any]] = []
        with _noted(self._shell, reports):
            ran = self._shell.run_cell(self._facts["source"], store_history=False)
        error = ran.error_before_exec or ran.error_in_exec
        if error is not None:
            return self._failed(error, self._tree)
        return self._scored(ran.result, reports)

    def define(self) -> dict[str, Any] | None:
        """Make the names ready that the cell reads; return what went wrong, if anything did."""
        global _learned
        _clear(self._namespace)
        _link(self._facts["files"])
        self._set_points()
        _learned = self._facts["learned"]
        os.environ[SUBMISSION] = self._facts["submission"]
        if self._facts["slug"] in topics():
            topic(self._facts["slug"])  # now, so that the others need not be imported
        exec(self._facts["imports"], self._namespace)
        self._known = PYTHONS_OWN | set(self._namespace)
        return self._define()

    def outcomes(self) -> dict[str, list[Any]]:
        """Return a code of what each answer comes to on each of the students' cases."""
        names = [exercise.name for exercise in _checked(self._facts["source"])]
        return {
            name: [
                _code(outcome)
                for outcome in answer_of(self._namespace[name], frozen_cases(name)).outcomes()
            ]
            for name in names
            if name in self._namespace
        }

    def _set_points(self) -> None:
        """Have the checks of the cell share its points as their exercises' weigh."""
        global _scale
        total = sum(exercise.points for exercise in _checked(self._facts["source"]))
        _scale = self._facts["points"] / total if total else 1.0

    def _define(self) -> dict[str, Any] | None:
        """Define what the cell reads; return what went wrong, if anything did."""
        names = self._namespace
        statements = needed(self._facts["source"], [Cell(*cell) for cell in self._facts["before"]])
        theirs = of_students(statements, self._known)
        ours = for_judge(statements, self._known, theirs)
        reads = free_names(self._tree).union(*(s.reads for s in ours))
        bound = frozenset().union(*(s.binds for s in ours))
        wanted = sorted(reads - self._known - (bound - theirs))
        self._theirs = frozenset(wanted)
        names |= names_of(self._line, wanted, self._facts["sources"])
        for statement in ours:
            tree = ast.Module([statement.node], [])
            self._theirs = tainted(tree, self._theirs, self._known)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    statement.run(names)
            except Exception as error:
                return self._failed(error, tree)
        return None

    def _scored(self, value: Any, reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Read a score from the cell's last value; without one, a cell that ended has passed."""
        points = float(self._facts["points"])
        if reports and (value is None or value == reports[-1]["score"]):
            reached = sum(report["score"] for report in reports)
            possible = sum(report["points"] for report in reports)
            return _scored(round(points * reached / possible, 2) if possible else 0.0)
        if value is None:
            return _scored(points)
        if self._ends_with_students():
            return _broken(BadScore("it ends with what the student's code says, which is no score"))
        # NumPy's numbers are numbers, too; bool is one of Python's, but no score.
        if not isinstance(value, numbers.Real) or isinstance(value, bool):
            return _broken(BadScore(f"it ends with {_short(repr(value))}, which is no number"))
        score = float(value)
        if not (math.isfinite(score) and 0 <= score <= points):
            return _broken(BadScore(f"it ends with {score:g}, which is not from 0 to {points:g}"))
        return _scored(score)

    def _ends_with_students(self) -> bool:
        """Say whether the last value is a student's own, as in a line that only shows it."""
        last = self._tree.body[-1] if self._tree.body else None
        value = last.value if isinstance(last, ast.Expr) else None
        function = value.func if isinstance(value, ast.Call) else value
        return isinstance(function, ast.Name) and function.id in self._theirs

    def _failed(self, error: BaseException, tree: ast.Module) -> dict[str, Any]:
        """Say whose an error is, and what is told of it."""
        if isinstance(error, KeyboardInterrupt):
            return {"kind": "late"}
        if self._is_students(error, tree):
            return {"kind": "failed", "name": type(error).__name__, "says": _message(error)}
        return _broken(error)

    def _is_students(self, error: BaseException, tree: ast.Module) -> bool:
        """Say whether an error comes from the student's side: by an assertion or by a value.

        It does where the expression that raised it has anything of the student's in it. What a
        check raises besides its verdict is the course's own, whatever it was handed.
        """
        frames = list(_frames(error.__traceback__))
        modules = [frame.tb_frame.f_globals.get("__name__", "") for frame in frames]
        if any(f"{module}.".startswith(COURSE_CODE) for module in modules):
            own = frames[-1].tb_frame.f_code.co_name == "check"  # it refuses what is no function
            return isinstance(error, CheckFailed) or (own and isinstance(error, TypeError))
        if isinstance(error, AssertionError):
            return True
        theirs = tainted(tree, self._theirs, self._known)
        here = [frame for frame in frames if frame.tb_frame.f_globals is self._namespace]
        node = _node_at(tree, here[0]) if here else None
        return bool(free_names(node or tree) & theirs)


class BadScore(ValueError):
    """A test cell ended with what is no score."""


def _line_to(folder: Path, pid: int) -> Line:
    global _line
    if _line is None or _line.place != (str(folder), pid):
        if _line is not None:
            _line.close()
        _line = Line(folder, pid)
    return _line


def _clear(namespace: Namespace) -> None:
    """Remove what an earlier test left."""
    global _before
    if _before is None:
        _before = set(namespace)
    for name in set(namespace) - _before:
        del namespace[name]


def _link(files: Sequence[str]) -> None:
    """Let what was released beside the notebook lie beside the test."""
    for path in map(Path, files):
        with contextlib.suppress(FileExistsError):
            os.symlink(path.absolute(), path.name)


@contextlib.contextmanager
def _noted(shell: Any, reports: list[dict[str, Any]]) -> Iterator[None]:
    """Note the reports that checks show, and let no semicolon hide the last value."""
    publisher, hook = shell.display_pub, shell.displayhook
    publish = publisher.publish

    def noting(data: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(data, dict) and isinstance(report := data.get(MIME), dict):
            reports.append(report)
        publish(data, *args, **kwargs)

    publisher.publish, hook.quiet = noting, lambda: False
    try:
        yield
    finally:
        del publisher.publish, hook.quiet


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _node_at(tree: ast.Module, trace: TracebackType) -> ast.AST | None:
    """Return the piece of a cell that raised: an expression, or a statement that says `raise`.

    What a `raise` depends on stands around it, and so does what a `with` says of its body.
    """
    positions = list(trace.tb_frame.f_code.co_positions())
    line, end_line, column, end_column = positions[trace.tb_lasti // 2]
    for top in tree.body:
        for node in ast.walk(top):
            if not isinstance(node, ast.expr | ast.stmt):
                continue
            place = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
            if place == (line, end_line, column, end_column):
                heads = {
                    id(item.context_expr)
                    for one in ast.walk(top)
                    if isinstance(one, ast.With | ast.AsyncWith)
                    for item in one.items
                }
                around = isinstance(node, ast.Raise) or id(node) in heads
                return top if around else node
    return next((t for t in tree.body if t.lineno <= (line or 0) <= (t.end_lineno or 0)), None)


def _code(outcome: Outcome | None) -> Any:
    """Return an outcome as JSON; None if there is none, or none that can be written down."""
    try:
        return None if outcome is None else encode_outcome(outcome)
    except TypeError:
        return None


def _scored(score: float) -> dict[str, Any]:
    return {"kind": "scored", "score": score}


def _broken(error: BaseException) -> dict[str, Any]:
    trace = "".join(traceback.format_exception(error, limit=-5))
    said = {"name": type(error).__name__, "says": _message(error), "trace": _short(trace[-4000:])}
    return {"kind": "broken", **said}


def _message(error: BaseException) -> str:
    try:
        return _short(str(error))
    except Exception:
        return ""


def _short(text: str) -> str:
    return text if len(text) <= MOST_SAID else text[:MOST_SAID] + " …"
