"""Take in what a student handed in: one clean, gradable notebook comes out, whatever it was."""

from __future__ import annotations

import functools
import json
import os
import shutil
from datetime import datetime
from itertools import islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from course_utils.errors import CourseError
from course_utils.grading.intake.rebuild import rebuild
from course_utils.grading.intake.salvage import read_notebook
from course_utils.grading.intake.submissions import is_padded, unreadable
from course_utils.grading.intake.times import TIMESTAMP, KnownTime
from course_utils.grading.note import Note, listed, quoted

__all__ = ["Note", "read_notebook", "rebuild", "take_in"]

MAX_FILES = 10_000
MAX_TRIED = 3
DEPTH = 2
KNOWN_TIME = KnownTime()
CLUTTER = {"__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini"}  # and names that begin with a dot


def take_in(
    released: Path, submission: Path, clean: Path, known: KnownTime = KNOWN_TIME
) -> list[Note]:
    """Write a clean folder from what a student handed in.

    Nothing that a student can write makes it fail. Where nothing can be made of it, the notebook is
    the released one, which gets no points, and a note says why. What the system does not let us
    read is no blank, though: then nothing is written.

    Parameters
    ----------
    released : Path
        The assignment's notebook as students got it, ``<slug>.ipynb``.
    submission : Path
        The student's folder. Nothing in it is changed, and no link in it is followed.
    clean : Path
        The folder to make anew, with ``<slug>.ipynb`` and, where a time is known, timestamp.txt.
    known : KnownTime, optional
        What is known of the time besides what lies in the submission.

    Returns
    -------
    list of Note
        What was set right; also in the notebook's metadata, under ``course.notes``.

    Raises
    ------
    CourseError
        If the system refuses to read a part of the submission that can change its grade.
    """
    original = _original(released, released.stat().st_mtime_ns)
    try:
        notebook, notes, time = _taken(original, released, submission, known)
    except OSError as error:
        raise CourseError(unreadable(error, str(submission))) from error
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
    original: NotebookNode, released: Path, submission: Path, known: KnownTime
) -> tuple[NotebookNode, list[Note], str]:
    name = released.name
    if submission.is_symlink():
        says = "The submission is a link, and links are not followed: hand in the folder itself."
        return rebuild(original, None)[0], [Note("nothing handed in", says)], ""
    files, refused = _files(submission)
    submitted, chosen, notes = _found(submission, files, name)
    if is_padded(submission.parent.name):
        says = f"The folder {quoted(submission.parent.name)} was taken for the student it names: "
        notes.insert(0, Note("folder name", f"{says}leave out what cannot be seen in it."))
    if refused and chosen != name:
        raise refused[0]  # the notebook may lie in there
    notebook, more = rebuild(original, submitted)
    notes += more
    expected = {chosen, name, TIMESTAMP, *_beside(released)}
    others = sorted(file for file in files if file not in expected)
    if others:
        says = f"Other files were not taken over ({listed(others)}): put all code into {name}."
        notes.append(Note("other files", says))
    time, more = known.tell(submission, chosen)
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
    exact = [name] if name in files or os.path.lexists(submission / name) else []
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


def _files(folder: Path) -> tuple[list[str], list[OSError]]:
    """Return the paths in a folder and two levels of folders in it, without what systems leave.

    What the system does not let us look into, or has no longer, is returned beside them.
    """
    found: list[str] = []
    refused: list[OSError] = []
    left = MAX_FILES
    todo = [(folder, 0)]
    while todo:
        inner, depth = todo.pop()
        try:
            with os.scandir(inner) as entries:
                there = list(islice(entries, left))
        except OSError as error:  # be it only that the folder has gone since it was listed
            refused.append(error)
            continue
        left -= len(there)
        for entry in there:
            if entry.name.startswith(".") or entry.name in CLUTTER:
                continue
            if not entry.is_dir(follow_symlinks=False):
                found.append(str(Path(entry.path).relative_to(folder)))
            elif depth < DEPTH:
                todo.append((Path(entry.path), depth + 1))
    return found, refused


def _beside(released: Path) -> list[str]:
    """Return the files that came with the assignment."""
    return [str(file.relative_to(released.parent)) for file in released.parent.rglob("*")]


def submission_time(submission: Path, slug: str, known: KnownTime) -> datetime | None:
    """Return when a submission was handed in, as far as that can be believed; None if unknown."""
    notebook = f"{slug}.ipynb"
    try:
        text, _ = known.tell(submission, notebook if os.path.lexists(submission / notebook) else "")
    except OSError:
        return None
    return parse_utc(text) if text else None
