"""Where a grade goes in a platform's sheet, and out of how many points it is there.

Moodle's grading worksheet is of one assignment, whose points stand beside the grade [1]_. In
Canvas's gradebook each assignment has a column, "Title (12345)", and the points stand in a row of
their own [2]_. Blackboard's file for working offline has columns "Title [Total Pts: 20 Score]
|12345" [3]_.

References
----------
.. [1] https://docs.moodle.org/en/Assignment_settings, Offline grading worksheet.
.. [2] Canvas Instructor Guide, How do I import grades in the Gradebook?
.. [3] Blackboard Help, Work Offline with Grade Data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_utils.errors import CourseError
from course_utils.grading.note import printable, quoted

# The name of an assignment's column; Moodle's worksheet is of one assignment.
TITLED = {
    "canvas": r"(?P<title>.*\S)\s*\(\d+\)",
    "blackboard": r"(?P<title>.*?)\s*\[(?P<about>[^\]]*)\]\s*\|\s*\d+",
}
MOODLE_GRADE = ("grade", "bewertung")
MOODLE_LOCK = ("grade can be changed", "bewertung kann geändert werden")
POINTS_ROW, READ_ONLY = "points possible", "read only"  # Canvas's


@dataclass(frozen=True)
class Columns:
    """Where to look in a row, as places from 0.

    Attributes
    ----------
    grade : int
        Where the grade goes.
    lock : int or None
        Where Moodle says whether a grade can be changed.
    maximum : float or None
        The points that the platform has for the assignment, if the sheet says so.
    most : float or None
        The largest grade that the platform takes, if there is such.
    """

    grade: int
    lock: int | None
    maximum: float | None
    most: float | None


def find_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    platform: str,
    names: Iterable[str],
    column: str = "",
) -> Columns:
    """Say where the grade goes, and out of how many points it is there.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : sequence of sequences of str
        The rows below.
    platform : str
        ``"moodle"``, ``"canvas"`` or ``"blackboard"``.
    names : iterable of str
        The assignment's slug and its title: one of them is in the name of its column.
    column : str
        The name of the column, in place of looking for it.

    Raises
    ------
    CourseError
        If there is no such column or more than one, the platform computes it itself, or its maximum
        is not the same number for everybody.
    """
    header = [name.strip() for name in header]
    grade = _grade_column(header, platform, names, column)
    folded = [name.casefold() for name in header]
    lock = next((folded.index(name) for name in MOODLE_LOCK if name in folded), None)
    maximum = _maximum(header[grade], rows, platform, grade)
    if platform == "moodle":
        return Columns(grade, lock, maximum, most=maximum)
    return Columns(grade, None, maximum, most=None)


def number(text: str) -> float | None:
    """Return the number that a text is, with a decimal point or comma; None if it is none.

    >>> number(" 20,00 "), number("12.5"), number("1,000.00"), number("-"), number("nan")
    (20.0, 12.5, 1000.0, None, None)
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text) else None


def _grade_column(header: Sequence[str], platform: str, names: Iterable[str], column: str) -> int:
    """Return the place of the column for the grade."""
    pattern = TITLED.get(platform, "")
    titles = {
        place: _plain(found["title"])
        for place, name in enumerate(header)
        if pattern and (found := re.fullmatch(pattern, name, re.DOTALL))
    }
    if column:
        places = [place for place, name in enumerate(header) if name == column.strip()]
        places = places or [place for place, title in titles.items() if title == _plain(column)]
        what = f"is called {quoted(column)}"
    elif not pattern:
        places = [place for place, name in enumerate(header) if name.casefold() in MOODLE_GRADE]
        what = "is called 'Grade'"
    else:
        wanted = list(dict.fromkeys(filter(None, map(_plain, names))))
        places = [place for place, title in titles.items() if title in wanted]
        places = places or [
            place
            for place, title in titles.items()
            if any(f" {name} " in f" {title} " for name in wanted)
        ]
        what = f"has {' or '.join(map(quoted, wanted))} in its name"
    if len(places) == 1:
        return places[0]
    which = "more than one column" if places else "no column"
    there = ", ".join(f"'{printable(name, keep='')}'" for name in header if name)
    raise CourseError(f"{which} {what}: name the one for the grade with --column, out of {there}")


def _maximum(name: str, rows: Sequence[Sequence[str]], platform: str, grade: int) -> float | None:
    """Return the points that the platform has for the assignment; None if the sheet is silent."""
    if platform == "canvas":
        said = {row[grade] for row in rows if is_points_row(row) and len(row) > grade}
        if any(READ_ONLY in text for text in said):
            raise CourseError(f"Canvas computes the column {quoted(name)} itself: name another")
    elif platform == "blackboard":
        about = re.fullmatch(TITLED[platform], name, re.DOTALL)
        said = set(re.findall(r"[0-9][0-9.,]*", about["about"])) if about else set()
    else:
        said = {row[grade + 1] for row in rows if len(row) > grade + 1}
    found = {number(text) for text in said if text.strip()}
    if not found:
        return None
    most, *others = found
    if others or not most:
        texts = ", ".join(quoted(text) for text in sorted(said))
        raise CourseError(
            f"the points beside {quoted(name)} are {texts}: have the platform grade this "
            "assignment by points, the same for everybody"
        )
    return most


def is_points_row(row: Sequence[str]) -> bool:
    """Say whether this is Canvas's row with the points of each assignment."""
    return bool(row) and POINTS_ROW in row[0].casefold()


def _plain(name: str) -> str:
    """Return the words of a name, to compare it by."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))
