"""Make an assignment of exercises that an instructor has chosen, and of tasks of their own.

The recipe is kept, so that the assignment can be made anew after an update of the course.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading.handout.assignment import amount
from course_utils.grading.handout.compose import make_notebook
from course_utils.grading.handout.recipe import (
    Recipe,
    read_recipe,
    recipe_path,
    recipe_text,
    require_own_name,
)
from course_utils.grading.handout.release import release

MADE = "filters_and_memory"  # in the notebook's metadata: a digest of it as it was made


@dataclass(frozen=True)
class Assigned:
    """What was made.

    Attributes
    ----------
    notebook : Path
    changes : tuple of str
        What is other than before, a line each.
    new : bool
        Whether there was no such assignment before.
    points : str
        How many there are in all.
    told : tuple of str
        Exercises that are not asked for, and whose statements stand there because others name them.
    kept : Path or None
        Where the notebook that it replaces is kept, if somebody had changed it by hand.
    """

    notebook: Path
    changes: tuple[str, ...] = ()
    new: bool = True
    told: tuple[str, ...] = ()
    points: str = ""
    kept: Path | None = None


def assign(course: Path, name: str, recipe: Recipe | Path | None = None) -> Assigned:
    """Make an assignment from a recipe, and release it.

    Parameters
    ----------
    course : Path
        The course's folder.
    name : str
    recipe : Recipe or Path, optional
        For a new assignment; one that is there is made anew from the recipe that was kept.

    Raises
    ------
    CourseError
        If the name cannot be taken, something in the recipe is amiss, an exercise calls another
        one that is not there, or nbgrader refuses the assignment.
    """
    require_own_name(name)
    if not (course / "solutions").is_dir():
        raise CourseError(f"{course / 'solutions'} is missing: run this in the course's folder")
    kept = recipe_path(course, name)
    folder = course / "solutions" / name
    new = not kept.is_file()
    if isinstance(recipe, Path) and kept.is_file() and recipe.resolve() == kept.resolve():
        recipe = None
    if new and folder.exists():
        raise CourseError(f"{folder} is there already, and no recipe made it: choose another name")
    if new and recipe is None:
        raise CourseError(
            f"there is no recipe {kept}: name exercises with --pick, or a recipe with --recipe"
        )
    if not new and recipe is not None:
        raise CourseError(
            f"{name} is there already: change {kept}, and run `course assign {name}`; "
            "or choose another name"
        )
    asked = recipe if isinstance(recipe, Recipe) else read_recipe(recipe or kept)
    text = _text_of(recipe, kept)
    made, told = make_notebook(course, name, asked)
    made.metadata[MADE] = {"made": digest(made)}
    path = folder / f"{name}.ipynb"
    before = _read(path)
    copy = _keep_changed(before, course, name)
    try:
        if new:
            _write(kept, text)
        _write(path, nbformat.writes(made) + "\n")
        release(course, [name])
    except BaseException:
        if new:  # so that it can be tried again
            kept.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
        raise
    changes = tuple(differences(before, made)) if before else ()
    return Assigned(path, changes, before is None, told, _total(asked), copy)


def digest(notebook: NotebookNode) -> str:
    """Return a digest of what an assignment's cells are and say."""
    return hashlib.sha256(json.dumps(list(_said(notebook).items())).encode()).hexdigest()


def differences(before: NotebookNode, after: NotebookNode) -> Iterator[str]:
    """Yield what is other in a notebook than before, cell by cell.

    Parameters
    ----------
    before, after : NotebookNode
    """
    old, new = _said(before), _said(after)
    for name in old:
        if name not in new:
            yield f"gone: {name}"
    title = before.cells[0].get("id") if before.cells else ""
    for name, (kind, source, points) in new.items():
        if name not in old:
            yield f"new: {name}"
            continue
        was_kind, was, had = old[name]
        if points != had:
            yield f"points of {name}: {had:g} before, now {points:g}"
        if (kind, source) != (was_kind, was):
            yield f"changed: {'the first cell' if name == title else name}"
    common = [name for name in new if name in old]
    if common != [name for name in old if name in new]:
        yield "the order"


def _said(notebook: NotebookNode) -> Mapping[str, tuple[str, str, float]]:
    return {
        str(cell.get("id", i)): (
            cell.cell_type,
            cell.source,
            float(cell.metadata.get("nbgrader", {}).get("points") or 0),
        )
        for i, cell in enumerate(notebook.cells)
    }


def _total(recipe: Recipe) -> str:
    return amount(sum(part.points for part in recipe.parts))


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, nbformat.ValidationError):
        raise CourseError(f"{path} is not a readable notebook: remove it") from None


def _keep_changed(before: NotebookNode | None, course: Path, name: str) -> Path | None:
    """Keep a notebook that somebody has changed by hand, beside the recipe."""
    if before is None or before.metadata.get(MADE, {}).get("made") == digest(before):
        return None
    folder = recipe_path(course, name).parent
    kept = next(
        path for i in count(1) if not (path := folder / f"{name}-by-hand-{i}.ipynb").exists()
    )
    _write(kept, nbformat.writes(before) + "\n")
    return kept


def _text_of(recipe: Recipe | Path | None, kept: Path) -> str:
    """Return the text of the recipe that is kept: that of a file with its remarks."""
    if isinstance(recipe, Recipe):
        return recipe_text(recipe)
    path = recipe or kept
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        raise CourseError(f"{path} cannot be read: name a recipe in TOML") from None


def _write(path: Path, text: str) -> None:
    """Replace a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
