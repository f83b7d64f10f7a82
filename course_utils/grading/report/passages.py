"""The code of a submission as passages, by which one is compared with another.

The library copydetect turns code into its passages: every name counts as one character, white space
and comments as none, and each run of `PASSAGE` such characters is one passage. What everybody was
given is left out.

copydetect would keep only some passages, chosen by Python's hash of texts, and so a share would
change from run to run; here all are kept.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from copydetect import CodeFingerprint
from nbformat import NotebookNode
from numpy.typing import NDArray

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.intake.match import grade_id, is_answer, is_locked
from course_utils.grading.intake.take_in import take_in
from course_utils.grading.report.live_code import live, plainest

PASSAGE = 25  # characters, as copydetect has it
HEAD = re.compile(r"\s*(?:async )?def ")  # of a function, in its plainest form
FEWEST = 10  # characters that are marked
MAX_CODE = 100_000  # characters of a student's answers that are compared, and as many of the rest
MAX_LOOKED_AT = 3_000_000  # characters in which live code is looked for, of answers and of the rest


@dataclass(frozen=True)
class Code:
    """What a student wrote, as passages.

    Attributes
    ----------
    passages : (P,) array of int
        The hashes of the passages, without those of the release.
    starts : (P,) array of int
        Where they start, in characters.
    cells : dict of str to slice
        Where the code of each answered exercise is, in characters.
    every : tuple of slice
        Where the code of each cell is, answers and others in the notebook's order.
    given : (L,) array of bool
        Which characters lie in a passage of the release, or in the head of a function of it.
    """

    passages: NDArray[np.int64]
    starts: NDArray[np.int64]
    cells: dict[str, slice]
    every: tuple[slice, ...]
    given: NDArray[np.bool_]

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

    def marked(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say which characters lie in a known passage and in none of the release: (P,) gives (L,).

        A passage may begin in what was given, as in a signature, and end in what was not. Of those
        of which next to nothing is left, nothing is marked.
        """
        marked = self.covered(known)
        marked &= ~self.given[: len(marked)]
        edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            marked[start:end] = end - start >= FEWEST
        return marked


@dataclass(frozen=True)
class Given:
    """What everybody was given: the passages of its code, and the heads of its functions."""

    passages: frozenset[int]
    heads: frozenset[str]

    def places(self, code: CodeFingerprint) -> Iterator[slice]:
        """Yield where a cell's code is what was given, in the characters that are compared."""
        for passage in code.hashes & self.passages:
            yield from (slice(start, start + PASSAGE) for start in code.hash_idx[passage])
        for head in self.heads:
            for found in re.finditer(re.escape(head), code.filtered_code):
                yield slice(*found.span())


def released_notebook(root: Path, slug: str) -> Path:
    """Return the notebook of an assignment as everybody was given it.

    Raises
    ------
    CourseError
        If there is no such assignment.
    """
    path = root / "exercises" / slug / f"{slug}.ipynb"
    if not path.is_file():
        known = sorted(found.stem for found in root.glob("exercises/*/*.ipynb"))
        mend = did_you_mean(slug, known, "name the course's folder with --root")
        raise CourseError(f"{root / 'exercises'} has no assignment {slug!r}; {mend}")
    return path


def given_code(released: Path) -> Given:
    """Return what everybody was given, tests included."""
    cells = nbformat.read(released, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    plain = [plainest(source) for source in code]
    prints = [fingerprint(source) for source in (*plain, *live(code, _names(cells)))]
    heads = {line for source in plain for line in source.splitlines() if HEAD.match(line)}
    return Given(
        frozenset(passage for each in prints for passage in each.hashes),
        frozenset(fingerprint(head).filtered_code for head in heads),
    )


def _names(cells: Sequence[NotebookNode]) -> list[str]:
    """Return the names of the answers among the cells of the release."""
    return [grade_id(cell).removesuffix("-answer") for cell in cells if is_answer(cell)]


def own_cells(released: Path, submission: Path) -> list[tuple[str, str]]:
    """Return the source of each cell that a student could write in, with the exercise's name."""
    with tempfile.TemporaryDirectory() as folder:
        take_in(released, submission, Path(folder) / "clean")
        text = (Path(folder) / "clean" / released.name).read_text(encoding="utf-8")
    return [
        (grade_id(cell).removesuffix("-answer"), cell.source)
        for cell in nbformat.reads(text, as_version=4).cells
        if cell.cell_type == "code" and not is_locked(cell)
    ]


def code_of(cells: list[tuple[str, str]], given: Given) -> Code:
    """Join the fingerprints of a student's cells, one behind the other, without what was given.

    Each answer has its own share of what is compared, so that nothing that stands before it, and
    no other cell, can keep it out.
    """
    found: dict[int, int] = {}  # the passage that starts at a character
    released: list[NDArray[np.bool_]] = []
    places: dict[str, slice] = {}
    every: list[slice] = []
    names = [name for name, _ in cells]
    answers = [name for name in names if name]
    end = 0
    plain = live(short([source for _, source in cells], names), answers)
    for name, source in zip(names, compared(plain, names), strict=True):
        each = fingerprint(source)
        for passage in each.hashes - given.passages:
            found.update((end + start, passage) for start in each.hash_idx[passage])
        start, end = end, end + len(each.filtered_code)
        released.append(np.zeros(end - start, dtype=bool))
        for place in given.places(each):
            released[-1][place] = True
        every.append(slice(start, end))
        if name:
            places[name] = every[-1]
    starts = np.array(sorted(found), dtype=np.int64)
    passages = np.array([found[start] for start in sorted(found)], dtype=np.int64)
    return Code(passages, starts, places, tuple(every), np.concatenate([[False], *released])[1:])


def short(sources: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the cells no longer than they can be looked into in seconds."""
    return _cut(sources, names, MAX_LOOKED_AT)


def compared(plain: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return of each cell, in its plainest form, what is compared."""
    return _cut(plain, names, MAX_CODE)


def _cut(sources: Sequence[str], names: Sequence[str], most: int) -> list[str]:
    """Cut answers to equal shares of `most` characters, and the other cells to as many in all."""
    share, left = most // max(1, sum(map(bool, names))), most
    cut = []
    for name, source in zip(names, sources, strict=True):
        cut.append(source[: share if name else left])
        left -= 0 if name else len(cut[-1])
    return cut


def fingerprint(source: str) -> CodeFingerprint:
    """Return the passages of a cell's code in its plainest form."""
    return CodeFingerprint("cell.py", PASSAGE, 1, language="python", fp=io.StringIO(source))
