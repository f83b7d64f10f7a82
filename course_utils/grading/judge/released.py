"""An assignment as it was released. What the judge runs comes from here, and from nowhere else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading.judge.cells import code_cells, grade_id, is_test, tests_of
from course_utils.grading.judge.definitions import Cell, parsed

LEARNED = "mistakes"  # the course's folder of what it has learned


@dataclass(frozen=True)
class Saved:
    """A cell as nbgrader's gradebook keeps it.

    Attributes
    ----------
    source : str
        With the hidden tests, which are taken out of what students get.
    checksum : str
    locked : bool
    points : float or None
        None if it is not graded.
    """

    source: str
    checksum: str
    locked: bool
    points: float | None


@dataclass(frozen=True)
class ReleasedTest:
    """A test cell.

    Attributes
    ----------
    name : str
        Its grade_id.
    source : str
    points : float
    before : tuple of Cell
        The locked cells above it, which may define what it reads.
    """

    name: str
    source: str
    points: float
    before: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Release:
    """What an assignment brings along.

    Attributes
    ----------
    slug : str
    imports : str
        The import statements of its notebook.
    tests : dict of str to ReleasedTest
    files : tuple of Path
        What lies beside the notebook.
    plain : frozenset of str
        The code cells that are neither tests nor answers.
    learned : dict of str to str
        For exercises, the mistakes that the course has learned, as JSON.
    """

    slug: str
    imports: str
    tests: Mapping[str, ReleasedTest] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    plain: frozenset[str] = frozenset()
    learned: Mapping[str, str] = field(default_factory=dict)

    @property
    def torch(self) -> bool:
        """Whether it builds on PyTorch."""
        return "torch" in re.findall(r"\w+", self.imports)


def read_release(released: Path, saved: Mapping[str, Saved] | None = None) -> Release:
    """Return what an assignment brings along.

    Parameters
    ----------
    released : Path
        Its notebook, as students got it.
    saved : dict of str to Saved, optional
        Its cells by name, as the gradebook keeps them: these hold.

    Raises
    ------
    CourseError
        If the gradebook has other tests, or other points for them.
    """
    notebook = nbformat.read(released, as_version=4)
    if saved is not None:
        _require_same_tests(released, notebook, saved)
        restore(notebook, saved)
    beside = tuple(
        path
        for path in sorted(released.parent.iterdir())
        if path.is_file() and path.suffix != ".ipynb"
    )
    plain = frozenset(cell.source for cell in _plain_cells(notebook))
    return Release(
        released.stem,
        import_statements(notebook),
        _tests(notebook),
        beside,
        plain,
        learned_mistakes(released.parents[2]),
    )


def learned_mistakes(course: Path) -> dict[str, str]:
    """Return what a course has learned of its students' mistakes, as JSON by exercise."""
    found = {}
    for path in sorted((course / LEARNED).glob("*.json")):
        try:
            text = path.read_text(encoding="utf-8")
            json.loads(text)["mistakes"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CourseError(f"{path} cannot be read ({error}): delete it, or mend it") from error
        found[path.stem] = text
    return found


def restore(notebook: NotebookNode, saved: Mapping[str, Saved]) -> None:
    """Give a notebook's cells what the gradebook keeps of them, as nbgrader's sanitizing does."""
    for cell in notebook.cells:
        if (kept := saved.get(grade_id(cell))) is None:
            continue
        cell.metadata.nbgrader["checksum"] = kept.checksum
        if kept.locked:
            cell.source = kept.source
        if kept.points is not None:
            cell.metadata.nbgrader["points"] = kept.points


def import_statements(notebook: NotebookNode) -> str:
    """Return the imports of an assignment, as it was released, outside answers and tests."""
    lines = []
    for cell in _plain_cells(notebook):
        for statement in parsed(cell.source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                lines.append(ast.unparse(statement))
    return "\n".join(lines)


def _plain_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in code_cells(notebook):
        marks = cell.metadata.get("nbgrader", {})
        if not (marks.get("solution") or marks.get("grade")):
            yield cell


def _tests(notebook: NotebookNode) -> dict[str, ReleasedTest]:
    tests: dict[str, ReleasedTest] = {}
    before: list[Cell] = []
    for cell in code_cells(notebook):
        marks = cell.metadata.get("nbgrader", {})
        if is_test(cell):
            name = grade_id(cell)
            tests[name] = ReleasedTest(name, cell.source, float(marks["points"]), tuple(before))
        if is_test(cell) or (marks.get("locked") and not marks.get("solution")):
            before.append(Cell(cell.source, is_test(cell)))
    return tests


def _require_same_tests(released: Path, notebook: NotebookNode, saved: Mapping[str, Saved]) -> None:
    for cell in tests_of(notebook):
        name, points = grade_id(cell), float(cell.metadata.nbgrader["points"])
        kept = saved.get(name)
        if kept is None or kept.points != points:
            says = "does not know it" if kept is None else f"gives {kept.points:g}"
            raise CourseError(
                f"{released} has the test {name} for {points:g} points, and the gradebook {says}: "
                f"run `nbgrader generate_assignment {released.stem} --force`"
            )
