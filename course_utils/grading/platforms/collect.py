"""Collect what was handed in on a platform: whose it is, when it came, and which attempt counts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import topics
from course_utils.grading.intake.archives import Say
from course_utils.grading.intake.deadlines import in_utc
from course_utils.grading.intake.roster import read_roster, write_roster
from course_utils.grading.intake.times import read_times, record_times
from course_utils.grading.note import quoted
from course_utils.grading.platforms.attempts import (
    BEST,
    Attempt,
    Incoming,
    Kept,
    counting,
    is_late,
)
from course_utils.grading.platforms.best import best_scores
from course_utils.grading.platforms.class_list import OWN_KEYS, Merged, Whose, merge, whose
from course_utils.grading.platforms.collected import Collected
from course_utils.grading.platforms.downloads import given_files
from course_utils.grading.platforms.due import Due, read_due, sheet_time
from course_utils.grading.platforms.incoming import attempts_in, known_students, named_files
from course_utils.grading.platforms.names import read_name
from course_utils.grading.platforms.sheets import entries, read_sheet


def collect(
    course: Path,
    root: Path,
    slug: str,
    platform: str,
    downloads: Sequence[Path],
    *,
    roster: Path | None = None,
    rule: str = "last",
    clock: str = "UTC",
    advance: Callable[[str], None] = lambda _: None,
) -> Collected:
    """Put what was handed in on a platform where it is graded, and keep every attempt.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug : str
    platform : str
        One of `names.PLATFORMS`.
    downloads : sequence of Path
        Archives, folders into which one was unpacked, or single files.
    roster : Path, optional
        The platform's sheet, or another list, to merge into the list of the class.
    rule : str
        Which attempt counts, one of `attempts.RULES`.
    clock : str
        The time zone of the platform's clock.
    advance : callable
        Told each student one of whose attempts is kept, or graded for the rule "best".

    Raises
    ------
    CourseError
        If there is no such assignment, nothing in the downloads is named as the platform names
        files, or the sheet or the list cannot be read.
    """
    _require_assignment(course, root, slug)
    in_utc(datetime(2026, 1, 1), clock)  # there is such a zone
    found = Collected(slug, platform, rule, read_roster(root))
    sheet = entries(read_sheet(roster, platform), platform) if roster else None
    if sheet is not None:
        found.merged = merge(found.roster, sheet, platform)
        texts = dict.fromkeys(entry.time for entry in sheet)
        found.unread = [text for text in texts if text not in ("", "-") and not sheet_time(text)]
    known = known_students(platform, found)
    with tempfile.TemporaryDirectory(prefix="collect-") as scratch:
        say = found.left_out.append
        pairs = named_files(given_files(downloads, Path(scratch), say), platform, known, say)
        due = read_due(course, root, slug)
        if found.merged:
            write_roster(root, found.merged.people)
            found.roster = read_roster(root)
        kept = Kept(root, slug)
        owner = whose(
            platform,
            found.roster,
            found.merged,
            _earlier(kept, platform, known),
            [named for _, named in pairs],
        )
        incoming = attempts_in(pairs, owner, found, due, clock)
        _keep(root, kept, incoming, owner, known, found, advance)
    if rule == BEST:
        scores = best_scores(course, root, slug, kept, say, advance)
        _choose(root, slug, kept, found, due, lambda one: scores.get((one.student, one.attempt), 0))
    else:
        _choose(root, slug, kept, found, due)
    return found


def _require_assignment(course: Path, root: Path, slug: str) -> None:
    """Raise if nothing of the name was ever written or released."""
    tops = [top / kind for top in (course, root) for kind in ("solutions", "exercises")]
    names = {path.name for top in tops for path in top.glob("*/")}
    if slug not in names:
        raise CourseError(
            f"there is no assignment {quoted(slug)}: {did_you_mean(slug, names | {*topics()})}"
        )


def _earlier(kept: Kept, platform: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return ids by what the platform called students when this assignment was collected before."""
    found = {}
    if kept.platform == platform and platform in ("moodle", "canvas"):
        for student, attempts in kept.of.items():
            for one in attempts:
                named = read_name(platform, one.file, known) if one.file else None
                if named and named.key:
                    found[named.key] = student
    return found


def _keep(
    root: Path,
    kept: Kept,
    incoming: list[Incoming],
    owner: Whose,
    known: Mapping[str, str],
    found: Collected,
    advance: Callable[[str], None],
) -> None:
    """Keep the attempts, those that were in ``submitted`` before first."""
    kept.platform, kept.rule = found.platform, found.rule
    moved = [student for student in [*kept.of] if _move(student, kept, owner, known)]
    record_times(root, found.slug, dict.fromkeys(moved))
    recorded = read_times(root, found.slug).recorded
    for student in {**kept.of, **dict.fromkeys(one.entry.student for one in incoming)}:
        kept.rescue(student, recorded.get(student, ""))
    found.given = len(incoming)
    with kept.saved():
        for one in incoming:
            found.new += kept.add(one)
            advance(one.entry.student)


def _move(student: str, kept: Kept, owner: Whose, known: Mapping[str, str]) -> bool:
    """Move what was collected when the list did not know yet who somebody is; say if it was."""
    if student in owner.people or owner.platform in OWN_KEYS:
        return False
    for one in kept.of[student]:
        named = read_name(owner.platform, one.file, known) if one.file else None
        name = owner.student(named)[0] if named else ""
        if name and name != student:
            return kept.rename(student, name)
    return False


def _choose(
    root: Path,
    slug: str,
    kept: Kept,
    found: Collected,
    due: Due,
    score: Callable[[Attempt], float] = lambda _: 0.0,
) -> None:
    """Put the attempts that count where they are graded, with their times."""
    times: dict[str, datetime | None] = {}
    recorded = read_times(root, slug).recorded
    merged = found.merged or Merged([])
    in_time = {merged.keys[key] for key, row in merged.rows.items() if row.late is False}
    with kept.saved():
        for student in sorted(kept.of):
            date = due.of(student)
            number = counting(kept.of[student], found.rule, date, score)
            kept.choose(student, number, _of_student(student, number, found.left_out.append))
            chosen = kept.of[student][number - 1]
            own = {one.time for one in kept.of[student]} - {""}
            by_hand = recorded.get(student, "") not in {*own, ""}
            if chosen.when or not by_hand:
                times[student] = chosen.when
            late = is_late(chosen, date)
            found.late += [student] if late else []
            found.untimed += [] if chosen.time or by_hand else [student]
            if date and chosen.late and not late and student not in due.own:
                found.late_there.append(student)
            if chosen.when and late and student in in_time:
                found.late_here.append(student)
    record_times(root, slug, times)
    found.attempts = kept.of


def _of_student(student: str, number: int, say: Say) -> Say:
    return lambda what: say(f"{student}, attempt {number}: {what}")
