"""Hints one by one, where the instructor has chosen so: where, of what kind, and the sentence.

A check then says where an answer goes wrong, and keeps to itself what mistake it has recognised;
`hint("output_size")` says of what kind it is, and, asked again, what a tutor would say.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from importlib import resources

from course_utils.checks.book_link import SEE, link
from course_utils.checks.progress import Lines, show
from course_utils.checks.report import Report

SETTINGS = "desk.json"  # beside this module, in a kit that is not as ever
AT_ONCE, IN_STEPS = CHOICES = ("at-once", "in-steps")


@dataclass
class _Kept:
    """What was kept back of an exercise's last report, and how many steps of it are told."""

    report: Report
    told: int = 0


_kept: dict[str, _Kept] = {}


def in_steps() -> bool:
    """Say whether hints are to come one by one, as the kit says."""
    return _settings().get("hints") == IN_STEPS


def book_address() -> str:
    """Return the address of the course's book, if the kit names one."""
    return str(_settings().get("book", ""))


def _settings() -> dict[str, str]:
    file = resources.files("course_utils.checks") / SETTINGS
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def settings(hints: str, book: str = "") -> str:
    """Return the file by which a kit says how hints are to come, and where the book is."""
    return json.dumps({"hints": hints, "book": book}) + "\n"


def held_back(report: Report) -> Report:
    """Return a report as a check shows it: without the findings, where hints come in steps."""
    before = _kept.pop(report.name, None)
    if not report.mistakes or not in_steps():
        return report
    same = before is not None and before.report.mistakes == report.mistakes
    _kept[report.name] = before if before is not None and same else _Kept(report)
    more = f'For a hint, run `hint("{report.name}")`; `from course_utils.checks import hint`.'
    note = f"{report.note} {more}".strip()
    return dataclasses.replace(report, findings=(), note=note)


def hint(name: str) -> None:
    """Show one more hint on the last check of an exercise: first of what kind, then in words.

    Parameters
    ----------
    name : str
        The exercise.
    """
    show(_next(name))


def _next(name: str) -> Lines:
    kept = _kept.get(name)
    if kept is None:
        said = f"There is no hint on `{name}`: none is known for what its last check has found."
        return Lines([said])
    kept.told += 1
    report = kept.report
    kinds = [f"It looks like an answer that {kind(mistake)}." for mistake in report.mistakes]
    if kept.told == 1:
        return Lines(kinds)
    links = [link(report.book, finding.picture) for finding in report.findings]
    return Lines([*kinds, *report.sentences], links=[(SEE, each) for each in links if each])


def kind(mistake: str) -> str:
    """Return a mistake's name in words: it begins with a verb, as in "rounds_up"."""
    return mistake.replace("_", " ")
