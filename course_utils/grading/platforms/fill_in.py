"""Write grades into the sheet that a platform gave, and leave everything else in it as it was.

A platform knows its rows and columns by what it wrote there: Moodle by Identifier and by the time
in Last modified (grade), Canvas by ID and by the number in a column's name, Blackboard by Username
and by the column's number. These cells, comments and other grades stay to the byte. A name is for
people alone: no platform reads it from a row that it knows otherwise, and a student can have chosen
it. So a name that a spreadsheet would take for a formula gets a ``'`` in front. Such a text in any
other cell is kept for the platform, and counted, so that a person can be told.

A platform passes over in silence what it cannot take: a grade above its maximum (Moodle), one that
is locked (Moodle) or of an assignment that a student has not got (Canvas). These are listed here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.note import FORMULA, quoted
from course_utils.grading.platforms.cells import Cell, located, replaced
from course_utils.grading.platforms.columns import Columns, find_columns, number
from course_utils.grading.platforms.sheets import Entry, Sheet, entries, read_sheet
from course_utils.grading.report.results import cents

CUT_OFF, LOCKED, EXCUSED, NOT_ASSIGNED, ABOVE = (
    "in a row that is cut off",
    "locked on the platform",
    "excused on the platform",
    "not assigned to them on the platform",
    "above the platform's maximum",
)
MARKED = {"ex": EXCUSED, "n/a": NOT_ASSIGNED}  # what Canvas writes in place of a grade
NAMES, TEXT_MARK = ("name", "last_name", "first_name"), "'"
UNLOCKED = ("yes", "ja", "")  # Moodle's


@dataclass(frozen=True)
class Grades:
    """What there is to give back.

    Attributes
    ----------
    points : float
        What the assignment is worth here.
    grades : dict of str to float
        By student, the points that are left when a penalty is taken off.
    handed_in : collection of str
        Students who handed in, whether or not they have a grade.
    present : collection of str or None
        All students of the class; None if there is no list of it.
    left : collection of str
        Students who have left the class: they get nothing.
    keys : dict of str to str
        For what the platform calls a student in this assignment, the id.
    listed : dict of str to str
        For addresses and for what the platform calls a student elsewhere, the id.
    """

    points: float
    grades: Mapping[str, float]
    handed_in: Collection[str] = ()
    present: Collection[str] | None = None
    left: Collection[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> set[str]:
        """All ids that may stand in a sheet."""
        return {*self.grades, *self.handed_in, *(self.present or ()), *self.left}


@dataclass
class Filled:
    """A sheet with grades, and what did not fit.

    Attributes
    ----------
    column : str
        The name of the column with the grades.
    maximum : float or None
        The points that the platform has for the assignment, if the sheet says so.
    data : bytes
        The sheet's file.
    written : dict of str to str
        By student, or row, the grade as it stands there.
    changed : int
        How many of these take the place of another grade.
    rows : dict of str to Entry
        By student, the row.
    absent : list of str
        Students in the sheet who handed in nothing, or their rows.
    missing : list of str
        Students with a grade who are not in the sheet.
    ungraded : list of str
        Students in the sheet who handed in and have no grade.
    unknown : list of str
        Rows of those who are nobody's that is known here.
    refused : dict of str to list of str
        Why the platform would not take a grade, and whose.
    names, formulas : int
        Names that a spreadsheet would have taken for formulas, and other texts that it still does.
    """

    column: str
    maximum: float | None
    data: bytes = b""
    written: dict[str, str] = field(default_factory=dict)
    changed: int = 0
    rows: dict[str, Entry] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    names: int = 0
    formulas: int = 0


def fill_in(
    path: Path,
    platform: str,
    grades: Grades,
    names: Iterable[str],
    *,
    column: str = "",
    zero: bool = False,
) -> Filled:
    """Return a platform's sheet with the grades in it; the file itself is not touched.

    Parameters
    ----------
    path : Path
        The sheet as the platform gave it.
    platform : str
        ``"moodle"``, ``"canvas"`` or ``"blackboard"``.
    grades : Grades
    names : iterable of str
        The assignment's slug and title: one of them is in the name of its column.
    column : str
        The name of the column, in place of looking for it.
    zero : bool
        Whether those who handed in nothing get 0; else their cell is left as it is.

    Raises
    ------
    CourseError
        If the sheet cannot be read, has a student twice, or the column is not found.
    """
    sheet = read_sheet(path, platform)
    text = _text(path, sheet)
    table = located(text, sheet.delimiter)
    values = [[cell.value for cell in row] for row in table]
    if sheet.header not in values:
        raise CourseError(f"{path} cannot be filled in: have the platform export it again")
    head = values.index(sheet.header) + 1
    table, values = table[head:], values[head:]
    columns = find_columns(sheet.header, values, platform, names, column)
    filled = Filled(sheet.header[columns.grade].strip(), columns.maximum)
    people = _people(replace(sheet, rows=values), platform, grades)
    filled.rows = _rows_of_students(path, people)
    _say_who_did_not_come(people, grades, filled)
    due = {student: grade for student, grade in grades.grades.items() if student not in grades.left}
    if zero:
        due |= dict.fromkeys(filled.absent, 0.0)
    changes = [*_written(table, people, due, grades.points, columns, filled)]
    changes += _made_harmless(table, sheet, filled)
    filled.data = sheet.bom + replaced(text, changes, sheet.delimiter).encode(sheet.encoding)
    return filled


def _written(
    table: Sequence[Sequence[Cell]],
    people: Iterable[tuple[int, Entry, str]],
    due: Mapping[str, float],
    points: float,
    columns: Columns,
    filled: Filled,
) -> Iterator[tuple[Cell, str]]:
    """Yield the cells of grades with what they say now."""
    commas = _has_commas(table, columns)
    for place, entry, student in people:
        row, whose = table[place], student or _label(entry)
        if whose not in due:
            continue
        grade = scaled(due[whose], points, columns.maximum)
        if why := _refusal([cell.value for cell in row], grade, columns):
            filled.refused.setdefault(why, []).append(whose)
            continue
        cell = row[columns.grade]
        filled.written[whose] = f"{grade:.2f}".replace(".", "," if commas else ".")
        filled.changed += number(cell.value) not in (None, grade)
        yield cell, filled.written[whose]


def _made_harmless(
    table: Sequence[Sequence[Cell]], sheet: Sheet, filled: Filled
) -> Iterator[tuple[Cell, str]]:
    """Yield the names that would be formulas with a mark in front, and count other such texts."""
    shown = {sheet.columns[what] for what in NAMES if what in sheet.columns}
    for row in table:
        for place, cell in enumerate(row):
            if _is_formula(cell.value) and place in shown:
                filled.names += 1
                yield cell, f"{TEXT_MARK}{cell.value}"
            elif _is_formula(cell.value) and number(cell.value.strip()[1:]) is None:
                filled.formulas += 1


def _text(path: Path, sheet: Sheet) -> str:
    """Return a sheet's text, all of it."""
    data = path.read_bytes().removeprefix(sheet.bom)
    try:
        return data.decode(sheet.encoding)
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{path} is damaged (no {sheet.encoding.upper()} from byte {error.start} on): have the "
            "platform export it again"
        ) from error


def _people(sheet: Sheet, platform: str, grades: Grades) -> list[tuple[int, Entry, str]]:
    """Return the place of each student's row, what it says of the student, and the id, if known.

    What the platform called the student when the files were collected is sure. Moodle's numbers are
    other students' in other assignments, so the list's come after ids and addresses.
    """
    found = []
    ids = _folded({name: name for name in grades.known})
    keys, listed = _folded(grades.keys), _folded(grades.listed)
    for place, row in enumerate(sheet.rows):
        for entry in entries(replace(sheet, rows=[row]), platform):
            key, email, (best, *others) = entry.key, entry.email, entry.ids
            looks = [(ids, best), (listed, email), (listed, key)]
            looks += [(ids, name) for name in others]
            owners = [where[name.casefold()] for where, name in looks if name.casefold() in where]
            collected = keys.get(key.casefold(), "")
            address = listed.get(email.casefold(), collected)
            if collected and address != collected:
                raise CourseError(
                    f"{_label(entry)} is {quoted(collected)} by the files that were collected, and "
                    f"{quoted(address)} by the address: is the sheet of another assignment?"
                )
            found.append((place, entry, next(filter(None, [collected, *owners]), "")))
    return found


def _folded(names: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): student for name, student in names.items()}


def _rows_of_students(path: Path, people: Iterable[tuple[int, Entry, str]]) -> dict[str, Entry]:
    """Return the row of each student who is known."""
    found: dict[str, Entry] = {}
    for _, entry, student in people:
        if student in found:
            both = f"{_label(found[student])} and {_label(entry)}"
            raise CourseError(
                f"{path} has {quoted(student)} twice, as {both}: take one of the rows out of a copy"
            )
        if student:
            found[student] = entry
    return found


def _say_who_did_not_come(
    people: Sequence[tuple[int, Entry, str]], grades: Grades, filled: Filled
) -> None:
    """Sort out who is missing in the sheet, and whose rows have no grade.

    Without a list of the class, a row of nobody known is of one who handed in nothing, but only if
    all who handed in were found: else it may be theirs.
    """
    here, theirs = {*grades.handed_in, *grades.grades}, {*filled.rows, *grades.left}
    filled.missing = sorted(grades.grades.keys() - theirs)
    all_found = grades.present is None and not here - theirs
    for _, entry, student in people:
        if not student:
            (filled.absent if all_found else filled.unknown).append(_label(entry))
        elif student in grades.left:
            continue
        elif student not in here:
            filled.absent.append(student)
        elif student not in grades.grades:
            filled.ungraded.append(student)


def scaled(grade: float, points: float, maximum: float | None) -> float:
    """Return a grade out of `points` as one out of the platform's maximum, to 0.01.

    >>> scaled(13.5, 27, 100), scaled(13.5, 27, None), scaled(1, 3, 20)
    (50.0, 13.5, 6.67)
    """
    return cents(grade if not maximum or not points else grade * maximum / points)


def _refusal(row: Sequence[str], grade: float, columns: Columns) -> str:
    """Say why the platform would pass over a grade; nothing if it takes it."""
    if len(row) <= max(columns.grade, columns.lock or 0):
        return CUT_OFF
    if mark := MARKED.get(row[columns.grade].strip().casefold()):
        return mark
    if columns.lock is not None and row[columns.lock].strip().casefold() not in UNLOCKED:
        return LOCKED
    return ABOVE if columns.most is not None and grade > columns.most else ""


def _has_commas(table: Iterable[Sequence[Cell]], columns: Columns) -> bool:
    """Say whether the sheet writes its grades and points with a decimal comma."""
    near = (cell.value for row in table for cell in row[columns.grade : columns.grade + 2])
    return any(re.fullmatch(r"\s*[0-9]+,[0-9]{1,2}\s*", value) for value in near)


def _is_formula(value: str) -> bool:
    """Say whether a spreadsheet takes a text for a formula; ``="text"`` is Canvas's own for text.

    >>> [_is_formula(value) for value in ("=1+1", "-x", "-", '="=1+1"')]
    [True, True, False, False]
    """
    text = value.strip()
    return len(text) > 1 and text.startswith(FORMULA) and not re.fullmatch('="[^"]*"', text)


def _label(entry: Entry) -> str:
    """Return how to call a row: what it says first of the student, and the name."""
    name = f"{entry.first_name} {entry.last_name}".strip()
    return f"{entry.key or entry.ids[0]} ({name})" if name else entry.key or entry.ids[0]
