"""Which submissions of an assignment resemble each other: a list for a person to judge.

What the passages of two students have in common is the measure, without those that everybody was
given; :mod:`.passages` says what a passage is. The shares of all pairs are computed at once: those
that `copydetect.compare_files` would give, were it called for each pair.
"""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_utils.errors import CourseError
from course_utils.grading.intake.submissions import handed_in
from course_utils.grading.note import printable
from course_utils.grading.progress import Follow, quietly
from course_utils.grading.report.passages import (
    Code,
    code_of,
    given_code,
    own_cells,
    released_notebook,
)

LEAST = 0.8  # a share from which on a pair is listed, and two answers are alike
LITTLE = 200  # characters of their own below which two submissions can be alike by chance

WIDTH = 100
SHOWN = 100  # pairs in the text
WHOLE = ""  # stands for all code, beside the exercises' names
SHARES = (
    "A share says how much of the first student's own code is in the second's / of the second's in "
    "the first's, whatever the names; then come the answers that are alike both ways."
)
CAUTION = (
    "Resemblance is no proof: short functions have few ways to be written, and two students may "
    "have a source in common. Read both notebooks before you judge."
)


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
    least : float
        The share from which on a pair is listed.
    """

    assignment: str
    pairs: list[Pair]
    compared: int
    left_out: list[str]
    exercises: list[str]
    least: float = LEAST


def similar(root: Path, slug: str, *, least: float = LEAST, follow: Follow = quietly) -> Similar:
    """Compare all submissions of an assignment with each other.

    Parameters
    ----------
    root : Path
        The folder with `submitted/<student>/<slug>/` and `exercises/<slug>/<slug>.ipynb`.
    slug : str
    least : float
        The share, from 0 to 1, from which on a pair is listed; one of its two must reach it.
    follow : Follow
        How to show which submissions are read.

    Raises
    ------
    CourseError
        If there is no such assignment, nobody handed it in, or `least` is no share.
    """
    if not 0 <= least <= 1:
        raise CourseError(f"a share is a number from 0 to 1, got {least:g}: try --least {LEAST}")
    released = released_notebook(root, slug)
    submissions = handed_in(root / "submitted", slug).folders
    if not submissions:
        raise CourseError(
            f"nobody handed in {slug}: put submissions in {root / 'submitted'}/<student>/{slug}, "
            "or name the folder with --root"
        )
    given = given_code(released)
    codes: dict[str, Code] = {}
    unread = []
    for student in follow(submissions, "Comparing"):
        try:
            codes[student] = code_of(own_cells(released, submissions[student]), given)
        except CourseError:  # the system refuses to read it, which `course grade` names
            unread.append(student)
    own = {student: code for student, code in codes.items() if code.own().sum() >= LITTLE}
    left_out = sorted({*unread, *(codes.keys() - own.keys())})
    exercises = list(next(iter(codes.values())).cells) if codes else []
    return Similar(slug, _pairs(own, least), len(own), left_out, exercises, least)


def _pairs(codes: dict[str, Code], least: float) -> list[Pair]:
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


def _found(codes: list[Code]) -> dict[str, NDArray[np.float64]]:
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


def _holders(codes: list[Code]) -> tuple[NDArray[np.bool_], list[NDArray[np.int64]]]:
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
    lines = [says, "", *textwrap.wrap(f"{SHARES} {CAUTION}", WIDTH), ""]
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
