"""Exercises that ask for calls which catch the mistakes of an earlier exercise."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checks.call import call
from course_utils.checks.cases import Case, Changed, Outcome, Raised
from course_utils.checks.catch import Arguments, Catches, Tried
from course_utils.checks.diagnose import same_outcome
from course_utils.errors import did_you_mean
from course_utils.exercises.exercise import Exercise, Function, Inputs

SECONDS = 1.0  # the longest that one call may take: what is allowed is small


def catching(
    exercise: Exercise,
    *args: Any,
    most: int,
    allowed: Mapping[str, str],
    without: Collection[str] = (),
) -> Inputs:
    """Write the case that asks for calls which catch an exercise's mistakes.

    Parameters
    ----------
    exercise : Exercise
    *args
        What the answer gets: nothing, or a seed where it is to draw arrays.
    most : int
        How many calls there may be.
    allowed : dict of str to str
        For each parameter what it may be: see :mod:`course_utils.checks.allowed`.
    without : collection of str
        Mistakes that do not show on what is allowed, say because they are about types.

    Raises
    ------
    ValueError
        If a parameter or a mistake is none of the exercise's.
    """
    parameters = inspect.signature(exercise.model).parameters
    if set(allowed) != set(parameters):
        raise ValueError(f"say of {', '.join(parameters)} what each may be; got {list(allowed)}")
    for name in without:
        if name not in exercise.mistakes:
            raise ValueError(f"no mistake {name!r}; {did_you_mean(name, exercise.mistakes)}")
    named = {key: parameter.default for key, parameter in parameters.items()}
    defaults = {key: value for key, value in named.items() if value is not inspect.Parameter.empty}
    kept = {name: one.function for name, one in exercise.mistakes.items() if name not in without}
    run = Run(exercise, kept)
    asked = Catches(exercise.name, allowed, defaults, most, len(kept), run)
    calls = "one call" if most == 1 else f"{most} calls at most"
    return Inputs(f"{calls} of {exercise.name}", args, achieves=asked)


@dataclass(frozen=True)
class Run:
    """Runs an exercise's right answers and mistakes on calls.

    Attributes
    ----------
    exercise : Exercise
    mistakes : dict of str to callable
    """

    exercise: Exercise
    mistakes: Mapping[str, Function]

    def __call__(self, calls: Sequence[Arguments]) -> Tried:
        """Say which calls are valid, and what the first is that catches each mistake."""
        expected: dict[int, Outcome] = {}
        faults: dict[int, str] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for place, arguments in enumerate(calls):
                outcome = self._outcome(self.exercise.model, arguments)
                if fault := self._fault(outcome, arguments):
                    faults[place] = fault
                else:
                    expected[place] = outcome
            firsts = {
                name: self._first(function, calls, expected)
                for name, function in self.mistakes.items()
            }
            catches = {name: first for name, first in firsts.items() if first is not None}
        return Tried(faults, catches)

    def _fault(self, outcome: Outcome, arguments: Arguments) -> str:
        """Say why a call is not valid on which the model came to an outcome."""
        if isinstance(outcome, Changed) or (
            isinstance(outcome, Raised) and outcome.kind != "ValueError"
        ):
            return "it makes no sense to right answers"
        for function in self.exercise.right.values():
            if not self._same(outcome, self._outcome(function, arguments)):
                return "right answers in different styles do not agree on it"
        return ""

    def _first(
        self, function: Function, calls: Sequence[Arguments], expected: Mapping[int, Outcome]
    ) -> int | None:
        """Return the first call that catches a mistake."""
        for place, outcome in expected.items():
            if not self._same(outcome, self._outcome(function, calls[place])):
                return place
        return None

    def _outcome(self, function: Function, arguments: Arguments) -> Outcome:
        return call(function, Case("", (), arguments, Raised("")), SECONDS)

    def _same(self, one: Outcome, other: Outcome) -> bool:
        return same_outcome(one, other, rtol=self.exercise.rtol, atol=self.exercise.atol)


def allowed_calls(asked: Catches, rng: np.random.Generator, count: int) -> list[Arguments]:
    """Draw calls from all that is allowed."""
    rules = asked.rules()
    calls = []
    for _ in range(count):
        sizes: dict[str, int] = {}
        calls.append({name: rule.draw(rng, sizes) for name, rule in rules.items()})
    return calls


def mistakes_to_catch(exercise: Exercise) -> tuple[str, ...]:
    """Return the mistakes that an exercise asks to catch; nothing if it asks for something else."""
    asked = (inputs.achieves for inputs in exercise.inputs(np.random.default_rng(0)))
    runs = (one.run for one in asked if isinstance(one, Catches))
    return tuple(name for run in runs if isinstance(run, Run) for name in run.mistakes)
