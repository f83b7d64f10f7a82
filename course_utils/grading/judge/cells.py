"""The kinds of code cells: which are tests, and which hold what a student may write."""

from __future__ import annotations

from nbformat import NotebookNode


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
