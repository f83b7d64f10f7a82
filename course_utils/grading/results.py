"""What a graded class came to: scores from nbgrader's gradebook, mistakes from its notebooks."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_utils.checks.report import MIME
from course_utils.errors import CourseError
from course_utils.exercises.catalog import find


@dataclass(frozen=True)
class Result:
    """One student's scores, by exercise.

    Attributes
    ----------
    student : str
    scores, points : dict of str to float
        Points reached and points to reach; an exercise without a grade has None for a score.
    """

    student: str
    scores: dict[str, float | None]
    points: dict[str, float]

    @property
    def total(self) -> float:
        """The sum of the scores."""
        return round(sum(score or 0.0 for score in self.scores.values()), 2)


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer that was recognised in a class."""

    exercise: str
    name: str
    sentence: str
    students: int


def results(root: Path, slug: str) -> list[Result]:
    """Read the scores of one assignment from nbgrader's gradebook in `root`.

    Raises
    ------
    CourseError
        If there is no gradebook, or nobody's work was graded.
    """
    path = root / "gradebook.db"
    if not path.is_file():
        raise CourseError(
            f"{root} has no gradebook.db: grade first, with `nbgrader autograde {slug}`, "
            "or name the folder with --root"
        )
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{path}") as gradebook:
        try:
            gradebook.find_assignment(slug)
        except MissingEntry:
            raise CourseError(f"the gradebook in {root} has no assignment {slug!r}") from None
        found = [
            Result(
                submission.student_id,
                {g.name: g.auto_score for n in submission.notebooks for g in n.grades},
                {g.name: g.max_score for n in submission.notebooks for g in n.grades},
            )
            for submission in gradebook.assignment_submissions(slug)
        ]
    if not found:
        raise CourseError(f"nobody's {slug} is graded yet: run `nbgrader autograde {slug}`")
    return sorted(found, key=lambda result: result.student)


def common_mistakes(root: Path, slug: str) -> list[Mistake]:
    """Count the known mistakes in the autograded notebooks, the commonest first."""
    counts = Counter(
        (check["name"], mistake)
        for notebook in sorted(root.glob(f"autograded/*/{slug}/{slug}.ipynb"))
        for check in _checks(notebook)
        for mistake in check["mistakes"]
    )
    return [
        Mistake(exercise, name, find(exercise).wrong[name][1], students)
        for (exercise, name), students in counts.most_common()
    ]


def _checks(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what each check() in a notebook found; the last word of a cell counts."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if not cell.metadata.get("nbgrader", {}).get("grade"):
            continue
        found = [
            output.data[MIME]
            for output in cell.get("outputs", [])
            if MIME in output.get("data", {})
        ]
        yield from found[-1:]


def to_table(found: list[Result]) -> str:
    """Return the scores as text: a line for each student, a column for each exercise."""
    names = list(dict.fromkeys(name for result in found for name in result.points))
    short = [f"{i}" for i in range(1, len(names) + 1)]
    points = {name: result.points[name] for result in found for name in result.points}
    rows = [["student", *short, "total"]]
    rows.append(["points", *(f"{points[name]:g}" for name in names), f"{sum(points.values()):g}"])
    for result in found:
        scores = (result.scores.get(name) for name in names)
        cells = ("-" if score is None else f"{score:g}" for score in scores)
        rows.append([result.student, *cells, f"{result.total:g}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for i, row in enumerate(rows):
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]))
        if i == 1:
            lines.append("-" * len(lines[0]))
    legend = ", ".join(f"{i} {name}" for i, name in zip(short, names, strict=True))
    return "\n".join([*lines, "", legend])


def to_json(found: list[Result], mistakes: list[Mistake]) -> str:
    """Return scores and mistakes as JSON."""
    return json.dumps(
        {
            "students": [
                {"student": r.student, "scores": r.scores, "total": r.total} for r in found
            ],
            "mistakes": [vars(mistake) for mistake in mistakes],
        },
        indent=1,
    )


def to_csv(found: list[Result]) -> str:
    """Return the scores as CSV: a row for each student, a column for each exercise."""
    names = list(dict.fromkeys(name for result in found for name in result.points))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", *names, "total"])
    for result in found:
        writer.writerow([result.student, *(result.scores.get(n) for n in names), result.total])
    return text.getvalue()
