"""The student's kit: a zip with the exercises, a wheel without answers, and a page to start from.

The same course always makes the same bytes: sorted names, one date, one set of permissions.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils import __version__
from course_utils.checks.check import frozen_cases
from course_utils.checks.hints import AT_ONCE, IN_STEPS, SETTINGS, settings
from course_utils.checks.learned import merged, with_learned
from course_utils.errors import CourseError
from course_utils.grading.handout.assignment import TORCH
from course_utils.grading.handout.kit_book import slim_book
from course_utils.grading.handout.release import require_topic, topics
from course_utils.grading.handout.start_page import start_page, to_html
from course_utils.grading.judge.cells import heading
from course_utils.grading.judge.released import learned_mistakes
from course_utils.grading.kernels.student_part import student_files
from course_utils.grading.secret import assignment_secret, commitment

NAME = "filters-and-memory-kit"
PYTHON = "3.11"
REQUIRES = ("numpy>=2.0", "matplotlib>=3.9")
EXTRAS = {"notebook": "jupyterlab>=4", "data": "scikit-learn>=1.5", "torch": "torch>=2.4"}
LICENCES = ("LICENSE", "LICENSE-TEXT")
DATE = (2026, 1, 1, 0, 0, 0)  # of every file, in place of the time at which it was written
COMMAND = "course_utils.desk.command:run"
UNTITLED = "Exercises"  # a notebook without a heading
TO_DO = {"code": "raise NotImplementedError", "markdown": "YOUR ANSWER HERE"}  # nbgrader's stubs


def make_kit(
    course: Path,
    out: Path,
    slugs: Sequence[str] = (),
    *,
    hints: str = AT_ONCE,
    book: Path | None = None,
    book_at: str = "",
    hand_in: str = "",
) -> Path:
    """Write the kit and return its path, `filters-and-memory-kit.zip` in the folder `out`.

    Parameters
    ----------
    course : Path
        The course's folder.
    out : Path
        Where to put the kit; made if it is not there.
    slugs : sequence of str
        The assignments in it; all of them if empty.
    hints : str
        "at-once", or "in-steps": a check then says where, and the rest when it is asked for.
    book : Path, optional
        The built book, to be in the kit; see :func:`.kit_book.slim_book`.
    book_at : str
        The address at which the book is online, to which checks link where it is not in the kit.
    hand_in : str
        Where to hand in, as it is to stand in START: an address, or a few words.

    Raises
    ------
    CourseError
        If a slug is unknown, an assignment is not released, holds an answer or lacks its frozen
        cases, or the kit cannot be written.
    """
    for slug in slugs:
        require_topic(course, slug)
    notebooks = {
        f"exercises/{slug}/{slug}.ipynb": _unanswered(course, slug)
        for slug in slugs or topics(course)
    }
    exercises = [name for notebook in notebooks.values() for name in _exercises(notebook)]
    if not exercises:
        raise CourseError(f"{course} has no assignment with a check: see CONTRIBUTING.md")
    licences = {name: _read(course / name) for name in LICENCES}
    name, wheel = make_wheel(licences, _own_files(course, notebooks, hints, book_at))
    page = start_page(
        name,
        {path: heading(notebook) or UNTITLED for path, notebook in notebooks.items()},
        python=PYTHON,
        exercise=exercises[0],
        points=_points(next(iter(notebooks.values()))),
        torch={
            heading(notebook) or UNTITLED: needy
            for notebook in notebooks.values()
            if (needy := _needy(notebook))
        },
        book=book is not None,
        steps=hints == IN_STEPS,
        hand_in=hand_in,
        commitments={
            slug: commitment(assignment_secret(course, slug))
            for slug in (Path(path).stem for path in notebooks)
        },
    )
    files = {
        "START.md": page.encode(),
        "START.html": to_html(page).encode(),
        name: wheel,
        **licences,
        **{path: (course / path).read_bytes() for path in notebooks},
    }
    if book is not None:
        files |= slim_book(book, {Path(path).stem: one for path, one in notebooks.items()})
    kit = out / f"{NAME}.zip"
    try:
        out.mkdir(parents=True, exist_ok=True)
        kit.write_bytes(_zipped({f"{NAME}/{path}": data for path, data in files.items()}))
    except OSError as error:
        raise CourseError(f"cannot write {kit} ({error.strerror}): name another folder") from None
    return kit


def make_wheel(
    licences: Mapping[str, bytes], own: Mapping[str, bytes] | None = None
) -> tuple[str, bytes]:
    """Return the name and the content of a wheel with the student's part of the package.

    What `own` names is in the package, too: files of this kit alone.

    A wheel is a zip of the package and of a folder that describes it, so no builder is needed.

    References
    ----------
    The binary distribution format and the core metadata of the Python packaging user guide.
    """
    stem = f"{NAME.replace('-', '_')}-{__version__}"
    about = f"{stem}.dist-info"
    files = {f"course_utils/{name}": file.read_bytes() for name, file in student_files().items()}
    files |= {f"course_utils/{name}": data for name, data in (own or {}).items()}
    files |= {f"{about}/licenses/{name}": text for name, text in licences.items()}
    files[f"{about}/METADATA"] = _metadata(licences).encode()
    files[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: course kit\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{about}/entry_points.txt"] = f"[console_scripts]\ncourse = {COMMAND}\n".encode()
    record = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items()]
    files[f"{about}/RECORD"] = "".join([*record, f"{about}/RECORD,,\n"]).encode()
    return f"{stem}-py3-none-any.whl", _zipped(files)


def _metadata(licences: Mapping[str, bytes]) -> str:
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {NAME}",
        f"Version: {__version__}",
        "Summary: Checks for the exercises of the course Filters & Memory.",
        f"Requires-Python: >={PYTHON}",
        "License-Expression: BSD-3-Clause AND CC-BY-4.0",
        *(f"License-File: {name}" for name in licences),
        *(f"Requires-Dist: {needed}" for needed in REQUIRES),
    ]
    for extra, needed in EXTRAS.items():
        lines += [f"Provides-Extra: {extra}", f'Requires-Dist: {needed}; extra == "{extra}"']
    return "\n".join(lines) + "\n"


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip that depends on names and contents only."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, whose permissions these are
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return whole.getvalue()


def _unanswered(course: Path, slug: str) -> NotebookNode:
    """Read a released notebook, and make sure that nobody has tried the exercises in it."""
    path = course / "exercises" / slug / f"{slug}.ipynb"
    mend = f"run `course release {slug}`"
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: {mend}") from None
    except (OSError, ValueError, nbformat.ValidationError):
        raise CourseError(f"{path} is not a readable notebook: {mend}") from None
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and TO_DO.get(cell.cell_type, "") not in cell.source:
            raise CourseError(f"{path} holds an answer in {about.get('grade_id')}: {mend}")
    return notebook


def _points(notebook: NotebookNode) -> float:
    return sum(float(cell.metadata.get("nbgrader", {}).get("points", 0)) for cell in notebook.cells)


def _needy(notebook: NotebookNode) -> str:
    """Return the numbers of the exercises that need PyTorch, as the notebook names them."""
    for cell in notebook.cells:
        if cell.get("id") == TORCH:
            found = re.search(r"^# (.+?) needs? PyTorch", cell.source)
            return found[1].lower() if found else ""
    return ""


def _own_files(
    course: Path, notebooks: Mapping[str, NotebookNode], hints: str, book_at: str
) -> dict[str, bytes]:
    """Return what goes into this kit's package.

    That is notebooks to go back to, its settings, and what the course has learned of mistakes.
    """
    found = {f"desk/handed_out/{Path(p).name}": (course / p).read_bytes() for p in notebooks}
    if hints != AT_ONCE or book_at:
        found[f"checks/{SETTINGS}"] = settings(hints, book_at).encode()
    for name, text in learned_mistakes(course).items():
        path = student_files().get(place := f"checks/frozen/{name}.json")
        learned = json.loads(text)
        if path and with_learned(frozen_cases(name), learned):
            told = merged(json.loads(path.read_bytes()), learned)
            found[place] = json.dumps(told, ensure_ascii=False).encode()
    return found


def _exercises(notebook: NotebookNode) -> list[str]:
    """Return the names of the exercises that a notebook checks, and see that there are cases."""
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    names = re.findall(r'^check\("(\w+)"', source, re.MULTILINE)
    for name in names:
        try:
            frozen_cases(name)
        except (ValueError, KeyError, TypeError):  # none of that name, or of an older form
            raise CourseError(f"{name} has no frozen cases: run `course freeze`") from None
    return names


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise CourseError(f"{path} is missing: run this in the course's folder")
    return path.read_bytes()
