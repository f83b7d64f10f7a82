"""Put an exercise, or a notebook, back to what was handed out; what was there is kept beside it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from course_utils.desk.notebooks import Cell, grade_id, read, write, write_bytes
from course_utils.errors import CourseError, did_you_mean


def reset(path: Path, names: Sequence[str], folder: Path) -> Path:
    """Put exercises of a notebook back to what was handed out; all of it if none is named.

    Statement, answer and check of an exercise are put back, and put in again if they are missing.

    Parameters
    ----------
    path : Path
        The notebook.
    names : sequence of str
        The exercises.
    folder : Path
        Where the notebooks lie as they were handed out, each by its assignment's name.

    Returns
    -------
    Path
        The copy that was made of the notebook before.

    Raises
    ------
    CourseError
        If there is no such notebook or exercise, or nothing to go back to.
    """
    if not path.is_file():
        raise CourseError(f"there is no notebook {path}: check its name")
    fresh_file = _handed_out(path, folder)
    if names:
        fresh, notebook = read(fresh_file), read(path)
        for name in names:
            notebook["cells"] = _with_fresh(notebook["cells"], fresh["cells"], name, path)
        kept = _keep(path)
        write(path, notebook)
    else:
        kept = _keep(path)
        write_bytes(path, fresh_file.read_bytes())
    return kept


def _handed_out(path: Path, folder: Path) -> Path:
    """Find what a notebook was when it was handed out: by its name, else by its cells."""
    files = {file.stem: file for file in sorted(folder.rglob("*.ipynb"))}
    found = files.get(path.stem)
    if found is None:
        theirs = set(map(grade_id, read(path)["cells"])) - {"", "setup", "setup-torch"}
        common = {
            stem: len(theirs & set(map(grade_id, read(file)["cells"])))
            for stem, file in files.items()
        }
        best = max(common, key=lambda stem: common[stem], default="")
        if not common.get(best):
            known = ", ".join(sorted(files)) or "none"
            raise CourseError(f"{path} is no assignment's notebook: those are {known}")
        found = files[best]
    if found.samefile(path):
        raise CourseError(f"{path} is what was handed out: work on a copy of it")
    return found


def _with_fresh(cells: list[Cell], fresh: list[Cell], name: str, path: Path) -> list[Cell]:
    """Return the cells with those of one exercise as they were handed out."""
    parts = (f"{name}-statement", f"{name}-answer", name)
    wanted = [cell for cell in fresh if grade_id(cell) in parts]
    known = [grade_id(cell).removesuffix("-answer") for cell in fresh if _is_answer(cell)]
    if name not in known:
        raise CourseError(f"{path} has no exercise {name!r}; {did_you_mean(name, known)}")
    if not any(grade_id(cell) in parts for cell in cells):
        raise CourseError(
            f"no cell of {name} is left in {path}: `course reset {path}` without a name puts all "
            "of it back, and keeps yours beside it"
        )
    # Further copies of its cells go: of two answers the grader would take the changed one.
    found = list(cells)
    behind = 0
    for cell in copy.deepcopy(wanted):
        places = [i for i, one in enumerate(found) if grade_id(one) == grade_id(cell)]
        for i in reversed(places[1:]):
            del found[i]
        if places:
            found[places[0]] = cell
            behind = places[0] + 1
        else:
            later = [i for i, one in enumerate(found) if grade_id(one) in parts]
            behind = behind or later[0]
            found.insert(behind, cell)
            behind += 1
    return found


def _is_answer(cell: Cell) -> bool:
    return bool(grade_id(cell)) and bool(cell["metadata"]["nbgrader"].get("solution"))


def _keep(path: Path) -> Path:
    """Copy a notebook to a new name beside it."""
    data = path.read_bytes()
    for number in count(1):
        kept = path.with_name(f"{path.stem}-before-reset-{number}{path.suffix}")
        try:
            with kept.open("xb") as file:
                file.write(data)
        except FileExistsError:
            continue
        except OSError as error:
            raise CourseError(f"cannot keep a copy in {kept} ({error.strerror})") from None
        return kept
    raise AssertionError("there is a next number")
