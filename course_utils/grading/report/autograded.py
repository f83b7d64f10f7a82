"""What the checks left in the autograded notebooks of a class, however damaged these are."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.checks.report import MIME
from course_utils.grading.progress import Follow, quietly

DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes
    ----------
    exercise : str
    mistakes : tuple of str
        Names of the known mistakes that were recognised.
    shortcuts : tuple of str
        The forbidden functions that were used.
    caught : tuple of str or None
        The mistakes that the student's calls caught, where calls were asked for.
    """

    exercise: str
    mistakes: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = ()
    caught: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Autograded:
    """One student's notebook after grading.

    Attributes
    ----------
    student : str
    readable : bool
    checks : tuple of Check
    notes : tuple of (str, str)
        What was set right before grading: the kind and a sentence.
    blank : frozenset of str
        Exercises whose answer was left as it came.
    isolation : str
        The tier in which its code ran; empty if that is not known.
    """

    student: str
    readable: bool = True
    checks: tuple[Check, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    blank: frozenset[str] = field(default_factory=frozenset)
    isolation: str = ""


def read_autograded(root: Path, slug: str, follow: Follow = quietly) -> list[Autograded]:
    """Read a class's autograded notebooks of one assignment; none of them can stop it."""
    paths = sorted(root.glob(f"autograded/*/{slug}/{slug}.ipynb"))
    return [_read(path) for path in follow(paths, "Reading")]


def _read(path: Path) -> Autograded:
    student = path.parent.parent.name
    try:
        notebook = json.loads(path.read_bytes())
        cells = [(cell.get("metadata", {}).get("nbgrader", {}), cell) for cell in notebook["cells"]]
        course = notebook.get("metadata", {}).get("course", {})
        notes = course.get("notes", [])
        return Autograded(
            student,
            checks=tuple(_checks(cells)),
            notes=tuple((str(note["kind"]), str(note["says"])) for note in notes),
            blank=frozenset(_blank(cells)),
            isolation=str(course.get("isolation", "")),
        )
    except DAMAGED:
        return Autograded(student, readable=False)


def _checks(cells: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[Check]:
    """Yield what each test cell found; the last word of a cell counts."""
    for about, cell in cells:
        if not about.get("grade"):
            continue
        if cell.get("cell_type") == "markdown":  # a text that a person grades
            continue
        found = [
            data[MIME] for output in cell["outputs"] if MIME in (data := output.get("data", {}))
        ]
        for check in found[-1:]:
            yield Check(
                check["name"],
                tuple(check["mistakes"]),
                tuple(check.get("shortcuts") or ()),
                _caught(check.get("caught")),
            )


def _caught(found: Any) -> tuple[str, ...] | None:
    """Return which mistakes calls caught; None where the mistakes were not run on any."""
    if found is None or not found["counted"]:
        return None
    return tuple(str(name) for call in found["calls"] for name in call["catches"])


def _blank(cells: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[str]:
    """Yield the exercises whose answer cell is empty or still holds the stub."""
    for about, cell in cells:
        name = str(about.get("grade_id", ""))
        if about.get("solution") and name.endswith("-answer") and _is_stub(_source(cell)):
            yield name.removesuffix("-answer")


def _source(cell: dict[str, Any]) -> str:
    source: str | list[str] = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _is_stub(source: str) -> bool:
    """Say whether a cell holds nothing, or a function that at once raises NotImplementedError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False  # something was written
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    return not body or any(_raises_at_once(function) for function in functions)


def _raises_at_once(function: ast.FunctionDef) -> bool:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return bool(body) and ast.unparse(body[0]) == "raise NotImplementedError"
