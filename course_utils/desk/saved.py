"""How far one is in each notebook, by what its checks said when it was last saved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_utils.checks.catch import Caught
from course_utils.checks.progress import Standing, assignments, standings
from course_utils.checks.report import MIME
from course_utils.desk.notebooks import Notebook, grade_id, read


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
    if path.stem in known:
        slug = path.stem
    else:
        slug = max(known, key=lambda one: len(set(known[one]) & _checked(notebook)))
    scores = {name: float(said["score"]) for name, said in reports.items()}
    waiting = [name for name, said in reports.items() if _waits(said.get("caught"))]
    return slug, standings(slug, scores, waiting)


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
