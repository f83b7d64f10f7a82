"""How far one is in each notebook, by what its checks said when it was last saved."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_utils.checks.catch import Caught
from course_utils.checks.progress import Standing, assignments, standings
from course_utils.checks.report import MIME
from course_utils.desk.notebooks import Notebook, grade_id, read

MOST = 1e6  # points; nobody gives as many


def saved_standings(path: Path) -> tuple[str, list[Standing]]:
    """Return a notebook's assignment, and how each exercise in it stands.

    Nothing is run: the scores are those of the outputs that the notebook was saved with.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    notebook = read(path)
    reports = {str(said.get("name")): said for said in _reports(notebook)}
    known = assignments()
    own = own_assignment(notebook)
    if own:
        slug = own[0]
    elif path.stem in known:
        slug = path.stem
    else:
        slug = max(known, key=lambda one: len(set(known[one]) & _checked(notebook)))
    scores = {name: float(said["score"]) for name, said in reports.items()}
    waiting = [name for name, said in reports.items() if _waits(said.get("caught"))]
    return slug, standings(slug, scores, waiting, own[1] if own else None)


def own_assignment(notebook: Notebook) -> tuple[str, dict[str, float]] | None:
    """Return the assignment that a notebook's setup states, with the points of its exercises.

    Nothing is run: the line `assignment("name", exercise=points, ...)` is read.
    """
    for cell in notebook["cells"]:
        if grade_id(cell) != "setup":
            continue
        source = cell.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        try:
            statements = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # somebody has touched it
            return None
        for statement in statements:
            if found := _stated(statement):
                return found
    return None


def _stated(statement: ast.stmt) -> tuple[str, dict[str, float]] | None:
    match statement:
        case ast.Expr(ast.Call(ast.Name("assignment"), [ast.Constant(str(slug))], words)):
            points = {word.arg: _points(word.value) for word in words if word.arg}
            if re.fullmatch(r"[\w-]+", slug) and points and all(points.values()):
                return slug, points
    return None


def _points(value: ast.expr) -> float:
    """Return the points that a number in the setup states; 0 for what states none."""
    number = value.value if isinstance(value, ast.Constant) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return 0
    return number if 0 < number < MOST else 0


def _reports(notebook: Notebook) -> Iterator[dict[str, Any]]:
    """Yield what the checks said, as far as it has a score."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs") or ():
            said: Any = _data(output).get(MIME)
            score = said.get("score") if isinstance(said, dict) else None
            if isinstance(score, bool) or not isinstance(score, int | float):
                continue
            if math.isfinite(score):
                yield said


def _waits(caught: Any) -> bool:
    """Say whether calls that were checked are all valid, and are counted when they are graded."""
    if not isinstance(caught, dict):
        return False
    try:
        read = Caught.from_json(caught)
    except (KeyError, TypeError):  # of another version
        return False
    return read.fine and not read.counted


def _data(output: Any) -> dict[str, Any]:
    data = output.get("data") if isinstance(output, dict) else None
    return data if isinstance(data, dict) else {}


def _checked(notebook: Notebook) -> set[str]:
    return {grade_id(cell) for cell in notebook["cells"]}
