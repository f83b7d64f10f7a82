"""Which submissions of an assignment resemble each other: a list for a person to judge.

The library copydetect turns code into its passages: every name counts as one character, white space
and comments as none, and each run of `PASSAGE` such characters is one passage. What the passages of
two students have in common is the measure, without the passages that everybody was given.

copydetect would keep only some passages, chosen by Python's hash of texts, and so a share would
change from run to run; here it keeps all. The shares of all pairs are computed at once: those that
`copydetect.compare_files` would give, were it called for each pair.
"""

from __future__ import annotations

import io
import itertools
import json
import tempfile
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from copydetect import CodeFingerprint
from nbformat import NotebookNode
from numpy.typing import NDArray

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.intake.match import grade_id, is_answer, is_locked
from course_utils.grading.intake.submissions import handed_in
from course_utils.grading.intake.take_in import take_in
from course_utils.grading.note import printable
from course_utils.grading.report.live_code import live, plainest

PASSAGE = 25  # characters, as copydetect has it
LEAST = 0.8  # a share from which on a pair is listed, and two answers are alike
LITTLE = 200  # characters of their own below which two submissions can be alike by chance
MAX_CODE = 100_000  # characters of a student's answers that are compared, and as many of the rest
MAX_LOOKED_AT = 3_000_000  # characters in which live code is looked for, of answers and of the rest

WIDTH = 100
SHOWN = 100  # pairs in the text
WHOLE = ""  # stands for all code, beside the exercises' names
CAUTION = (
    "A share says how much of the first student's own code is in the second's / of the second's in "
    "the first's, whatever the names; then come the answers that are alike both ways. Resemblance "
    "is no proof: short functions have few ways to be written, and two students may have a source "
    "in common. Read both notebooks before you judge."
)


@dataclass(frozen=True)
class _Code:
    """What a student wrote, as passages.

    Attributes
    ----------
    passages : (P,) array of int
        The hashes of the passages, without those of the release.
    starts : (P,) array of int
        Where they start, in characters.
    cells : dict of str to slice
        Where the code of each answered exercise is, in characters.
    """

    passages: NDArray[np.int64]
    starts: NDArray[np.int64]
    cells: dict[str, slice]

    def covered(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say which characters lie in a known passage: (..., P) gives (..., L)."""
        L = int(self.starts.max(initial=-PASSAGE)) + PASSAGE
        edges = np.zeros((*known.shape[:-1], L + 1), dtype=np.int8)
        # Passages overlap, so a character lies in up to PASSAGE of them.
        edges[..., self.starts] += known
        edges[..., self.starts + PASSAGE] -= known
        covered: NDArray[np.bool_] = np.cumsum(edges[..., :-1], axis=-1, dtype=np.int8) > 0
        return covered

    def own(self) -> NDArray[np.bool_]:
        """Say which characters lie in a passage that was not given: (L,)."""
        return self.covered(np.ones(len(self.starts), dtype=bool))


@dataclass(frozen=True)
class Pair:
    """Two students whose code is alike.

    Attributes
    ----------
    students : tuple of (str, str)
    shares : tuple of (float, float)
        How much of the first one's code is in the second one's, and the other way round.
    exercises : tuple of str
        The answers that are alike both ways.
    """

    students: tuple[str, str]
    shares: tuple[float, float]
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Similar:
    """What was found in a class.

    Attributes
    ----------
    assignment : str
    pairs : list of Pair
        Those with the largest share first.
    compared : int
        How many submissions hold enough code of their own.
    left_out : list of str
        The students whose submissions hold none, or too little to compare.
    exercises : list of str
        All answers of the assignment.
    """

    assignment: str
    pairs: list[Pair]
    compared: int
    left_out: list[str]
    exercises: list[str]


def similar(root: Path, slug: str, *, least: float = LEAST) -> Similar:
    """Compare all submissions of an assignment with each other.

    Parameters
    ----------
    root : Path
        The folder with `submitted/<student>/<slug>/` and `exercises/<slug>/<slug>.ipynb`.
    slug : str
    least : float
        The share, from 0 to 1, from which on a pair is listed; one of its two must reach it.

    Raises
    ------
    CourseError
        If there is no such assignment, nobody handed it in, or `least` is no share.
    """
    if not 0 <= least <= 1:
        raise CourseError(f"a share is a number from 0 to 1, got {least:g}: try --least {LEAST}")
    released = _released(root, slug)
    submissions = handed_in(root / "submitted", slug).folders
    if not submissions:
        raise CourseError(
            f"nobody handed in {slug}: put submissions in {root / 'submitted'}/<student>/{slug}, "
            "or name the folder with --root"
        )
    given = _given(released)
    cells, unread = {}, []
    for student, path in submissions.items():
        try:
            cells[student] = _own_cells(released, path)
        except CourseError:  # the system refuses to read it, which `course grade` names
            unread.append(student)
    codes = {student: _code(own, given) for student, own in cells.items()}
    own = {student: code for student, code in codes.items() if code.own().sum() >= LITTLE}
    left_out = sorted({*unread, *(codes.keys() - own.keys())})
    exercises = list(next(iter(codes.values())).cells) if codes else []
    return Similar(slug, _pairs(own, least), len(own), left_out, exercises)


def _released(root: Path, slug: str) -> Path:
    path = root / "exercises" / slug / f"{slug}.ipynb"
    if not path.is_file():
        known = sorted(found.stem for found in root.glob("exercises/*/*.ipynb"))
        mend = did_you_mean(slug, known, "name the course's folder with --root")
        raise CourseError(f"{root / 'exercises'} has no assignment {slug!r}; {mend}")
    return path


def _given(released: Path) -> set[int]:
    """Return the passages of the code that everybody was given, tests included."""
    cells = nbformat.read(released, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    prints = [_fingerprint(source) for source in (*map(plainest, code), *live(code, _names(cells)))]
    return {passage for fingerprint in prints for passage in fingerprint.hashes}


def _names(cells: Sequence[NotebookNode]) -> list[str]:
    """Return the names of the answers among the cells of the release."""
    return [grade_id(cell).removesuffix("-answer") for cell in cells if is_answer(cell)]


def _own_cells(released: Path, submission: Path) -> list[tuple[str, str]]:
    """Return the source of each cell that a student could write in, with the exercise's name."""
    with tempfile.TemporaryDirectory() as folder:
        take_in(released, submission, Path(folder) / "clean")
        text = (Path(folder) / "clean" / released.name).read_text(encoding="utf-8")
    return [
        (grade_id(cell).removesuffix("-answer"), cell.source)
        for cell in nbformat.reads(text, as_version=4).cells
        if cell.cell_type == "code" and not is_locked(cell)
    ]


def _code(cells: list[tuple[str, str]], given: set[int]) -> _Code:
    """Join the fingerprints of a student's cells, one behind the other, without what was given.

    Each answer has its own share of what is compared, so that nothing that stands before it, and
    no other cell, can keep it out.
    """
    found: dict[int, int] = {}  # the passage that starts at a character
    places: dict[str, slice] = {}
    answers = [name for name, _ in cells if name]
    share, left = MAX_CODE // max(1, len(answers)), MAX_CODE
    end = 0
    for (name, _), source in zip(cells, live(_short(cells), answers), strict=True):
        fingerprint = _fingerprint(source[: share if name else left])
        left -= 0 if name else len(source[:left])
        for passage in fingerprint.hashes - given:
            found.update((end + start, passage) for start in fingerprint.hash_idx[passage])
        start, end = end, end + len(fingerprint.filtered_code)
        if name:
            places[name] = slice(start, end)
    starts = np.array(sorted(found), dtype=np.int64)
    passages = np.array([found[start] for start in sorted(found)], dtype=np.int64)
    return _Code(passages, starts, places)


def _short(cells: list[tuple[str, str]]) -> list[str]:
    """Return the cells no longer than they can be looked into in seconds."""
    share = MAX_LOOKED_AT // max(1, sum(bool(name) for name, _ in cells))
    left = MAX_LOOKED_AT
    sources = []
    for name, source in cells:
        sources.append(source[: share if name else left])
        left -= 0 if name else len(sources[-1])
    return sources


def _fingerprint(source: str) -> CodeFingerprint:
    return CodeFingerprint("cell.py", PASSAGE, 1, language="python", fp=io.StringIO(source))


def _pairs(codes: dict[str, _Code], least: float) -> list[Pair]:
    """List the pairs of which at least one share is large enough."""
    if len(codes) < 2:
        return []
    found = _found(list(codes.values()))
    whole = found.pop(WHOLE)
    pairs = []
    for (i, one), (j, other) in itertools.combinations(enumerate(codes), 2):
        shares = float(whole[i, j]), float(whole[j, i])
        if max(shares) >= least:
            alike = (n for n, part in found.items() if min(part[i, j], part[j, i]) >= LEAST)
            pairs.append(Pair((one, other), shares, tuple(alike)))
    return sorted(pairs, key=lambda pair: (-max(pair.shares), -min(pair.shares), pair.students))


def _found(codes: list[_Code]) -> dict[str, NDArray[np.float64]]:
    """Return how much of each code is in each other one.

    Returns
    -------
    dict of str to (S, S) array of float
        For each exercise and, under `WHOLE`, for all code: how much of the row's is in the
        column's. What a student did not answer has the share 0.
    """
    S = len(codes)
    holds, ids = _holders(codes)
    shares = {name: np.zeros((S, S)) for name in (WHOLE, *codes[0].cells)}
    for i, code in enumerate(codes):
        own = code.own()  # (L,)
        found = code.covered(holds[:, ids[i]])  # (S, L)
        for name, place in {WHOLE: slice(None), **code.cells}.items():
            if own[place].any():
                shares[name][i] = found[:, place].sum(axis=1) / own[place].sum()  # (S,)
    return shares


def _holders(codes: list[_Code]) -> tuple[NDArray[np.bool_], list[NDArray[np.int64]]]:
    """Give numbers to the passages that several students hold, and say who holds which.

    Returns
    -------
    holds : (S, I) array of bool
        Whether a student holds a passage. Passages of one student only have the number 0, and are
        held by nobody.
    ids : list of (P,) array of int
        The numbers of each student's passages.
    """
    distinct = [np.unique(code.passages) for code in codes]
    known, holders = np.unique(np.concatenate(distinct), return_counts=True)
    number = np.where(holders > 1, np.cumsum(holders > 1), 0)
    ids = [number[np.searchsorted(known, code.passages)] for code in codes]
    holds = np.zeros((len(codes), number.max() + 1), dtype=bool)
    for row, mine in zip(holds, ids, strict=True):
        row[mine] = True
    holds[:, 0] = False
    return holds, ids


def to_text(found: Similar) -> str:
    """Return the pairs as a table, with what is to be known to judge them."""
    says = f"{found.assignment}: submissions compared {found.compared}"
    if found.left_out:
        says += f", left out {len(found.left_out)} (nothing, or too little, beyond the release)"
    lines = [says, "", *textwrap.wrap(CAUTION, WIDTH), ""]
    shown = found.pairs[:SHOWN]
    width = max((len(student) for pair in shown for student in pair.students), default=0)
    for pair in shown:
        one, other = (student.ljust(width) for student in pair.students)
        line = f"{one}  {other}  {pair.shares[0]:.2f} / {pair.shares[1]:.2f}"
        about = f"{line}  {_some(pair.exercises, found.exercises)}".rstrip()
        lines += textwrap.wrap(about, WIDTH, subsequent_indent=" " * (len(line) + 2))
    if len(found.pairs) > SHOWN:
        lines.append(f"and {len(found.pairs) - SHOWN} more, which --json lists")
    if not found.pairs:
        lines.append("No two of them are that much alike; --least lists pairs with smaller shares.")
    return printable("\n".join(lines) + "\n")


def _some(names: Sequence[str], among: Sequence[str]) -> str:
    """List names in the shorter way.

    >>> _some(["a"], ["a", "b", "c"]), _some(["a", "c"], ["a", "b", "c"])
    ('a', 'all but b')
    """
    others = [name for name in among if name not in names]
    if len(others) >= len(names):
        return ", ".join(names)
    return f"all but {', '.join(others)}" if others else "all"


def to_json(found: Similar) -> str:
    """Return the pairs as JSON: a list of objects."""
    return json.dumps([vars(pair) for pair in found.pairs], indent=1)
