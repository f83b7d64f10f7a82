"""A student's self-check from the shell: run a notebook and collect what its checks say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.checks.check import CheckFailed
from course_utils.checks.report import MIME
from course_utils.desk.notebooks import told
from course_utils.errors import CourseError

if TYPE_CHECKING:
    from nbformat import NotebookNode

SECONDS = 120  # the longest that one cell may take
CALL = re.compile(r"^\s*check\(", re.MULTILINE)


def self_check(path: Path) -> list[tuple[str, str, bool]]:
    """Run a copy of a notebook; return each check's title, text and whether it passed.

    The file itself is not changed.

    Raises
    ------
    CourseError
        If the file cannot be read, or holds no check.
    """
    try:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellTimeoutError
    except ImportError:
        raise CourseError("running a notebook needs JupyterLab: install it as START says") from None
    notebook = _read(path)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    try:
        client.execute()
    except CellTimeoutError:
        raise CourseError(f"{path} did not finish: a cell ran longer than {SECONDS} s") from None
    found = [_result(cell) for cell in notebook.cells if _is_check(cell)]
    if not found:
        raise CourseError(f"{path} holds no check cell: is it an assignment's notebook?")
    return found


def _read(path: Path) -> NotebookNode:
    import nbformat

    try:
        with told(path):
            notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except CourseError:
        raise
    except Exception:
        # nbformat raises errors of many types on what is not a notebook.
        raise CourseError(
            f"{path} is not a readable notebook: open it in Jupyter and save it again, "
            "or start from a fresh copy"
        ) from None
    return notebook


def _is_check(cell: NotebookNode) -> bool:
    """Say whether a cell tests an answer; one that a person is to grade tests none."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _result(cell: NotebookNode) -> tuple[str, str, bool]:
    title = cell.metadata["nbgrader"]["grade_id"]
    reports = [o.data for o in cell.outputs if MIME in o.get("data", {})]
    errors = [o for o in cell.outputs if o.output_type == "error"]
    if reports:
        return title, reports[-1]["text/plain"], not errors
    if not errors and not any(map(_is_code, cell.source.splitlines())):
        return title, "Counted when it is graded.", True
    if not errors and not CALL.search(cell.source):  # a test that says nothing has passed
        return title, "Passed.", True
    if not errors:
        return title, "the check was not run", False
    error = errors[-1]
    # A check that says all in its error is no accident.
    is_verdict = error.ename == CheckFailed.__name__
    return title, error.evalue if is_verdict else f"{error.ename}: {error.evalue}", False
