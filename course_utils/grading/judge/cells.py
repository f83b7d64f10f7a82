"""The kinds of a notebook's cells: its heading, its tests, and what a student may write."""

from __future__ import annotations

import re

from nbformat import NotebookNode


def heading(notebook: NotebookNode) -> str:
    """Return the first heading of a notebook, or nothing."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tests_of(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the test cells of a notebook."""
    return [cell for cell in code_cells(notebook) if is_test(cell)]


def is_test(cell: NotebookNode) -> bool:
    """Say whether a cell is a test.

    A cell that is graded and holds an answer is none: a person grades what the student wrote there.
    """
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell, or nothing."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
