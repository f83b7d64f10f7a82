"""Bugs to find: a wrong answer as code, and the one place where it parts from the right one."""

from __future__ import annotations

import dataclasses
import inspect
import io
import re
import tokenize
from dataclasses import dataclass
from difflib import SequenceMatcher

from course_utils.checks.check import frozen_cases
from course_utils.checks.grade import grade
from course_utils.errors import did_you_mean
from course_utils.exercises.catalog import find
from course_utils.exercises.edits import definition, edited, renamed, without_docstring
from course_utils.exercises.exercise import Exercise, Mistake

PIECES = re.compile(r"\w+|\s+|\*\*|//|.", re.DOTALL)
Span = tuple[int, int]


@dataclass(frozen=True)
class Bug:
    """A wrong answer that differs from the right one in one place.

    Attributes
    ----------
    name : str
        The exercise.
    mistake : str
        The mistake's name.
    task : str
        What the function should do, as students are told in one sentence.
    sentence : str
        What a good tutor would say to the mistake.
    lines : tuple of str
        The wrong answer. It holds no comments but those that give shapes: others say what the
        right one does.
    start, stop : int
        Which of the lines are wrong: from `start`, counted from 0, up to, but without, `stop`.
    right : tuple of str
        What should stand in their place.
    """

    name: str
    mistake: str
    task: str
    sentence: str
    lines: tuple[str, ...]
    start: int
    stop: int
    right: tuple[str, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """The lines that are wrong."""
        return self.lines[self.start : self.stop]

    @property
    def changes(self) -> list[tuple[Span, Span]]:
        """Where the wrong lines differ: places in their text, and in that of the right ones.

        Both texts are the lines joined. A place may be empty, where the other text has more.
        """
        wrong, right = (PIECES.findall("\n".join(text)) for text in (self.wrong, self.right))
        codes = SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes()
        return [
            (_span(wrong, i1, i2), _span(right, j1, j2))
            for what, i1, i2, j1, j2 in codes
            if what != "equal"
        ]

    def first_difference(self) -> str:
        """Return how `check` tells a student where the result goes wrong."""
        mistake, cases = find(self.name).mistakes[self.mistake], frozen_cases(self.name)
        fails = next(k for k, case in enumerate(cases.cases) if self.mistake in case.mistakes)
        asked = dataclasses.replace(cases, cases=cases.cases[: fails + 1])
        return grade(asked, mistake.function).first


def bug(name: str, mistake: str = "") -> Bug:
    """Make a bug to find of a mistake, by default of the first that changes a single line.

    Raises
    ------
    ValueError
        If there is no such exercise or mistake, or it differs in more than one place, or what is
        wrong in it is that something is missing, so that there is no line to pick.
    """
    exercise = find(name)
    if mistake:
        if mistake not in exercise.mistakes:
            raise ValueError(
                f"{name} has no mistake {mistake!r}; {did_you_mean(mistake, exercise.mistakes)}"
            )
        found = _bug(exercise, exercise.mistakes[mistake])
        if found is None:
            raise ValueError(
                f"the mistake {mistake!r} of {name} cannot be shown as a bug to find: it is to "
                f"differ in one place, where there is a line to pick; {_others(exercise)}"
            )
        return found
    bugs = [found for one in exercise.mistakes.values() if (found := _bug(exercise, one))]
    single = [found for found in bugs if len(found.wrong) == len(found.right) == 1]
    if not single:
        raise ValueError(
            f"no mistake of {name} changes a single line: write one, or name one of several lines; "
            f"{_others(exercise)}"
        )
    return single[0]


def _bug(exercise: Exercise, mistake: Mistake) -> Bug | None:
    """Make a bug of a mistake, if it differs in one place where there is a line to pick."""
    if not mistake.edits:
        return None
    base = without_docstring(
        definition(exercise.right[mistake.of] if mistake.of else exercise.model)
    )
    right, wrong = (
        _uncommented(renamed(text, exercise.name)).splitlines()
        for text in (base, edited(base, mistake.edits))
    )
    codes = SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes()
    places = [place for what, *place in codes if what != "equal"]
    if len(places) != 1 or places[0][0] == places[0][1]:
        return None
    start, stop, *there = places[0]
    task = (inspect.getdoc(exercise.model) or "").partition("\n")[0]
    shown = tuple(right[slice(*there)])
    return Bug(
        exercise.name, mistake.name, task, mistake.sentence, tuple(wrong), start, stop, shown
    )


def _others(exercise: Exercise) -> str:
    names = [one.name for one in exercise.mistakes.values() if _bug(exercise, one)]
    return f"these can: {', '.join(names)}" if names else "none of its mistakes can"


def _uncommented(source: str) -> str:
    """Take comments, except shapes such as ``# (N, M) each``, and blank lines out of a source."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith("# ("):
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(line for line in lines if line)


def _span(pieces: list[str], start: int, stop: int) -> Span:
    begin = sum(map(len, pieces[:start]))
    return begin, begin + sum(map(len, pieces[start:stop]))
