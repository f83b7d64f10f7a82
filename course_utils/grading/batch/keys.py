"""What a result depends on, as digests: if none of them has changed, nothing need be run again."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import stat
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
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.intake.times import TIMESTAMP
from course_utils.grading.judge.cells import code_cells, grade_id, is_test
from course_utils.grading.judge.definitions import needed, parsed
from course_utils.grading.judge.released import Release

PACKAGE = Path(course_utils.__file__).parent
# What runs a notebook and says what it is worth; what an exercise is made of counts for it alone.
MACHINERY = (
    "__init__.py", "checks", "grading", "errors.py", "fingerprint.py", "plotting.py",
    "gradcheck.py", "data", "exercises/__init__.py", "exercises/catalog.py",
    "exercises/edits.py", "exercises/exercise.py", "exercises/formula.py",
    "exercises/live_picture.py", "exercises/sums.py",
)  # fmt: skip
BIG = 2**24  # bytes; of a larger file only size and time are looked at


def digest(*parts: Any) -> str:
    """Return a digest of JSON data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@functools.cache
def environment() -> str:
    """Return a digest of the package's own code, the Python and the libraries."""
    found = {p for name in MACHINERY for p in [PACKAGE / name, *(PACKAGE / name).rglob("*")]}
    # The cases that students have grade nobody.
    files = (p for p in found if p.is_file() and "frozen" not in p.parts)
    names = sorted(path.relative_to(PACKAGE).as_posix() for path in files)
    return digest(fingerprint(PACKAGE, names), sys.version, sys.platform, installed())


def installed() -> list[str]:
    """Return the names and versions of all that is installed, as their folders give them."""
    names = {name for place in filter(os.path.isdir, sys.path) for name in os.listdir(place)}
    return sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


def code_key(task: Task, notebook: NotebookNode) -> str:
    """Return what the outputs of a student's cells depend on."""
    cells = [[grade_id(cell)] if is_test(cell) else cell.source for cell in code_cells(notebook)]
    files = [(name, hashlib.sha256(content).hexdigest()) for name, content in task.files]
    return digest(cells, files, repr(task.rules), environment())


def test_key(code: str, task: Task, test: str) -> str:
    """Return what the outputs of a test depend on: the student's code, and all that judges it.

    Parameters
    ----------
    code : str
        The key of the student's code.
    task : Task
    test : str
        The digest of the test.
    """
    return digest(code, hashlib.sha256(task.secret.encode()).hexdigest(), test)


def test(release: Release, name: str) -> str:
    """Return a digest of all of a release that one of its tests depends on."""
    if name not in release.tests:
        return ""
    one = release.tests[name]
    defined = [ast.unparse(statement.node) for statement in needed(one.source, one.before)]
    text = "\n".join([release.imports, one.source, *defined])
    return digest(
        release.slug,
        release.imports,
        one.source,
        one.points,
        defined,
        [exercise(word) for word in _checked(text)],
        [release.learned.get(word, "") for word in _checked(text)],
        fingerprint(PACKAGE, _relative(_closure(_imported_by(parsed(text))))),
    )


def _checked(source: str) -> list[str]:
    """Return what may be the names of exercises in a cell that checks some."""
    nodes = list(ast.walk(parsed(source)))
    if not any(isinstance(node, ast.Name) and node.id == "check" for node in nodes):
        return []
    words = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(word for word in words if word.isidentifier())


@functools.cache
def exercise(name: str) -> str:
    """Return a digest of an exercise and of all code that its cases depend on.

    What is the name of none depends on nothing.
    """
    try:
        one = find(name)
    except ValueError:
        return ""
    sentences = {name: mistake.sentence for name, mistake in one.mistakes.items()}
    return digest(declared(one), sentences, fingerprint(PACKAGE, _relative(sources(one))))


def declared(one: Exercise) -> dict[str, str]:
    """Return what an exercise says of itself, without what holds functions: its files say that."""
    functions = {"model", "reference", "inputs", "wild", "mistakes", "right", "picture", "formula"}
    return {key: repr(value) for key, value in vars(one).items() if key not in functions}


def sources(one: Exercise) -> set[Path]:
    """Return the files of the package that an exercise's cases depend on, through its imports."""
    return _closure([_file(sys.modules[one.inputs.__module__])])


def _closure(files: Iterable[Path]) -> set[Path]:
    """Return files of the package with all that they import of it."""
    todo = list(files)
    found: set[Path] = set()
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _imported(path)
    return found


def _relative(files: Iterable[Path]) -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in files)


def code_of(*kinds: type) -> str:
    """Return a digest of the modules in which some classes and their parents are written.

    So is what these modules have beside them: a module of a course's own may be in several files.
    """
    library = Path(os.__file__).parent
    found: set[Path] = set()
    for kind in {parent for one in kinds for parent in one.__mro__}:
        path = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if path and not {"site-packages", "dist-packages"} & set(Path(path).parts):
            found.add(Path(path).resolve())
    found = {path for path in found if not {library, PACKAGE} & set(path.parents)}
    if found:
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        beside = {Path(file).resolve() for file in files if file}
        found |= {path for path in beside if path.parent in {one.parent for one in found}}
    return digest([[str(p), p.read_bytes().hex()] for p in sorted(found) if p.is_file()])


def submission(folder: Path) -> tuple[str, str]:
    """Return digests of what lies in a submission's folder: of all of it, and of what was written.

    What was written is the files' contents, without their times and without that in which a time is
    written. No link is followed. What the system refuses to read counts for its refusal, so that it
    is looked at again when that is mended.
    """
    total, written = hashlib.sha256(), hashlib.sha256()
    for path in sorted(_walk(folder)):
        name = os.fsencode(os.path.relpath(path, folder)) + b"\0"
        total.update(name)
        try:
            about = os.lstat(path)
            total.update(f"{about.st_mode}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
            if not stat.S_ISREG(about.st_mode):
                continue
            big = about.st_size > BIG
            content = b"%d" % about.st_size if big else read_regular(Path(path), BIG)
        except OSError as error:
            content = f"{type(error).__name__}\0".encode()
        total.update(content)
        if os.path.basename(path) != TIMESTAMP:
            written.update(name + hashlib.sha256(content).digest())
    return total.hexdigest(), written.hexdigest()


def _walk(folder: Path) -> Iterator[str]:
    if os.path.islink(folder):
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
    return _imported_by(ast.parse(path.read_text(encoding="utf-8")))


def _imported_by(tree: ast.Module) -> list[Path]:
    found: list[Path] = []
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
            found += _files(node.module or "", [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("course_utils."):
                    found += _files(alias.name, [])
    return found


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, at any depth, without looking into their expressions."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)
            todo += inner if isinstance(inner, list) else []


def _files(module: str, names: Iterable[str]) -> Iterator[Path]:
    """Yield the file of a module and of those of its names that are modules themselves.

    A package's own file is passed over: it gathers all exercises of a topic.
    """
    steps = module.split(".")[1:]
    for words in (steps, *([*steps, name] for name in names)):
        path = PACKAGE.joinpath(*words).with_suffix(".py")
        if words and path.is_file():
            yield path
