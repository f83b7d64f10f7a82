"""A student's notebooks as files: find, read and write them, with Python's own JSON only."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError, did_you_mean

Notebook = dict[str, Any]
Cell = dict[str, Any]


def find_notebook(named: Path) -> Path:
    """Return the notebook that is meant: a path, or an assignment's name below `exercises`.

    Raises
    ------
    CourseError
        If there is none.
    """
    if named.exists():
        return named
    below = Path("exercises", named.name, f"{named.name}.ipynb")
    if below.is_file():
        return below
    known = [path.stem for path in all_notebooks(Path("exercises"))]
    hint = f"; {did_you_mean(named.name, known)}" if known else ": check its name"
    raise CourseError(f"there is no file {named}{hint}")


def all_notebooks(folder: Path) -> list[Path]:
    """Return the notebooks of the assignments in a folder, in alphabetical order."""
    return sorted(path for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in plain words why a file cannot be opened.

    Raises
    ------
    CourseError
        If it is not there, is a folder, or may not be read.
    """
    try:
        yield
    except FileNotFoundError:
        raise CourseError(f"there is no file {path}: check its name") from None
    except IsADirectoryError:
        raise CourseError(f"{path} is a folder: name the notebook in it") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be opened: {error.strerror}") from None


def read(path: Path) -> Notebook:
    """Read a notebook.

    Raises
    ------
    CourseError
        If it is none.
    """
    try:
        with told(path):
            notebook = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        notebook = None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise CourseError(
            f"{path} is not a readable notebook: `course reset {path}` begins it anew, and keeps "
            "what is there beside it"
        )
    return notebook


def write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as Jupyter does: all of it or nothing."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file by another: all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, path.stat().st_mode if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def grade_id(cell: Cell) -> str:
    """Return nbgrader's name of a cell, or nothing."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(marks.get("grade_id", "")) if isinstance(marks, dict) else ""


def handed_out() -> Path:
    """Return the folder with the notebooks as they were handed out: the kit's own.

    Raises
    ------
    CourseError
        If this is no kit.
    """
    folder = Path(str(resources.files("course_utils.desk"))) / "handed_out"
    if not folder.is_dir():
        raise CourseError("what was handed out comes with the kit, and this is none")
    return folder
