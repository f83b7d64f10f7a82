"""A class of a few students and two exercises, whose scores are known; quick to grade."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from course_utils.grading.nbgrader_command import nbgrader

COURSE = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"
TESTS = ("output_size", "same_padding")
SECRET = "a secret that only these tests know"

SIZE = """
def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
    span = dilation * (kernel - 1) + 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or span > size + 2 * pad:
        raise ValueError("no output")
    return (size + 2 * pad - span) // stride + 1
"""
ROUNDS_UP = SIZE.replace("return (", "return -(-(").replace(") // stride", ") // stride)")
PADDING = """
def same_padding(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2:
        raise ValueError("no padding keeps the size")
    return dilation * (kernel - 1) // 2
"""
DIES = "import os\ndef output_size(*args, **kwargs):\n    os._exit(3)\n"
SLOW = "import time\ntime.sleep({seconds})\n"

# What each student hands in, and what it is worth.
ANSWERS = {
    "student-001": (SIZE, PADDING, (2.0, 1.0)),
    "student-002": (ROUNDS_UP, PADDING, (1.49, 1.0)),
    "student-003": (DIES, PADDING, (0.0, 1.0)),
    "student-004": ("output_size = 3", PADDING, (0.0, 1.0)),
    "student-005": (SIZE, "1 / 0", (2.0, 0.0)),
}


def make_class(root: Path) -> Path:
    """Release a short form of the first topic in `root`, and hand in all answers."""
    source = nbformat.read(COURSE / "solutions" / SLUG / f"{SLUG}.ipynb", as_version=4)
    wanted = {"setup", *TESTS, *(f"{name}-answer" for name in TESTS)}
    source.cells = [cell for cell in source.cells if grade_id(cell) in wanted]
    (root / "solutions" / SLUG).mkdir(parents=True)
    nbformat.write(source, root / "solutions" / SLUG / f"{SLUG}.ipynb")
    nbgrader(COURSE, root, "generate_assignment", SLUG)
    for student, (size, padding, _) in ANSWERS.items():
        hand_in(root, student, size, padding)
    return root


def hand_in(root: Path, student: str, size: str, padding: str) -> Path:
    """Write a submission and return its notebook."""
    notebook = nbformat.read(root / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = {"output_size-answer": size, "same_padding-answer": padding}.get(
            grade_id(cell), cell.source
        )
    path = root / "submitted" / student / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def expected() -> dict[str, dict[str, float]]:
    """Return the scores that everybody must get."""
    return {
        student: dict(zip(TESTS, scores, strict=True)) for student, (*_, scores) in ANSWERS.items()
    }


def copy_class(root: Path, target: Path) -> Path:
    """Copy a class, with the times of its files."""
    shutil.copytree(root, target)
    return target


def grade_id(cell: nbformat.NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")
