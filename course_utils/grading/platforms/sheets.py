"""Grade sheets and lists of a class, as platforms and spreadsheets write them.

A sheet says itself how it is written: its encoding, what stands between two cells, how lines end.
That is kept, so that the same sheet can be written again with grades in it. What a column is for
is read from its name in English or German.

Moodle's grading worksheet begins with the column Identifier, "Participant 4711", then Full name
and Email address [1]_. Its numbers are those of one assignment, and each assignment has others.
Canvas's gradebook has Student, ID, SIS User ID, SIS Login ID and Section, with a row Points
Possible below the names of the columns, and a test student at the end [2]_. What Blackboard calls a
file for a spreadsheet, .xls, is text in UTF-16 with tabs: Last Name, First Name, Username, Student
ID [3]_.

References
----------
.. [1] https://docs.moodle.org/en/Assignment_settings, Offline grading worksheet.
.. [2] https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807
.. [3] https://help.blackboard.com/Learn/Instructor/Original/Grade/Grading_Tasks/Work_Offline_With_Grade_Data
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.note import quoted

MAX_BYTES = 20_000_000
DELIMITERS = (",", ";", "\t")
ABOVE = 5  # rows at most above the one with the names of the columns
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a column is called, without blanks and marks, by what it is for.
NAMES = {
    "last_name": ("lastname", "surname", "familyname", "nachname"),
    "first_name": ("firstname", "givenname", "forename", "vorname"),
    "name": ("fullname", "name", "student", "displayname", "vollständigername", "vollername"),
    "email": ("emailaddress", "email", "mail", "emailadresse"),
    "id": (
        "id", "idnumber", "studentid", "studentnumber", "sisuserid", "idnummer",
        "matrikelnummer", "matriculationnumber",
    ),
    "login": ("username", "login", "loginname", "sisloginid", "anmeldename", "benutzername"),
    "key": ("identifier",),
    "section": ("section", "group", "gruppe"),
    "time": ("lastmodifiedsubmission", "zuletztgeändertabgabe"),
    "status": ("status",),
}  # fmt: skip
PARTICIPANT = re.compile(r"[^\W\d][^\d]*(\d+)")  # in any of Moodle's languages
LATE = re.compile(r"\d[^-]*\b(?:late|zu spät|verspätet)\b")  # Moodle's Status
AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)  # how Canvas writes what would be a formula
POINTS_POSSIBLE, TEST_STUDENT = "pointspossible", "studenttest"


@dataclass
class Sheet:
    """A table, and how its file is written.

    Attributes
    ----------
    header : list of str
        The names of the columns.
    rows : list of list of str
        The rows below, as they are: each may be shorter or longer than `header`.
    above : list of list of str
        The rows above the header.
    columns : dict of str to int
        For what is known of a person the index of its column: "key" for what the platform calls a
        student, "id", "login", "name", "last_name", "first_name", "email", "section", "time",
        "status".
    delimiter, encoding, newline : str
        The encoding without its mark.
    bom : bytes
        The mark at the beginning of the file; empty if there is none.
    quotes_all : bool
        Whether each cell stands in quotes.
    """

    header: list[str]
    rows: list[list[str]]
    above: list[list[str]] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    bom: bytes = b""
    quotes_all: bool = False

    def cell(self, row: list[str], what: str) -> str:
        """Return what a row has in the column for something, without blanks; empty if nothing."""
        index = self.columns.get(what, len(row))
        text = row[index].strip() if index < len(row) else ""
        as_text = AS_TEXT.fullmatch(text)
        return as_text[1].strip() if as_text else text

    def is_person(self, row: list[str]) -> bool:
        """Say whether a row is a student's: no blank one, no total, no test student."""
        name = _plain(self.cell(row, "name"))
        is_other = name.startswith(POINTS_POSSIBLE) or name == TEST_STUDENT
        return any(map(str.strip, row)) and not is_other

    def to_bytes(self) -> bytes:
        """Return the sheet as a file that is written as it was."""
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if self.quotes_all else csv.QUOTE_MINIMAL,
        )
        writer.writerows([*self.above, self.header, *self.rows])
        return self.bom + text.getvalue().encode(self.encoding)


@dataclass(frozen=True)
class Entry:
    """A student as a sheet has them.

    Attributes
    ----------
    key : str
        What the platform calls the student in the names of files; empty if the sheet does not say.
    ids : tuple of str
        What may be the student's id, the best first.
    last_name, first_name, email, time : str
        `time` is when the student handed in, as the platform writes it.
    late : bool or None
        Whether the platform says that it was late; None if the sheet has nothing about that.
    """

    key: str
    ids: tuple[str, ...]
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    time: str = ""
    late: bool | None = None

    @property
    def name(self) -> str:
        """The last and the first name; empty if there are none."""
        return ", ".join(filter(None, [self.last_name, self.first_name]))


def read_sheet(path: Path, platform: str = "") -> Sheet:
    """Read a platform's grade sheet, or any list of a class.

    Parameters
    ----------
    path : Path
    platform : str
        "moodle", "canvas" or "blackboard"; anything else for a list of another kind.

    Raises
    ------
    CourseError
        If it cannot be read, or no column of it tells students apart.
    """
    try:
        data = read_regular(path, MAX_BYTES)
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror or error})") from error
    if data.startswith(b"PK") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise CourseError(
            f"{path} is a spreadsheet or an archive: save the sheet as CSV, and give that"
        )
    text, encoding, bom = _decoded(data)
    readings = [_parsed(text, delimiter, platform) for delimiter in DELIMITERS]
    sheet = max(readings, key=lambda sheet: (len(sheet.columns), len(sheet.header)))
    if not {"id", "key", "login", "email", "name"} & sheet.columns.keys():
        known = ", ".join(quoted(name) for name in sheet.header[:8])
        raise CourseError(
            f"{path} has no column with ids, names or addresses that is known; its first line has "
            f"{known or 'nothing'}: call one of them id"
        )
    sheet.encoding, sheet.bom = encoding, bom
    sheet.newline = "\r\n" if "\r\n" in text else "\n"
    first = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    sheet.quotes_all = first.startswith('"') and first.count('"') >= 2 * len(sheet.header)
    return sheet


def entries(sheet: Sheet, platform: str = "") -> list[Entry]:
    """Return the students of a sheet.

    A student's id is what the school calls the student: Moodle's ID number, Canvas's SIS User ID,
    the column `id` of another list. Where that is empty it is the name to log in with, then what
    stands before the @ of the address, then what the platform calls the student. Blackboard's is
    the Username, which its files have, too.
    """
    found = []
    for row in filter(sheet.is_person, sheet.rows):
        cells = {what: sheet.cell(row, what) for what in sheet.columns}
        key, login = _key(cells, platform), cells.get("login", "")
        local = cells.get("email", "").partition("@")[0]
        ids = [cells.get("id", ""), login, local, key]
        if platform == "blackboard":
            ids.insert(0, login)
        last, first = _names(cells, platform)
        ids = [name for name in dict.fromkeys(ids) if name]
        status = cells.get("status", "") if platform == "moodle" else ""
        late = bool(LATE.search(status)) if status else None
        if ids:
            email, time = cells.get("email", ""), cells.get("time", "")
            found.append(Entry(key, tuple(ids), last, first, email, time, late))
    return found


def _key(cells: dict[str, str], platform: str) -> str:
    """Return what a platform calls a student in the names of files."""
    if platform == "blackboard":
        return cells.get("login", "")
    key = cells.get("key", "")
    found = PARTICIPANT.fullmatch(key) if platform == "moodle" else None
    return found[1] if found else key


def _names(cells: dict[str, str], platform: str) -> tuple[str, str]:
    """Return the last and the first name."""
    name = cells.get("name", "")
    if "last_name" in cells or "first_name" in cells or not name:
        return cells.get("last_name", ""), cells.get("first_name", "")
    if platform == "canvas" and "," in name:  # as in "Name, jr., First"
        last, _, first = name.rpartition(",")
    else:
        first, _, last = name.partition(" ")
    return last.strip(), first.strip()


def _decoded(data: bytes) -> tuple[str, str, bytes]:
    """Return a file's text, its encoding, and the mark at its beginning."""
    for bom, encoding in BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, errors="replace"), encoding, bom
    start = data[:1000]
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(start) > 3 and start[place::2].count(0) > len(start) // 4:
            return data.decode(encoding, errors="replace"), encoding, b""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding, b""
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1", b""


def _parsed(text: str, delimiter: str, platform: str) -> Sheet:
    """Read a text as a table with one delimiter."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return Sheet([], [], delimiter=delimiter)
    found = [_columns(row, platform) for row in rows[: ABOVE + 1]]
    if not any(found):
        return Sheet(rows[0] if rows else [], rows[1:], delimiter=delimiter)
    at = max(range(len(found)), key=lambda i: len(found[i]))
    sheet = Sheet(rows[at], rows[at + 1 :], rows[:at], found[at], delimiter)
    if platform == "moodle" and "key" not in sheet.columns:
        _find_participants(sheet)
    return sheet


def _columns(row: list[str], platform: str) -> dict[str, int]:
    """Say what the columns are for, by their names."""
    plain = [_plain(name) for name in row]
    found = {
        what: min(map(plain.index, known))
        for what, names in NAMES.items()
        if (known := [name for name in names if name in plain])
    }
    if platform == "canvas" and "id" in plain:
        found["key"] = plain.index("id")
        found.pop("id")
        if "sisuserid" in plain:
            found["id"] = plain.index("sisuserid")
    return found


def _find_participants(sheet: Sheet) -> None:
    """Find the column whose cells all end in a participant's number, whatever it is called."""
    rows = [row for row in sheet.rows if any(row)]
    for index in range(min(2, len(sheet.header))):
        cells = [row[index].strip() for row in rows if index < len(row)]
        if cells and all(map(PARTICIPANT.fullmatch, cells)):
            sheet.columns["key"] = index
            if sheet.columns.get("id") == index:
                sheet.columns.pop("id")
            return


def _plain(name: str) -> str:
    """Return a column's name by which it is known: letters and digits only."""
    name = unicodedata.normalize("NFC", name).casefold()
    return "".join(letter for letter in name if letter.isalnum())
