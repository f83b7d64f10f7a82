"""Whom to grade: who handed in, is on the list of the class if there is one, and was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.grading.batch.gradebook import Book
from course_utils.grading.batch.summary import Summary
from course_utils.grading.intake.roster import DROPPED, FILE, UNLISTED, Roster
from course_utils.grading.intake.submissions import Submissions, normal
from course_utils.grading.note import listed


def chosen(
    book: Book, roster: Roster | None, students: Sequence[str], summary: Summary
) -> dict[str, Path]:
    """Return the folders of those to grade, and note in the summary who is left out.

    That is a name that is nobody's or cannot be read, and unless students are asked for, who has
    left the class or is not on its list.

    Parameters
    ----------
    book : Book
    roster : Roster, optional
        The list of the class.
    students : sequence of str
        Who is asked for; everybody if it is empty.
    summary : Summary

    Raises
    ------
    CourseError
        If somebody who is asked for handed nothing in or has left the class, or nobody handed in.
    """
    there = book.submissions()
    asked = [name if name in there.refused else normal(name) for name in students]
    _require(book, roster, asked, there)
    for name in set(asked or there.refused) & there.refused.keys():
        summary.flagged[name] = there.refused[name]
    if asked:
        return {name: there.folders[name] for name in asked if name in there.folders}
    if roster is None:
        return there.folders
    status = {name: roster.status(name) for name in there.folders}
    summary.dropped = [name for name in status if status[name] == DROPPED]
    summary.unlisted = [name for name in status if status[name] == UNLISTED]
    left_out = {*summary.dropped, *summary.unlisted}
    return {name: folder for name, folder in there.folders.items() if name not in left_out}


def _require(book: Book, roster: Roster | None, asked: list[str], there: Submissions) -> None:
    if missing := sorted(set(asked) - there.folders.keys() - there.refused.keys()):
        raise CourseError(
            f"{listed(missing)} handed nothing in: there is no "
            f"{book.folder('submitted', missing[0])}"
        )
    if not there.folders and not there.refused:
        raise CourseError(
            f"nobody handed {book.slug} in: submissions belong in "
            f"{book.folder('submitted', '<student>')}"
        )
    if gone := [name for name in asked if roster and roster.status(name) == DROPPED]:
        raise CourseError(
            f"{listed(gone)} is dropped in {FILE}, and so is not graded: take the mark out there"
        )
