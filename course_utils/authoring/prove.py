"""All that a test would say of one exercise, as a list of what to do.

Each function yields sentences about an exercise; one that is in order gets none. They are the
tests of every exercise and what `course prove` prints.
"""

from __future__ import annotations

import doctest
import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from course_utils.authoring.changes import right_answers, without_mistakes
from course_utils.checks.cases import Achieves, CaseSet, Raised, Returned
from course_utils.checks.catch import Catches
from course_utils.checks.encode import decode_cases, encode_cases
from course_utils.checks.formula import at_points
from course_utils.checks.grade import grade
from course_utils.checks.layout import strided
from course_utils.checks.probes import probed
from course_utils.checks.readings import readings
from course_utils.checks.report import Report
from course_utils.exercises.catalog import (
    drawn_cases,
    exercise_names,
    find,
    frozen_cases,
    topics,
)
from course_utils.exercises.catching import allowed_calls
from course_utils.exercises.edits import definition, renamed
from course_utils.exercises.exercise import REFUSED, Exercise, Function

EXAMPLE = "the example"  # the label of the first case, which the statement works out
READ = 3  # draws on which right answers are read
MISTAKES, STYLES, REFUSALS = 8, 3, 2
MEASURED_MISTAKES, MEASURED_STYLES = 4, 2  # each of them learns, which takes its time
LEARNING = 3000  # calls of a usual function take as long as one that learns
CATCHING = 40  # and so many as one whose calls run right answers and mistakes
NETWORK = 35  # and so many as one that builds a network and runs it
COMPARED = 4  # comparisons of results take as long as one call
ALLOWED = 100  # calls that are drawn from what is allowed
MARGIN = 0.02  # of the points, that a mistake falls short of all
LONGEST_SENTENCE = 200
NEVER_SAID = {"simply", "just", "obviously"}
MOST_FROZEN = 400_000  # characters

Check = Callable[[Exercise], Iterator[str]]


class Effort(NamedTuple):
    """On how many draws answers are tried, and on how many of them a mistake must be named."""

    draws: int
    named: int  # this takes its time
    network_draws: int  # where an answer builds a network
    network_named: int
    measured_tries: int  # of a mistake that learns, on the frozen cases or a hidden draw
    measured_draws: int = 1


THOROUGH = Effort(draws=20, named=4, network_draws=3, network_named=2, measured_tries=2)
# For tests of all exercises.
SAMPLE = Effort(draws=4, named=2, network_draws=1, network_named=1, measured_tries=1)
effort = THOROUGH


def draws(name: str) -> tuple[CaseSet, ...]:
    """Return the cases that students have and many hidden draws.

    There is no look for shortcuts in them, and nothing is read of formulas, which takes its time.
    """
    exercise = find(name)
    if exercise.measured:
        return _drawn(name, effort.measured_draws)
    return _drawn(name, effort.network_draws if exercise.probe else effort.draws)


@cache
def _drawn(name: str, count: int) -> tuple[CaseSet, ...]:
    exercise = find(name)
    hidden = (drawn_cases(exercise, "prove", str(seed)) for seed in range(count))
    drawn = (frozen_cases(name), *hidden)
    return tuple(replace(cases, forbidden=(), formula=None) for cases in drawn)


def alone(exercise: Exercise, function: Function) -> Function:
    """Return a function as it is when it is pasted into a notebook that has done its imports."""
    space: dict[str, Any] = {"np": np}
    if exercise.probe:
        import torch

        space |= {"torch": torch, "nn": torch.nn}
    exec(renamed(definition(function), exercise.name), space)
    return space[exercise.name]


def right_answers_get_full_marks(exercise: Exercise) -> Iterator[str]:
    """Look for right answers that lose points on some draw, or when they are pasted."""
    styles = MEASURED_STYLES if exercise.measured else STYLES
    if len(exercise.right) < styles:
        yield f"write {styles} right answers in other styles; there are {len(exercise.right)}"
    for style, function in right_answers(exercise).items():
        for number, cases in enumerate(draws(exercise.name)):
            report = grade(cases, function)
            if not report.passed or report.mistakes:
                where = f"hidden draw {number}" if number else "the frozen cases"
                yield f"the right answer {style} fails on {where}: {report.first}"
                break
        if exercise.measured:  # it calls answers to earlier exercises
            continue
        # The model may call the answer to an earlier exercise.
        if (
            style != "model"
            and not grade(draws(exercise.name)[0], alone(exercise, function)).passed
        ):
            yield f"the right answer {style} does not run alone, with the notebook's imports"
        if told := grade(frozen_cases(exercise.name), function).shortcuts:
            yield f"the right answer {style} uses {', '.join(told)}, which is not allowed"


def right_answers_only_read(exercise: Exercise) -> Iterator[str]:
    """Look for right answers that fail on arrays that cannot be written or are not contiguous."""
    for case in draws(exercise.name)[1].cases:
        if isinstance(case.expected, Raised):
            continue
        args = [_read_only(arg) if isinstance(arg, np.ndarray) else arg for arg in case.args]
        for style, function in right_answers(exercise).items():
            try:
                probed(function, exercise.probe)(*args, **case.kwargs)
            except Exception as error:
                yield f"{style} cannot work on read-only, strided arrays ({case.label}): {error}"


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = strided(array)
    copy.flags.writeable = False
    return copy


def mistakes_are_caught_and_named(exercise: Exercise) -> Iterator[str]:
    """Look for mistakes that keep points, fail other cases on other draws, or are not named."""
    if exercise.measured:
        yield from _mistakes_fall_short(exercise)
        return
    if len(exercise.mistakes) < MISTAKES:
        yield f"write at least {MISTAKES} mistakes; there are {len(exercise.mistakes)}"
    for name, mistake in exercise.mistakes.items():
        drawn = draws(exercise.name)
        reports = [_graded(cases, mistake.function) for cases in drawn[: _named(exercise)]]
        others = map(without_mistakes, drawn[len(reports) :])
        bare = [*reports, *(_graded(cases, mistake.function) for cases in others)]
        full = sum(report.score >= exercise.points for report in bare)
        if full == len(bare):
            yield f"{name} gets full marks on every draw: is it a mistake at all?"
        elif full:
            yield (
                f"{name} gets full marks on {full} of {len(bare)} draws: give it a case on which "
                "it always shows"
            )
        elif told := _now_and_then(bare):
            yield (
                f"{name} fails {told}: draw the inputs of such a case until it shows, as the "
                "helpers in exercises/draw.py do"
            )
        elif wrong := [report.mistakes for report in reports if report.mistakes[:1] != (name,)]:
            if taken_for := ", ".join(other for other in wrong[0] if other != name):
                yield f"{name} is taken for {taken_for}: no case tells them apart on every draw"
            else:
                yield (
                    f"{name} is not named on every draw: give it a case in which it returns "
                    "something wrong, since an error that it raises names no mistake"
                )
        elif not _same_verdicts(
            _graded(draws(exercise.name)[0], alone(exercise, mistake.function)), reports[0]
        ):
            yield f"{name} comes to something else when it is pasted into a notebook"


def _graded(cases: CaseSet, mistake: Function) -> Report:
    """Grade a wrong answer; of what it computes NumPy may warn, which is no error in a notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return grade(cases, mistake)


def _same_verdicts(one: Report, other: Report) -> bool:
    """Compare all but where an exception was raised, whose lines have other numbers."""
    bare = [replace(report, opened=None) for report in (one, other)]
    return bare[0] == bare[1]


def _now_and_then(reports: list[Report]) -> str:
    """Name the first case that a mistake fails on some draws and not on others."""
    passed = defaultdict(list)  # on hidden draws, rows of cases that students have are left out
    for report in reports:
        for row in report.rows:
            passed[row.label].append(row.passed)
    for label, each in passed.items():
        if any(each) and not all(each):
            return f"the case {label!r} on {each.count(False)} of {len(each)} draws"
    return ""


def _named(exercise: Exercise) -> int:
    return effort.network_named if exercise.probe else effort.named


def _mistakes_fall_short(exercise: Exercise) -> Iterator[str]:
    """Look for mistakes that achieve as much as a right answer."""
    if len(exercise.mistakes) < MEASURED_MISTAKES:
        yield f"write at least {MEASURED_MISTAKES} mistakes; there are {len(exercise.mistakes)}"
    drawn = draws(exercise.name)
    for number, (name, mistake) in enumerate(exercise.mistakes.items()):
        tries = [drawn[(number + i) % len(drawn)] for i in range(effort.measured_tries)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what overflows
            scores = [grade(cases, mistake.function).score for cases in tries]
        if max(scores) > (1 - MARGIN) * exercise.points:
            yield f"{name} gets {max(scores):g} points on some draw: it must achieve less"


def sentences_are_a_tutors(exercise: Exercise) -> Iterator[str]:
    """Look for sentences that are said twice, or that no tutor would say."""
    said: dict[str, str] = {}
    for name, mistake in exercise.mistakes.items():
        sentence = mistake.sentence
        if not sentence:
            yield f'{name} has no sentence: add .says("...")'
            continue
        if other := said.get(sentence):
            yield f"{name} has the sentence of {other}"
        said[sentence] = name
        if not 20 <= len(sentence) <= LONGEST_SENTENCE or not sentence.endswith("."):
            yield f"the sentence of {name} must have 20 to {LONGEST_SENTENCE} characters and a stop"
        if never := NEVER_SAID & set(sentence.lower().split()):
            yield f"the sentence of {name} says {', '.join(never)}"


def cases_keep_their_form(exercise: Exercise) -> Iterator[str]:
    """Look for labels that depend on the draw, too many errors, and cases that never change."""
    drawn = draws(exercise.name)
    forms = {tuple((c.label, type(c.expected)) for c in cases.cases) for cases in drawn}
    if len(forms) > 1:
        yield "the labels depend on the draw"
    cases = drawn[0].cases
    labels = [case.label for case in cases]
    if len(set(labels)) < len(labels):
        yield "two cases have one label"
    if labels[:1] != [EXAMPLE] and not exercise.measured:
        yield f"the first case must be the statement's worked example, labelled {EXAMPLE!r}"
    errors = [case.weight for case in cases if isinstance(case.expected, Raised)]
    if len(errors) > REFUSALS:
        yield f"{len(errors)} cases ask for an error; {REFUSALS} are enough"
    if sum(errors) > REFUSED * sum(case.weight for case in cases) + 1e-9:
        yield f"cases that ask for an error have more than {REFUSED:.0%} of the points"
    for place in range(0 if exercise.measured else 1, len(cases)):
        seen = {_text(each.cases[place]) for each in drawn}
        if len(seen) == 1 and not isinstance(cases[place].expected, Raised | Catches):
            yield f"the case {labels[place]!r} is the same on every draw: draw something in it"


def _text(case: Any) -> str:
    return json.dumps(encode_cases(_set_of(case))["cases"])


def _set_of(case: Any) -> CaseSet:
    return CaseSet("one", 1, (), (), (replace(case, mistakes={}),), {})


def cases_can_be_frozen(exercise: Exercise) -> Iterator[str]:
    """Look for cases that do not survive JSON, or make a large file."""
    text = json.dumps(encode_cases(draws(exercise.name)[0]))
    if json.dumps(encode_cases(decode_cases(json.loads(text)))) != text:
        yield "the frozen cases are others when they are read back"
    if len(text) > MOST_FROZEN:
        yield f"the frozen cases have {len(text)} characters: draw smaller arrays"


def axes_are_named(exercise: Exercise) -> Iterator[str]:
    """Look for outputs whose axes have no names."""
    if exercise.probe:
        return
    for output in exercise.axes:
        if output not in exercise.outputs:
            yield f"axes names {output!r}, which is no output; there are {exercise.outputs}"
    for case in draws(exercise.name)[0].cases:
        if not isinstance(case.expected, Returned):
            continue
        value = case.expected.value
        parts = value if len(exercise.outputs) > 1 else (value,)
        for output, part in zip(exercise.outputs, parts, strict=True):
            if isinstance(part, np.ndarray) and part.ndim != len(exercise.axes.get(output, ())):
                yield f"say in axes what the {part.ndim} axes of {output!r} mean"
                return


def no_answer_earns_nothing(exercise: Exercise) -> Iterator[str]:
    """Look for answers that do nothing and earn points."""

    def blank(*args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    def refuses(*args: Any, **kwargs: Any) -> None:
        raise ValueError("no")

    def empty(*args: Any, **kwargs: Any) -> None:
        return None

    cases = frozen_cases(exercise.name)
    answers: list[Function] = [blank, refuses, empty]
    if cases.measured and not exercise.probe:
        expected = [c.expected for c in cases.cases if isinstance(c.expected, Achieves)]
        answers += [partial(_constant, each) for each in expected]
    for answer in answers:
        if score := grade(cases, answer).score:
            name = getattr(answer, "__name__", "always the same prediction")
            yield f"an answer that does nothing ({name}) gets {score:g} points"


def _constant(expected: Achieves, *args: Any, **kwargs: Any) -> np.ndarray:
    """Return the same prediction for everything: what is most often right, or the mean."""
    truth = expected.truth
    if truth.dtype.kind == "f":
        return np.full(truth.shape, args[1].mean())
    return np.full(truth.shape, np.bincount(args[1]).argmax(), truth.dtype)


def the_example_holds(exercise: Exercise) -> Iterator[str]:
    """Look for a worked example that does not come out as written."""
    space = dict(exercise.model.__globals__)
    parser = doctest.DocTestParser()
    docstring = exercise.model.__doc__ or ""
    said: list[str] = []
    test = parser.get_doctest(docstring, space, exercise.name, None, 0)
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    if not result.attempted:
        yield "the model's docstring needs the statement's example as a doctest"
    if result.failed:
        yield "the example in the docstring does not hold: " + " ".join("".join(said).split())


def work(exercise: Exercise) -> int:
    """Return about how many calls the checks of an exercise make; those that learn count for more.

    Building and running a network counts for many. Where answers are measured, mistakes are tried
    on fewer draws, and none is named. Where they are named, each is compared with all.
    """
    drawn, mistakes = draws(exercise.name), len(exercise.mistakes)
    cases = len(drawn[0].cases)
    right = cases * len(drawn) * (len(exercise.right) + 1)
    if exercise.measured:
        calls = right + cases * effort.measured_tries * mistakes
        return calls * (CATCHING if exercise.catches else LEARNING)
    calls = right + cases * len(drawn) * mistakes
    named = cases * _named(exercise) * mistakes
    compared = named * mistakes // COMPARED
    return (calls + named) * (NETWORK if exercise.probe else 1) + compared


def what_is_measured_comes_last(exercise: Exercise) -> Iterator[str]:
    """Look for exercises that come after a measured one of their topic, which learns or catches."""
    for names in map(exercise_names, topics()):
        before = names[: names.index(exercise.name)] if exercise.name in names else ()
        for name in before:
            if _rank(find(name)) > _rank(exercise):
                yield f"{name} is measured: move this before it, in ORDER and in the notebook"


def formulas_accuse_no_right_answer(exercise: Exercise) -> Iterator[str]:
    """Look for right answers in which another product is read than the reference's."""
    if exercise.formula is None:
        return
    for draw in range(READ):
        probe = exercise.reading(np.random.default_rng(draw))
        assert probe is not None  # every draw has one, or none
        for style, function in right_answers(exercise).items():
            points = at_points(function)(*probe.stacked(), **probe.fixed)
            if None in probe.read(points):
                yield f"nothing is read at some place of the right answer {style}"
            for says in readings(probe, points):
                yield f"of the right answer {style} it is read: {says}"


def _rank(exercise: Exercise) -> int:
    """Say how late an exercise comes: usual ones, those that catch mistakes, those that learn."""
    return 1 if exercise.catches else 2 if exercise.measured else 0


def what_is_allowed_makes_sense(exercise: Exercise) -> Iterator[str]:
    """Look for calls that are allowed and on which right answers do not agree."""
    for case in draws(exercise.name)[0].cases:
        asked = case.expected
        if isinstance(asked, Catches) and asked.run is not None:
            calls = allowed_calls(asked, np.random.default_rng(0), ALLOWED)
            for place, fault in asked.run(calls).faults.items():
                yield f"{fault}, but it is allowed: {asked.function} with {calls[place]}"[:400]
                return


CHECKS: tuple[Check, ...] = (
    what_is_measured_comes_last,
    what_is_allowed_makes_sense,
    the_example_holds,
    right_answers_get_full_marks,
    right_answers_only_read,
    mistakes_are_caught_and_named,
    sentences_are_a_tutors,
    cases_keep_their_form,
    cases_can_be_frozen,
    axes_are_named,
    formulas_accuse_no_right_answer,
    no_answer_earns_nothing,
)
