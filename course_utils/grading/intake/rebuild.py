"""Rebuild a submission on the released notebook: its cells and order, the student's code."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import count

from nbformat import NotebookNode

from course_utils.grading.intake.match import (
    Match,
    defined,
    grade_id,
    is_answer,
    is_locked,
    is_open,
    same,
)
from course_utils.grading.note import Note, listed

MAX_EXTRA = 500

ONE = {"s": "", "were": "was", "they": "it", "have": "has"}
SEVERAL = {"s": "s", "were": "were", "they": "they", "have": "have"}
SAYS = {
    "elsewhere": "Cell{s} {cells} {were} missing, and what {they} should define was found in "
    "another cell, which counts: write each answer in the cell meant for it.",
    "missing answer": "Cell{s} {cells} {were} missing, so {they} {were} put back unanswered: "
    "write each answer in the cell meant for it.",
    "missing": "Cell{s} {cells} {were} missing, and {were} put back: keep every cell that you "
    "were given.",
    "renamed": "Cell{s} {cells} {have} lost the metadata of nbgrader, and {were} known by id or "
    "content: work in Jupyter, in the notebook that you were given.",
    "answered twice": "Cell{s} {cells} stood there more than once, so the last changed copy "
    "counts, and other changed ones run before it: keep one of each.",
    "duplicate": "Cell{s} {cells} stood there more than once, and {were} taken once, as handed "
    "out: delete the copies.",
    "changed": "Cell{s} {cells} {have} been changed, and {were} set back to what was handed out: "
    "write in the cells for answers, or in cells of your own.",
    "type": "Cell{s} {cells} had another type, and {were} set back to the one handed out: change "
    "no cell's type.",
    "moved": "Cell{s} {cells} {have} been moved, and {were} set back: leave the cells in order.",
}


def rebuild(
    released: NotebookNode, submitted: NotebookNode | None
) -> tuple[NotebookNode, list[Note]]:
    """Put the student's code into a fresh copy of the released notebook.

    Every cell of the release is there, in its order, with the student's source in the answers and
    in code cells that were not locked. The student's other cells keep their place behind the same
    neighbour. Nothing else is taken over.

    Parameters
    ----------
    released : NotebookNode
        The assignment as students got it.
    submitted : NotebookNode or None
        What was read of the student's notebook; None gives the released notebook.

    Returns
    -------
    notebook : NotebookNode
    notes : list of Note
        What was set right. None for an honest submission.
    """
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if submitted is None:
        return notebook, []
    match = Match(released.cells, submitted.cells)
    for place, i in match.chosen.items():
        if is_answer(released.cells[place]) or _is_open_code(released.cells[place]):
            notebook.cells[place].source = match.cells[i].source
    extras = _extras(match)
    notes = _notes(match)
    if len(extras) > MAX_EXTRA:
        says = f"Only the first {MAX_EXTRA} of {len(extras)} added cells were kept: add fewer."
        notes.append(Note("many cells", says))
        extras = extras[:MAX_EXTRA]
    notes += _fill_gaps(notebook.cells, match, [cell for _, cell in extras])
    notebook.cells = _joined(notebook.cells, extras)
    return notebook, notes


def _extras(match: Match) -> list[tuple[int, NotebookNode]]:
    """Return the student's own cells, each with the place in the release that it stands behind."""
    in_order = match.in_order()
    place_of = {i: place for place, i in match.chosen.items()}
    copy_of = {i: place for place, copies in match.copies.items() for i in copies}
    extras, behind = [], -1
    for i, cell in enumerate(match.cells):
        if i in place_of:
            place = place_of[i]
            behind = place if place in in_order else behind
            if _is_open_text(match.released[place]) and not same(cell, match.released[place]):
                extras.append((place, cell))
        elif i in copy_of:
            place = copy_of[i]
            original, best = match.released[place], match.cells[match.chosen[place]]
            if is_answer(original) and not same(cell, original) and not same(cell, best):
                extras.append((min(behind, place - 1), cell))
        else:
            extras.append((behind, cell))
    return [(place, cell) for place, cell in extras if cell.source.strip()]


def _joined(
    cells: list[NotebookNode], extras: list[tuple[int, NotebookNode]]
) -> list[NotebookNode]:
    used = {cell.get("id") for cell in cells}
    ids = (name for n in count(1) if (name := f"extra-{n:02}") not in used)
    behind: dict[int, list[NotebookNode]] = {}
    for place, cell in extras:
        behind.setdefault(place, []).append(cell)
    joined = []
    for place in range(-1, len(cells)):
        joined += cells[place : place + 1] if place >= 0 else []
        joined += [_extra(cell, next(ids)) for cell in behind.get(place, [])]
    return joined


def _extra(cell: NotebookNode, name: str) -> NotebookNode:
    kind = "code" if cell.cell_type == "code" else "markdown"
    extra = NotebookNode(id=name, cell_type=kind, metadata=NotebookNode(), source=cell.source)
    if kind == "code":
        extra.outputs, extra.execution_count = [], None
    return extra


def _fill_gaps(cells: list[NotebookNode], match: Match, extras: list[NotebookNode]) -> list[Note]:
    """Name what is missing; where it is defined elsewhere, keep the stub from undoing that."""
    missing = [place for place in range(len(cells)) if place not in match.chosen]
    missing = [place for place in missing if grade_id(cells[place])]
    if not missing:
        return []
    theirs = [cells[place] for place in match.chosen] + extras
    names = {name for cell in theirs if cell.cell_type == "code" for name in defined(cell)}
    answers = [place for place in missing if is_answer(cells[place])]
    elsewhere = [place for place in answers if defined(cells[place]) & names]
    for place in elsewhere:
        found = ", ".join(sorted(defined(cells[place]) & names))
        cells[place].source = f"# Another cell of this notebook defines {found}."
    return [
        *_about(match, "elsewhere", elsewhere, "elsewhere"),
        *_about(match, "missing", set(answers) - set(elsewhere), "missing answer"),
        *_about(match, "missing", set(missing) - set(answers), "missing"),
    ]


def _notes(match: Match) -> list[Note]:
    released, chosen = match.released, match.chosen
    theirs = {place: match.cells[i] for place, i in chosen.items()}
    doubled = {place for place, copies in match.copies.items() if copies}
    answers = {place for place in chosen if is_answer(released[place])}
    locked = {place for place in chosen if is_locked(released[place])}
    changed = {place for place in locked if not same(theirs[place], released[place])}
    retyped = {
        place for place in answers | locked if theirs[place].cell_type != released[place].cell_type
    }
    code = {place for place in chosen if released[place].cell_type == "code"}
    moved = code - match.in_order() - doubled - set(match.guessed)
    return [
        *_about(match, "renamed", match.guessed, "renamed"),
        *_about(match, "duplicate", doubled & answers, "answered twice"),
        *_about(match, "duplicate", doubled - answers, "duplicate"),
        *_about(match, "changed", changed, "changed"),
        *_about(match, "type", retyped, "type"),
        *_about(match, "moved", moved, "moved"),
    ]


def _about(match: Match, kind: str, places: Iterable[int], says: str) -> list[Note]:
    names = [grade_id(match.released[p]) or match.released[p].get("id", "") for p in sorted(places)]
    words = ONE if len(names) == 1 else SEVERAL
    return [Note(kind, SAYS[says].format(cells=listed(names), **words))] if names else []


def _is_open_code(cell: NotebookNode) -> bool:
    return is_open(cell) and cell.cell_type == "code"


def _is_open_text(cell: NotebookNode) -> bool:
    return is_open(cell) and cell.cell_type != "code"
