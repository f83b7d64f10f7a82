"""What was given back to a platform, and how a terminal shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.grading.note import counted, printable, quoted
from course_utils.grading.platforms.feedback_pages import Pages
from course_utils.grading.platforms.fill_in import Filled

FOLDER = "folder"
SHOWN = {"moodle": "Moodle", "canvas": "Canvas", "blackboard": "Blackboard", FOLDER: "a folder"}
NEXT = {
    "moodle": (
        "In Moodle's assignment, upload the sheet as the grading worksheet, and the zip with "
        "Upload multiple feedback files in a zip."
    ),
    "canvas": (
        "In Canvas, import the sheet in the gradebook, and give the zip to Upload Submissions of "
        "the assignment. Canvas shows each page under the name of the file that it answers."
    ),
    "blackboard": (
        "In Blackboard's Grade Center, upload the sheet with Work Offline. Blackboard takes no "
        "pages in bulk: attach them one by one, or give them out in another way."
    ),
    FOLDER: "",
}


@dataclass
class GivenBack:
    """What was given back, and what did not fit.

    Attributes
    ----------
    slug, platform : str
    folder : Path
        Where the files are.
    points : float
        What the assignment is worth here.
    pages : Pages
    filled : Filled or None
        What came of the sheet, if one was given.
    sheet, packed_in : str
        The files with grades and with pages; `sheet` is empty if there is none.
    packed : dict of str to str
        By student, the name of the page.
    zero : bool
        Whether those who handed in nothing got 0.
    written : int
        How many grades were written.
    absent, left, remains : list of str
        Who handed in nothing; who has left; pages from before, of students who get none now.
    mismatches : dict of str to list of str
        What a person must look at, and whose it is.
    """

    slug: str
    platform: str
    folder: Path
    points: float
    pages: Pages
    filled: Filled | None = None
    sheet: str = ""
    packed_in: str = ""
    packed: dict[str, str] = field(default_factory=dict)
    zero: bool = False
    written: int = 0
    absent: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    mismatches: dict[str, list[str]] = field(default_factory=dict)


def to_text(back: GivenBack) -> str:
    """Return what was given back as text: a table, what to look at, and what to do next."""
    filled = back.filled
    grades, pages = [], []
    if filled:
        grades = [f"column {quoted(filled.column)}"]
        if filled.changed:
            grades.append(f"{filled.changed} in place of another grade")
    if back.pages.made:
        pages = [f"{len(back.pages.made)} made anew"]
    rows = [
        ("grades written", back.written, "; ".join(filter(None, [back.sheet, *grades]))),
        ("pages packed", len(back.packed), "; ".join(filter(None, [back.packed_in, *pages]))),
        ("mismatches", sum(map(len, back.mismatches.values())), ""),
    ]
    lines = [f"{back.slug}, for {SHOWN[back.platform]}, in {back.folder}", ""]
    lines += [f"{what:<16}{number:>5}  {where}".rstrip() for what, number, where in rows]
    for what, who in back.mismatches.items():
        lines.append(_wrap(f"  {what}: {', '.join(who)}"))
    return printable("\n".join([*lines, "", *_remarks(back)]).rstrip() + "\n")


def _remarks(back: GivenBack) -> Iterator[str]:
    """Yield what else is good to know, and what to do next."""
    filled = back.filled
    if back.absent:
        done = (
            "they got 0" if back.zero else "nothing was written for them (--missing zero gives 0)"
        )
        yield _wrap(f"Handed in nothing; {done}: {', '.join(back.absent)}")
    if back.left:
        yield _wrap(f"Dropped from the list, and given nothing back: {', '.join(back.left)}")
    if filled and filled.maximum is None:
        yield _wrap(f"The sheet names no maximum: grades are points out of {back.points:g}.")
    elif filled and filled.maximum != back.points:
        most = f"{filled.maximum:g} on {SHOWN[back.platform]}"
        yield _wrap(f"Grades are scaled: {back.points:g} points here are {most}.")
    if filled and filled.names:
        yield _wrap(
            f"{counted(filled.names, 'name')} that a spreadsheet would take for a formula: each "
            f"has a ' in front. {SHOWN[back.platform]} knows its students by something else."
        )
    if filled and filled.formulas:
        yield _wrap(
            f"{counted(filled.formulas, 'text')} that a spreadsheet would take for a formula, in "
            "cells that the platform reads, and kept for it: do not open the sheet, upload it."
        )
    if back.remains:
        yield _wrap(f"From before, and of nobody who gets a page now: {', '.join(back.remains)}")
    if back.pages.says:
        yield _wrap(back.pages.says)
    if not back.sheet:
        yield "No grades are written: name the platform's grade sheet with --sheet."
    if NEXT[back.platform]:
        yield _wrap(NEXT[back.platform])


def _wrap(text: str) -> str:
    return textwrap.fill(text, 100, subsequent_indent="  ", break_on_hyphens=False)
