"""An assignment's notebook and its exercises, held together: what exercises say stands in it.

The statements are their author's. Answers and checks follow from the exercises, links to the book
from the sections that a statement names. Points are those of the cells, as an instructor sets them:
headings, the total and what checks show follow from them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.errors import CourseError
from course_utils.exercises.catalog import exercise_names, find, topics
from course_utils.exercises.edits import answer_cell
from course_utils.grading.handout.book_links import linked

RAISES = "raises-exception"  # Jupyter's tag for a cell whose error does not stop Run All
PROGRESS, TORCH = "progress", "setup-torch"  # cells that are no exercise's
SHOW_PROGRESS = """\
# What your checks say in all. It counts those that have run since the kernel was started.
from course_utils.checks import progress

progress()"""
HEADING = re.compile(r"^### \d+\. (.+) \([\d.]+ points?\)$", re.MULTILINE)
FROM_CHECKS = "from course_utils.checks import "
IMPORT = re.compile(rf"^{re.escape(FROM_CHECKS)}(.+)$", re.MULTILINE)
WIDTH = 100
TOTAL = re.compile(r"(There\s+are\s+)[\d.]+(\s+points\s+in\s+all)")


def write_exercises(course: Path, slug: str, *, check: bool = False) -> list[Path]:
    """Bring an assignment's notebook in step with itself; return the files that were not.

    In that of a topic, what its exercises say is written; in any other one, numbers, points and
    the total follow its cells.

    Parameters
    ----------
    course : Path
        The course's folder.
    slug : str
        The assignment.
    check : bool
        Whether to leave the notebook as it is.

    Raises
    ------
    CourseError
        If the notebook of a topic lacks a cell of an exercise, or has one that no exercise asks
        for.
    """
    path = course / "solutions" / slug / f"{slug}.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=nbformat.NO_CONVERT)
    if slug in topics():
        _write_topic(notebook, course, slug, path)
        _end_with_progress(notebook)
        _tag(notebook)
    else:
        unchanged = nbformat.writes(notebook)
        _write_own(notebook, slug)
        if nbformat.writes(notebook) == unchanged:  # however it was written
            return []
    after = nbformat.writes(notebook) + "\n"
    if after == before:
        return []
    if not check:
        path.write_text(after, encoding="utf-8")
    return [path]


def _write_topic(notebook: NotebookNode, course: Path, slug: str, path: Path) -> None:
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if _marks(cell)}
    names = exercise_names(slug)
    wanted = [part for name in names for part in (f"{name}-statement", f"{name}-answer", name)]
    found = [name for name in cells if name.partition("-")[0] != "setup"]
    if found != wanted:
        pairs = zip_longest(found, wanted)
        have, want = next((have, want) for have, want in pairs if have != want)
        raise CourseError(
            f"{path} has {have or 'nothing'} where {want or 'nothing'} is due: its cells must be "
            f"the statement, the answer and the check of each of {', '.join(names)}"
        )
    points = {}
    for number, name in enumerate(names, start=1):
        exercise = find(name)
        marks = cells[name].metadata.nbgrader
        points[name] = marks["points"] = marks.get("points") or exercise.points
        statement, answer = cells[f"{name}-statement"], cells[f"{name}-answer"]
        first = heading(number, f"`{name}`", points[name])
        statement.source = "\n".join([first, *statement.source.split("\n")[1:]])
        statement.source = linked(statement.source, course, slug)
        answer.source = answer_cell(exercise.model)
        cells[name].source = f'check("{name}", {name})'
    _write_total(notebook)
    as_ever = all(find(name).points == each for name, each in points.items())
    setup = cells.get("setup")
    if setup is not None:
        setup.source = with_points(setup.source, slug, {} if as_ever else points)
    if TORCH in cells:
        needy = [number for number, name in enumerate(names, start=1) if find(name).probe]
        cells[TORCH].source = torch_cell(cells[TORCH].source, needy)


def _write_own(notebook: NotebookNode, slug: str) -> None:
    """Have headings, total and setup of an instructor's own assignment follow its cells."""
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if _marks(cell)}
    asked = [name.removesuffix("-statement") for name in cells if name.endswith("-statement")]
    points = {}
    for name in asked:
        statement, marks = cells[f"{name}-statement"], cells.get(name, {}).get("metadata", {})
        worth = marks.get("nbgrader", {}).get("points")
        if worth is None or not (title := HEADING.match(statement.source)):
            continue
        points[name] = float(worth)
        first = heading(len(points), title[1], worth)
        statement.source = first + statement.source[title.end() :]
    _write_total(notebook)
    setup = cells.get("setup")
    if setup is not None and _statement_of_points(setup.source):
        setup.source = with_points(setup.source, slug, points)


def _write_total(notebook: NotebookNode) -> None:
    """Write into the first cell how many points there are."""
    head = notebook.cells[0]
    total = sum(
        float(cell.metadata.nbgrader.get("points") or 0) for cell in notebook.cells if _marks(cell)
    )
    head.source = TOTAL.sub(rf"\g<1>{amount(total)}\g<2>", head.source)


def with_points(source: str, slug: str, points: Mapping[str, float]) -> str:
    """Return a setup cell that states the points of an assignment; none if there are none.

    Parameters
    ----------
    source : str
        The setup cell; what it states already goes.
    slug : str
    points : dict of str to float
        Of each exercise, in their order.
    """
    if stated := _statement_of_points(source):
        lines = source.split("\n")
        del lines[stated.lineno - 1 : stated.end_lineno]
        source = "\n".join(lines).rstrip("\n")

    def imported(found: re.Match[str]) -> str:
        names = {name.strip() for name in found[1].split(",")} - {"assignment"}
        return f"{FROM_CHECKS}{', '.join(sorted(names | ({'assignment'} if points else set())))}"

    source = IMPORT.sub(imported, source)
    if not points:
        return source
    words = [f'"{slug}"', *(f"{name}={amount(each)}" for name, each in points.items())]
    line = f"assignment({', '.join(words)})"
    if len(line) > WIDTH:
        line = "\n".join(["assignment(", *(f"    {word}," for word in words), ")"])
    return f"{source}\n\n{line}"


def _statement_of_points(source: str) -> ast.stmt | None:
    """Return the statement in a setup cell that states points."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    for statement in body:
        match statement:
            case ast.Expr(ast.Call(ast.Name("assignment"))):
                return statement
    return None


def torch_cell(source: str, needy: Sequence[int]) -> str:
    """Return the cell that imports PyTorch, with a remark on which exercises need it.

    Parameters
    ----------
    source : str
        The cell; what it remarks already goes.
    needy : sequence of int
        The numbers of the exercises.
    """
    numbers = list(map(str, needy))
    listed = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
    only = f"Exercise {listed} needs" if len(needy) == 1 else f"Exercises {listed} need"
    lines = [line for line in source.split("\n") if not line.startswith("#")]
    return "\n".join(
        [f"# {only} PyTorch. Where it is missing, the others work all the same.", *lines]
    )


def _end_with_progress(notebook: NotebookNode) -> None:
    """Have the last cell say how far one is."""
    cells = [cell for cell in notebook.cells if cell.get("id") != PROGRESS]
    notebook.cells = [*cells, new_code_cell(SHOW_PROGRESS, id=PROGRESS)]


def _tag(notebook: NotebookNode) -> None:
    """Tag the cells that call answers, so that one without an answer does not stop Run All.

    A check says in its own cell what is wrong. It makes no difference to grading.
    """
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not marks.get("solution") and cell.get("id") != "setup":
            cell.metadata["tags"] = list(dict.fromkeys([*cell.metadata.get("tags", []), RAISES]))


def heading(number: int, title: str, points: float) -> str:
    """Return the first line of a statement; an exercise's title is its name, set as code."""
    return f"### {number}. {title} ({amount(points)} {'point' if points == 1 else 'points'})"


def amount(points: float) -> str:
    """Write points, rounded to 0.01, without zeros behind them.

    >>> amount(3.0), amount(0.1 + 0.2), amount(1234.25)
    ('3', '0.3', '1234.25')
    """
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _marks(cell: NotebookNode) -> bool:
    return "nbgrader" in cell.metadata
