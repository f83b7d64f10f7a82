"""Take in what a student handed in: one clean, gradable notebook comes out, whatever it was."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from course_utils.grading.note import Note, listed
from course_utils.grading.rebuild import rebuild
from course_utils.grading.salvage import read_notebook, read_regular

__all__ = ["Note", "read_notebook", "rebuild", "take_in"]

TIMESTAMP = "timestamp.txt"
TIME = re.compile(r"\d{4}-\d\d?-\d\d?[ T]\d\d?:[\d:.]+ ?([A-Za-z_]+(/[A-Za-z_]+){0,2}|[+-][\d:]+)?")
MAX_TIMESTAMP = 1000  # bytes
EARLIEST = timedelta(days=366)
LATEST = timedelta(days=1)

MAX_FILES = 10_000
MAX_TRIED = 3
DEPTH = 2
CLUTTER = {"__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini"}  # and names that begin with a dot


def take_in(released: Path, submission: Path, clean: Path) -> list[Note]:
    """Write a clean folder from what a student handed in.

    Nothing that a student can hand in makes it fail. Where nothing can be read, the notebook is
    the released one, which gets no points, and a note says why.

    Parameters
    ----------
    released : Path
        The assignment's notebook as students got it, ``<slug>.ipynb``.
    submission : Path
        The student's folder. Nothing in it is changed, and no link in it is followed.
    clean : Path
        The folder to make anew, with ``<slug>.ipynb`` and, where one was handed in, timestamp.txt.

    Returns
    -------
    list of Note
        What was set right; also in the notebook's metadata, under ``course.notes``.
    """
    original = _original(released, released.stat().st_mtime_ns)
    try:
        notebook, notes, time = _taken(original, released, submission)
    except Exception as error:
        # One submission must not stop the class, so what was not foreseen is noted.
        says = f"This submission could not be read ({type(error).__name__}): ask your instructor."
        notebook, notes, time = rebuild(original, None)[0], [Note("unreadable", says)], ""
    notebook.metadata["course"] = {"notes": [vars(note) for note in notes]}
    shutil.rmtree(clean, ignore_errors=True)
    clean.mkdir(parents=True)
    text = json.dumps(notebook, ensure_ascii=False)  # for programs: a pretty form takes long
    (clean / released.name).write_text(text, encoding="utf-8")
    if time:
        (clean / TIMESTAMP).write_text(time, encoding="utf-8")
    return notes


@functools.lru_cache(maxsize=1)
def _original(released: Path, changed: int) -> NotebookNode:
    """Read the released notebook once for a class. Nobody changes it: it is copied."""
    return nbformat.read(released, as_version=4)


def _taken(
    original: NotebookNode, released: Path, submission: Path
) -> tuple[NotebookNode, list[Note], str]:
    name = released.name
    if submission.is_symlink():
        says = "The submission is a link, and links are not followed: hand in the folder itself."
        return rebuild(original, None)[0], [Note("nothing handed in", says)], ""
    files = list(_files(submission))
    submitted, chosen, notes = _found(submission, files, name)
    notebook, more = rebuild(original, submitted)
    notes += more
    expected = {chosen, name, TIMESTAMP, *_beside(released)}
    others = sorted(file for file in files if file not in expected)
    if others:
        says = f"Other files were not taken over ({listed(others)}): put all code into {name}."
        notes.append(Note("other files", says))
    time, more = _timestamp(submission, chosen)
    return notebook, notes + more, time


def _found(
    submission: Path, files: list[str], name: str
) -> tuple[NotebookNode | None, str, list[Note]]:
    """Return the notebook that counts, its file and notes on it.

    That is the one with the right name, else in other letter case, else the newest that is read.
    """
    notebooks = [file for file in files if file.lower().endswith(".ipynb") and file != name]
    notebooks.sort(
        key=lambda file: (file.lower() == name.lower(), os.lstat(submission / file).st_mtime),
        reverse=True,
    )
    exact = [name] if os.path.lexists(submission / name) else []
    notes = []
    for file in (exact + notebooks)[:MAX_TRIED]:
        notebook, more = read_notebook(submission / file)
        notes += more
        if notebook is None:
            continue
        if file != name:
            among = f" (the best fit of {len(notebooks)})" if len(notebooks) > 1 else ""
            says = f"{listed([file])}{among} was taken for {name}: hand in one file of that name."
            notes.append(Note("file name", says))
        return notebook, file, notes
    says = f"There is no notebook that can be read, so nothing is answered: hand in {name}."
    return None, "", [*notes, Note("nothing handed in", says)]


def _files(folder: Path) -> Iterator[str]:
    """Yield the paths in a folder and two levels of folders in it, without what systems leave."""
    left = MAX_FILES
    todo = [(folder, 0)]
    while todo:
        inner, depth = todo.pop()
        try:
            with os.scandir(inner) as found:
                entries = list(islice(found, left))
        except OSError:  # it is missing, or may not be looked into
            continue
        left -= len(entries)
        for entry in entries:
            if entry.name.startswith(".") or entry.name in CLUTTER:
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield str(Path(entry.path).relative_to(folder))
            elif depth < DEPTH:
                todo.append((Path(entry.path), depth + 1))


def _beside(released: Path) -> list[str]:
    """Return the files that came with the assignment."""
    return [str(file.relative_to(released.parent)) for file in released.parent.rglob("*")]


def submission_time(submission: Path, slug: str) -> datetime | None:
    """Return when a submission was handed in, as far as that can be believed; None if unknown."""
    notebook = f"{slug}.ipynb"
    text, _ = _timestamp(submission, notebook if os.path.lexists(submission / notebook) else "")
    return parse_utc(text) if text else None


def _timestamp(submission: Path, notebook: str) -> tuple[str, list[Note]]:
    """Return the time of submission in nbgrader's form, or nothing if none was handed in."""
    path = submission / TIMESTAMP
    if not os.path.lexists(path):
        return "", []
    changed = _changed(submission / notebook if notebook else path)
    time = _time(path)
    if time and changed - EARLIEST <= time <= datetime.now(UTC).replace(tzinfo=None) + LATEST:
        return f"{time.isoformat(' ')} UTC", []
    says = f"The time in {TIMESTAMP} cannot be right, so {changed:%Y-%m-%d %H:%M} UTC, when the "
    says += "notebook was last changed, counts: ask your instructor if that is wrong."
    return f"{changed.isoformat(' ')} UTC", [Note("timestamp", says)]


def _time(path: Path) -> datetime | None:
    try:
        text = read_regular(path, MAX_TIMESTAMP).decode("utf-8-sig").strip()
        if not TIME.fullmatch(text):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an unknown time zone is taken for UTC
            time: datetime = parse_utc(text)
    except Exception:  # dateutil raises errors of many types
        return None
    return time


def _changed(path: Path) -> datetime:
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        changed = datetime.fromtimestamp(os.lstat(path).st_mtime, UTC).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return now
    return min(changed, now)
