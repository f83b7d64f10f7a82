"""Reproduce a score from a notebook and a receipt alone, or say what differs."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory

from course_utils import __version__
from course_utils.errors import CourseError, did_you_mean, printable
from course_utils.exercises.catalog import topic, topics
from course_utils.grading.appeal.again import Again, run_again
from course_utils.grading.appeal.receipt import (
    Receipt,
    libraries,
    own_secret,
    release_digest,
)
from course_utils.grading.batch import keys
from course_utils.grading.batch.gradebook import configured
from course_utils.grading.batch.task import Task
from course_utils.grading.intake.salvage import MAX_READ, read_notebook, read_regular
from course_utils.grading.intake.take_in import rebuild
from course_utils.grading.judge.cells import grade_id
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.judge.preprocessor import Judge
from course_utils.grading.judge.released import Release, Saved, read_release, restore
from course_utils.grading.note import quoted
from course_utils.grading.report.results import cents
from course_utils.grading.secret import FILE, commitment

FITS, DIFFERS, NOTE = "✓✗–"
OTHER_EXERCISE = ", though the exercise's own code is not as it was"


@dataclass
class Verified:
    """What became of a receipt.

    Attributes
    ----------
    lines : list of (str, str)
        What was looked at, in order: `FITS`, `DIFFERS` or `NOTE`, and a sentence.
    """

    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What is not as the receipt says."""
        return [text for sign, text in self.lines if sign == DIFFERS]

    def add(self, right: bool, fine: str, problem: str) -> bool:
        """Say one of two things, and return which."""
        self.lines.append((FITS, fine) if right else (DIFFERS, problem))
        return right

    def note(self, text: str) -> None:
        """Say what speaks neither for the receipt nor against it."""
        self.lines.append((NOTE, text))

    def as_text(self) -> str:
        """Return a line for each thing, and the upshot."""
        lines = [f"{sign} {text}" for sign, text in self.lines]
        upshot = "The receipt does not hold." if self.problems else "The scores are reproduced."
        return printable("\n".join([*lines, upshot, ""]))


def verify(
    course: Path, root: Path, notebook: Path, receipt: Receipt, published: str = ""
) -> Verified:
    """Grade a notebook anew as a receipt says it was graded, and compare.

    What counts of a notebook are its code cells as the intake takes them: outputs, texts and
    metadata may differ. Of these a single blank makes another notebook, which gets other cases.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the assignment, `exercises` and `solutions`.
    notebook : Path
    receipt : Receipt
    published : str
        The commitment that was published. Where the course's secret is, that is known.

    Raises
    ------
    CourseError
        If the notebook cannot be read or run, there is no such assignment here, or there is no
        secret to grade with.
    """
    found = Verified()
    app = configured(course, [f"--CourseDirectory.root={root.resolve()}"])
    released = _released(app.coursedir, receipt.assignment)
    release, saved, files = _release(app.coursedir, released, receipt)
    submitted = _read(released, notebook, saved)
    same = found.add(
        submission_digest(submitted) == receipt.submission,
        "notebook: its code is what was graded",
        "notebook: its code is not what was graded, and other code gets other cases",
    )
    if same and _file_digest(notebook) not in receipt.notebooks:
        found.note(
            "notebook: the file is another than was handed in, but all of its code is the same"
        )
    found.add(
        release_digest(release, files) == receipt.release,
        "release: the tests are those that graded it",
        "release: the tests of this assignment here are not those that graded it",
    )
    secret = receipt.secret or own_secret(course, receipt.assignment)
    fits = _check_secret(found, course, receipt, secret, published)
    found.add(
        receipt.adds_up,
        "sum: total and grade follow from the scores",
        "sum: total and grade do not follow from the scores",
    )
    for text in _versions(receipt):
        found.note(text)
    if same and fits:
        if receipt.assignment in topics():
            topic(receipt.assignment)  # so that the others need not be imported
        judge = Judge(parent=app)
        task = Task(
            "the student", json.dumps(submitted), replace(release, files=()), files,
            secret, judge.rules, judge.isolation, open=True,
        )  # fmt: skip
        again = run_again(submitted, task)
        _compare(found, receipt, release, again)
    return found


def _released(coursedir: CourseDirectory, slug: str) -> Path:
    """Return the released notebook that a receipt names, if it is here."""
    folder = Path(coursedir.format_path(coursedir.release_directory, ".", "."))
    known = {path.stem: path for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name}
    if slug not in known:  # a receipt may hold any text
        raise CourseError(
            f"there is no assignment {quoted(slug)} in {folder}: {did_you_mean(slug, known)}"
        )
    return known[slug]


def _release(
    coursedir: CourseDirectory, released: Path, receipt: Receipt
) -> tuple[Release, dict[str, Saved], tuple[tuple[str, bytes], ...]]:
    """Return the release that the receipt means, with the hidden tests, if they are here."""
    folder = coursedir.format_path(coursedir.source_directory, ".", released.stem)
    source = Path(folder) / released.name
    choices: list[dict[str, Saved]] = [{}]
    if source.is_file():  # students' copies lack the hidden tests
        choices.insert(0, _saved(nbformat.read(source, as_version=4)))
    for saved in choices:
        try:
            release = read_release(released, saved or None)
        except CourseError:  # its points are others
            continue
        files = tuple((file.name, file.read_bytes()) for file in release.files)
        if release_digest(release, files) == receipt.release:
            break
    return release, saved, files


def _saved(source: NotebookNode) -> dict[str, Saved]:
    """Return the cells of an assignment's source as the gradebook would keep them."""
    found = {}
    for cell in source.cells:
        marks = cell.metadata.get("nbgrader", {})
        if name := grade_id(cell):
            points = float(marks["points"]) if marks.get("grade") else None
            found[name] = Saved(cell.source, "", bool(marks.get("locked")), points)
    return found


def _read(released: Path, path: Path, saved: dict[str, Saved]) -> NotebookNode:
    """Return a notebook as the intake takes it."""
    try:
        submitted, notes = read_notebook(path)
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}): name a notebook") from error
    if submitted is None:
        raise CourseError(notes[-1].says.rstrip("."))
    notebook, _ = rebuild(nbformat.read(released, as_version=4), submitted)
    restore(notebook, saved)
    return notebook


def _file_digest(path: Path) -> str:
    return hashlib.sha256(read_regular(path, MAX_READ)).hexdigest()


def _check_secret(
    found: Verified, course: Path, receipt: Receipt, secret: str, published: str
) -> bool:
    """Say whether there is a secret that fits the commitment, and that the one published."""
    if not secret:
        raise CourseError(
            "the receipt has no secret, and this is not the course's own folder: have it written "
            "with --reveal, or set COURSE_SECRET to what `course reveal` shows"
        )
    fits = found.add(
        commitment(secret) == receipt.commitment,
        f"secret: it fits the commitment {receipt.commitment}",
        "secret: it does not fit the commitment in the receipt",
    )
    own = own_secret(course, receipt.assignment)
    known = published.strip().lower() or (commitment(own) if own else "")
    if known:
        found.add(
            known == receipt.commitment,
            "commitment: it is the one that was published",
            f"commitment: the one that was published is {known}",
        )
    else:
        found.note("commitment: compare it with the one that START or your course names")
    if (course / FILE).is_file():
        found.add(
            receipt.is_sealed(course),
            "seal: this course wrote the receipt, and nothing in it was changed",
            "seal: the receipt was changed, or another course wrote it",
        )
    else:
        found.note(
            "seal: only the course's own folder can check it, and with it what no run can show: "
            "the student, points by hand, the penalty"
        )
    return fits


def _versions(receipt: Receipt) -> Iterator[str]:
    """Say which versions differ. Where the scores are the same all the same, so much the better."""
    here = {"the package": __version__, "Python": platform.python_version(), **libraries()}
    there = {"the package": receipt.package, "Python": receipt.python, **receipt.libraries}
    differing = [
        f"{name} is {version} here and was {quoted(there.get(name, ''))}"
        for name, version in here.items()
        if version != there.get(name)
    ]
    if differing:
        yield f"version: {'; '.join(differing)}"
    elif receipt.environment != keys.environment():
        yield "version: the package's code or some library is not as it was"


def _compare(found: Verified, receipt: Receipt, release: Release, again: Again) -> None:
    """Compare each score with the receipt's."""
    scores = {test.name: test for test in again.tests}
    for name in dict.fromkeys([*scores, *receipt.exercises]):
        test, kept = scores.get(name), receipt.exercises.get(name)
        if test is None or kept is None:
            where = "here" if test is None else "in the receipt"
            found.lines.append((DIFFERS, f"{quoted(name)}: there is no such exercise {where}"))
            continue
        score, points = kept["score"] or 0.0, kept["points"]
        right = cents(score) == test.score and points == test.points
        other = "" if kept.get("test") == keys.test(release, name) else OTHER_EXERCISE
        found.add(
            right,
            f"{name}: {test.score:g} of {test.points:g}{other}",
            f"{name}: {test.score:g} of {test.points:g} here, and {score:g} of {points:g} in the "
            f"receipt{other}",
        )
    if again.doubts:
        found.lines.append((DIFFERS, f"no verdict came of {', '.join(again.doubts)}: try again"))
    if receipt.by_hand:
        found.note(f"graded by a person: {', '.join(map(quoted, receipt.by_hand))}")
