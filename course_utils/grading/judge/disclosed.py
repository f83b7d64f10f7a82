"""The hidden cases of a check with their numbers, and what a student's function came to on each.

This is for a person who decides on an appeal. It goes the way that a verdict goes and stands in no
output of a cell, so that nothing of it gets into a notebook. What is a student's own stands between
quotes, so that nobody takes it for the judge's words.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checks.call import GONE, TIMEOUT
from course_utils.checks.cases import (
    Achieves,
    Case,
    CaseSet,
    Changed,
    Outcome,
    Raised,
    Returned,
)
from course_utils.checks.catch import Catches, Caught
from course_utils.checks.compare import Difference, brief, compare
from course_utils.checks.grade import (
    NOT_RUN,
    achieved_in_words,
    earned_weights,
    judged,
    share_of,
    with_caught,
)
from course_utils.checks.measure import plain_numbers
from course_utils.checks.opened import MOST_SHOWN, shown_call
from course_utils.checks.wire import Foreign
from course_utils.errors import printable

MOST_LINES = 8  # of one value
MOST_TEXT = 200  # characters of another one
MOST_PARTS = 6  # of a list that is shown part by part
LINE = 72  # characters in a line of an array
LATE = re.compile(
    r"no answer after [\d.]+ s|there was no answer before|your function had to be interrupted"
)
RIGHT, PARTLY, WRONG, NOT_ASKED = "right", "partly", "wrong", "not run"


@dataclass(frozen=True)
class Result:
    """One output of a case.

    Attributes
    ----------
    name : str
    right : bool
    expected, came : str
        The numbers, whole where they are few.
    """

    name: str
    right: bool
    expected: str
    came: str


@dataclass(frozen=True)
class DisclosedCase:
    """One hidden case with its numbers.

    Attributes
    ----------
    number : int
        Its place in the table that students see, from 1.
    asked : int
        When it was asked, from 1.
    label : str
    verdict : str
        "right", "partly", "wrong" or "not run".
    weight, earned : float
        What it weighs, and what of that it earns. A case that students have weighs nothing.
    refusal : bool
        Whether it asks for an error.
    call : str
    inputs : tuple of (str, str)
        The arguments that are too long for the call, by name.
    says : str
        What is wrong, in the judge's words.
    results : tuple of Result
        What was expected and what came.
    """

    number: int
    asked: int
    label: str
    verdict: str
    weight: float
    earned: float
    refusal: bool
    call: str
    inputs: tuple[tuple[str, str], ...]
    says: str
    results: tuple[Result, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DisclosedCase:
        """Undo `dataclasses.asdict`, after JSON."""
        inputs = tuple((str(name), str(text)) for name, text in data["inputs"])
        results = tuple(Result(**each) for each in data["results"])
        return cls(**{**data, "inputs": inputs, "results": results})


@dataclass(frozen=True)
class Disclosed:
    """A check with its hidden cases.

    Attributes
    ----------
    name : str
        The exercise.
    points, score : float
        What there was to reach, and what the cases come to.
    kept : float
        The share of the points that is left after shortcuts; 1 if there were none.
    shortcuts : tuple of str
        Forbidden functions that were called.
    cases : tuple of DisclosedCase
    """

    name: str
    points: float
    score: float
    kept: float
    shortcuts: tuple[str, ...]
    cases: tuple[DisclosedCase, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Disclosed:
        """Undo `dataclasses.asdict`, after JSON."""
        cases = tuple(map(DisclosedCase.from_json, data["cases"]))
        return cls(**{**data, "shortcuts": tuple(data["shortcuts"]), "cases": cases})

    @property
    def weight(self) -> float:
        """What all cases weigh."""
        return sum(case.weight for case in self.cases)

    @property
    def earned(self) -> float:
        """What of that is earned."""
        return sum(case.earned for case in self.cases)


def disclosed(
    cases: CaseSet, found: Sequence[Outcome | None], shortcuts: Sequence[str] = ()
) -> Disclosed:
    """Tell the cases of a check and what came of each.

    Parameters
    ----------
    cases : CaseSet
    found : sequence of Outcome or None
        What the student's function came to on each; None where it was not asked.
    shortcuts : sequence of str
        Forbidden functions that it called.
    """
    cases = dataclasses.replace(cases, hidden=False)
    outcomes = [with_caught(c, _named(o)) for c, o in zip(cases.cases, found, strict=True)]
    differences = judged(cases, outcomes)
    earned = earned_weights(cases, differences)
    kept = cases.kept if shortcuts else 1.0
    share = sum(earned) / sum(case.weight for case in cases.cases) * kept
    asked = {place: number for number, place in enumerate(cases.asked, start=1)}
    told = tuple(
        DisclosedCase(
            place + 1,
            asked[place],
            case.label,
            _verdict(difference),
            case.weight,
            weight,
            isinstance(case.expected, Raised),
            shown_call(cases, case).replace("\u00a0", " "),
            tuple(_inputs(cases, case, difference)),
            _says(outcome, difference),
            tuple(_results(cases, case, outcome, difference)),
        )
        for place, (case, outcome, difference, weight) in enumerate(
            zip(cases.cases, outcomes, differences, earned, strict=True)
        )
    )
    score = round(cases.points * share, 2)
    return Disclosed(cases.name, cases.points, score, kept, tuple(shortcuts), told)


def told_call(cases: CaseSet, found: Sequence[Outcome | None]) -> tuple[str, str]:
    """Tell a call that a test made by itself, and what came of it."""
    (case,) = cases.cases
    names = tuple(f"argument {number}" for number in range(1, len(case.args) + 1))
    shown = shown_call(dataclasses.replace(cases, parameters=names, hidden=False), case)
    return shown.replace("\u00a0", " "), _came(case, _named(found[0]))


def excerpt(value: Any) -> str:
    r"""Write a value: whole where it is short, else its beginning and what it is.

    >>> excerpt(np.arange(3.0)), excerpt((1, np.zeros((2, 2)))), excerpt("a\nb")
    ('[0. 1. 2.]', '(1, [[0. 0.], [0. 0.]])', "'a\\nb'")
    """
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list | tuple) and any(isinstance(each, np.ndarray) for each in value):
        parts = [" ".join(excerpt(each).replace("\n", ",").split()) for each in value[:MOST_PARTS]]
        more = [f"and {len(value) - MOST_PARTS} more"] if len(value) > MOST_PARTS else []
        inside = ", ".join([*parts, *more])
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    text = brief(value, MOST_TEXT)
    return printable(text, keep="")


def quoted_text(text: str) -> str:
    r"""Return a student's text between quotes, on one line, cut where it is long.

    >>> quoted_text("right\n" + "a" * 300)[-15:]
    "aaaaaaaaaaaaa…'"
    """
    text = repr(text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…")
    return printable(text, keep="")


def _array(array: np.ndarray, digits: int = 6) -> str:
    whole = array.size <= MOST_SHOWN
    text = np.array2string(
        array,
        precision=digits,
        max_line_width=LINE,
        threshold=MOST_SHOWN,
        edgeitems=2 if array.ndim > 1 else 4,
        separator=" ",
    )
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        lines, whole = [*lines[:MOST_LINES], "..."], False
    about = "" if whole and array.size else f" shape {array.shape}, {array.dtype}"
    return "\n".join(lines) + about


def _named(outcome: Outcome | None) -> Outcome | None:
    """Return an outcome in which no foreign type has a name that is a sentence."""
    if isinstance(outcome, Returned):
        return Returned(_without_names(outcome.value))
    return outcome


def _without_names(value: Any) -> Any:
    if isinstance(value, Foreign):
        name = type(value).__name__
        return value if name.isidentifier() else type("object", (Foreign,), {})()
    if isinstance(value, list | tuple):
        items = [_without_names(each) for each in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):
        return {key: _without_names(each) for key, each in value.items()}
    return value


def _verdict(difference: Difference | None) -> str:
    if difference is None:
        return RIGHT
    if difference is NOT_RUN:
        return NOT_ASKED
    return PARTLY if share_of(difference) else WRONG


def _inputs(cases: CaseSet, case: Case, difference: Difference | None) -> Iterator[tuple[str, str]]:
    """Yield the arguments whose numbers the call does not show."""
    if difference is NOT_RUN or "` with " not in shown_call(cases, case):
        return
    for name, value in [*zip(cases.parameters, case.args, strict=False), *case.kwargs.items()]:
        if isinstance(value, np.ndarray) or brief(value) == type(value).__name__:
            yield name, excerpt(value)


def _says(outcome: Outcome | None, difference: Difference | None) -> str:
    """Say what is wrong in words that hold no text of the student's."""
    if difference is None or difference is NOT_RUN or isinstance(outcome, Raised):
        return ""
    if isinstance(outcome, Returned) and isinstance(outcome.value, Caught):
        return " ".join(outcome.value.texts)
    value = outcome.value if isinstance(outcome, Returned) else None
    parts = value if isinstance(value, tuple) else (value,)
    if difference.kind == "value" and not any(isinstance(part, np.ndarray) for part in parts):
        return ""  # the values stand below
    placed = difference.expected and difference.got
    there = f": expected {difference.expected}, came {difference.got}" if placed else ""
    return f"{difference.says}{there}"


def _results(
    cases: CaseSet, case: Case, outcome: Outcome | None, difference: Difference | None
) -> Iterator[Result]:
    if difference is NOT_RUN:
        return
    right = difference is None
    expected, came = case.expected, _came(case, outcome)
    if isinstance(expected, Raised):
        yield Result("", right, f"an exception of the type {expected.kind}", came)
    elif isinstance(expected, Achieves):
        levels = ", ".join(f"{level:g} ({share:.0%})" for level, share in expected.levels)
        yield Result("", right, f"{expected.measure}, which earns by the scale {levels}", came)
    elif isinstance(expected, Catches):
        yield Result("", right, f"calls that catch {expected.mistakes} mistakes", came)
    elif isinstance(expected, Returned):
        yield from _outputs(cases, expected.value, outcome, came, right)


def _outputs(
    cases: CaseSet, want: Any, outcome: Outcome | None, came: str, right: bool
) -> Iterator[Result]:
    """Yield the outputs, each for itself where a function returns several."""
    have = outcome.value if isinstance(outcome, Returned) else None
    several = len(cases.outputs) > 1 and isinstance(want, tuple) and not cases.probe
    if not (several and isinstance(have, tuple) and len(have) == len(want)):
        if isinstance(outcome, Returned):
            yield Result("", right, *_beside(want, have))
        else:
            yield Result("", right, excerpt(want), came)
        return
    for name, one, other in zip(cases.outputs, want, have, strict=False):
        same = compare(one, other, rtol=cases.rtol, atol=cases.atol) is None
        yield Result(name, same, *_beside(one, other))


def _beside(want: Any, have: Any) -> tuple[str, str]:
    """Write two values with as many digits as tell them apart."""
    texts = excerpt(want), excerpt(have)
    if texts[0] == texts[1] and isinstance(want, np.ndarray) and isinstance(have, np.ndarray):
        return _array(want, 15), _array(have, 15)
    return texts


def _came(case: Case, outcome: Outcome | None) -> str:
    """Say what came where it is no result that is compared number by number."""
    if isinstance(outcome, Changed):
        return "a changed argument"
    if isinstance(outcome, Raised):
        return _raised(outcome)
    if not isinstance(outcome, Returned):
        return ""
    value = outcome.value
    if isinstance(value, Caught):
        return value.summary
    if isinstance(case.expected, Achieves) and not plain_numbers(value, case.expected.truth):
        return achieved_in_words(case.expected, value)
    return excerpt(value)


def _raised(outcome: Raised) -> str:
    """Tell an exception. Its type's name, its message and its line are the student's own."""
    if outcome.kind in (TIMEOUT, GONE) and LATE.fullmatch(outcome.message):
        came = "no answer in time" if outcome.kind == TIMEOUT else "the kernel ended"
    else:
        kind = outcome.kind if outcome.kind.isidentifier() else quoted_text(outcome.kind)
        message = f" with the message {quoted_text(outcome.message)}" if outcome.message else ""
        came = f"the exception {kind}{message}"
    if (line := outcome.line) is None:
        return came
    text = f": {quoted_text(line.text)}" if line.text else ""
    return f"{came},\nat line {line.number} of {quoted_text(line.function)}{text}"
