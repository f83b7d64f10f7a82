"""Hints one by one, where the instructor has chosen so: where, of what kind, and the sentence.

A check then says where an answer goes wrong, and keeps to itself what mistake it has recognised;
`hint("output_size")` says of what kind it is, and, asked again, what a tutor would say.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from importlib import resources

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
    file = resources.files("course_utils.checks") / SETTINGS
    return file.is_file() and json.loads(file.read_text(encoding="utf-8"))["hints"] == IN_STEPS


def settings(hints: str) -> str:
    """Return the file by which a kit says how hints are to come."""
    return json.dumps({"hints": hints}) + "\n"


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
    show(Lines(_next(name)))


def _next(name: str) -> list[str]:
    kept = _kept.get(name)
    if kept is None:
        return [f"There is no hint on `{name}`: none is known for what its last check has found."]
    kept.told += 1
    kinds = [f"It looks like an answer that {kind(mistake)}." for mistake in kept.report.mistakes]
    return kinds if kept.told == 1 else [*kinds, *kept.report.sentences]


def kind(mistake: str) -> str:
    """Return a mistake's name in words: it begins with a verb, as in "rounds_up"."""
    return mistake.replace("_", " ")
