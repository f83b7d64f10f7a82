"""A receipt: all that is needed to reproduce a score, as a file of JSON.

It is sealed with a key that follows from the course's secret, so that the course knows its own
receipts again. Everybody else can reproduce the scores, which need no trust in who wrote it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import math
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from course_utils import __version__
from course_utils.errors import CourseError
from course_utils.exercises.catalog import SECRET
from course_utils.grading.appeal.entry import Entry, Kept
from course_utils.grading.appeal.explain import Explanation
from course_utils.grading.appeal.subject import Subject
from course_utils.grading.batch import keys
from course_utils.grading.intake.salvage import MAX_READ, read_regular
from course_utils.grading.judge.released import Release
from course_utils.grading.secret import FILE, assignment_secret, commitment, course_secret

VERSION = 1
MAX_BYTES = 1_000_000
MOST_FILES = 20  # notebooks of a submission whose digests are kept
LIBRARIES = ("numpy", "torch")  # whose versions are named
SEAL = b"the seal of receipts"
NOT_SAME = "no receipt is written, because the gradebook has other scores: grade again first"


@dataclass(frozen=True)
class Receipt:
    """What is needed to reproduce a score, and the score.

    Attributes
    ----------
    assignment, student : str
    commitment, secret : str
        Of the assignment's secret; the secret itself is empty unless it was revealed.
    submission : str
        Digest of the student's code cells as they were graded.
    notebooks : list of str
        SHA-256 of the notebooks that were handed in, as files.
    release : str
        Digest of the tests that graded them.
    exercises : dict of str to dict
        For each: "score" of its checks, "points", "test" (digest of all that its cases depend on),
        "manual" (what a person gave in place of that, or null) and "extra" (what a person added).
    by_hand : dict of str to dict
        The same of what a person graded alone.
    total, penalty, grade : float
    isolation, package, python, environment : str
        How the code was isolated, the version of this package, of Python, and a digest of all
        versions and of the package's code.
    libraries : dict of str to str
        Versions of some libraries.
    written : str
        When, in UTC.
    version : int
        Of the form of receipts.
    seal : str
    """

    assignment: str
    student: str
    commitment: str
    secret: str
    submission: str
    notebooks: list[str]
    release: str
    exercises: dict[str, dict[str, Any]]
    by_hand: dict[str, dict[str, Any]]
    total: float
    penalty: float
    grade: float
    isolation: str
    package: str
    python: str
    environment: str
    libraries: dict[str, str]
    written: str
    version: int = VERSION
    seal: str = ""

    def sealed(self, course: Path) -> Receipt:
        """Return the receipt with the seal of the course."""
        return dataclasses.replace(self, seal=self._seal(course))

    def is_sealed(self, course: Path) -> bool:
        """Say whether the course has written the receipt just so."""
        return hmac.compare_digest(self.seal, self._seal(course))

    def _seal(self, course: Path) -> str:
        said = json.dumps(dataclasses.asdict(dataclasses.replace(self, seal="")), sort_keys=True)
        key = hmac.new(course_secret(course).encode(), SEAL, hashlib.sha256).digest()
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()

    @property
    def entry(self) -> Entry:
        """The scores as the gradebook would keep them."""
        every = {**self.exercises, **self.by_hand}
        return Entry({name: _kept(one) for name, one in every.items()}, self.penalty)

    @property
    def adds_up(self) -> bool:
        """Whether total and grade follow from the scores."""
        return (self.total, self.grade) == (self.entry.total, self.entry.grade)


def make_receipt(course: Path, subject: Subject, found: Explanation, *, reveal: bool) -> Receipt:
    """Return the receipt of a grade.

    Parameters
    ----------
    course : Path
        The folder with the secret.
    subject : Subject
    found : Explanation
        Of the same.
    reveal : bool
        Whether to put the assignment's secret into it.

    Raises
    ------
    CourseError
        If the gradebook does not say what the notebook comes to.
    """
    entry = found.entry
    if entry is None or not found.same:
        raise CourseError(NOT_SAME)
    kept = entry.exercises
    tests = [test.name for test in found.again.tests]
    secret = subject.task.secret
    return Receipt(
        subject.slug,
        subject.student,
        commitment(secret),
        secret if reveal else "",
        subject.submission,
        list(_digests(subject.folder)),
        release_digest(subject.release, subject.task.files),
        {name: _said(kept[name]) | {"test": keys.test(subject.release, name)} for name in tests},
        {name: _said(one) for name, one in found.by_hand.items()},
        entry.total,
        entry.penalty,
        entry.grade,
        found.again.tier,
        __version__,
        platform.python_version(),
        keys.environment(),
        libraries(),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
    ).sealed(course)


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write a receipt in one step.

    Raises
    ------
    CourseError
        If it cannot be written.
    """
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.write_text(json.dumps(dataclasses.asdict(receipt), indent=1) + "\n", encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        raise CourseError(f"cannot write {path} ({error.strerror}): name another file") from error


def read_receipt(path: Path) -> Receipt:
    """Read a receipt, which anybody may have changed.

    Raises
    ------
    CourseError
        If it is none.
    """
    try:
        data = json.loads(read_regular(path, MAX_BYTES).decode("utf-8-sig"))
        receipt = Receipt(**data)
        _check(receipt)
    except OSError as error:
        why = error.strerror or error.args[-1]
        raise CourseError(f"{path} cannot be read ({why}): name a receipt") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CourseError(
            f"{path} is no receipt: `course explain SLUG --student ID --receipt FILE` writes one"
        ) from error
    return receipt


def release_digest(release: Release, files: tuple[tuple[str, bytes], ...]) -> str:
    """Return a digest of the tests of a release and of what they are run with.

    Parameters
    ----------
    release : Release
    files : tuple of (str, bytes)
        What lies beside the notebook.
    """
    tests = [
        (name, test.source, test.points, [dataclasses.astuple(cell) for cell in test.before])
        for name, test in release.tests.items()
    ]
    beside = [(name, hashlib.sha256(content).hexdigest()) for name, content in files]
    return keys.digest(release.slug, release.imports, tests, beside)


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that results depend on most."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def own_secret(course: Path, slug: str) -> str:
    """Return an assignment's secret where this is its course; nothing where there is no secret."""
    known = os.environ.get(SECRET) or (course / FILE).is_file()
    return assignment_secret(course, slug) if known else ""


def _digests(folder: Path) -> Iterator[str]:
    """Yield the digests of the notebooks in a folder. No link in it is followed."""
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith(".ipynb"))
    for name in names[:MOST_FILES]:
        try:
            yield hashlib.sha256(read_regular(folder / name, MAX_READ)).hexdigest()
        except OSError:
            continue


def _said(kept: Kept) -> dict[str, Any]:
    return {
        "score": kept.auto,
        "points": kept.points,
        "manual": kept.manual,
        "extra": kept.extra,
    }


def _kept(one: dict[str, Any]) -> Kept:
    return Kept(one["points"], one["score"], one["manual"], one["extra"])


def _check(receipt: Receipt) -> None:
    """Refuse what no receipt holds, so that nothing else need look again."""
    texts = [field.name for field in dataclasses.fields(receipt) if field.type == "str"]
    _require(all(_is_text(getattr(receipt, name)) for name in texts))
    _require(receipt.version == VERSION)
    _require(isinstance(receipt.notebooks, list) and all(map(_is_text, receipt.notebooks)))
    _require(isinstance(receipt.libraries, dict))
    _require(all(map(_is_text, receipt.libraries.values())))
    for group in (receipt.exercises, receipt.by_hand):
        _require(isinstance(group, dict))
        for one in group.values():
            _require(isinstance(one, dict))
            numbers = [one["points"], one["extra"], one["score"], one["manual"]]
            _require(all(map(_is_number, numbers[:2])))
            _require(all(each is None or _is_number(each) for each in numbers[2:]))
            _require(_is_text(one.get("test", "")))
    _require(all(map(_is_number, (receipt.total, receipt.penalty, receipt.grade))))


def _require(right: bool) -> None:
    if not right:
        raise ValueError("this is no receipt")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) < 1e9
