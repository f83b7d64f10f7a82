"""Groups of submissions that resemble each other, and what any two of them have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_utils.grading.intake.submissions import handed_in
from course_utils.grading.report.live_code import live_trees
from course_utils.grading.report.origin import Origin, Span, split_lines
from course_utils.grading.report.passages import (
    Code,
    code_of,
    given_code,
    own_cells,
    released_notebook,
    short,
)
from course_utils.grading.report.similar import Pair, Similar

ALL_PAIRS = 6  # students in a group up to which each is shown beside each other one
OTHERS = ""  # stands for the cells that are no answers


@dataclass(frozen=True)
class Cluster:
    """Students of whom each two resemble each other.

    Attributes
    ----------
    students : tuple of str
    pairs : tuple of Pair
        All pairs of them, those with the largest share first.
    """

    students: tuple[str, ...]
    pairs: tuple[Pair, ...]

    @property
    def shares(self) -> tuple[float, float]:
        """The smallest and the largest share, of those that are the larger one of a pair."""
        found = [max(pair.shares) for pair in self.pairs]
        return min(found), max(found)

    @property
    def shown(self) -> tuple[Pair, ...]:
        """The pairs to look at: all, or in a large group those with the one in its middle.

        In the middle is who shares the most with all others.
        """
        if len(self.students) <= ALL_PAIRS:
            return self.pairs
        middle = max(self.students, key=self._shared)
        return tuple(pair for pair in self.pairs if middle in pair.students)

    def _shared(self, student: str) -> float:
        return sum(min(pair.shares) for pair in self.pairs if student in pair.students)


def clusters(found: Similar) -> tuple[list[Cluster], list[Pair]]:
    """Group the students of whom pairs are listed, so that in a group each two are such a pair.

    A chain, in which the first resembles the second and that the third, is no group unless the
    first and the third are a pair, too. Groups grow by the largest shares first.

    Returns
    -------
    groups : list of Cluster
        The largest first.
    between : list of Pair
        Listed pairs whose students are in different groups.
    """
    listed = {frozenset(pair.students): pair for pair in found.pairs}
    names = sorted({student for pair in found.pairs for student in pair.students})
    number = {name: i for i, name in enumerate(names)}
    linked = np.eye(len(names), dtype=bool)  # (S, S)
    for pair in found.pairs:
        i, j = (number[student] for student in pair.students)
        linked[i, j] = linked[j, i] = True
    group = {i: [i] for i in range(len(names))}
    for pair in found.pairs:
        one, other = (group[number[student]] for student in pair.students)
        if one is not other and linked[np.ix_(one, other)].all():
            one += other
            group.update(dict.fromkeys(other, one))
    members = {id(each): sorted(each) for each in group.values() if len(each) > 1}
    ranked = sorted(members.values(), key=lambda each: (-len(each), each))
    groups = [_cluster([names[i] for i in each], listed) for each in ranked]
    within = {frozenset(pair.students) for each in groups for pair in each.pairs}
    return groups, [pair for key, pair in listed.items() if key not in within]


def _cluster(students: list[str], listed: dict[frozenset[str], Pair]) -> Cluster:
    inside = set(students)
    pairs = tuple(pair for key, pair in listed.items() if key <= inside)
    return Cluster(tuple(students), pairs)


@dataclass(frozen=True)
class Marked:
    """A cell as its student wrote it, and what in it somebody else has, too.

    Attributes
    ----------
    source : str
    spans : tuple of (int, int)
        From and to in characters, in order and apart, each within a line.
    share : float
        How much of what is the student's own is in the other's code; 0 if nothing is.
    """

    source: str
    spans: tuple[Span, ...]
    share: float


@dataclass(frozen=True)
class Answers:
    """What two students wrote in the same place.

    Attributes
    ----------
    exercise : str
        Empty for the cells that are no answers.
    sides : tuple of (tuple of Marked, tuple of Marked)
        The cells of the one and of the other.
    """

    exercise: str
    sides: tuple[tuple[Marked, ...], tuple[Marked, ...]]

    @property
    def common(self) -> bool:
        """Whether anything is marked."""
        return any(cell.spans for side in self.sides for cell in side)


class Reader:
    """What students wrote, read once for all whom they are compared with.

    Parameters
    ----------
    root : Path
        The folder with `submitted/<student>/<slug>/` and `exercises/<slug>/<slug>.ipynb`.
    slug : str
    """

    def __init__(self, root: Path, slug: str) -> None:
        self._released = released_notebook(root, slug)
        self._given = given_code(self._released)
        self._folders = handed_in(root / "submitted", slug).folders
        self._read: dict[str, tuple[list[tuple[str, Origin]], Code]] = {}

    def side_by_side(self, one: str, other: str) -> list[Answers]:
        """Return what two students wrote, answer by answer, with what they share marked.

        Raises
        ------
        CourseError
            If the system refuses to read a submission.
        """
        left, right = self._marked(one, other), self._marked(other, one)
        return [Answers(name, (left[name], right.get(name, ()))) for name in left]

    def _student(self, student: str) -> tuple[list[tuple[str, Origin]], Code]:
        """Return a student's cells with the names of their exercises, and all of them as code."""
        if student not in self._read:
            cells = own_cells(self._released, self._folders[student])
            names = [name for name, _ in cells]
            sources = short([source for _, source in cells], names)
            trees = live_trees(sources, [name for name in names if name])
            origins = map(Origin, sources, trees)
            code = code_of(cells, self._given)
            self._read[student] = list(zip(names, origins, strict=True)), code
        return self._read[student]

    def _marked(self, student: str, other: str) -> dict[str, tuple[Marked, ...]]:
        """Return a student's cells by exercise, with what the other one has marked."""
        cells, code = self._student(student)
        _, others = self._student(other)
        passages = np.isin(code.passages, others.passages)  # (P,)
        known, own, marked = code.covered(passages), code.own(), code.marked(passages)  # (L,)
        found: dict[str, list[Marked]] = {name: [] for name, _ in cells if name}
        found[OTHERS] = []
        for (name, origin), place in zip(cells, code.every, strict=True):
            spans = tuple(origin.spans(marked[place].tolist()))
            found[name].append(Marked(origin.source, spans, _share(known[place], own[place])))
        return {name: tuple(each) for name, each in found.items()}


def _share(known: NDArray[np.bool_], own: NDArray[np.bool_]) -> float:
    return float(known.sum() / own.sum()) if own.any() else 0.0


def lines(cell: Marked) -> Iterator[list[tuple[str, bool]]]:
    """Yield the lines of a cell, each as its parts and whether they are marked."""
    start = 0
    spans = list(reversed(cell.spans))
    for line in split_lines(cell.source):
        end = start + len(line)
        parts, at = [], start
        while spans and spans[-1][0] < end:
            first, last = spans.pop()
            parts += [(cell.source[at:first], False), (cell.source[first:last], True)]
            at = last
        parts.append((cell.source[at:end].rstrip("\r\n"), False))
        yield [(text, marked) for text, marked in parts if text]
        start = end
