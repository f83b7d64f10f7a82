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
from course_utils.grading.intake.archives import Say
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
from course_utils.grading.platforms.class_list import GROUP, OWN_KEYS, Merged, Whose, merge, whose
from course_utils.grading.platforms.downloads import Given, given_files
from course_utils.grading.platforms.due import Due, in_utc, read_due, sheet_time, zone
from course_utils.grading.platforms.names import (
    TEXT,
    Named,
    bears,
    can_hold_notebook,
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
        All that are kept, by student.
    given, new : int
        How many attempts are in the downloads, and how many of these were not kept before.
    late : list of str
        Of whom the attempt that counts was late.
    untimed : list of str
        Of whom it is not known when they handed that in.
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
        incoming = _incoming(pairs, owner, found, place)
        _keep(root, kept, incoming, owner, found, advance)
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


def _incoming(pairs: list[Pair], owner: Whose, found: Collected, place: ZoneInfo) -> list[Incoming]:
    """Put the files of each attempt together, in the order of time."""
    say = found.left_out.append
    attempts: dict[tuple[str, str, str], Incoming] = {}
    typed: dict[tuple[str, str, str], str] = {}
    known: dict[tuple[str, str], tuple[str, str]] = {}
    turns = _turns(pairs)
    for given, named in pairs:
        who = (named.key, named.name)
        if who not in known:
            known[who] = owner.student(named)
            _say_who(given, named, known[who], owner, found)
        student, why = known[who]
        if why:
            continue
        turn = str(named.time) if named.time else str(turns.get((given, named), 0))
        which = (student, given.stamp, turn)
        if named.kind == TEXT:
            typed[which] = given.name
            continue
        entry = _entry(given, named, student, found.merged, place)
        one = attempts.setdefault(which, Incoming(entry, by_sheet=not named.time))
        if named.file in one.files:
            say(f"{quoted(given.name)} is left out, because there are two of this name")
            continue
        if _is_notebook(given.name, one.entry.file, found.slug):
            one.entry = entry
        one.files[named.file] = given.path
    for which, name in typed.items():
        if which not in attempts:
            say(f"{quoted(name)}: {which[0]} typed something into the platform, and gave no file")
    for one in attempts.values():
        if not any(map(can_hold_notebook, one.files)):
            names = ", ".join(map(quoted, sorted(one.files)[:3]))
            say(f"{one.entry.student} handed in no notebook, but {names}: ask for one")
    return sorted(
        attempts.values(), key=lambda one: (one.entry.when or datetime.min, one.entry.order)
    )


def _say_who(
    given: Given, named: Named, answer: tuple[str, str], owner: Whose, found: Collected
) -> None:
    """Tell what is not certain of whose a file is."""
    student, why = answer
    if why:
        found.left_out.append(f"{quoted(given.name)}: {why}")
    elif owner.by_name(named):
        found.by_name.append(student)
    elif found.platform == "canvas" and student in owner.people:
        name = owner.people[student].name
        if not bears(named.name, name):
            found.left_out.append(
                f"{student}, {name}, is {quoted(named.name)} there, and has it: {GROUP}"
            )


def _entry(
    given: Given, named: Named, student: str, merged: Merged | None, place: ZoneInfo
) -> Attempt:
    """Say what is known of the attempt that a file is of."""
    time = named.time
    if merged and not time:
        time = sheet_time(merged.times.get(named.key, ""))
    return Attempt(
        student, archive=given.archive, file=given.name, late=named.late, order=named.order,
        time=time_text(in_utc(time, place) if time else None), stamp=given.stamp,
    )  # fmt: skip


def _is_notebook(name: str, before: str, slug: str) -> bool:
    """Say whether a file rather than another one stands for its attempt."""
    return name.endswith(f"{slug}.ipynb") and not before.endswith(f"{slug}.ipynb")


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


def _keep(
    root: Path,
    kept: Kept,
    incoming: list[Incoming],
    owner: Whose,
    found: Collected,
    advance: Callable[[str], None],
) -> None:
    """Keep the attempts, those that were in ``submitted`` before first."""
    kept.platform, kept.rule = found.platform, found.rule
    moved = [student for student in [*kept.of] if _move(student, kept, owner)]
    record_times(root, found.slug, dict.fromkeys(moved))
    recorded = read_times(root, found.slug).recorded
    for student in {**kept.of, **dict.fromkeys(one.entry.student for one in incoming)}:
        kept.rescue(student, recorded.get(student, ""))
    found.given = len(incoming)
    with kept.saved():
        for one in incoming:
            found.new += kept.add(one)
            advance(one.entry.student)


def _move(student: str, kept: Kept, owner: Whose) -> bool:
    """Move what was collected when the list did not know yet who somebody is; say if it was."""
    if student in owner.people or owner.platform in OWN_KEYS:
        return False
    for one in kept.of[student]:
        named = read_name(owner.platform, one.file) if one.file else None
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
    with kept.saved():
        for student in sorted(kept.of):
            date = due.of(student)
            number = counting(kept.of[student], found.rule, date, score)
            kept.choose(student, number, _of_student(student, number, found.left_out.append))
            chosen = kept.of[student][number - 1]
            own = {one.time for one in kept.of[student]} - {""}
            if chosen.when or recorded.get(student, "") in own:
                times[student] = chosen.when
            found.late += [student] if is_late(chosen, date) else []
            found.untimed += [] if chosen.time else [student]
    record_times(root, slug, times)
    found.attempts = kept.of


def _of_student(student: str, number: int, say: Say) -> Say:
    return lambda what: say(f"{student}, attempt {number}: {what}")
