"""The notebook that a recipe makes, with its answers.

What there is to say of an exercise comes from its topic's notebook; order, points and tasks come
from the recipe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.errors import CourseError
from course_utils.exercises.catalog import find
from course_utils.grading.handout.assignment import (
    PROGRESS,
    RAISES,
    SHOW_PROGRESS,
    TORCH,
    amount,
    heading,
    torch_cell,
    with_points,
)
from course_utils.grading.handout.book_links import linked
from course_utils.grading.handout.pieces import (
    FOR_ALL,
    Pieces,
    as_given,
    called,
    named_in,
    read_pieces,
    renumbered,
    topic_of,
    without_heading,
)
from course_utils.grading.handout.recipe import (
    BY_HAND,
    CODE,
    EXERCISE,
    PLOT,
    TEST,
    TEXT,
    Part,
    Recipe,
)

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
HEAD = """\
# {title}
{introduction}
**How it works.** Read a statement, put your code in place of `raise NotImplementedError` in the
cell below it, and run the check cell after that. It shows what is right, where the first wrong case
goes astray, and a hint if your mistake is a common one. To have one case run alone, with what you
print and the traceback of an error, write `check("{name}", {name}, case=1)`.

**Points.** Each case of a check earns its share of the points. Where a statement asks for a
`ValueError`, one or two cases look for it; they have a tenth of the points, and count once another
case is right. Your work is graded by the same checks with other numbers in them, so write for every
input that the statement allows. {by_hand}There are {total} points in all.

**Handing in.** Save this notebook and hand in this file. You may add cells wherever you like, and
an answer may call functions that you wrote above it. Leave the check cells as they are: their
points hang on them."""
TOLD = """\
**`{name}`** is not asked for here. What comes below speaks of it, so this is what it does.

"""
GIVEN = """\
**Given: `{name}`.** The cell below holds it, and you can call it. This is what it does.

"""


def make_notebook(course: Path, name: str, recipe: Recipe) -> tuple[NotebookNode, tuple[str, ...]]:
    """Return the notebook of a recipe with its answers, and what is told of other exercises."""
    maker = _Maker(course, name, recipe)
    return maker.notebook(), tuple(maker.told)


class _Maker:
    """Gathers the cells of one assignment."""

    def __init__(self, course: Path, name: str, recipe: Recipe) -> None:
        self._course = course
        self._name = name
        self._recipe = recipe
        self._exercises = [part.name for part in recipe.parts if part.kind == EXERCISE]
        self._numbers = {part.name: i for i, part in enumerate(recipe.parts, start=1)}
        slugs = dict.fromkeys(map(topic_of, [*self._exercises, *recipe.give]))
        self._pieces = {slug: read_pieces(course, slug) for slug in slugs}
        self._there: set[str] = set()  # exercises that are asked for or given so far
        self._opened: set[str] = set()  # topics and sections that have been introduced
        self.told: list[str] = []
        self._cells: list[NotebookNode] = []

    def notebook(self) -> NotebookNode:
        self._require_called()
        for name in self._recipe.give:
            if not any(name in self._needs(one) for one in [*self._exercises, *self._recipe.give]):
                self._give(name)  # for the instructor's own tasks
        for part in self._recipe.parts:
            if part.kind == EXERCISE:
                self._exercise(part)
            else:
                self._cells += _task(part, self._numbers[part.name])
        notebook = new_notebook(cells=[self._head(), *self._setup(), *self._cells])
        notebook.cells.append(new_code_cell(SHOW_PROGRESS, id=PROGRESS, metadata=_tagged()))
        notebook.metadata = nbformat.from_dict(
            {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        )
        return notebook

    def _of(self, name: str) -> Pieces:
        slug = topic_of(name)
        if slug not in self._pieces:
            self._pieces[slug] = read_pieces(self._course, slug)
        return self._pieces[slug]

    def _needs(self, name: str) -> list[str]:
        return called(self._of(name).cells[f"{name}-answer"].source, name)

    def _require_called(self) -> None:
        """See that an exercise that another one calls stands before it, or is given."""
        given = set(self._recipe.give)
        for place, name in enumerate(self._exercises):
            before = {*self._exercises[:place], *given}
            self._require(name, before)
        for name in self._recipe.give:
            self._require(name, given)

    def _require(self, name: str, before: set[str]) -> None:
        lacks = [other for other in self._needs(name) if other not in before]
        if not lacks:
            return
        later = [other for other in lacks if other in self._exercises]
        if later and name not in self._recipe.give:
            raise CourseError(f"{name} calls {later[0]}, which comes behind it: pick that first")
        picks = " ".join(f"{topic_of(other)}:{other}" for other in lacks)
        gives = " ".join(f"--give {other}" for other in lacks)
        what = "it" if len(lacks) == 1 else "them"
        raise CourseError(
            f"{name} calls {', '.join(lacks)}: pick {what} before it ({picks}), or hand {what} out "
            f"with {gives} (in a recipe: give = {json.dumps([*self._recipe.give, *lacks])})"
        )

    def _head(self) -> NotebookNode:
        recipe = self._recipe
        parts = list(enumerate(recipe.parts, start=1))
        read = [f"{i}, *{part.title}*" for i, part in parts if part.kind in BY_HAND]
        first = next(
            (name for name in self._exercises if not find(name).measured), self._exercises[0]
        )
        text = HEAD.format(
            title=recipe.title or self._name.replace("-", " ").capitalize(),
            introduction=f"\n{recipe.introduction.strip()}\n" if recipe.introduction else "",
            name=first,
            by_hand=f"A person reads and grades {'; '.join(read)}. " if read else "",
            total=amount(sum(part.points for part in recipe.parts)),
        )
        return new_markdown_cell(text, id="cell-01")

    def _setup(self) -> Iterator[NotebookNode]:
        setups = [
            one.cells["setup"].source for one in self._pieces.values() if "setup" in one.cells
        ]
        lines = dict.fromkeys(line for source in setups for line in source.split("\n") if line)
        own = [line for line in lines if line.startswith("from course_utils")]
        others = [line for line in lines if line not in own]
        source = "\n".join([*others, "", *own])
        points = {part.name: part.points for part in self._recipe.parts}
        yield _code("setup", with_points(source, self._name, points), tagged=False)
        needy = [name for name in [*self._exercises, *self._recipe.give] if find(name).probe]
        if needy:
            source = self._of(needy[0]).torch
            numbers = [self._numbers[name] for name in needy if name in self._numbers]
            source = torch_cell(source, numbers) if numbers else source
            yield _code(TORCH, source)
        seen: set[str] = set()
        for name in [*self._exercises, *self._recipe.give]:
            for cell in self._of(name).helpers(name):
                key = cell.metadata.nbgrader.grade_id
                if key not in seen:
                    seen.add(key)
                    yield _code(key, cell.source)

    def _exercise(self, part: Part) -> None:
        name = part.name
        pieces = self._of(name)
        statement = pieces.cells[f"{name}-statement"].source
        self._introduce(name)
        for other in self._needs(name):
            if other in self._recipe.give:
                self._give(other)
        self._tell(named_in(statement, name))
        number = self._numbers[name]
        text = renumbered(without_heading(statement), name, self._numbers)
        first = heading(number, f"`{name}`", part.points)
        text = linked(f"{first}\n\n{text}", self._course, pieces.slug)
        self._cells += [
            _text(f"{name}-statement", text),
            _answer(f"{name}-answer", pieces.cells[f"{name}-answer"].source),
            _code(name, pieces.cells[name].source, points=part.points),
        ]
        for cell in pieces.tails.get(name, ()):
            extra = new_code_cell(cell.source, id=f"{name}-{cell.id}"[:64], metadata=_tagged())
            self._cells.append(extra)
        self._there.add(name)

    def _give(self, name: str) -> None:
        if name in self._there:
            return
        self._there.add(name)
        self._introduce(name)
        for other in self._needs(name):
            self._give(other)
        pieces = self._of(name)
        statement = without_heading(pieces.cells[f"{name}-statement"].source)
        text = GIVEN.format(name=name) + renumbered(statement, name, self._numbers)
        answer = as_given(pieces.cells[f"{name}-answer"].source)
        self._cells += [
            _text(f"{name}-what", linked(text, self._course, pieces.slug)),
            _code(f"{name}-given", answer),
        ]

    def _tell(self, names: list[str]) -> None:
        """Put in what exercises do that others speak of, and that are not there otherwise."""
        for name in names:
            there = {*self._there, *self.told, *self._exercises}
            if name in there:
                continue
            if name in self._recipe.give:
                self._give(name)
                continue
            self.told.append(name)
            pieces = self._of(name)
            statement = pieces.cells[f"{name}-statement"].source
            self._tell(named_in(statement, name))
            self._introduce(name)
            text = renumbered(without_heading(statement), name, self._numbers)
            text = linked(TOLD.format(name=name) + text, self._course, pieces.slug)
            self._cells.append(_text(f"{name}-told", text))

    def _introduce(self, name: str) -> None:
        """Put in what holds for all exercises of a topic, and of a section of it, once."""
        pieces = self._of(name)
        mine = [one for one in self._exercises if topic_of(one) == pieces.slug] or [name]
        if pieces.conventions and pieces.slug not in self._opened:
            words = f"**For {_listed(mine)}.** "
            text = pieces.conventions
            if text.startswith(FOR_ALL):
                text = words + text.removeprefix(FOR_ALL)
            else:
                text = f"{words}\n\n{text}"
            self._cells.append(_text(f"{pieces.slug}-conventions", text))
        self._opened.add(pieces.slug)
        section = pieces.sections.get(name)
        key = f"{pieces.slug}-{section.id}" if section is not None else pieces.slug
        if section is not None and key not in self._opened:
            self._opened.add(key)
            lines = section.source.split("\n")
            text = "\n".join(line for line in lines if not line.startswith("#")).strip()
            self._cells.append(_text(key, text))


def _task(part: Part, number: int) -> Iterator[NotebookNode]:
    text = heading(number, part.title, part.points)
    statement = f"{text}\n\n{part.statement.strip()}" if part.statement.strip() else text
    yield _text(f"{part.name}-statement", statement)
    if part.kind == TEXT:
        marks = _marks(part.name, grade=True, solution=True, points=part.points)
        yield new_markdown_cell(part.answer.strip(), id=part.name, metadata={"nbgrader": marks})
    elif part.kind == PLOT:
        marks = _marks(part.name, grade=True, solution=True, points=part.points)
        cell = new_code_cell(part.answer.strip("\n"), id=part.name, metadata=_tagged(marks))
        yield cell
    if part.kind == CODE:
        yield _answer(f"{part.name}-answer", part.answer.strip("\n"))
    if part.kind in (CODE, TEST):
        yield _code(part.name, part.tests.strip("\n"), points=part.points)


def _text(name: str, text: str) -> NotebookNode:
    return new_markdown_cell(text.rstrip("\n"), id=name, metadata={"nbgrader": _marks(name)})


def _answer(name: str, source: str) -> NotebookNode:
    marks = _marks(name, solution=True)
    return new_code_cell(source, id=name, metadata={"nbgrader": marks})


def _code(name: str, source: str, *, points: float = 0, tagged: bool = True) -> NotebookNode:
    """Make a read-only cell; one with points is a test."""
    marks = _marks(name, grade=bool(points), points=points)
    metadata = _tagged(marks) if tagged else {"nbgrader": marks}
    return new_code_cell(source, id=name, metadata=metadata)


def _marks(
    name: str, *, grade: bool = False, solution: bool = False, points: float = 0
) -> dict[str, Any]:
    worth = {"points": int(points) if points == int(points) else points} if grade else {}
    locked = not solution
    flags = {"grade": grade, "locked": locked, "solution": solution, "task": False}
    return {"grade_id": name, "schema_version": 3, **flags, **worth}


def _tagged(marks: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"tags": [RAISES], **({"nbgrader": marks} if marks else {})}


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
