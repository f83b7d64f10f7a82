"""How the platforms name what they give to download: whose a file is, and what else a name says.

Moodle puts each participant's files into a folder ``Name_4711_assignsubmission_file``, with an
underscore at its end in older versions, or, without folders, begins each file's name so. Blanks
stand for underscores in the name, which is a word such as Participant where marking is blind, and
the group's where groups hand in; the number is then the group's. Text that was typed into the page
is ``onlinetext.html`` in ``Name_4711_assignsubmission_onlinetext`` [1]_.

Canvas writes ``lastnamefirstname_LATE_71_9001_file.ipynb``: the name without anything but letters,
LATE if it was, the numbers of the student and of the file. It is ``anon_xyz12`` in place of name
and number where grading is anonymous. A student's name may end in an underscore and a number, and
a file's own name may begin with numbers, so that only a list of the class tells whose it is. Who
hands a file of the same name in again has ``-1`` behind it. Typed text and addresses end in
``_text.html`` and ``_link.html`` [2]_.

Blackboard writes ``Assignment_username_attempt_2026-10-01-09-30-15_file.ipynb``, and beside an
attempt's files one with what was typed, which ends after the time, in .txt [3]_. The time is that
of its own clock.

In a folder of another origin each student's files are in a folder that is called by the id, or
begin with the id and an underscore.

References
----------
.. [1] https://docs.moodle.org/en/Assignment_settings, Download submissions in folders; what it
   does is in Moodle's ``mod/assign/classes/downloader.php``.
.. [2] https://community.canvaslms.com/t5/Instructor-Guide, How do I download all student
   submissions for an assignment; what it does is in Canvas's ``lib/content_zipper.rb``.
.. [3] https://help.blackboard.com/Learn/Instructor/Original/Assignments/Download_Assignments
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from course_utils.grading.intake.archives import is_archive

PLATFORMS = ("moodle", "canvas", "blackboard", "folder")
FILE, TEXT = "file", "text"  # what a name stands for: work, or what was typed into the platform

MOODLE = re.compile(
    r"(?P<name>[^_/]*)(?:_(?P<key>\d+))?_assignsubmission_(?P<kind>file|onlinetext)(?:_?/|_)(?P<file>.+)"
)
CANVAS = re.compile(  # what stands behind the name
    r"(?:(?P<late>LATE)_)?(?P<key>\d+|anon_[^/_]+)_"
    r"(?:(?P<order>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
)
CANVAS_START = re.compile(r"(?:^|_)(?=LATE_|anon_|\d)")
BLACKBOARD = re.compile(
    r"(?P<head>[^/]+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)
AGAIN = re.compile(r"(?P<stem>.+)-(?P<count>\d{1,3})(?P<ending>\.[^.]+)")


@dataclass(frozen=True)
class Named:
    """What a name says.

    Attributes
    ----------
    key : str
        What the platform calls the student; empty if the name does not say.
    name : str
        The student's or the group's name, as the platform writes it there.
    file : str
        The file's own name, with folders within what was handed in.
    late : bool
        Whether the platform says so.
    time : datetime or None
        By the platform's own clock, to the second.
    again : int
        How many files of this name the student had handed in before.
    order : int
        A number that grows from one file to the next, 0 if there is none.
    kind : str
        `FILE` or `TEXT`.
    unclear : bool
        Whether more than one student may be meant, so that `key` is empty.
    """

    key: str
    name: str = ""
    file: str = ""
    late: bool = False
    time: datetime | None = None
    again: int = 0
    order: int = 0
    kind: str = FILE
    unclear: bool = False


def read_name(platform: str, path: str, known: Mapping[str, str] | None = None) -> Named | None:
    """Read the name of a file that was downloaded; None if it is not of the platform's kind.

    What the platform itself wrote stands first in a name, so nothing counts that a student wrote
    behind it.

    Parameters
    ----------
    platform : str
        One of `PLATFORMS`.
    path : str
        With folders, as in the archive.
    known : dict of str to str, optional
        The students' names, last names first, by what the platform calls them; empty for one who
        may have any. It tells Blackboard's users from the assignment's name, where there is an
        underscore in both, and Canvas's from numbers in the names of students and of files.
    """
    known = known or {}
    path = unicodedata.normalize("NFC", path)
    if platform == "folder":
        return _folder(path)
    place = 0
    while place >= 0:  # folders around what the platform wrote are the instructor's
        rest = path[place:]
        if platform == "canvas":
            if readings := _canvas(rest):
                return _fitting(readings, known)
        elif found := _moodle(rest) if platform == "moodle" else _blackboard(rest):
            return found if platform == "moodle" else _with_user(found, known)
        place = path.find("/", place) + 1 or -1
    return None


def _moodle(path: str) -> Named | None:
    found = MOODLE.match(path)
    if not found:
        return None
    kind = FILE if found["kind"] == "file" else TEXT
    return Named(found["key"] or "", found["name"].strip(), found["file"], kind=kind)


def _canvas(path: str) -> list[Named]:
    """Return all that a name can say, what comes first in it first."""
    readings: list[Named] = []
    for start in CANVAS_START.finditer(path.partition("/")[0]):
        found, name = CANVAS.fullmatch(path, start.end()), path[: start.start()]
        if not found or re.search(r"(?:^|_)LATE$", name):
            continue
        anonymous = found["key"].startswith("anon_")
        if readings and (anonymous or readings[0].key.startswith("anon_")):
            continue  # that is in the file's own name
        file = found["file"] or f"{found['typed']}.html"
        named = Named(
            found["key"],
            name,
            file,
            late=bool(found["late"]),
            again=handed_in_again(file)[1],
            order=int(found["order"] or 0),
            kind=TEXT if found["typed"] else FILE,
        )
        readings.append(named)
    return readings


def _fitting(readings: list[Named], known: Mapping[str, str]) -> Named:
    """Return the reading of a student who is known under the name that stands in front."""
    first, *others = readings
    if not others or not any(named.key in known for named in readings):
        return first
    fitting = [
        named
        for named in readings
        if named.key in known and letters(known[named.key]) in ("", letters(named.name))
    ]
    return fitting[0] if len(fitting) == 1 else Named("", first.name, first.file, unclear=True)


def _blackboard(path: str) -> Named | None:
    found = BLACKBOARD.match(path)
    if not found:
        return None
    try:
        time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        time = None
    return Named(
        found["head"], file=found["file"] or "", time=time, kind=FILE if found["file"] else TEXT
    )


def _with_user(named: Named, known: Mapping[str, str]) -> Named:
    """Take the assignment's name from the head of a name, so that the user's is left."""
    head = named.key
    fitting = [user for user in known if f"_{head}".endswith(f"_{user}")]
    user = max(fitting, key=len, default=head.rpartition("_")[2])
    return Named(user, file=named.file, time=named.time, kind=named.kind)


def _folder(path: str) -> Named | None:
    """Read a path of another origin: the first folder's name, or what stands before a mark."""
    first, _, rest = path.partition("/")
    if rest:
        return Named(first, file=rest)
    key, _, rest = first.partition("_")
    if not rest and not can_hold_notebook(first):
        return None
    return Named(key if rest else PurePosixPath(first).stem.removesuffix(".tar"), file=first)


def can_hold_notebook(name: str) -> bool:
    """Say whether a file with this name is a notebook, or may have one in it."""
    return name.lower().endswith(".ipynb") or is_archive(name)


def handed_in_again(name: str) -> tuple[str, int]:
    """Return a file's name as it was the first time, and how many files of it came before.

    >>> handed_in_again("answers-2.ipynb"), handed_in_again("answers.ipynb")
    (('answers.ipynb', 2), ('answers.ipynb', 0))
    """
    found = AGAIN.fullmatch(name)
    return (found["stem"] + found["ending"], int(found["count"])) if found else (name, 0)


def respelled(name: str) -> str:
    r"""Return a name from a zip that does not say how it is written, and was read as DOS wrote it.

    macOS writes UTF-8 and does not say so; Windows writes either DOS's letters or its own. Accents
    come out composed.

    >>> respelled("Mu\u0308ller".encode().decode("cp437")), respelled("Müller")
    ('Müller', 'Müller')
    >>> respelled("Müller".encode("cp1252").decode("cp437"))
    'Müller'
    """
    try:
        raw = name.encode("cp437")
        name = raw.decode()
    except UnicodeEncodeError:  # it is read already
        pass
    except UnicodeDecodeError:
        if not all(map(_is_latin, name)):
            name = raw.decode("cp1252", errors="replace")
    return unicodedata.normalize("NFC", name)


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN ")


def user_of_text(text: str) -> str:
    r"""Return the name of the user that Blackboard's text beside an attempt begins with.

    >>> user_of_text("Name: Zoë M (jr.) (zoe_1)\nAssignment: 1\n")
    'zoe_1'
    """
    first = text.lstrip("\ufeff").partition("\n")[0].strip()
    found = re.fullmatch(r"Name: .*\(([^()]+)\)", first)
    return found[1] if found else ""


def bears(display: str, name: str) -> bool:
    """Say whether the name in a file's name can be this person's: they have a word in common.

    >>> bears("müllerzoe", "Zoë Müller"), bears("Team 3", "Zoë Müller"), bears("", "Zoë Müller")
    (True, False, True)
    """
    shown = letters(display)
    words = [word for part in name.split() if len(word := letters(part)) > 1]
    return not shown or not words or any(word in shown for word in words)


def letters(text: str) -> str:
    """Return letters and digits only, small, without accents.

    >>> letters("Müller, jr.")
    'mullerjr'
    """
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in text if letter.isalnum())
