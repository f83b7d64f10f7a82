"""A made-up class of sixteen, to try the grader on: every submission is built from the corpus.

The students have ids and no names. What each handed in follows from the exercises' known right
and wrong answers, so that the scores that they must get are known too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_utils.exercises.catalog import topic
from course_utils.exercises.edits import definition, renamed
from course_utils.exercises.exercise import Exercise, Function

WRONG_STUDENTS = 6

EXCEPTION = """
def {name}(*args, **kwargs):
    sizes = []
    return sizes[len(args)]  # an IndexError at every call
"""

ENDLESS_LOOP = """
def {name}(*args, **kwargs):
    position = 0
    while position >= 0:
        position += 1
    return position
"""

SYNTAX_ERROR = """
def {name}(*args, **kwargs)
    return args
"""

WARNS = """

import warnings

_right_{name} = {name}

def {name}(*args, **kwargs):
    warnings.warn("an early version of my code was slow")
    return _right_{name}(*args, **kwargs)
"""


def sample_class(
    slug: str, source: NotebookNode, released: NotebookNode
) -> dict[str, NotebookNode]:
    """Return sixteen submissions of an assignment, by student.

    Parameters
    ----------
    slug : str
        The topic.
    source, released : NotebookNode
        The assignment with its solutions, and as students get it.
    """
    made = (notebook for _, notebook in _submissions(topic(slug), source, released))
    return {f"student-{i:03}": notebook for i, notebook in enumerate(made, start=1)}


def roster(slug: str) -> dict[str, str]:
    """Say in a few words what each student of the sample class handed in."""
    empty = nbformat.v4.new_notebook()
    kinds = (kind for kind, _ in _submissions(topic(slug), empty, empty))
    return {f"student-{i:03}": kind for i, kind in enumerate(kinds, start=1)}


def write_class(
    slug: str,
    source: NotebookNode,
    released: NotebookNode,
    submitted: Path,
    kinds: Collection[str] | None = None,
) -> list[str]:
    """Write the sample class where nbgrader expects submissions; return the students.

    With `kinds`, names of `roster`, only these.
    """
    submissions = sample_class(slug, source, released)
    if kinds is not None:
        submissions = {s: submissions[s] for s, kind in roster(slug).items() if kind in kinds}
    for student, notebook in submissions.items():
        folder = submitted / student / slug
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{slug}.ipynb")
    return list(submissions)


def answer_source(function: Function, name: str) -> str:
    """Return the source of a corpus function as a student would have written it, under `name`."""
    return renamed(definition(function), name)


def _submissions(
    exercises: tuple[Exercise, ...], source: NotebookNode, released: NotebookNode
) -> Iterator[tuple[str, NotebookNode]]:
    first, third = exercises[0], exercises[2]
    last = [exercise for exercise in exercises if not exercise.measured][-1]
    yield "the course's own solution", _copy(source)
    for style in range(2):
        yield f"right, style {style + 1}", _answered(released, exercises, _right(style))
    for kind in range(WRONG_STUDENTS):
        yield f"wrong, kind {kind + 1}", _answered(released, exercises, _wrong(exercises, kind))
    right = _answered(released, exercises, _right(0))
    yield (
        "right, but warns",
        _edited(right, {e.name: lambda s, n: s + WARNS.format(name=n) for e in exercises}),
    )
    yield "blank", _copy(released)
    yield "a syntax error", _edited(right, {third.name: _replace_by(SYNTAX_ERROR)})
    yield "an exception", _edited(right, {third.name: _replace_by(EXCEPTION)})
    yield "an endless loop", _edited(right, {last.name: _replace_by(ENDLESS_LOOP)})
    yield (
        "a test cell removed",
        _without_test(_answered(released, exercises, _right(1)), first.name),
    )
    yield "a cell added", _with_helper(right, first)


def _right(style: int) -> Callable[[Exercise], Function]:
    return lambda exercise: list(exercise.right.values())[style % len(exercise.right)]


def chosen_mistake(exercise: Exercise, place: int, kind: int) -> str:
    """Name the mistake that the wrong student number `kind` makes in an exercise.

    In every third exercise, by its `place` in the assignment, all wrong students err differently;
    in the others two or three share a mistake, so that some mistakes are commoner, as in a class.
    """
    names = list(exercise.mistakes)
    return names[kind // (1 + place % 3) % len(names)]


def _wrong(exercises: tuple[Exercise, ...], kind: int) -> Callable[[Exercise], Function]:
    def choose(exercise: Exercise) -> Function:
        name = chosen_mistake(exercise, exercises.index(exercise), kind)
        return exercise.mistakes[name].function

    return choose


def _replace_by(template: str) -> Callable[[str, str], str]:
    return lambda source, name: template.format(name=name).strip()


def _answered(
    released: NotebookNode,
    exercises: tuple[Exercise, ...],
    choose: Callable[[Exercise], Function],
) -> NotebookNode:
    """Fill each answer cell with the chosen corpus function."""
    answers = {e.name: answer_source(choose(e), e.name) for e in exercises}
    return _edited(released, {name: lambda _, n: answers[n] for name in answers})


def _edited(notebook: NotebookNode, edits: dict[str, Callable[[str, str], str]]) -> NotebookNode:
    """Apply `edits` to the sources of the answer cells of the named exercises."""
    edited = _copy(notebook)
    for cell in edited.cells:
        name = _grade_id(cell).removesuffix("-answer")
        if name != _grade_id(cell) and name in edits:
            cell.source = edits[name](cell.source, name)
    return edited


def _without_test(notebook: NotebookNode, name: str) -> NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if _grade_id(cell) != name]
    return notebook


def _with_helper(notebook: NotebookNode, exercise: Exercise) -> NotebookNode:
    """Move the first answer's work into a helper in a cell of the student's own."""
    helper = f"my_{exercise.name}"
    work = answer_source(_right(0)(exercise), helper)
    call = f"def {exercise.name}(*args, **kwargs):\n    return {helper}(*args, **kwargs)"
    notebook = _edited(notebook, {exercise.name: lambda *_: call})
    where = next(
        (i for i, c in enumerate(notebook.cells) if _grade_id(c) == f"{exercise.name}-answer"), 0
    )
    notebook.cells.insert(where, nbformat.v4.new_code_cell(work, id="my-helper"))
    return notebook


def _grade_id(cell: NotebookNode) -> str:
    metadata: dict[str, Any] = cell.metadata.get("nbgrader", {})
    return str(metadata.get("grade_id", ""))


def _copy(notebook: NotebookNode) -> NotebookNode:
    return nbformat.from_dict(notebook)
