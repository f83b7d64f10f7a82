"""What came of collecting, in numbers and names."""

from __future__ import annotations

from dataclasses import dataclass, field

from course_utils.grading.intake.roster import DROPPED, LISTED, UNLISTED, Roster
from course_utils.grading.platforms.attempts import Attempt
from course_utils.grading.platforms.class_list import Merged

TITLES = {"moodle": "Moodle", "canvas": "Canvas", "blackboard": "Blackboard", "folder": "a folder"}


@dataclass
class Collected:
    """What came of collecting.

    Attributes
    ----------
    slug, platform, rule : str
    roster : Roster or None
        The list of the class.
    attempts : dict of str to list of Attempt
        All that are kept, by student.
    given, new : int
        How many attempts are in the downloads, and how many of these were not kept before.
    late : list of str
        Of whom the attempt that counts was late.
    untimed : list of str
        Of whom it is not known when they handed that in.
    late_there, late_here : list of str
        Of whom it was late by the platform, and by the due date it was not; the other way round.
    unread : list of str
        Times in the sheet that cannot be read.
    by_name : list of str
        Who was known by the name only.
    left_out : list of str
        What was left out, and why.
    merged : Merged or None
        What came of the sheet, if there was one.
    """

    slug: str
    platform: str
    rule: str
    roster: Roster | None = None
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    given: int = 0
    new: int = 0
    late: list[str] = field(default_factory=list)
    untimed: list[str] = field(default_factory=list)
    late_there: list[str] = field(default_factory=list)
    late_here: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    by_name: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    merged: Merged | None = None

    def with_status(self, status: str) -> list[str]:
        """Return who handed in and is on the list, dropped, or not on the list."""
        if self.roster is None:
            return sorted(self.attempts) if status == LISTED else []
        return sorted(name for name in self.attempts if self.roster.status(name) == status)

    @property
    def missing(self) -> list[str]:
        """Who is on the list and handed nothing in."""
        return (
            [name for name in self.roster.present if name not in self.attempts]
            if self.roster
            else []
        )

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing to look at."""
        unnamed = self.merged.unnamed if self.merged else []
        others = self.with_status(UNLISTED) + self.with_status(DROPPED)
        return not (self.left_out or unnamed or others)
