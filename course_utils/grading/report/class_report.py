"""What is to be known of a graded class: scores, mistakes, shortcuts, and what was amiss."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from course_utils.exercises.catalog import find
from course_utils.exercises.catching import mistakes_to_catch
from course_utils.grading.intake.roster import DROPPED, LISTED, UNLISTED, Roster, read_roster
from course_utils.grading.intake.submissions import handed_in
from course_utils.grading.judge.released import learned_mistakes
from course_utils.grading.note import printable
from course_utils.grading.progress import Follow, quietly
from course_utils.grading.report.autograded import Autograded, read_autograded
from course_utils.grading.report.results import Result, points_of, results
from course_utils.grading.report.statistics import Item, item_statistics
from course_utils.grading.report.unexplained import unexplained


@dataclass(frozen=True)
class Mistake:
    """A mistake that was recognised in a class."""

    exercise: str
    name: str
    sentence: str
    students: int
    who: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaughtMistake:
    """A mistake in an earlier exercise, and how many students' calls caught it."""

    exercise: str
    name: str
    caught_by: int
    students: int


@dataclass(frozen=True)
class Shortcut:
    """A forbidden function that was used, and by whom."""

    exercise: str
    name: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class ClassReport:
    """What is to be known of a graded class.

    Attributes
    ----------
    assignment : str
    students : list of Result
        Who counts: everybody with an entry in the gradebook or, if there is a list of the class,
        those of them who are on it.
    exercises : list of Item
    mistakes : list of Mistake
        The commonest first.
    caught : list of CaughtMistake
        Exercise by exercise; what the fewest caught comes first.
    unexplained : int
        How many wrong answers no known mistake explains.
    shortcuts : list of Shortcut
    notes : list of dict
        What was set right before grading: "student", "kind" and "says".
    without_grade : list of str
        Students who handed in and have no grade.
    refused : list of dict
        Folders in submitted/ that are not graded: "folder" and "says".
    unreadable : list of str
        Students whose autograded notebook cannot be read.
    isolation : dict of str to int
        How many students' code ran in each tier of isolation.
    missing : list of str
        Students on the list of the class who handed in nothing; empty if there is no list.
    dropped, unlisted : list of str
        Students who handed in and do not count: they have left the class, or are not on its list.
    names : dict of str to str
        What those on the list are called, by id.
    listed : int or None
        How many are on the list and have not left; None if there is no list.
    """

    assignment: str
    students: list[Result]
    exercises: list[Item]
    mistakes: list[Mistake]
    caught: list[CaughtMistake]
    unexplained: int
    shortcuts: list[Shortcut]
    notes: list[dict[str, str]]
    without_grade: list[str]
    refused: list[dict[str, str]]
    unreadable: list[str]
    isolation: dict[str, int]
    missing: list[str]
    dropped: list[str]
    unlisted: list[str]
    names: dict[str, str]
    listed: int | None


def class_report(
    root: Path, slug: str, gradebook: str = "", follow: Follow = quietly
) -> ClassReport:
    """Gather what the gradebook and the autograded notebooks in `root` hold of an assignment.

    Parameters
    ----------
    root : Path
        The folder with the autograded notebooks.
    slug : str
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.
    follow : Follow
        How to show which notebooks are read.

    Raises
    ------
    CourseError
        If there is no gradebook, nobody's work was graded, or the list of the class cannot be read.
    """
    everybody = results(root, slug, gradebook)
    roster = read_roster(root)
    there = handed_in(root / "submitted", slug)
    submitted = {*there.folders, *(result.student for result in everybody)}
    out = {} if roster is None else {who: roster.status(who) for who in submitted}
    counts = {who for who in submitted if out.get(who, LISTED) == LISTED}
    found = [_named(result, roster) for result in everybody if result.student in counts]
    read = read_autograded(root, slug, follow)
    notebooks = [one for one in read if roster is None or roster.status(one.student) == LISTED]
    graded = [result for result in found if result.graded]
    blank = {notebook.student: notebook.blank for notebook in notebooks}
    return ClassReport(
        assignment=slug,
        students=found,
        exercises=item_statistics(
            points_of(found),
            [result.scores for result in graded],
            [blank.get(result.student, ()) for result in graded],
        ),
        mistakes=_mistakes(notebooks, learned_sentences(root)),
        caught=_caught(notebooks),
        unexplained=sum(map(len, unexplained(found, notebooks).values())),
        shortcuts=_shortcuts(notebooks),
        notes=[
            {"student": notebook.student, "kind": kind, "says": says}
            for notebook in notebooks
            for kind, says in notebook.notes
        ],
        without_grade=sorted(counts - {result.student for result in graded}),
        refused=[
            {"folder": printable(name, keep=""), "says": why} for name, why in there.refused.items()
        ],
        unreadable=[notebook.student for notebook in notebooks if not notebook.readable],
        isolation=dict(Counter(notebook.isolation for notebook in notebooks if notebook.isolation)),
        missing=[] if roster is None else [who for who in roster.present if who not in submitted],
        dropped=sorted(who for who, status in out.items() if status == DROPPED),
        unlisted=sorted(who for who, status in out.items() if status == UNLISTED),
        names={} if roster is None else {who: one.name for who, one in roster.people.items()},
        listed=None if roster is None else len(roster.present),
    )


def _named(result: Result, roster: Roster | None) -> Result:
    """Give a student the name in the list of the class where the gradebook has none."""
    person = roster.people.get(result.student) if roster else None
    if person is None or result.last_name or result.first_name:
        return result
    return replace(result, last_name=person.last_name, first_name=person.first_name)


def common_mistakes(root: Path, slug: str) -> list[Mistake]:
    """Count the known mistakes in the autograded notebooks, the commonest first."""
    return _mistakes(read_autograded(root, slug), learned_sentences(root))


def learned_sentences(root: Path) -> dict[tuple[str, str], str]:
    """Return the sentences of the mistakes that the course has learned, by exercise and name."""
    return {
        (exercise, name): str(one.get("sentence", ""))
        for exercise, text in learned_mistakes(root).items()
        for name, one in json.loads(text)["mistakes"].items()
    }


def _mistakes(
    notebooks: Iterable[Autograded], learned: Mapping[tuple[str, str], str]
) -> list[Mistake]:
    who: dict[tuple[str, str], dict[str, None]] = {}
    order: dict[str, int] = {}  # of the exercises in the assignment
    for notebook in notebooks:
        for check in notebook.checks:
            order.setdefault(check.exercise, len(order))
            for name in check.mistakes:
                who.setdefault((check.exercise, name), {})[notebook.student] = None
    ranked = sorted(
        who.items(), key=lambda entry: (-len(entry[1]), order[entry[0][0]], entry[0][1])
    )
    return [
        Mistake(
            exercise,
            name,
            _sentence(exercise, name) or learned.get((exercise, name), ""),
            len(students),
            tuple(students),
        )
        for (exercise, name), students in ranked
    ]


def _caught(notebooks: Iterable[Autograded]) -> list[CaughtMistake]:
    """Count by how many students each mistake was caught that is to be caught."""
    tries: dict[str, list[frozenset[str]]] = {}
    for notebook in notebooks:
        for check in notebook.checks:
            if check.caught is not None:
                tries.setdefault(check.exercise, []).append(frozenset(check.caught))
    found = []
    for exercise, each in tries.items():
        counts = {
            name: sum(name in caught for caught in each) for name in _to_catch(exercise, each)
        }
        for name in sorted(counts, key=lambda name: (counts[name], name)):
            found.append(CaughtMistake(exercise, name, counts[name], len(each)))
    return found


def _to_catch(exercise: str, each: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return what an exercise asks to catch; for what is no exercise any more, what was caught."""
    try:
        return frozenset(mistakes_to_catch(find(exercise)))
    except ValueError:
        return frozenset().union(*each)


def _sentence(exercise: str, name: str) -> str:
    """Return what a tutor says; nothing for what the exercises no longer know."""
    try:
        return find(exercise).mistakes[name].sentence
    except (ValueError, KeyError):
        return ""


def _shortcuts(notebooks: Iterable[Autograded]) -> list[Shortcut]:
    by_name: dict[tuple[str, str], dict[str, None]] = {}
    for notebook in notebooks:
        for check in notebook.checks:
            for name in check.shortcuts:
                by_name.setdefault((check.exercise, name), {})[notebook.student] = None
    return [
        Shortcut(exercise, name, tuple(students)) for (exercise, name), students in by_name.items()
    ]
