"""Who handed in: the one door through which every command sees the folder of submissions.

A student's id is the name of a folder, and a student may have written that name. nbgrader strips
ids where it keeps them, so that `bob` and a folder whose name has a blank more would be one
student. Here an id has one spelling, its normal form. A folder whose name is spelled otherwise
stands for that id only where no other folder does; and a name that no id may have is refused, and
touches nobody.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.note import listed, quoted

LONGEST = 200  # bytes: nbgrader and the records add to it, and a file's name has at most 255
SHOWN = 60  # characters of a path
RENAME = "rename the folder in submitted/"


@dataclass(frozen=True)
class Submissions:
    """What lies in the folder of submissions.

    Attributes
    ----------
    folders : dict of str to Path
        For each student's id, in order, the folder that he handed in.
    refused : dict of str to str
        For each folder's name that is not graded, what to do about it.
    """

    folders: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def handed_in(submitted: Path, slug: str) -> Submissions:
    """Say who handed in an assignment.

    Parameters
    ----------
    submitted : Path
        The folder ``submitted``, with a folder for each student.
    slug : str

    Raises
    ------
    CourseError
        If the folder is there and may not be read.
    """
    found = Submissions()
    names = _names(submitted)
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(normal(name), []).append(name)
    for name in names:
        folder = submitted / name / slug
        try:
            is_one = stat.S_ISDIR(os.stat(folder).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:  # nobody may be left out in silence
            found.refused[name] = unreadable(error, f"{name}/{slug}")
            continue
        if not is_one:
            continue
        why = odd(name) or _doubled(name, spellings[normal(name)])
        if why:
            found.refused[name] = f"{why}: {RENAME}"
        else:
            found.folders[normal(name)] = folder
    return Submissions(dict(sorted(found.folders.items())), dict(sorted(found.refused.items())))


def submitted_folder(submitted: Path, student: str, slug: str) -> Path:
    """Return the folder that one student handed in, however its name is spelled."""
    folder = submitted / student / slug
    return folder if folder.is_dir() else handed_in(submitted, slug).folders.get(student, folder)


def normal(name: str) -> str:
    r"""Return the one spelling of an id: composed, and without what cannot be seen at its ends.

    >>> normal(" bob\u200b\n"), normal("zoe\u0308")
    ('bob', 'zoë')
    """
    start, end = 0, len(name)
    while start < end and _is_blank(name[start]):
        start += 1
    while start < end and _is_blank(name[end - 1]):
        end -= 1
    return unicodedata.normalize("NFC", name[start:end])


def is_padded(name: str) -> bool:
    """Say whether there is something at the ends of a name that cannot be seen."""
    return normal(name) != unicodedata.normalize("NFC", name)


def odd(name: str) -> str:
    """Say why a name can be no student's id, in a sentence without an end; nothing if it can."""
    student = normal(name)
    if not student:
        return "there is nothing in this name to see"
    if any("\ud800" <= letter <= "\udfff" for letter in student):
        return "this name is not UTF-8"
    if max(len(os.fsencode(spelling)) for spelling in (name, student)) > LONGEST:
        return f"an id has at most {LONGEST} bytes"
    if not student.isprintable():
        return "an id has no characters that cannot be seen"
    if student[0] in ".-":
        return "an id does not begin with a dot or a dash"
    if set(student) & set("/\\"):
        return "an id has no / and no \\"
    if set(student) & set("*?["):
        return "nbgrader takes *, ? and [ for a pattern"
    return ""


def unreadable(error: OSError, name: str) -> str:
    """Say what the system refuses, and what to do."""
    where = os.fsdecode(error.filename or name)
    says = error.strerror or str(error)
    gone = isinstance(error, FileNotFoundError)
    mend = "let nobody change it meanwhile" if gone else "give yourself the right to read it"
    return f"{quoted(where[-SHOWN:])} cannot be read ({says}): {mend}"


def _names(submitted: Path) -> list[str]:
    try:
        return sorted(os.listdir(submitted))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CourseError(unreadable(error, str(submitted))) from error


def _doubled(name: str, spellings: list[str]) -> str:
    """Say with what other folder this one would be one student.

    The folder that is named exactly as the id is that student's, whoever made the others: so nobody
    loses a grade by what somebody else has written.
    """
    others = [quoted(other) for other in spellings if other != name]
    if not others or name == normal(name):
        return ""
    return f"it would be one student with {listed(others)}, and is not graded in his place"


def _is_blank(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in ("Cf", "Zl", "Zp", "Zs")
