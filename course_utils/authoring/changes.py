"""Does every change of a right answer lose points? No list is kept of what nobody can see.

A right answer is changed in one place at a time. A change that keeps full marks is tried on further
draws and on the exercise's wild inputs. If one of these tells it from the right answer, the cases
are too weak; if none does, the change is equivalent, as far as anybody can see.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from course_utils.checks.call import call
from course_utils.checks.cases import Case, CaseSet, Raised
from course_utils.checks.diagnose import same_outcome
from course_utils.checks.grade import grade
from course_utils.checks.probes import probed
from course_utils.exercises.catalog import drawn_cases
from course_utils.exercises.edits import definition, renamed, without_docstring
from course_utils.exercises.exercise import Exercise, Function
from course_utils.mutants import mutants

DRAWS, FURTHER = 5, 15
NETWORK_DRAWS, NETWORK_FURTHER = 1, 2  # a network takes its time, and follows from a seed alone
MOST_WILD = 1000
SECONDS = 0.2  # for one call of a change that is to be caught: some never end


@dataclass(frozen=True)
class Change:
    """A right answer that was changed in one place.

    Attributes
    ----------
    style : str
        The right answer.
    says : str
        What was changed.
    function, right : callable
        The answer with the change, and without.
    """

    style: str
    says: str
    function: Function
    right: Function


@dataclass
class Proof:
    """What became of the changes of an exercise's right answers.

    Attributes
    ----------
    caught, equivalent : int
        How many lost points on every draw; how many nothing can tell from the right answer.
    holes : list of str
        Changes that kept full marks though something tells them from the right answer, and what.
    """

    caught: int = 0
    equivalent: int = 0
    holes: list[str] = field(default_factory=list)


def right_answers(exercise: Exercise) -> dict[str, Function]:
    """Return an exercise's model and its right answers in other styles, by name."""
    return {"model": exercise.model, **exercise.right}


def changes(exercise: Exercise, most: int | None = None, every: int = 1) -> Iterator[Change]:
    """Yield the changes of an exercise's right answers that can be defined: all, or a sample.

    Parameters
    ----------
    exercise : Exercise
    most : int, optional
        About so many, evenly spread.
    every : int
        Of so many one.
    """
    made = [
        (style, right, mutant)
        for style, right in right_answers(exercise).items()
        for mutant in mutants(renamed(without_docstring(definition(right)), exercise.name))
    ]
    step = max(every, len(made) // most) if most else every
    for style, right, mutant in made[len(exercise.name) % step :: step]:
        space = dict(right.__globals__)
        try:
            exec(mutant.source, space)
        except Exception:  # say, a default that divides by zero
            continue
        yield Change(style, mutant.change, space[exercise.name], right)


def prove_changes(exercise: Exercise, *, most: int | None = None, every: int = 1) -> Proof:
    """Try the changes of an exercise's right answers, or a sample as of :func:`changes`."""
    if exercise.measured:  # a changed answer may be as good
        return Proof()
    draws, further = (NETWORK_DRAWS, NETWORK_FURTHER) if exercise.probe else (DRAWS, FURTHER)
    drawn = (without_mistakes(drawn_cases(exercise, f"proof {i}")) for i in range(draws))
    graded = [replace(cases, seconds=SECONDS) for cases in drawn]
    later = _Inputs(exercise, further)
    proof = Proof()
    for change in changes(exercise, most, every):
        function = probed(change.function, exercise.probe)
        with _warnings_allowed():
            kept = [cases for cases in graded if _passes(cases, change.function)]
        if not kept:
            proof.caught += 1
            continue
        told = later.told_apart(function, change) if len(kept) == len(graded) else ""
        if len(kept) < len(graded):
            told = f"{len(graded) - len(kept)} of {len(graded)} draws, but not the others"
        if told:
            proof.holes.append(f"{change.style}: {change.says}: told by {told}")
        else:
            proof.equivalent += 1
    return proof


class _Inputs:
    """What a change that kept full marks is tried on; made when the first one does."""

    def __init__(self, exercise: Exercise, further: int) -> None:
        self._exercise = exercise
        self._further = further
        self._cases: list[Case] = []

    def told_apart(self, function: Function, change: Change) -> str:
        """Return an input on which a change differs from the right answer; empty if none does."""
        exercise = self._exercise
        right = probed(change.right, exercise.probe)
        with _warnings_allowed():
            for case in self._all():
                outcomes = [call(each, case) for each in (right, function)]
                if not same_outcome(*outcomes, rtol=exercise.rtol, atol=exercise.atol):
                    return f"{case.label}: {_short(case)}: {outcomes[0]}, {outcomes[1]}"[:400]
        return ""

    def _all(self) -> list[Case]:
        if not self._cases:
            exercise = self._exercise
            draws = (drawn_cases(exercise, f"further {i}").cases for i in range(self._further))
            self._cases = [case for cases in draws for case in cases]
            if exercise.wild:
                wild = exercise.wild(np.random.default_rng(0))
                for _, one in zip(range(MOST_WILD), wild, strict=False):
                    self._cases.append(Case(one.label, one.args, one.kwargs, Raised("")))
        return self._cases


def _short(case: Case) -> str:
    return " ".join(f"{case.args}, {dict(case.kwargs)}".split())[:200]


def without_mistakes(cases: CaseSet) -> CaseSet:
    """Leave out of cases what serves sentences: it takes longer than all the rest.

    These are known mistakes, shortcuts, and what is read of a wrong formula. What has no weight is
    left out, too.
    """
    bare = tuple(replace(case, mistakes={}) for case in cases.cases if case.weight)
    return replace(cases, cases=bare, forbidden=(), formula=None)


def _passes(cases: CaseSet, function: Function) -> bool:
    """Say whether every case is right, and look no further than the first one that is not."""
    return all(grade(replace(cases, cases=(one,)), function).passed for one in cases.cases)


@contextmanager
def _warnings_allowed() -> Iterator[None]:
    """Let a change warn as it may in a notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
