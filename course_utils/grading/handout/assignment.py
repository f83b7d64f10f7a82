"""An assignment's notebook and its exercises, held together: what exercises say stands in it.

The statements are their author's. Headings, answers, checks and points follow from the exercises,
links to the book from the sections that a statement names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.errors import CourseError
from course_utils.exercises.catalog import exercise_names, find, topics
from course_utils.exercises.edits import answer_cell
from course_utils.exercises.exercise import Exercise
from course_utils.grading.handout.book_links import linked

RAISES = "raises-exception"  # Jupyter's tag for a cell whose error does not stop Run All
PROGRESS, TORCH = "progress", "setup-torch"  # cells that are no exercise's
SHOW_PROGRESS = """\
# What your checks say in all. It counts those that have run since the kernel was started.
from course_utils.checks import progress

progress()"""
TOTAL = re.compile(r"(There\s+are\s+)[\d.]+(\s+points\s+in\s+all)")


def write_exercises(course: Path, slug: str, *, check: bool = False) -> list[Path]:
    """Write what a topic's exercises say into its notebook; return the files that were out of step.

    Parameters
    ----------
    course : Path
        The course's folder.
    slug : str
        The assignment. One that is no topic of the package is left as it is.
    check : bool
        Whether to leave the notebook as it is, too.

    Raises
    ------
    CourseError
        If the notebook lacks a cell of an exercise, or has one that no exercise asks for.
    """
    if slug not in topics():
        return []
    path = course / "solutions" / slug / f"{slug}.ipynb"
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=nbformat.NO_CONVERT)
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
    for number, name in enumerate(names, start=1):
        exercise = find(name)
        statement, answer = cells[f"{name}-statement"], cells[f"{name}-answer"]
        statement.source = "\n".join([heading(number, exercise), *statement.source.split("\n")[1:]])
        statement.source = linked(statement.source, course, slug)
        answer.source = answer_cell(exercise.model)
        cells[name].source = f'check("{name}", {name})'
        cells[name].metadata.nbgrader.points = exercise.points
    head = notebook.cells[0]
    total = sum(find(name).points for name in names)
    head.source = TOTAL.sub(rf"\g<1>{total:g}\g<2>", head.source)
    if TORCH in cells:
        cells[TORCH].source = _torch_cell(cells[TORCH].source, names)
    _end_with_progress(notebook)
    _tag(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after == before:
        return []
    if not check:
        path.write_text(after, encoding="utf-8")
    return [path]


def _torch_cell(source: str, names: Sequence[str]) -> str:
    """Return the cell that imports PyTorch, with a remark on who can do without."""
    needy = [f"{number}" for number, name in enumerate(names, start=1) if find(name).probe]
    listed = " and ".join(filter(None, [", ".join(needy[:-1]), needy[-1]]))
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


def heading(number: int, exercise: Exercise) -> str:
    """Return the first line of an exercise's statement."""
    unit = "point" if exercise.points == 1 else "points"
    return f"### {number}. `{exercise.name}` ({exercise.points:g} {unit})"


def _marks(cell: NotebookNode) -> bool:
    return "nbgrader" in cell.metadata
