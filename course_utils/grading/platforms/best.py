"""Grade all attempts of those who have several, in a class of its own that is thrown away."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from course_utils.cores import cores
from course_utils.errors import CourseError
from course_utils.grading.intake.archives import Say
from course_utils.grading.intake.times import record_times
from course_utils.grading.platforms.attempts import Attempt, Kept, lay_out
from course_utils.grading.report.results import SQLITE, gradebook_address, results

Scores = dict[tuple[str, int], float]


def best_scores(
    course: Path,
    root: Path,
    slug: str,
    kept: Kept,
    say: Say,
    advance: Callable[[str], None] = lambda _: None,
) -> Scores:
    """Grade the attempts of those who have several, as `course grade` would.

    A score is what is left of it when the penalty for late work is taken off. Nothing of the class
    is changed.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug : str
    kept : Kept
    say : callable
        Told which attempt could not be graded, and why.
    advance : callable
        Told each student who is done.

    Returns
    -------
    dict of (str, int) to float
        By student and attempt. What could not be graded has 0.

    Raises
    ------
    CourseError
        If there is no gradebook for the assignment, or it is a server's.
    """
    several = {student: found for student, found in kept.of.items() if len(found) > 1}
    if not several:
        return {}
    address = gradebook_address(course, root)
    file = Path(address.removeprefix(SQLITE))
    if not address.startswith(SQLITE):
        raise CourseError("--attempt best needs a gradebook in a file: use --attempt last")
    if not file.is_file():
        raise CourseError(
            f"--attempt best grades, and there is no gradebook for {slug!r} yet: run "
            f"`nbgrader generate_assignment {slug}` first"
        )
    found: Scores = {}
    for number in range(1, max(map(len, several.values())) + 1):
        turn = {
            student: attempts[number - 1]
            for student, attempts in several.items()
            if len(attempts) >= number
        }
        scores = _grade(course, root, slug, kept, turn, file, say, advance)
        found |= {(student, number): scores.get(student, 0.0) for student in turn}
    return found


def _grade(
    course: Path,
    root: Path,
    slug: str,
    kept: Kept,
    turn: Mapping[str, Attempt],
    gradebook: Path,
    say: Say,
    advance: Callable[[str], None],
) -> dict[str, float]:
    """Grade one attempt of each student, under the student's own id."""
    from nbgrader.api import Gradebook

    from course_utils.grading.batch.grade import Batch

    with tempfile.TemporaryDirectory(prefix="attempts-") as name:
        scratch = Path(name).resolve()
        shutil.copytree(root / "exercises" / slug, scratch / "exercises" / slug)
        if (root / "deadlines").is_dir():
            shutil.copytree(root / "deadlines", scratch / "deadlines")
        shutil.copy2(gradebook, scratch / "gradebook.db")
        address = f"{SQLITE}{scratch / 'gradebook.db'}"
        with Gradebook(address) as book:
            for submission in book.assignment_submissions(slug):
                book.remove_submission(slug, submission.student.id)
        for student, one in turn.items():
            lay_out(
                kept.folder(student) / str(one.attempt),
                scratch / "submitted" / student / slug,
                slug,
                lambda _: None,
            )
        record_times(scratch, slug, {student: one.when for student, one in turn.items()})
        batch = Batch(course, scratch, slug, settings=[f"--CourseDirectory.db_url={address}"])
        summary = batch.grade(jobs=cores(), advance=advance)
        for student, why in summary.flagged.items():
            say(f"attempt {turn[student].attempt} of {student} was taken to be worth 0: {why}")
        graded = results(scratch, slug, address) if summary.graded else []
        return {result.student: result.grade for result in graded}
