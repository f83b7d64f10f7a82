"""Who is in the class: the list in ``roster.csv`` beside the submissions, if there is one.

It has a line for each student below a line with the names of its columns. `id` is the name under
which everything of a student's is kept. `last_name`, `first_name` and `email` are for people, and
`dropped` is "yes" for who has left. `moodle`, `canvas` and `blackboard` are what the platform calls
a student, where that is something else than the id. A name that a spreadsheet would take for a
formula has a ``'`` in front, which is no part of it. Further columns are kept as they are.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.submissions import normal, odd
from course_utils.grading.intake.tables import read_table
from course_utils.grading.note import FORMULA, quoted

FILE = "roster.csv"
PLATFORMS = ("moodle", "canvas", "blackboard")
COLUMNS = ("id", "last_name", "first_name", "email", "dropped", *PLATFORMS)
LISTED, DROPPED, UNLISTED = "on the list", "dropped", "not on the list"
TEXT_MARK = "'"
YES, NO = ("yes", "y", "true", "1", "x"), ("", "no", "n", "false", "0")


@dataclass(frozen=True)
class Person:
    """A student of the class.

    Attributes
    ----------
    id, last_name, first_name, email : str
    dropped : bool
        Whether the student has left the class.
    keys : dict of str to str
        What a platform calls the student.
    others : dict of str to str
        Further columns of the list.
    """

    id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    dropped: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First and last name; empty if there are none."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Roster:
    """The list of a class.

    Attributes
    ----------
    people : dict of str to Person
        By id, in the order of the list.
    """

    people: Mapping[str, Person]

    def status(self, student: str) -> str:
        """Say whether a student is `LISTED`, `DROPPED` or `UNLISTED`."""
        person = self.people.get(student)
        return UNLISTED if person is None else DROPPED if person.dropped else LISTED

    @property
    def present(self) -> list[str]:
        """The ids of those who have not left."""
        return [person.id for person in self.people.values() if not person.dropped]


def read_roster(root: Path) -> Roster | None:
    """Read the list of a class; there is none if there is no file.

    Parameters
    ----------
    root : Path
        The folder with ``submitted``.

    Raises
    ------
    CourseError
        If there is a file and it cannot be read, or it names a student twice.
    """
    path = root / FILE
    try:
        rows = read_table(path, ["id"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, csv.Error) as error:
        raise CourseError(
            f"{path} cannot be read ({error}): it is CSV, and its first line names the columns, of "
            "which one is called id"
        ) from error
    people: dict[str, Person] = {}
    for number, row in enumerate(rows, start=2):
        person = _person(row, f"{path}, student {number - 1}")
        if person.id in people:
            raise CourseError(f"{path} has {quoted(person.id)} twice: keep one of the two lines")
        people[person.id] = person
    return Roster(people)


def write_roster(root: Path, people: Iterable[Person]) -> Path:
    """Write the list of a class in one step, in place of the one that is there."""
    people = list(people)
    others = dict.fromkeys(name for person in people for name in person.others)
    path = root / FILE
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, *others], restval="", lineterminator="\n")
        writer.writeheader()
        for person in people:
            own = {name: getattr(person, name) for name in COLUMNS[:4]}
            own["dropped"] = "yes" if person.dropped else ""
            cells = {name: _as_text(value) for name, value in {**own, **person.keys}.items()}
            writer.writerow({**cells, **person.others})
    os.replace(draft, path)
    return path


def _as_text(value: str) -> str:
    return f"{TEXT_MARK}{value}" if value.lstrip().startswith(FORMULA) else value


def _plain(value: str) -> str:
    """Return what `_as_text` was given."""
    inner = value.removeprefix(TEXT_MARK)
    return inner if inner.lstrip().startswith(FORMULA) else value


def _person(row: Mapping[str | None, str | list[str] | None], where: str) -> Person:
    """Read one line."""
    if None in row or None in row.values():
        raise CourseError(f"{where} has more or fewer fields than the first line: mend it")
    cells = {str(name): str(value).strip() for name, value in row.items()}
    cells |= {name: _plain(cells[name]) for name in COLUMNS if name in cells}
    if why := odd(cells["id"]):
        raise CourseError(f"{where}: {quoted(cells['id'])} is no id: {why}")
    dropped = cells.get("dropped", "").lower()
    if dropped not in (*YES, *NO):
        raise CourseError(f"{where}: dropped is yes or nothing, not {quoted(dropped)}")
    return Person(
        normal(cells["id"]),
        cells.get("last_name", ""),
        cells.get("first_name", ""),
        cells.get("email", ""),
        dropped=dropped in YES,
        keys={name: cells[name] for name in PLATFORMS if cells.get(name)},
        others={name: value for name, value in cells.items() if name not in COLUMNS},
    )
