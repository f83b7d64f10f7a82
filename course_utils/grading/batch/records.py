"""What is kept of each student's notebook: outputs, what they depend on, and what was written.

A record is a JSON file, ``records/<slug>/<student>.json`` beside the gradebook, replaced in one
step. So whatever ends the grading, a record is whole, and what it says is true.

What was run and not written, in a dry run or because a grade would fall, is kept beside the records
in a folder of its own: the record of what was written stays, to compare with.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock, Timeout

from course_utils.errors import CourseError
from course_utils.grading.batch.task import Outputs
from course_utils.grading.note import quoted

FOLDER = "records"
PREVIEW = ".preview"  # no student's id begins with a dot
VERSION = 2


@dataclass(frozen=True)
class Record:
    """What is known of one student's notebook.

    Attributes
    ----------
    cells : list of list
        The outputs of the student's code cells, in their order.
    tests : dict of str to (str, list)
        For each test its key and its outputs.
    faults : list of str
        Tests that came to no verdict, for no reason of the student's.
    tries : int
        By how many commands in a row these were run in vain.
    broken : dict of str to str
        Tests whose own code is at fault, and what it says.
    tier : str
        How the student's code was isolated.
    scores : dict of str to float or None
        What the gradebook was given.
    written : dict of str to str
        Digests of all that the gradebook's entry depends on, by part; empty if it was not given.
    """

    cells: list[Outputs] = field(default_factory=list)
    tests: dict[str, tuple[str, Outputs]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    tries: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    tier: str = ""
    scores: dict[str, float | None] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)


class Records:
    """The records of an assignment.

    Parameters
    ----------
    root : Path
        The folder with the gradebook.
    slug : str
    """

    def __init__(self, root: Path, slug: str) -> None:
        self.folder = root / FOLDER / slug

    def previews(self) -> Records:
        """Return the records of what was run and not written."""
        return Records(self.folder.parents[1], f"{self.folder.name}/{PREVIEW}")

    def load(self, student: str) -> Record:
        """Return a student's record; an empty one if there is none that can be read."""
        try:
            data = json.loads(self._path(student).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return Record()
        return _record(data) or Record()

    def save(self, student: str, record: Record) -> Record:
        """Write a student's record in one step."""
        path = self._path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        text = json.dumps({"version": VERSION, **vars(record)}, ensure_ascii=False)
        for place in (draft, path):
            if place.is_dir() and not place.is_symlink():  # nothing else is kept here
                shutil.rmtree(place)
        # Half a file, as a power cut may leave it, is read as no record.
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        os.replace(draft, path)
        return record

    def remove(self, student: str) -> None:
        """Remove a student's record, if there is one."""
        with contextlib.suppress(OSError):  # a folder in its place is removed when one is saved
            self._path(student).unlink()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the assignment, so that it is graded by one command at a time.

        Raises
        ------
        CourseError
            If another command holds it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise CourseError(
                f"{quoted(error.filename)} is no folder, and records are kept there: delete it"
            ) from error
        lock = FileLock(self.folder / ".lock")  # the system lets go of it when its holder dies
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise CourseError(
                f"{self.folder.name} is being graded by another command: wait for it"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"


def _record(data: Any) -> Record | None:
    """Return the record that was read, or None if anything in it is not what `save` writes.

    What is in a record becomes somebody's grade, so a damaged one counts for none at all.
    """
    names = {field.name for field in fields(Record)}
    if not isinstance(data, dict) or data.keys() != {"version", *names} or not _is_known(data):
        return None
    cells, tests = data["cells"], data["tests"]
    if not (isinstance(cells, list) and isinstance(tests, dict)):
        return None
    pairs = list(tests.values())
    if not all(isinstance(p, list) and len(p) == 2 and isinstance(p[0], str) for p in pairs):
        return None
    if not _are_outputs([*cells, *(outputs for _, outputs in pairs)]):
        return None
    data["tests"] = {name: (key, outputs) for name, (key, outputs) in tests.items()}
    return Record(**{name: data[name] for name in names})


def _is_known(data: dict[str, Any]) -> bool:
    """Say whether the plain values of a record are of their types."""
    faults, scores = data["faults"], data["scores"]
    return (
        type(data["version"]) is int
        and data["version"] == VERSION
        and isinstance(data["written"], dict)
        and all(isinstance(part, str) for part in data["written"].values())
        and isinstance(data["tier"], str)
        and isinstance(faults, list)
        and all(isinstance(fault, str) for fault in faults)
        and isinstance(scores, dict)
        and all(map(_is_score, scores.values()))
    )


def _is_score(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and math.isfinite(value))


def _are_outputs(cells: list[Any]) -> bool:
    """Say whether each of them can be the outputs of a cell."""
    marks: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": ""}
    data = [
        {**marks, "id": f"cell-{i}", "execution_count": None, "outputs": outputs}
        for i, outputs in enumerate(cells)
    ]
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    try:
        nbformat.validate({**about, "cells": data}, relax_add_props=True)
    except (nbformat.ValidationError, TypeError, ValueError, KeyError, AttributeError):
        return False
    return True
