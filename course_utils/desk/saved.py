"""How far one is in each notebook, by what its checks said when it was last saved."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from course_utils.checks.progress import assignments
from course_utils.checks.report import MIME
from course_utils.desk.notebooks import Notebook, grade_id, read


def saved_scores(path: Path) -> tuple[str, dict[str, float]]:
    """Return a notebook's assignment, and the score of each exercise that was checked in it.

    Nothing is run: the scores are those of the outputs that the notebook was saved with.

    Raises
    ------
    CourseError
        If it cannot be read.
    """
    notebook = read(path)
    scores = _scores(notebook)
    known = assignments()
    if path.stem in known:
        slug = path.stem
    else:
        slug = max(known, key=lambda one: len(set(known[one]) & _checked(notebook)))
    return slug, {name: score for name, score in scores.items() if name in known[slug]}


def _scores(notebook: Notebook) -> dict[str, float]:
    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs") or ():
            said: Any = _data(output).get(MIME)
            score = said.get("score") if isinstance(said, dict) else None
            if isinstance(score, bool) or not isinstance(score, int | float):
                continue
            if math.isfinite(score):
                found[str(said.get("name"))] = float(score)
    return found


def _data(output: Any) -> dict[str, Any]:
    data = output.get("data") if isinstance(output, dict) else None
    return data if isinstance(data, dict) else {}


def _checked(notebook: Notebook) -> set[str]:
    return {grade_id(cell) for cell in notebook["cells"]}
