"""Find exercises by topic and by name, and draw their cases."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import importlib
import os
import pkgutil
import sys
from functools import cache

import numpy as np

import course_utils.exercises
from course_utils.checks.cases import Case, CaseSet
from course_utils.checks.wire import pack
from course_utils.exercises.exercise import Exercise, Inputs

SECRET = "COURSE_SECRET"
SUBMISSION = "COURSE_SUBMISSION"
DRAWS = 50
OTHER_DRAWS = 10  # a case that is the same in as many is the same in all
NOT_TOPICS = {"exercise", "catalog"}


@cache
def catalog() -> dict[str, tuple[Exercise, ...]]:
    """Return every topic's exercises, in the order of the assignment.

    A topic is a module of this package, ``some-topic`` in ``some_topic``, with a tuple `EXERCISES`.
    """
    return {slug: topic(slug) for slug in topics()}


@cache
def topics() -> tuple[str, ...]:
    """Return the slugs of all topics."""
    modules = pkgutil.iter_modules(course_utils.exercises.__path__)
    return tuple(sorted(m.name.replace("_", "-") for m in modules if m.name not in NOT_TOPICS))


def topic(slug: str) -> tuple[Exercise, ...]:
    """Return the exercises of one topic.

    Raises
    ------
    ValueError
        If there is no such topic.
    """
    if slug not in topics():
        raise ValueError(f"unknown topic {slug!r}; {_mend(slug, list(topics()))}")
    exercises: tuple[Exercise, ...] = importlib.import_module(topic_module(slug)).EXERCISES
    return exercises


def find(name: str) -> Exercise:
    """Return the exercise of that name.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    # First where nothing need be imported: a topic may want PyTorch, which takes a second.
    for slug in sorted(topics(), key=lambda slug: topic_module(slug) not in sys.modules):
        for exercise in topic(slug):
            if exercise.name == name:
                return exercise
    known = [exercise.name for group in catalog().values() for exercise in group]
    raise ValueError(f"unknown exercise {name!r}; {_mend(name, known)}")


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
    exercise = find(name)
    words = secret, name, os.environ.get(SUBMISSION, "")
    # Some inputs have few values. Of several draws, take the one that repeats fewest frozen cases.
    known, fixed = _frozen_inputs(name), fixed_cases(name)
    best, fewest = "", len(known) + 1
    for seed in map(str, range(DRAWS)):
        repeated = _repeated(known, _drawn(exercise, _generator(*words, seed)))
        if len(repeated) < fewest:
            best, fewest = seed, len(repeated)
        if len(repeated) == len(fixed):
            break
    cases = exercise.cases(_generator(*words, best), hidden=True)
    order = _generator(*words, "order").permutation(len(cases.cases))
    repeated = _repeated(known, [_packed(exercise, case) for case in cases.cases])
    weighed = (
        dataclasses.replace(case, weight=0.0) if place in repeated else case
        for place, case in enumerate(cases.cases)
    )
    return dataclasses.replace(cases, cases=tuple(weighed), order=tuple(order.tolist()))


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


def common_mistakes(slug: str) -> dict[str, list[str]]:
    """Return, for each exercise of a topic, what a tutor says to its known wrong answers."""
    return {
        exercise.name: [sentence for _, sentence in exercise.wrong.values()]
        for exercise in topic(slug)
    }


def topic_module(slug: str) -> str:
    """Return the name of the module that holds a topic's exercises."""
    return f"course_utils.exercises.{slug.replace('-', '_')}"


@cache
def _frozen_inputs(name: str) -> frozenset[bytes]:
    return frozenset(_drawn(find(name), _generator("frozen", name)))


def _drawn(exercise: Exercise, rng: np.random.Generator) -> list[bytes]:
    """Return the inputs of one draw, as far as the answer gets them."""
    return [_packed(exercise, inputs) for inputs in exercise.inputs(rng)]


def _packed(exercise: Exercise, inputs: Inputs | Case) -> bytes:
    """Return what an answer gets: of a network that is probed, not the numbers of the probe."""
    return pack([inputs.args, {} if exercise.probe else dict(inputs.kwargs)])


def _repeated(known: frozenset[bytes], drawn: list[bytes]) -> set[int]:
    """Return the places of the cases whose inputs students have."""
    return {place for place, inputs in enumerate(drawn) if inputs in known}


def _generator(*words: str) -> np.random.Generator:
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _mend(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
