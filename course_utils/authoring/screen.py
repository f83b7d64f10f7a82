"""`course prove`: what a test would say of exercises, and what is worth a thought."""

from __future__ import annotations

import ast
import inspect
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.authoring.changes import changes, prove_changes
from course_utils.authoring.prove import CHECKS, draws
from course_utils.checks.cases import Raised
from course_utils.exercises.catalog import exercise_names, find, frozen_cases, topics
from course_utils.exercises.exercise import Exercise
from course_utils.grading.handout.freeze import freeze
from course_utils.grading.handout.release import release
from course_utils.grading.note import counted

TEMPLATE = "(This is a template"
MOST, MOST_OF_NETWORKS = 200, 40  # changes of right answers, unless somebody asks for all

Arrays = list[np.ndarray]
# What the cases of an exercise may lack, and what it would hide. A person knows whether it applies.
KINDS: dict[str, Callable[[Arrays], bool]] = {
    "numbers with fractions: whole ones hide that an answer works in float32": lambda arrays: any(
        array.dtype.kind == "f" and (array != np.round(array)).any() for array in arrays
    ),
    "float32: an answer may return float64": lambda arrays: any(
        array.dtype == np.float32 for array in arrays
    ),
    "int32: an answer may refuse it, or count in it": lambda arrays: any(
        array.dtype == np.int32 for array in arrays
    ),
    "mixed types: an answer may take the type of one argument": lambda arrays: (
        len({array.dtype for array in arrays}) > 1
    ),
    "an axis of length 1: NumPy stretches it in silence": lambda arrays: any(
        1 in array.shape and array.size > 1 for array in arrays
    ),
    "an array that is not contiguous: `reshape` and `view` part there": lambda arrays: any(
        array.size > 1 and not array.flags.c_contiguous for array in arrays
    ),
    "axes of which no two are alike: an answer may exchange two": lambda arrays: any(
        array.ndim > 1 and len(set(array.shape)) == array.ndim for array in arrays
    ),
    "negative numbers: a maximum may begin at 0": lambda arrays: any(
        (array < 0).any() for array in arrays if array.dtype.kind in "if"
    ),
}


def prove(course: Path, names: list[str], *, every: int | None = None) -> bool:
    """Print what there is to do about exercises and topics; say whether it is nothing.

    Parameters
    ----------
    course : Path
        The course's folder, with the notebooks.
    names : list of str
        Exercises or topics; everything if it is empty.
    every : int, optional
        Of so many changes of right answers, one is tried; if left out, as many as take seconds.

    Raises
    ------
    ValueError
        If there is no such exercise or topic.
    """
    fine = []  # all are proved, whatever the first is
    for name in names or topics():
        if name in topics():
            fine += [_prove_one(course, find(each), every) for each in exercise_names(name)]
            fine.append(_prove_topic(course, name))
        else:
            fine.append(_prove_one(course, find(name), every))
    return all(fine)


def _prove_topic(course: Path, slug: str) -> bool:
    to_do = list(in_topic(course, slug))
    print(slug, *(f"  to do: {says}" for says in to_do or ["nothing"]), sep="\n", flush=True)
    return not to_do


def in_topic(course: Path, slug: str) -> Iterator[str]:
    """Look for what is not written of a topic: exercises, its notebook's first cell, its pages."""
    import nbformat

    if not exercise_names(slug):
        yield f"begin an exercise: `course exercise {slug} some_function`"
    notebook = course / "solutions" / slug / f"{slug}.ipynb"
    if TEMPLATE in nbformat.read(notebook, as_version=nbformat.NO_CONVERT).cells[0].source:
        yield f"write the first cell of {notebook}"
    for page in sorted((course / "book" / slug).glob("*.md")):
        if TEMPLATE in page.read_text(encoding="utf-8"):
            yield f"write {page}"
    if release(course, [slug], check=True):
        yield f"run `course release {slug}`: what students get is out of step"


def _prove_one(course: Path, exercise: Exercise, every: int | None) -> bool:
    start = time.perf_counter()
    print(f"{exercise.name}", flush=True)
    to_do = [says for check in CHECKS for says in check(exercise)]
    to_do += [*in_notebook(course, exercise), *in_book(course, exercise)]
    most = None if every else MOST_OF_NETWORKS if exercise.probe else MOST
    proof = prove_changes(exercise, most=most, every=every or 1)
    to_do += [f"a changed answer keeps full marks. {hole}" for hole in proof.holes]
    if freeze([exercise.name], check=True):
        to_do.append(f"run `course freeze {exercise.name}`: the frozen cases are out of step")
    for says in to_do or ["nothing"]:
        print(f"  to do: {says}")
    for says in _questions(exercise):
        print(f"  does a case need {says}?")
    cases = len(frozen_cases(exercise.name).cases)
    print(
        f"  {counted(cases, 'case')}, {len(exercise.mistakes)} mistakes, {len(exercise.right)} "
        f"right answers besides the model, on {len(draws(exercise.name))} draws"
    )
    if not exercise.measured:
        tried = proof.caught + proof.equivalent + len(proof.holes)
        of = sum(1 for _ in changes(exercise))
        sample = " (`--every 1` tries all)" if tried < of else ""
        print(
            f"  {tried} of {counted(of, 'change')} of right answers tried{sample}: {proof.caught} "
            f"lose points, {len(proof.holes)} are holes, {proof.equivalent} seem equivalent"
        )
    print(f"  {time.perf_counter() - start:.0f} s", flush=True)
    return not to_do


def in_book(course: Path, exercise: Exercise) -> Iterator[str]:
    """Look for an exercise that the concept index does not name."""
    path = course / "book" / "concepts.yml"
    if not re.search(rf"\b{exercise.name}\b", path.read_text(encoding="utf-8")):
        yield f"say in {path} which concept it exercises"


def in_notebook(course: Path, exercise: Exercise) -> Iterator[str]:
    """Look for what the statement lacks: itself, its example, the error that a case asks for."""
    import nbformat

    asks = any(isinstance(case.expected, Raised) for case in frozen_cases(exercise.name).cases)
    for path in (course / "solutions" / slug / f"{slug}.ipynb" for slug in topics()):
        if not path.is_file():
            continue
        for cell in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name != f"{exercise.name}-statement":
                continue
            if TEMPLATE in cell.source:
                yield f"write the statement, in {path}"
            if "**Example.**" not in cell.source:
                yield "give the statement a paragraph **Example.** that one can do on paper"
            named = "`ValueError`" in cell.source
            if asks and not named:
                yield "name `ValueError` in the statement, since a case asks for it"
            if named and not asks:
                yield "take `ValueError` out of the statement, or add a case that asks for it"
            words = list(inspect.signature(exercise.model).parameters)
            if not exercise.catches and _words_of(exercise.name, cell.source) != words:
                yield f"say `{exercise.name}({', '.join(words)})` in the statement, as in the model"
            return
    yield "no notebook in solutions/ has its statement: `course exercise` makes the cells"


def _words_of(name: str, statement: str) -> list[str]:
    """Return the arguments' names of the first call of a function in a statement."""
    call = re.search(rf"`{name}\(([^`]*)\)`", statement)
    try:
        [function] = ast.parse(f"def called({call[1]}): ...").body if call else [None]
    except SyntaxError:
        return []
    if not isinstance(function, ast.FunctionDef):
        return []
    given = function.args
    return [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def _questions(exercise: Exercise) -> Iterator[str]:
    if exercise.measured:  # its one case is no call with something to look for
        return
    arrays = [
        value
        for case in frozen_cases(exercise.name).cases
        for value in _arrays([*case.args, *case.kwargs.values()])
    ]
    if arrays:
        yield from (says for says, there in KINDS.items() if not there(arrays))


def _arrays(values: list[Any]) -> Iterator[np.ndarray]:
    for value in values:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, list | tuple):
            yield from _arrays(list(value))
