"""What a topic's notebook holds of each exercise, and what its statement leans on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.exercises.catalog import exercise_module, exercise_names, find, topics
from course_utils.exercises.edits import BEGIN, END
from course_utils.grading.handout.assignment import PROGRESS, TORCH
from course_utils.grading.judge.definitions import Cell, free_names, needed, parsed

CONVENTIONS = re.compile(r"^\*\*(For all|For the networks|In NumPy|In PyTorch)\.\*\*", re.MULTILINE)
FOR_ALL = "**For all.** "
HANDING_IN = "**Handing in.**"
NUMBERED = re.compile(r"\b([Ee]xercise)\s+(\d+)\b")
PLACES = re.compile(
    r"\b(?:(?:first|last|next|previous|other)\s+(?:\w+\s+)?exercises?"
    r"|exercises?\s+(?:above|below|before|\d+\s*(?:,|and|to)\s*\d+))\b"
)


@dataclass(frozen=True)
class Pieces:
    """A topic's notebook by its parts.

    Attributes
    ----------
    slug, title : str
    conventions : str
        What holds for all its statements.
    sections : dict of str to NotebookNode
        For an exercise, the text that opens its section, if there are sections.
    cells : dict of str to NotebookNode
        By their names.
    tails : dict of str to list of NotebookNode
        What stands behind an exercise's check and belongs to it: a picture of what was learned.
    """

    slug: str
    title: str
    conventions: str
    sections: Mapping[str, NotebookNode] = field(default_factory=dict)
    cells: Mapping[str, NotebookNode] = field(default_factory=dict)
    tails: Mapping[str, list[NotebookNode]] = field(default_factory=dict)

    @property
    def torch(self) -> str:
        """The cell that imports PyTorch."""
        return self.cells[TORCH].source if TORCH in self.cells else "import torch"

    def helpers(self, name: str) -> Iterator[NotebookNode]:
        """Yield the read-only cells of the setup from which an exercise reads something."""
        reads = "\n".join(self.cells[each].source for each in (f"{name}-answer", name))
        told = set(re.findall(r"`(\w+)", self.cells[f"{name}-statement"].source))
        for key, cell in self.cells.items():
            if key.startswith("setup-") and key != TORCH:
                names = "\n".join(sorted(told))
                there = [Cell(cell.source, False)]
                if needed(reads, there) or needed(names, there):
                    yield cell


def read_pieces(course: Path, slug: str) -> Pieces:
    """Read a topic's notebook in `solutions/`.

    Raises
    ------
    CourseError
        If it is not there, or lacks cells of an exercise.
    """
    path = course / "solutions" / slug / f"{slug}.ipynb"
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: its exercises are picked from it") from None
    except (OSError, ValueError, nbformat.ValidationError):
        raise CourseError(f"{path} is not a readable notebook: restore it") from None
    cells: dict[str, NotebookNode] = {}
    sections: dict[str, NotebookNode] = {}
    tails: dict[str, list[NotebookNode]] = {}
    section, name = None, ""
    for cell in notebook.cells[1:]:
        key = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if key:
            cells[key] = cell
            if key.endswith("-statement"):
                name = key.removesuffix("-statement")
                if section is not None:
                    sections[name] = section
        elif cell.cell_type == "markdown":
            section = cell
        elif cell.cell_type == "code" and cell.get("id") != PROGRESS:
            tails.setdefault(name, []).append(cell)
    for one in exercise_names(slug):
        lacks = [key for key in (f"{one}-statement", f"{one}-answer", one) if key not in cells]
        if lacks:
            raise CourseError(f"{path} lacks the cell {lacks[0]}: restore it")
    head = notebook.cells[0].source if notebook.cells else ""
    title = re.search(r"^# +(.+)$", head, re.MULTILINE)
    begin = CONVENTIONS.search(head)
    conventions = head[begin.start() :] if begin else ""
    return Pieces(slug, title[1] if title else slug, conventions, sections, cells, tails)


@cache
def topic_of(name: str) -> str:
    """Return the topic of an exercise."""
    return exercise_module(name).split(".")[-2].replace("_", "-")


@cache
def _all_exercises() -> frozenset[str]:
    return frozenset(name for slug in topics() for name in exercise_names(slug))


def called(answer: str, name: str) -> list[str]:
    """Return the exercises that an exercise's model answer calls."""
    return sorted((free_names(parsed(answer)) & _all_exercises()) - {name})


def named_in(statement: str, name: str) -> list[str]:
    """Return the exercises that a statement names, in their order, and the one that it is about.

    >>> named_in("The result is that of `lstm_forward`, as a tuple.", "lstm_backward")
    ['lstm_forward']
    """
    code = "\n".join(re.findall(r"`[^`]+`|```.*?```", statement, re.DOTALL))
    found = [*dict.fromkeys(re.findall(r"\w+", code)), find(name).catches]
    return [one for one in dict.fromkeys(found) if one in _all_exercises() and one != name]


def without_heading(statement: str) -> str:
    """Return a statement without its first line."""
    return statement.partition("\n")[2].lstrip("\n")


def as_given(answer: str) -> str:
    """Return a model answer as code that is handed out: without the marks around it."""
    lines = answer.split("\n")
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def renumbered(statement: str, name: str, numbers: Mapping[str, int]) -> str:
    """Return a statement in which a number such as that of exercise 3 is the new one.

    Parameters
    ----------
    statement : str
    name : str
        The exercise.
    numbers : dict of str to int
        The exercises of the new assignment, and their numbers.

    Raises
    ------
    CourseError
        If the statement speaks of an exercise that is not there, or of a place that need not be
        the same.
    """
    place = PLACES.search(statement)
    if place:
        raise CourseError(
            f"the statement of {name} says {place[0]!r}, which may be another one here: name the "
            f"exercise in solutions/{topic_of(name)}"
        )
    names = exercise_names(topic_of(name))

    def new(found: re.Match[str]) -> str:
        number = int(found[2])
        other = names[number - 1] if 0 < number <= len(names) else ""
        if other not in numbers:
            raise CourseError(
                f"the statement of {name} speaks of exercise {number}, {other or 'which is none'}: "
                "pick it, too"
            )
        return f"{found[1]} {numbers[other]}"

    return NUMBERED.sub(new, statement)
