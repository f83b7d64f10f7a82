"""What one command did, or would do, to the grades of a class."""

from __future__ import annotations

from dataclasses import dataclass, field

from course_utils.grading.batch.changes import Change
from course_utils.grading.batch.records import Record

MOST_COMMANDS = 2  # that run a test which comes to no verdict, until something changes


@dataclass
class Summary:
    """What `course grade` did.

    Attributes
    ----------
    dry : bool
        Whether nothing was to be written.
    graded, unchanged : list of str
        Students whose grades were written; whose grades were up to date.
    ran : list of str
        Those whose notebooks were run.
    changes : dict of str to Change
        What became, or would become, of the grades that are not up to date.
    held : list of str
        Those whose grade would fall for a reason of the course's, and was left as it was.
    flagged : dict of str to str
        Students for whom something failed, twice, that was not theirs, and what.
    broken : dict of str to list of str
        Tests whose own code is at fault, each with what it says, and the students who got no
        points for it.
    dropped, unlisted : list of str
        Who handed in and was not graded: who has left the class, and who is not on its list.
    tiers : set of str
        How the code was isolated of those who were graded.
    seconds : float
    """

    dry: bool = False
    graded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    changes: dict[str, Change] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    flagged: dict[str, str] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    tiers: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing for a person to look at."""
        return not (self.flagged or self.broken or self.held or self.unlisted)

    def flag(self, student: str, why: str) -> None:
        """Name a student, and why a person should look."""
        before = self.flagged.get(student)
        self.flagged[student] = f"{before}; {why}" if before else why

    def add_doubts(self, student: str, record: Record) -> None:
        """Add what a person should know of a student's record."""
        if record.faults:
            again = "; `--force` runs it again" if record.tries >= MOST_COMMANDS else ""
            self.flag(student, f"no verdict came of {', '.join(record.faults)}{again}")
        for name, says in record.broken.items():
            self.broken.setdefault(f"{name}: {says}", []).append(student)
