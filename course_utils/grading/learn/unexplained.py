"""What the wrong answers come to that no known mistake explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.checks.cases import CaseSet, Outcome, Raised
from course_utils.checks.check import frozen_cases
from course_utils.checks.encode import decode_outcome
from course_utils.checks.learned import is_right
from course_utils.errors import CourseError
from course_utils.grading.batch.gradebook import Book
from course_utils.grading.judge.cells import grade_id
from course_utils.grading.judge.notebook import judge_notebook
from course_utils.grading.judge.released import Release, read_release
from course_utils.grading.kernels.kernel import KernelsLost
from course_utils.grading.learn.clusters import Answer, Cluster, clusters
from course_utils.grading.report.autograded import read_autograded
from course_utils.grading.report.results import gradebook_address, results
from course_utils.grading.report.unexplained import unexplained

Progress = Callable[[int, int], None]


def wanted_answers(course: Path, root: Path, slug: str) -> dict[str, list[str]]:
    """Return, for each student, the exercises whose answer nothing explains.

    Raises
    ------
    CourseError
        If nobody's work was graded.
    """
    found = results(root, slug, gradebook_address(course, root))
    return unexplained(found, read_autograded(root, slug))


def answers(
    course: Path, root: Path, slug: str, wanted: dict[str, list[str]], advance: Progress
) -> list[Answer]:
    """Run wrong answers on the cases that students have, in the sandbox as when they were graded.

    Parameters
    ----------
    course, root : Path
    slug : str
    wanted : dict of str to list of str
        For each student the exercises.
    advance : callable
        Told how many students are done, of how many.

    Returns
    -------
    list of Answer
        Without those that tell nothing, since every call that is wrong raised an exception, or
        came to what cannot be written down.
    """
    book = Book(course, root, slug)
    release = read_release(book.released, book.cells)
    found: list[Answer] = []
    for done, (student, exercises) in enumerate(wanted.items(), start=1):
        path = book.folder("intake", student) / book.released.name
        try:
            notebook = nbformat.read(path, as_version=4)
        except (OSError, ValueError, nbformat.ValidationError) as error:
            raise CourseError(
                f"{path} cannot be read: grade first, with `course grade {slug}`"
            ) from error
        found += _answers(student, notebook, release, set(exercises), book)
        advance(done, len(wanted))
    return found


def clustered(found: list[Answer]) -> list[Cluster]:
    """Put answers together that come to the same, exercise by exercise."""
    by_exercise: dict[str, list[Answer]] = {}
    for answer in found:
        by_exercise.setdefault(answer.exercise, []).append(answer)
    return [
        cluster
        for exercise, each in by_exercise.items()
        for cluster in clusters(frozen_cases(exercise), each)
    ]


def _answers(
    student: str, notebook: NotebookNode, release: Release, exercises: set[str], book: Book
) -> Iterator[Answer]:
    tests = {name: test for name, test in release.tests.items() if _checks(test.source, exercises)}
    known: dict[str, list[NotebookNode]] = {name: [] for name in release.tests if name not in tests}
    asked = replace(release, tests=tests)
    try:
        judged = judge_notebook(
            notebook,
            asked,
            book.judge.secret_of(book.slug),
            book.judge.rules,
            known,
            ask="outcomes",
        )
    except KernelsLost:
        return
    for said in judged.said.values():
        for exercise, codes in (said.get("outcomes") or {}).items():
            if exercise not in exercises:
                continue
            outcomes = [None if code is None else decode_outcome(code) for code in codes]
            if _tells(frozen_cases(exercise), outcomes):
                yield Answer(student, exercise, _code(notebook, exercise), outcomes)


def _checks(source: str, exercises: set[str]) -> bool:
    return any(f'"{name}"' in source or f"'{name}'" in source for name in exercises)


def _tells(cases: CaseSet, outcomes: list[Outcome | None]) -> bool:
    """Say whether a wrong result came of a call: many faults raise the same exception."""
    return any(
        not isinstance(outcome, Raised | None) and not is_right(cases, case, outcome)
        for case, outcome in zip(cases.cases, outcomes, strict=True)
    )


def _code(notebook: NotebookNode, exercise: str) -> str:
    """Return the source of the answer's cell."""
    for cell in notebook.cells:
        if grade_id(cell) == f"{exercise}-answer":
            return str(cell.source).strip()
    return ""
