"""Pages of feedback as a zip that a platform takes, and knows the students of by the names in it.

Moodle's *Upload multiple feedback files in a zip* reads a participant's number from a folder or
file called ``Name_4711_assignsubmission_file_``, as in its own download, and passes over anything
else [1]_. Canvas's *Upload Submissions* takes the first two numbers of a name for those of the
student and of the file that was handed in, and attaches the page to a comment. It shows the page
under the name of the file that was handed in, and takes no name whose last part begins with "link"
[2]_. Blackboard takes one file at a time, by hand [3]_: for it each page is called by the user's
name.

References
----------
.. [1] https://docs.moodle.org/en/Assignment_settings, Feedback files.
.. [2] Canvas Instructor Guide, How do I upload all student submissions for an assignment?
.. [3] Blackboard Help, Grade Assignments; Work Offline with Grade Data.
"""

from __future__ import annotations

import os
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.platforms.names import read_name

MAX_BYTES = 200_000_000  # of a page
LONGEST = 100  # characters of a student's name
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same zip, whenever it is made
MOODLE = re.compile(r"(?:^|/)(?P<own>[^_/]*_\d+_assignsubmission_file)(?P<rest>_?/|_)")


def page_name(platform: str, slug: str, downloaded: str, key: str = "", name: str = "") -> str:
    """Return what a student's page is called in the zip; empty if the platform would not know it.

    Parameters
    ----------
    platform : str
        ``"moodle"`` or ``"canvas"``.
    slug : str
        The assignment.
    downloaded : str
        A file of the student's, with folders, as the platform named it in its download.
    key, name : str
        What the platform calls the student, and the student's name, where nothing was downloaded.

    Examples
    --------
    >>> page_name("moodle", "lstm", "Participant_4711_assignsubmission_file/answers.ipynb")
    'Participant_4711_assignsubmission_file/lstm.html'
    >>> page_name("moodle", "lstm", "", "4712", "Zoë M_")
    'Zoë M_4712_assignsubmission_file_/lstm.html'
    >>> page_name("canvas", "lstm", "doejane_LATE_71_9001_answers-1.ipynb")
    'doejane_LATE_71_9001_feedback-lstm.html'
    >>> page_name("canvas", "lstm", "doe_70_71_9001_answers.ipynb", "71")
    '71_9001_feedback-lstm.html'
    """
    downloaded = unicodedata.normalize("NFC", downloaded)
    if platform == "canvas":  # a page belongs to a file, so one who came otherwise can get none
        return _canvas(slug, downloaded, key)
    if found := MOODLE.search(downloaded):
        return f"{_clean(found['own'])}{found['rest']}{slug}.html"
    if not key.isdecimal():
        return ""
    who = _clean(name.replace("_", " ").replace("/", " ").strip())[:LONGEST].strip()
    return f"{who or 'Participant'}_{key}_assignsubmission_file_/{slug}.html"


def _canvas(slug: str, downloaded: str, key: str) -> str:
    """Return a page's name for Canvas, in which no number stands before the student's."""
    named = read_name("canvas", downloaded, {key: ""} if key else None)
    if not named or not named.order:
        return ""
    has_number = any(part.isdecimal() for part in named.name.split("_"))
    parts = ["" if has_number else _clean(named.name), "LATE" if named.late else "", named.key]
    return "_".join([*filter(None, parts), str(named.order), f"feedback-{slug}.html"])


def own_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names, by student, that are nobody else's, and are no hidden file's.

    Moodle passes over names that begin with a dot or a tilde, and Windows knows no capitals.
    """
    count = Counter(name.casefold() for name in names.values())
    return {
        student: name
        for student, name in names.items()
        if name and count[name.casefold()] == 1 and name[0] not in ".~"
    }


def write_zip(path: Path, pages: Mapping[str, Path]) -> None:
    """Write pages into a zip, in one step, in place of the one that is there.

    Parameters
    ----------
    path : Path
    pages : dict of str to Path
        For each name in the zip, the page.
    """
    draft = path.with_name(f"{path.name}.draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, read_regular(page, MAX_BYTES))
    os.replace(draft, path)


def _clean(name: str) -> str:
    r"""Return a part of a name that any system can unpack; the platform reads the numbers only."""
    return re.sub(r'[\\:*?"<>|]', "-", "".join(c if c.isprintable() else "-" for c in name))
