"""What a result depends on, as digests: if none of them has changed, nothing need be run again."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from nbformat import NotebookNode

import course_utils
from course_utils.exercises.catalog import find
from course_utils.exercises.exercise import Exercise
from course_utils.fingerprint import fingerprint
from course_utils.grading.batch.task import Task
from course_utils.grading.judging import is_students

PACKAGE = Path(course_utils.__file__).parent
# What runs a notebook and says what it is worth; what an exercise is made of counts for it alone.
MACHINERY = ("checks", "grading", "errors.py", "plotting.py", "gradcheck.py", "data")
LIBRARIES = ("numpy", "torch", "matplotlib", "ipython", "ipykernel", "nbgrader", "nbformat")
BIG = 2**24  # bytes; of a larger file only size and time are looked at


def digest(*parts: Any) -> str:
    """Return a digest of JSON data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@functools.cache
def environment() -> str:
    """Return a digest of the package's own code, the Python and the libraries."""
    versions = [f"{name} {_version(name)}" for name in LIBRARIES]
    found = {p for name in MACHINERY for p in [PACKAGE / name, *(PACKAGE / name).rglob("*")]}
    # The cases that students have grade nobody.
    files = (p for p in found if p.is_file() and "frozen" not in p.parts)
    names = sorted(path.relative_to(PACKAGE).as_posix() for path in files)
    return digest(fingerprint(PACKAGE, names), sys.version, sys.platform, versions)


def code_key(task: Task, notebook: NotebookNode) -> str:
    """Return what the outputs of a student's cells depend on."""
    cells = [
        cell.source if is_students(cell) else cell.metadata.nbgrader.grade_id
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    files = [(name, hashlib.sha256(content).hexdigest()) for name, content in task.files]
    return digest(cells, files, repr(task.rules), task.isolation, environment())


def test_key(code: str, task: Task, cell: NotebookNode) -> str:
    """Return what the outputs of a test depend on: the student's code, and all that judges it."""
    marks = cell.metadata.nbgrader
    named = hashlib.sha256(task.secret.encode()).hexdigest()
    return digest(code, cell.source, marks.points, task.imports, named, exercise(marks.grade_id))


@functools.cache
def exercise(name: str) -> str:
    """Return a digest of an exercise and of all code that its cases depend on.

    A test that belongs to no exercise depends on nothing besides its own cell.
    """
    try:
        one = find(name)
    except ValueError:
        return ""
    data = {
        key: repr(value)
        for key, value in vars(one).items()
        if key not in ("model", "reference", "inputs", "wild", "mistakes", "right")
    }
    sentences = {name: mistake.sentence for name, mistake in one.mistakes.items()}
    files = sorted(path.relative_to(PACKAGE).as_posix() for path in sources(one))
    return digest(data, sentences, fingerprint(PACKAGE, files))


def sources(one: Exercise) -> set[Path]:
    """Return the files of the package that an exercise's cases depend on, through its imports."""
    todo = [_file(sys.modules[one.inputs.__module__])]
    found: set[Path] = set()
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _imported(path)
    return found


def submission(folder: Path) -> str:
    """Return a digest of what lies in a submission's folder. No link in it is followed."""
    total = hashlib.sha256()
    for path in sorted(_walk(folder)):
        about = os.lstat(path)
        name = os.path.relpath(path, folder)
        total.update(f"{name}\0{about.st_mode}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
        if os.path.isfile(path) and not os.path.islink(path) and about.st_size <= BIG:
            total.update(Path(path).read_bytes())
    return total.hexdigest()


def _walk(folder: Path) -> Iterator[str]:
    if folder.is_symlink():
        yield str(folder)
        return
    for inner, _, names in os.walk(folder):
        yield inner
        yield from (os.path.join(inner, name) for name in names)


def _file(module: ModuleType) -> Path:
    assert module.__file__
    return Path(module.__file__)


@functools.cache
def _imported(path: Path) -> list[Path]:
    """Return the package's own files that a file imports."""
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
            found += _files(node.module or "", [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("course_utils."):
                    found += _files(alias.name, [])
    return found


def _files(module: str, names: Iterable[str]) -> Iterator[Path]:
    """Yield the file of a module and of those of its names that are modules themselves.

    A package's own file is passed over: it gathers all exercises of a topic.
    """
    steps = module.split(".")[1:]
    for words in (steps, *([*steps, name] for name in names)):
        path = PACKAGE.joinpath(*words).with_suffix(".py")
        if words and path.is_file():
            yield path


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"
