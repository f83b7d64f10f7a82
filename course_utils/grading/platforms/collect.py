"""Collect what was handed in on a platform: whose it is, when it came, and which attempt counts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from course_utils.errors import CourseError, did_you_mean
from course_utils.exercises.catalog import topics
from course_utils.grading.intake.archives import Say, is_archive
from course_utils.grading.intake.roster import (
    DROPPED,
    LISTED,
    UNLISTED,
    Roster,
    read_roster,
    write_roster,
)
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.intake.times import TIMESTAMP, read_times, record_times
from course_utils.grading.note import quoted
from course_utils.grading.platforms.attempts import (
    BEST,
    Attempt,
    Incoming,
    Kept,
    counting,
    is_late,
    time_text,
)
from course_utils.grading.platforms.best import best_scores
from course_utils.grading.platforms.class_list import Merged, Whose, merge, whose
from course_utils.grading.platforms.downloads import Given, given_files
from course_utils.grading.platforms.due import Due, in_utc, read_due, sheet_time, zone
from course_utils.grading.platforms.names import (
    TEXT,
    Named,
    handed_in_again,
    read_name,
    user_of_text,
)
from course_utils.grading.platforms.sheets import entries, read_sheet

TEXT_BYTES = 1_000_000
TITLES = {"moodle": "Moodle", "canvas": "Canvas", "blackboard": "Blackboard", "folder": "a folder"}
Pair = tuple[Given, Named]


@dataclass
class Collected:
    """What came of collecting.

    Attributes
    ----------
    slug, platform, rule : str
    roster : Roster or None
        The list of the class.
    attempts : dict of str to list of Attempt
        Of everybody in the downloads.
    new : int
        How many attempts were not there before.
    late : dict of str to str
        Of whom the attempt that counts was late, and what is known of the time.
    untimed : int
        For how many the platform says that they were late, and not when they handed in.
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
    new: int = 0
    late: dict[str, str] = field(default_factory=dict)
    untimed: int = 0
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
        Told each student one of whose attempts was graded, for the rule "best".

    Raises
    ------
    CourseError
        If there is no such assignment, nothing in the downloads is named as the platform names
        files, or the sheet or the list cannot be read.
    """
    _require_assignment(course, root, slug)
    place = zone(clock)
    found = Collected(slug, platform, rule, read_roster(root))
    sheet = entries(read_sheet(roster, platform), platform) if roster else None
    if sheet is not None:
        found.merged = merge(found.roster, sheet, platform)
    with tempfile.TemporaryDirectory(prefix="collect-") as scratch:
        say = found.left_out.append
        pairs = _named(given_files(downloads, Path(scratch), say), platform, found, say)
        due = read_due(course, root, slug)
        if found.merged:
            write_roster(root, found.merged.people)
            found.roster = read_roster(root)
        kept = Kept(root, slug)
        owner = whose(
            platform, found.roster, found.merged, _earlier(kept, platform), [n for _, n in pairs]
        )
        incoming = _incoming(pairs, owner, found.merged, place, slug, say)
        _keep(root, slug, kept, incoming, found)
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


def _named(given: list[Given], platform: str, found: Collected, say: Say) -> list[Pair]:
    """Read the names of the files in the downloads."""
    known = _users(given, found) if platform == "blackboard" else set()
    pairs = []
    for one in given:
        if PurePosixPath(one.name).name == TIMESTAMP:
            continue  # its student may have written it
        named = read_name(platform, one.name, known)
        if named:
            pairs.append((one, named))
        else:
            say(f"{quoted(one.name)} is not named as {TITLES[platform]} names files")
    if not pairs:
        first = f", the first of them {quoted(given[0].name)}" if given else ""
        raise CourseError(
            f"nothing in the downloads is named as {TITLES[platform]} names what was handed in: "
            f"there are {len(given)} files{first}; is it another platform's? then name that with "
            "--from"
        )
    if platform == "folder":
        pairs = _below_one_folder(pairs)
    return pairs


def _users(given: list[Given], found: Collected) -> set[str]:
    """Return the names of Blackboard's users that lists know, and texts beside files."""
    known = set(found.roster.people) if found.roster else set()
    people = found.roster.people.values() if found.roster else ()
    known |= {person.keys["blackboard"] for person in people if "blackboard" in person.keys}
    known |= set(found.merged.keys) if found.merged else set()
    for one in given:
        named = read_name("blackboard", one.name)
        if named and named.kind == TEXT:
            data = read_regular(one.path, TEXT_BYTES) if _is_small(one.path) else b""
            known.add(user_of_text(data.decode("utf-8", errors="replace")))
    return known - {""}


def _is_small(path: Path) -> bool:
    return path.stat().st_size <= TEXT_BYTES


def _below_one_folder(pairs: list[Pair]) -> list[Pair]:
    """Leave out a folder around the folders of all students."""
    tops = {PurePosixPath(given.name).parts[0] for given, _ in pairs}
    deep = [len(PurePosixPath(given.name).parts) > 2 for given, _ in pairs]
    if len(tops) > 1 or not all(deep):
        return pairs
    inner = [given.name.partition("/")[2] for given, _ in pairs]
    if len({name.partition("/")[0] for name in inner}) < 2:
        return pairs  # one student's folders
    read = [
        (given, read_name("folder", name)) for (given, _), name in zip(pairs, inner, strict=True)
    ]
    return [(given, named) for given, named in read if named]


def _earlier(kept: Kept, platform: str) -> dict[str, str]:
    """Return ids by what the platform called students when this assignment was collected before."""
    found = {}
    if kept.platform == platform and platform in ("moodle", "canvas"):
        for student, attempts in kept.of.items():
            for one in attempts:
                named = read_name(platform, one.file) if one.file else None
                if named and named.key:
                    found[named.key] = student
    return found


def _incoming(
    pairs: list[Pair],
    owner: Whose,
    merged: Merged | None,
    place: ZoneInfo,
    slug: str,
    say: Say,
) -> list[Incoming]:
    """Put the files of each attempt together, in the order of time."""
    found: dict[tuple[str, str, str], Incoming] = {}
    texts: dict[tuple[str, str, str], Pair] = {}
    refused: set[tuple[str, str]] = set()
    turns = _turns(pairs)
    for given, named in pairs:
        student, why = owner.student(named)
        if why:
            if (given.archive, named.key + named.name) not in refused:
                say(f"{quoted(given.name)}: {why}")
            refused.add((given.archive, named.key + named.name))
            continue
        time = in_utc(named.time, place) if named.time else None
        if merged and not time and (local := sheet_time(merged.times.get(named.key, ""))):
            time = in_utc(local, place)
        turn = str(named.time or "") if named.time else str(turns.get((given, named), ""))
        which = (student, given.stamp, turn)
        if named.kind == TEXT:
            texts[which] = (given, named)
            continue
        entry = Attempt(
            student, archive=given.archive, file=given.name, time=time_text(time),
            late=named.late, order=named.order, stamp=given.stamp,
        )  # fmt: skip
        one = found.setdefault(which, Incoming(entry))
        if named.file in one.files:
            say(f"{quoted(given.name)} is left out, because there are two of this name")
            continue
        if named.order > one.entry.order or _is_notebook(given.name, one.entry.file, slug):
            one.entry = entry
        one.files[named.file] = given.path
    for which in texts.keys() - found.keys():
        given, _ = texts[which]
        say(f"{quoted(given.name)}: {which[0]} typed something into the platform, and gave no file")
    for one in found.values():
        if not any(_can_hold_notebook(name) for name in one.files):
            names = ", ".join(map(quoted, sorted(one.files)[:3]))
            say(f"{one.entry.student} handed in no notebook, but {names}: ask for one")
    return sorted(found.values(), key=lambda one: (one.entry.when or datetime.min, one.entry.order))


def _is_notebook(name: str, before: str, slug: str) -> bool:
    """Say whether a file rather than another one stands for its attempt."""
    return name.endswith(f"{slug}.ipynb") and not before.endswith(f"{slug}.ipynb")


def _can_hold_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb") or is_archive(name)


def _turns(pairs: list[Pair]) -> dict[Pair, int]:
    """Say of Canvas's files with a number behind their names to which attempt they belong.

    Of files that have one name but for that number each is an attempt; all others are the last's.
    """
    groups: dict[tuple[str, str, str], list[Pair]] = {}
    for given, named in pairs:
        if named.order:
            first = handed_in_again(named.file)[0]
            groups.setdefault((given.stamp, named.key, first), []).append((given, named))
    most: dict[tuple[str, str], int] = {}
    for (stamp, key, _), group in groups.items():
        most[stamp, key] = max(most.get((stamp, key), 0), len(group))
    found = {}
    for (stamp, key, _), group in groups.items():
        group.sort(key=lambda pair: (pair[1].again, pair[1].order))
        for back, pair in enumerate(reversed(group)):
            found[pair] = most[stamp, key] - back
    return found


def _keep(root: Path, slug: str, kept: Kept, incoming: list[Incoming], found: Collected) -> None:
    """Keep the attempts, those that were in ``submitted`` before first."""
    kept.platform, kept.rule = found.platform, found.rule
    recorded = read_times(root, slug).recorded
    students = dict.fromkeys(one.entry.student for one in incoming)
    for student in {**students, **kept.of}:
        kept.rescue(student, recorded.get(student, ""))
    for one in incoming:
        found.new += kept.add(one)
        kept.save()
    found.attempts = {student: kept.of[student] for student in students}


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
    for student in sorted(kept.of):
        number = counting(kept.of[student], found.rule, due.of(student), score)
        kept.choose(student, number, _of_student(student, number, found.left_out.append))
        chosen = kept.of[student][number - 1]
        if chosen.when or recorded.get(student, "") in {one.time for one in kept.of[student]} - {
            ""
        }:
            times[student] = chosen.when
        if student in found.attempts and is_late(chosen, due.of(student)):
            found.late[student] = chosen.time or f"{TITLES[found.platform]} says so"
            found.untimed += not chosen.time
        kept.save()
    record_times(root, slug, times)
    found.attempts = {student: kept.of[student] for student in found.attempts}


def _of_student(student: str, number: int, say: Say) -> Say:
    return lambda what: say(f"{student}, attempt {number}: {what}")
