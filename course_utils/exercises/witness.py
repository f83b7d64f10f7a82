"""Look for the smallest call on which a known mistake shows, to be told with its sentence.

Where the book has a live picture of the mistake, a call is preferred that the picture can show.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Any

import numpy as np

from course_utils.checks.call import call
from course_utils.checks.cases import Case, Outcome, Raised, Returned
from course_utils.checks.diagnose import same_outcome
from course_utils.exercises.exercise import Exercise, Function, Inputs

DRAWS = 1500  # of wild inputs, of which those are tried that fit into a line
FIRST = 40  # if none of so many fits, none will
MOST_CALL, MOST_VALUE = 80, 40  # characters
SECONDS = 0.2  # for one call: some mistakes never end


def witnesses(exercise: Exercise) -> dict[str, str]:
    """Return for each mistake that shows on an input of a line: the call, what is right, what not.

    Cases and wild inputs are drawn, the shortest first. What is drawn is the same every time.
    """
    return witnesses_and_pictures(exercise)[0]


def witnesses_and_pictures(exercise: Exercise) -> tuple[dict[str, str], dict[str, str]]:
    """Return the witnesses and, by their mistakes, the addresses of the pictures that show them.

    A picture is in the setting of the first call on which the mistake shows, be it long or short.
    """
    if exercise.measured or exercise.probe:
        return {}, {}
    tries = _tries(exercise)
    shown = exercise.picture.mistakes if exercise.picture else ()
    witnesses, pictures = {}, {}
    with warnings.catch_warnings():  # of what a mistake computes
        warnings.simplefilter("ignore")
        for name, mistake in exercise.mistakes.items():
            order = sorted(tries, key=_Try.rank) if name in shown else tries
            texts = (each.text_for(mistake.function) for each in order)
            if text := next(filter(None, texts), ""):
                witnesses[name] = text
            if name in shown:
                addresses = (each.picture_of(mistake.function) for each in order)
                if address := next(filter(None, addresses), ""):
                    pictures[name] = address
    return witnesses, pictures


@dataclass
class _Try:
    """A call that is tried: its text, empty where it is long, and what it must come to."""

    exercise: Exercise
    case: Case
    text: str

    @cached_property
    def expected(self) -> Outcome:
        return call(self.exercise.reference_or_model, self.case, SECONDS)

    @cached_property
    def address(self) -> str:
        """The live picture in the setting of this call; empty where there is none."""
        return self.exercise.picture.address(self.case) if self.exercise.picture else ""

    def rank(self) -> tuple[bool, bool]:
        """Return what puts calls that a picture can show before others."""
        return not _returns(self), not self.address

    def picture_of(self, mistake: Function) -> str:
        """Return the picture in this setting, if the mistake differs here."""
        return self.address if self.address and self._wrong(mistake) is not None else ""

    def _wrong(self, mistake: Function) -> Outcome | None:
        """Return what a mistake comes to, if it can be told and differs."""
        if not _is_told(self.expected):
            return None
        wrong = call(mistake, self.case, SECONDS)
        return None if not _is_told(wrong) or self._same(self.expected, wrong) else wrong

    def text_for(self, mistake: Function) -> str:
        """Return the witness if the mistake differs here, in words that differ."""
        wrong = self._wrong(mistake) if self.text else None
        if wrong is None:
            return ""
        name, right, wrong = self._first_that_differs(wrong)
        said = _value(right), _value(wrong)
        if said[0] == said[1] or any(not 0 < len(text) <= MOST_VALUE for text in said):
            return ""
        return f"try `{self.text}`: right is {name}{said[0]}"

    def _first_that_differs(self, wrong: Outcome) -> tuple[str, Outcome, Outcome]:
        """Return the first output that differs: what is said of it, and both; or all there is."""
        right, outputs = self.expected, self.exercise.outputs
        if len(outputs) > 1 and isinstance(right, Returned) and isinstance(wrong, Returned):
            if not isinstance(wrong.value, tuple) or len(wrong.value) != len(outputs):
                return "", right, wrong
            for output, *pair in zip(outputs, right.value, wrong.value, strict=True):
                one, other = map(Returned, pair)
                if not self._same(one, other):
                    return f"{output} = ", one, other
        return "", right, wrong

    def _same(self, one: Outcome, other: Outcome) -> bool:
        return same_outcome(one, other, rtol=self.exercise.rtol, atol=self.exercise.atol)


def _is_told(outcome: Outcome) -> bool:
    """Say whether an outcome can be shown: a result, or an error that a case may ask for."""
    if isinstance(outcome, Raised):
        return outcome.kind == "ValueError"
    return isinstance(outcome, Returned)


def _tries(exercise: Exercise) -> list[_Try]:
    """Return the calls that fit into a line, the shortest first; those that must fail come last.

    Behind them are longer ones that a live picture can show.
    """
    rng = np.random.default_rng(0)
    wild = exercise.wild(rng) if exercise.wild else ()
    drawn = [inputs for inputs in exercise.inputs(rng) if inputs.args or inputs.kwargs]
    drawn += islice(wild, FIRST)
    written = [(_call(exercise, inputs), inputs) for inputs in drawn]
    if exercise.picture or any(text for text, _ in written):
        written += [(_call(exercise, inputs), inputs) for inputs in islice(wild, DRAWS)]
    cases = {text: _case(inputs) for text, inputs in written if text}
    short = sorted(cases, key=lambda text: (len(text), text))
    tries = [_Try(exercise, cases[text], text) for text in short]
    longer = (_Try(exercise, _case(inputs), "") for text, inputs in written if not text)
    shown = sorted((one for one in longer if one.address), key=_size)
    return [*filter(_returns, tries), *(one for one in tries if not _returns(one)), *shown]


def _size(one: _Try) -> int:
    """Return how many numbers a call has in arrays."""
    return sum(value.size for value in one.case.args if isinstance(value, np.ndarray))


def _case(inputs: Inputs) -> Case:
    return Case(inputs.label, inputs.args, inputs.kwargs, Raised(""))


def _returns(one: _Try) -> bool:
    return isinstance(one.expected, Returned)


def _call(exercise: Exercise, inputs: Inputs) -> str:
    """Write a call as it is typed, without what is the default; nothing if it is no short line."""
    parameters = _parameters(exercise.model)
    given = list(map(_typed, inputs.args))
    for key, value in inputs.kwargs.items():
        default = parameters[key].default
        if isinstance(value, np.ndarray) or type(value) is not type(default) or value != default:
            given.append(f"{key}={_typed(value)}")
    text = f"{exercise.name}({', '.join(given)})"
    return text if len(text) <= MOST_CALL and all(given) else ""


@cache
def _parameters(function: Function) -> Mapping[str, inspect.Parameter]:
    """Return a function's parameters, for which many calls are asked."""
    return inspect.signature(function).parameters


def _typed(value: Any) -> str:
    """Write an argument as it is typed; something too long if it cannot be."""
    if isinstance(value, np.ndarray):
        plain = value.dtype in (np.float64, np.int64) and value.size <= MOST_CALL
        return f"np.array({value.tolist()})" if plain else " " * MOST_CALL
    return repr(value) if _is_plain(value) else " " * MOST_CALL


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def _value(outcome: Outcome) -> str:
    """Write what a call came to, numbers to four digits."""
    if isinstance(outcome, Raised):
        return f"a {outcome.kind}"
    return _number(outcome.value) if isinstance(outcome, Returned) else ""


def _number(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _number(value.tolist()) if value.size <= MOST_VALUE else ""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return _joined(value)
    return str(value)


def _joined(values: Sequence[Any]) -> str:
    inner = ", ".join(map(_number, values))
    if isinstance(values, list):
        return f"[{inner}]"
    return f"({inner},)" if len(values) == 1 else f"({inner})"
