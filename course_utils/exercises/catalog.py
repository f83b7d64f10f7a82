"""Find exercises by topic and by name, and draw their cases."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import os
import pkgutil
from functools import cache
from pathlib import Path

import numpy as np

import course_utils.exercises
from course_utils.checks.cases import CaseSet
from course_utils.checks.check import frozen_witnesses
from course_utils.checks.opened import exercise_names as names_with_cases
from course_utils.checks.wire import pack
from course_utils.errors import did_you_mean
from course_utils.exercises.exercise import Exercise, Inputs

SECRET = "COURSE_SECRET"
SUBMISSION = "COURSE_SUBMISSION"
DRAWS = 50
OTHER_DRAWS = 10  # a case that is the same in as many is the same in all
FOLDER = Path(__file__).parent


@cache
def catalog() -> dict[str, tuple[Exercise, ...]]:
    """Return every topic's exercises, in the order of the assignment."""
    return {slug: topic(slug) for slug in topics()}


@cache
def topics() -> tuple[str, ...]:
    """Return the slugs of all topics: ``some-topic`` for the package ``some_topic`` beside this."""
    modules = pkgutil.iter_modules(course_utils.exercises.__path__)
    return tuple(sorted(m.name.replace("_", "-") for m in modules if m.ispkg))


def exercise_names(slug: str) -> tuple[str, ...]:
    """Return the names of a topic's exercises, in the order of the assignment.

    A topic's package says it, in its tuple `ORDER`. None of the exercises is imported.

    Raises
    ------
    ValueError
        If there is no such topic.
    """
    if slug not in topics():
        raise ValueError(f"unknown topic {slug!r}; {did_you_mean(slug, topics())}")
    names: tuple[str, ...] = importlib.import_module(_package(slug)).ORDER
    return names


def topic(slug: str) -> tuple[Exercise, ...]:
    """Return the exercises of one topic.

    Raises
    ------
    ValueError
        If there is no such topic.
    """
    return tuple(find(name) for name in exercise_names(slug))


def find(name: str) -> Exercise:
    """Return the exercise of that name: the module of that name in a topic holds it.

    Only that module is imported.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    exercise: Exercise = importlib.import_module(exercise_module(name)).EXERCISE
    return exercise


def exercise_modules(slug: str) -> list[str]:
    """Return the modules of a topic's exercises."""
    return [f"{_package(slug)}.{name}" for name in exercise_names(slug)]


def exercise_module(name: str) -> str:
    """Return the module of an exercise.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    if name.isidentifier() and not name.startswith("_"):
        for slug in topics():
            if (FOLDER / slug.replace("-", "_") / f"{name}.py").is_file():
                return f"{_package(slug)}.{name}"
    known = [name for slug in topics() for name in exercise_names(slug)]
    raise ValueError(f"unknown exercise {name!r}; {did_you_mean(name, known)}")


def frozen_cases(name: str) -> CaseSet:
    """Draw the cases that are shipped to students: the same ones every time."""
    return find(name).cases(_generator("frozen", name))


def hidden_cases(name: str) -> CaseSet:
    """Draw the cases with which answers are graded, and the order in which they are asked.

    They follow from the course's secret, the exercise and the submission, so that nobody can know
    them before, and the same submission always gets the same ones. The judge sets the environment
    variables `COURSE_SECRET` and `COURSE_SUBMISSION` for itself.

    A case that students have seen, with the very inputs, is run and shown, but counts nothing: who
    repeats known answers has answered nothing. Nor does their order tell anything: cases that ask
    for an error come among the others.

    Raises
    ------
    ValueError
        If there is no such exercise.
    RuntimeError
        If the secret is not set.
    """
    secret = os.environ.get(SECRET)
    if not secret:
        raise RuntimeError(
            f"{SECRET} is not set: run nbgrader in the course's folder, with its nbgrader_config.py"
        )
    return drawn_cases(find(name), secret, os.environ.get(SUBMISSION, ""))


def drawn_cases(exercise: Exercise, secret: str, submission: str = "") -> CaseSet:
    """Draw the hidden cases of an exercise that follow from a secret and a submission.

    Raises
    ------
    RuntimeError
        If students have the inputs of every case, so that no answer could earn anything.
    """
    words = secret, exercise.name, submission
    # Some inputs have few values. Of several draws, take the one that repeats fewest frozen cases.
    known, fixed = _frozen_inputs(exercise.name), fixed_cases(exercise.name)
    if exercise.catches:  # what students do not have are the mistakes
        known, fixed = frozenset(), frozenset()
    best: list[Inputs] = []
    repeated: set[int] | None = None
    for seed in map(str, range(DRAWS)):
        drawn = list(exercise.inputs(_generator(*words, seed)))
        again = _repeated(known, [_packed(exercise, inputs) for inputs in drawn])
        if repeated is None or len(again) < len(repeated):
            best, repeated = drawn, again
        if len(again) == len(fixed):
            break
    if len(repeated or ()) == len(best):
        raise RuntimeError(f"students have every case of {exercise.name}: draw more of its inputs")
    cases = exercise.cases_of(best, hidden=True)
    order = _generator(*words, "order").permutation(len(cases.cases))
    weighed = (
        dataclasses.replace(case, weight=0.0) if place in (repeated or ()) else case
        for place, case in enumerate(cases.cases)
    )
    formula = exercise.reading(_generator(*words, "formula"), hidden=True)
    witnesses, pictures = _witnesses(exercise.name)
    return dataclasses.replace(
        cases,
        cases=tuple(weighed),
        order=tuple(order.tolist()),
        witnesses=witnesses,
        pictures=pictures,
        formula=formula,
    )


@cache
def _witnesses(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what students have for their mistakes: inputs, pictures; none before freezing."""
    return frozen_witnesses(name) if name in names_with_cases() else ({}, {})


@cache
def fixed_cases(name: str) -> frozenset[int]:
    """Return the places of the cases that are the same in every draw."""
    exercise = find(name)
    known = _drawn(exercise, _generator("frozen", name))
    fixed = set(range(len(known)))
    for number in map(str, range(OTHER_DRAWS)):
        drawn = _drawn(exercise, _generator("another draw", name, number))
        fixed = {place for place in fixed if drawn[place] == known[place]}
        if not fixed:
            break
    return frozenset(fixed)


@cache
def _frozen_inputs(name: str) -> frozenset[bytes]:
    return frozenset(_drawn(find(name), _generator("frozen", name)))


def _drawn(exercise: Exercise, rng: np.random.Generator) -> list[bytes]:
    """Return the inputs of one draw, as far as the answer gets them."""
    return [_packed(exercise, inputs) for inputs in exercise.inputs(rng)]


def _packed(exercise: Exercise, inputs: Inputs) -> bytes:
    """Return what an answer gets, and of what a network is trained on all.

    Of a network that is only probed, the numbers of the probe tell nothing: it is the same one.
    """
    probed = exercise.probe and not exercise.measured
    return pack([inputs.args, {} if probed else dict(inputs.kwargs)])


def _repeated(known: frozenset[bytes], drawn: list[bytes]) -> set[int]:
    """Return the places of the cases whose inputs students have."""
    return {place for place, inputs in enumerate(drawn) if inputs in known}


def _generator(*words: str) -> np.random.Generator:
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _package(slug: str) -> str:
    return f"course_utils.exercises.{slug.replace('-', '_')}"
