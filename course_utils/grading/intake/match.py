"""Find which of a student's cells stands for which cell of the release."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

from nbformat import NotebookNode

DEFINITION = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)


class Match:
    """The student's cells beside those of the release.

    A cell is known by its grade_id; where that is gone, by its id, else by its source, else, for an
    answer, by the function that it defines.

    Attributes
    ----------
    released, cells : list of NotebookNode
        The cells of the release, and the student's.
    chosen : dict of int to int
        For a cell of the release, the student's cell that stands for it.
    copies : dict of int to list of int
        The other cells with the same grade_id.
    guessed : list of int
        Graded or locked cells of the release that were known by something else than a grade_id.
    """

    def __init__(self, released: list[NotebookNode], cells: list[NotebookNode]) -> None:
        self.released = released
        self.cells = cells
        self.chosen: dict[int, int] = {}
        self.copies: dict[int, list[int]] = {}
        self.guessed: list[int] = []
        self._taken: set[int] = set()
        self._by_grade_id()
        self._by_key(lambda cell: str(cell.get("id", "")))
        self._by_key(lambda cell: plain(cell.source))
        self._by_definition()

    def in_order(self) -> set[int]:
        """Return the cells of the release, as many as possible, that the student did not move.

        Of two that changed places, the one that belongs behind is taken to have stayed.
        """
        tails: list[int] = []
        previous: dict[int, int | None] = {}
        for place in sorted(self.chosen, key=lambda place: -self.chosen[place]):
            length = bisect_left(tails, -place)
            previous[place] = -tails[length - 1] if length else None
            tails[length : length + 1] = [-place]
        found = set()
        last = -tails[-1] if tails else None
        while last is not None:
            found.add(last)
            last = previous[last]
        return found

    def _by_grade_id(self) -> None:
        found: dict[str, list[int]] = {}
        for i, cell in enumerate(self.cells):
            found.setdefault(grade_id(cell), []).append(i)
        for place, cell in enumerate(self.released):
            indices = found.get(grade_id(cell)) if grade_id(cell) else None
            if not indices:
                continue
            like = [i for i in indices if same(self.cells[i], cell)]
            unlike = [i for i in indices if not same(self.cells[i], cell)]
            best = (unlike or like)[-1] if is_answer(cell) else (like or unlike)[0]
            self.chosen[place] = best
            self.copies[place] = [i for i in indices if i != best]
            self._taken.update(indices)

    def _by_key(self, key: Callable[[NotebookNode], str]) -> None:
        free: dict[str, list[int]] = {}
        for i, cell in reversed(list(enumerate(self.cells))):
            if i not in self._taken and key(cell):
                free.setdefault(key(cell), []).append(i)
        for place, cell in enumerate(self.released):
            if place not in self.chosen and free.get(key(cell)):
                self._guess(place, free[key(cell)].pop())

    def _by_definition(self) -> None:
        missing = [
            (place, defined(cell))
            for place, cell in enumerate(self.released)
            if place not in self.chosen and is_answer(cell)
        ]
        free = {
            i: defined(cell)
            for i, cell in enumerate(self.cells)
            if missing and i not in self._taken and cell.cell_type == "code"
        }
        for place, names in missing:
            found = [i for i, theirs in free.items() if names & theirs]
            if found:
                self._guess(place, found[-1])
                del free[found[-1]]

    def _guess(self, place: int, i: int) -> None:
        self.chosen[place] = i
        self._taken.add(i)
        if grade_id(self.released[place]):
            self.guessed.append(place)


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell, or nothing."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_answer(cell: NotebookNode) -> bool:
    """Say whether a cell of the release is there to be answered."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """Say whether a cell of the release, such as a test, must stay as it is."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return not is_answer(cell) and any(nbgrader.get(key) for key in ("locked", "grade", "task"))


def is_open(cell: NotebookNode) -> bool:
    """Say whether a cell of the release is neither to be answered nor locked."""
    return not is_answer(cell) and not is_locked(cell)


def plain(source: str) -> str:
    """Return a source without differences that no one sees."""
    return "\n".join(line.rstrip() for line in source.splitlines()).strip()


def same(one: NotebookNode, other: NotebookNode) -> bool:
    """Say whether two cells have the same source to a reader's eye."""
    return one.source == other.source or plain(one.source) == plain(other.source)


def defined(cell: NotebookNode) -> set[str]:
    """Return the names that a cell defines at its left edge, whether or not it is valid Python."""
    return {one or other for one, other in DEFINITION.findall(cell.source)}
