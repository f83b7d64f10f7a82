"""Who a platform's students are in the list of the class, and that list kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from course_utils.grading.intake.roster import Person, Roster
from course_utils.grading.intake.submissions import normal, odd
from course_utils.grading.note import quoted
from course_utils.grading.platforms.names import Named, bears, letters
from course_utils.grading.platforms.sheets import Entry

OWN_KEYS = ("blackboard", "folder")  # where the name in a file's name is the id, unless a list says
BLIND = ("participant", "teilnehmer")  # what Moodle calls everybody where marking is blind
GROUP = "if a group handed in, collect a copy for each of them with --from folder"


@dataclass(frozen=True)
class Merged:
    """A list of the class after a sheet was merged into it.

    Attributes
    ----------
    people : list of Person
        Everybody, those who were there first in their order.
    keys : dict of str to str
        Ids by what the platform calls students in this assignment.
    rows : dict of str to Entry
        By the same, what the sheet says.
    new, gone, unnamed : list of str
        Ids of those who came; of those on the list who are no longer in the sheet; names in the
        sheet with which no id can be made.
    """

    people: list[Person]
    keys: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Entry] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def merge(roster: Roster | None, entries: Iterable[Entry], platform: str) -> Merged:
    """Merge a sheet into the list of a class.

    An entry is somebody on the list if its best id is that person's, or if the platform calls both
    the same, or if they have the same address; then, where the list or the sheet has no address, if
    another of the entry's ids is the person's. Nobody is taken for two. Who is nobody on the list
    is new, with the best id that is nobody else's.

    Moodle's numbers are another student's in another assignment, so they come after the address.
    """
    people = dict(roster.people) if roster else {}
    entries = list(entries)
    found = _matched(people, entries, platform)
    keys: dict[str, str] = {}
    rows: dict[str, Entry] = {}
    new, unnamed = [], []
    for number, entry in enumerate(entries):
        student = found.get(number) or _new_id(entry, people)
        if not student:
            unnamed.append(entry.ids[0])
            continue
        if student not in people:
            people[student] = Person(student)
            new.append(student)
        people[student] = _updated(people[student], entry, platform)
        found[number] = student
        if entry.key:
            keys[entry.key], rows[entry.key] = student, entry
    if platform == "folder":
        keys |= _any_id(entries, found)
    there = set(found.values())
    for student, person in people.items():
        key = person.keys.get(platform, "")
        if keys.get(key, student) != student:  # it is another's now
            others = {name: value for name, value in person.keys.items() if name != platform}
            people[student] = replace(person, keys=others)
    gone = [name for name, person in people.items() if name not in there and not person.dropped]
    return Merged(list(people.values()), keys, rows, new, gone, unnamed)


def _matched(people: Mapping[str, Person], entries: list[Entry], platform: str) -> dict[int, str]:
    """Say whom on the list the entries of a sheet are, by their places in the sheet."""
    keys = _unique(people.values(), lambda one: one.keys.get(platform, ""))
    emails = _unique(people.values(), lambda one: one.email.casefold())

    def by_id(entry: Entry) -> str:
        return normal(entry.ids[0]) if entry.ids[0] != _local(entry) else ""

    def by_key(entry: Entry) -> str:
        return keys.get(entry.key, "")

    def by_email(entry: Entry) -> str:
        known = (emails.get(text.casefold(), "") for text in (entry.email, *entry.ids))
        return next(filter(None, known), "")

    def by_login(entry: Entry) -> str:
        names = [normal(name) for name in entry.ids if name != entry.key]
        known = [name for name in names if name in people]
        return next((name for name in known if not (people[name].email and entry.email)), "")

    ways: list[Callable[[Entry], str]] = [by_id, by_key, by_email, by_login]
    if platform == "moodle":
        ways = [by_id, by_email, by_login, by_key]
    found: dict[int, str] = {}
    for way in ways:
        for number, entry in enumerate(entries):
            student = way(entry)
            if number not in found and student in people and student not in found.values():
                found[number] = student
    return found


def _any_id(entries: list[Entry], found: Mapping[int, str]) -> dict[str, str]:
    """Return ids by whatever a list calls one student only, for folders may be called so."""
    owners: dict[str, set[str]] = {}
    for number, student in found.items():
        for name in (student, *entries[number].ids):
            owners.setdefault(name, set()).add(student)
    return {name: min(ids) for name, ids in owners.items() if len(ids) == 1}


def _local(entry: Entry) -> str:
    return entry.email.partition("@")[0]


def _unique(people: Iterable[Person], of: Callable[[Person], str]) -> dict[str, str]:
    """Return ids by something that only one person has."""
    found: dict[str, list[str]] = {}
    for person in people:
        found.setdefault(of(person), []).append(person.id)
    return {value: ids[0] for value, ids in found.items() if value and len(ids) == 1}


def _new_id(entry: Entry, people: Mapping[str, Person]) -> str:
    names = [*entry.ids, entry.email]
    return next(
        (normal(name) for name in names if not odd(name) and normal(name) not in people), ""
    )


def _updated(person: Person, entry: Entry, platform: str) -> Person:
    """Return a person with what a sheet says; a name that is on the list stays."""
    keys = dict(person.keys)
    if entry.key and platform != "folder" and entry.key != person.id:
        keys[platform] = entry.key
    if not person.name:
        person = replace(person, last_name=entry.last_name, first_name=entry.first_name)
    return replace(person, email=entry.email or person.email, keys=keys)


@dataclass(frozen=True)
class Whose:
    """Says whose a file is by its name.

    Attributes
    ----------
    platform : str
    people : dict of str to Person
        The list of the class; empty if there is none.
    keys : dict of str to str
        Ids by what the platform calls students in this assignment.
    shown : dict of str to str
        By the same, names as the platform has them.
    names : dict of str to str
        Ids by names that only one of the class has, as `letters` writes them.
    spellings : set of str
        All keys in the downloads.
    blind : bool
        Whether the platform calls everybody the same.
    """

    platform: str
    people: Mapping[str, Person]
    keys: Mapping[str, str]
    shown: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    spellings: frozenset[str] = frozenset()
    blind: bool = False

    def student(self, named: Named) -> tuple[str, str]:
        """Return the id, and why there is none, of which one is empty."""
        if named.unclear:
            return "", (
                "its name can be read as more than one student's: have Canvas export the gradebook "
                "now, and give that with --roster, or collect the file with --from folder"
            )
        if not named.key:
            return "", f"no student's number is in its name: {GROUP}"
        student = self.keys.get(named.key) or self.by_name(named)
        if not student:
            return self._unlisted(named.key)
        name = self.name(named.key, student)
        if self.platform == "moodle" and not self.blind and not bears(named.name, name):
            return "", (
                f"number {named.key} is {quoted(named.name)} there, and {quoted(name)} on the list:"
                f" {GROUP}, or correct the name in roster.csv"
            )
        return student, ""

    def name(self, key: str, student: str) -> str:
        """Return a student's name: the platform's, or else the list's."""
        person = self.people.get(student)
        return self.shown.get(key, "") or (person.name if person else "")

    def by_name(self, named: Named) -> str:
        """Return who alone on the list has this name, if the list does not have the number."""
        if named.key in self.keys or self.platform in OWN_KEYS:
            return ""
        return self.names.get(letters(named.name), "")

    def _unlisted(self, key: str) -> tuple[str, str]:
        """Return the id of a student whom no list names by this key."""
        student = normal(key)
        if why := odd(key):
            return "", why
        if key != student and student in self.spellings:
            return "", f"it would be one student with {quoted(student)}"
        person = self.people.get(student)
        if person and (self.platform not in OWN_KEYS or person.keys.get(self.platform)):
            student = f"{self.platform}-{student}"  # it is the id of somebody else
        return student, ""


def whose(
    platform: str,
    roster: Roster | None,
    merged: Merged | None,
    earlier: Mapping[str, str],
    names: Sequence[Named],
) -> Whose:
    """Make what says whose a file is.

    Parameters
    ----------
    platform : str
    roster : Roster or None
        The list of the class.
    merged : Merged or None
        What came of the platform's sheet, if there is one.
    earlier : dict of str to str
        Ids by keys, as this assignment was collected before.
    names : sequence of Named
        What is in the downloads.
    """
    people = {person.id: person for person in merged.people} if merged else {}
    people = people or (dict(roster.people) if roster else {})
    keys = _unique(people.values(), lambda person: person.keys.get(platform, ""))
    keys |= {key: student for key, student in earlier.items() if student in people}
    keys |= dict(merged.keys) if merged else {}
    spellings = frozenset(named.key for named in names)
    shown = {named.name for named in names}
    blind = len(shown) == 1 and len(spellings) > 1
    blind = blind or all(name.casefold().startswith(BLIND) for name in shown)
    shown_there = {key: row.name for key, row in merged.rows.items()} if merged else {}
    own = _own_names(people, keys, names)
    return Whose(platform, people, keys, shown_there, own, spellings, blind)


def _own_names(
    people: Mapping[str, Person], keys: Mapping[str, str], named: Sequence[Named]
) -> dict[str, str]:
    """Return ids by names that one person on the list has, and one student of the platform."""
    there: dict[str, set[str]] = {}
    for person in people.values():
        for name in (person.name, f"{person.last_name} {person.first_name}"):
            there.setdefault(letters(name), set()).add(person.id)
    shown: dict[str, set[str]] = {}
    for one in named:
        shown.setdefault(letters(one.name), set()).add(one.key)
    known = {keys[key] for key in (one.key for one in named) if key in keys}
    return {
        name: student
        for name, ids in there.items()
        if name and len(ids) == 1 == len(shown.get(name, ()))
        for student in ids - known
    }
