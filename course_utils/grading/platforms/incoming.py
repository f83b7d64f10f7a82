"""From the files in a download to attempts: whose each is, and what belongs together.

A name that cannot be used is named, and the others are taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from course_utils.errors import CourseError
from course_utils.grading.intake.archives import Say
from course_utils.grading.intake.deadlines import in_utc
from course_utils.grading.intake.salvage import read_regular
from course_utils.grading.intake.times import TIMESTAMP
from course_utils.grading.note import counted, quoted
from course_utils.grading.platforms.attempts import Attempt, Incoming, time_text
from course_utils.grading.platforms.class_list import GROUP, Whose
from course_utils.grading.platforms.collected import TITLES, Collected
from course_utils.grading.platforms.downloads import Given
from course_utils.grading.platforms.due import Due, sheet_time
from course_utils.grading.platforms.names import (
    TEXT,
    Named,
    bears,
    can_hold_notebook,
    handed_in_again,
    read_name,
    user_of_text,
)

TEXT_BYTES = 1_000_000
Pair = tuple[Given, Named]


def named_files(
    given: list[Given], platform: str, known: Mapping[str, str], say: Say
) -> list[Pair]:
    """Read the names of the files in the downloads.

    Parameters
    ----------
    given : list of Given
    platform : str
    known : dict of str to str
        What :func:`known_students` returns.
    say : callable
        Told what is left out, and why.

    Raises
    ------
    CourseError
        If none is named as the platform names files.
    """
    if platform == "blackboard":
        known = {**dict.fromkeys(_users_of_texts(given), ""), **known}
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
            f"there {'is' if len(given) == 1 else 'are'} {counted(len(given), 'file')}{first}; if "
            "another platform named them, say which with --from"
        )
    if platform == "folder":
        pairs = _below_one_folder(pairs)
    return pairs


def known_students(platform: str, found: Collected) -> dict[str, str]:
    """Return names, last names first, by what the platform calls students: the platform's own."""
    people = found.roster.people.values() if found.roster else ()
    known = {
        person.keys.get(platform, person.id): f"{person.last_name}, {person.first_name}"
        for person in people
    }
    if platform == "blackboard":  # some may be known by their ids there
        known |= {person.id: "" for person in people if person.id not in known}
    rows = found.merged.rows if found.merged else {}
    return known | {key: row.name for key, row in rows.items()}


def _users_of_texts(given: list[Given]) -> set[str]:
    """Return the names of Blackboard's users that are in texts beside files."""
    users = set()
    for one in given:
        named = read_name("blackboard", one.name)
        if named and named.kind == TEXT:
            data = read_regular(one.path, TEXT_BYTES) if _is_small(one.path) else b""
            users.add(user_of_text(data.decode("utf-8", errors="replace")))
    return users - {""}


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


def attempts_in(
    pairs: list[Pair], owner: Whose, found: Collected, due: Due, clock: str
) -> list[Incoming]:
    """Put the files of each attempt together, in the order of time.

    What Moodle's sheet says is of the last attempt, which is in the last download.
    """
    say = found.left_out.append
    attempts: dict[tuple[str, str, str], Incoming] = {}
    typed: dict[tuple[str, str, str], str] = {}
    known: dict[Named, tuple[str, str]] = {}
    turns = _turns(pairs)
    for given, named in pairs:
        who = named if named.unclear else Named(named.key, named.name)
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
        entry = _entry(given, named, student, found, due, clock)
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
    if found.platform == "moodle":
        _only_the_last_has_a_time(attempts.values())
    return sorted(
        attempts.values(), key=lambda one: (one.entry.when or datetime.min, one.entry.order)
    )


def _only_the_last_has_a_time(attempts: Collection[Incoming]) -> None:
    """Take what a sheet says away from attempts that are not in a student's last download."""
    last = {one.entry.student: one.entry.stamp for one in attempts}
    for one in attempts:
        if one.entry.stamp != last[one.entry.student]:
            one.entry = replace(one.entry, time="", late=False)


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
        name = owner.name(named.key, student)
        if not bears(named.name, name):
            found.left_out.append(
                f"{student}, {name}, is {quoted(named.name)} there, and has it: {GROUP}"
            )


def _entry(
    given: Given, named: Named, student: str, found: Collected, due: Due, clock: str
) -> Attempt:
    """Say what is known of the attempt that a file is of."""
    row = found.merged.rows.get(named.key) if found.merged else None
    shown = sheet_time(row.time) if row and not named.time else named.time
    late = named.late or bool(row and row.late)
    try:
        time = in_utc(shown, clock) if shown else None
    except CourseError as error:
        found.left_out.append(f"The time of {quoted(given.name)} is not used: {error}")
        time = None
    if time and late:
        time = due.within_minute(student, time)
    return Attempt(
        student, archive=given.archive, file=given.name, late=late, order=named.order,
        time=time_text(time), stamp=given.stamp,
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
