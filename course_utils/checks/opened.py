"""Open a wrong case: the call, what is expected beside what came, and where the two part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from course_utils.checks.cases import Case, CaseSet, Outcome, Raised, Returned
from course_utils.checks.compare import Difference, brief, compare, differing
from course_utils.checks.parts import verdicts
from course_utils.checks.picture import Wrong, drawn, sketched
from course_utils.checks.report import Opened, Part
from course_utils.checks.window_picture import shown_window

MOST_SHOWN = 24  # numbers of an array that is shown whole
MOST_LINES = 8  # that it takes
MOST_VALUE = 60  # characters of another value
MOST_CALL = 72
LINE = 60  # characters in a line of an array
SAME_KINDS = ("none", "type", "shape", "dtype", "nan", "changed", "raised", "not measured")


def open_case(
    cases: CaseSet,
    differences: Sequence[Difference | None],
    outcomes: Sequence[Outcome | None],
    number: int,
) -> Opened:
    """Open a wrong case.

    Of a hidden case no number is shown, but where in an output they are wrong.

    Parameters
    ----------
    cases : CaseSet
    differences : sequence of Difference or None
        What is wrong with each case; None for a right one.
    outcomes : sequence of Outcome or None
        What the answer came to on each.
    number : int
        The case's, from 1.
    """
    case, outcome = cases.cases[number - 1], outcomes[number - 1]
    difference = differences[number - 1]
    assert difference is not None  # it is a wrong one
    end = "" if difference.says.endswith(("?", ".")) else "."
    says = f"{difference.says}{end}"
    expected, got = ("", "") if cases.hidden else _beside(cases, case, outcome, difference)
    if not cases.hidden and difference.kind == "no error" and difference.got:
        says += f" Yours returned {difference.got}."
    wrong = list(_wrong_outputs(cases, case, outcome))
    window = shown_window(cases, outcomes, number)
    return Opened(
        number,
        case.label,
        shown_call(cases, case),
        _parts(cases, outcomes, number, difference),
        says,
        expected,
        got,
        line=_line(cases.name, outcome),
        picture=drawn(wrong),
        sketch=sketched(wrong),
        alike=tuple(_alike(differences, outcomes, number)),
        window=window.says,
        window_picture=window.picture,
        window_sketch=window.sketch,
    )


@cache
def exercise_names() -> frozenset[str]:
    """Return the names of the exercises whose cases come with the package."""
    folder = resources.files("course_utils.checks") / "frozen"
    return frozenset(file.name[: -len(".json")] for file in folder.iterdir())


def earlier_exercise(name: str, outcome: Raised) -> str:
    """Return the other exercise in whose answer an exception was raised; nothing if in none."""
    function = outcome.line.function if outcome.line else ""
    return function if function != name and function in exercise_names() else ""


def shown_call(cases: CaseSet, case: Case) -> str:
    """Return a call as a student would write it, with the shapes of what is too long for that.

    Examples
    --------
    >>> case = Case("", (np.zeros((2, 3)), 5), {"stride": 2}, Returned(0))
    >>> shown_call(CaseSet("f", 1, ("x", "k"), ("y",), (case,), {}), case)
    '`f([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], 5, stride=2)`'
    """
    named = [*zip(cases.parameters, case.args, strict=False)]
    values = [(name, _literal(value, cases.hidden)) for name, value in named]
    options = [(name, _literal(value, cases.hidden)) for name, value in case.kwargs.items()]
    most = max(0, MOST_CALL - len(cases.name))
    whole = [text for _, text in values] + [f"{name}={text}" for name, text in options]
    if all(text for _, text in values + options) and len(", ".join(whole)) <= most:
        return f"`{cases.name}({', '.join(whole)})`"
    brief_ones = [text if text and len(text) <= 20 else name for name, text in values]
    brief_ones += [f"{name}={text if text and len(text) <= 20 else name}" for name, text in options]
    left = [
        f"{name} {shown_input(value)}".replace(" ", "\u00a0")  # not broken into two lines
        for name, value in [*named, *case.kwargs.items()]
        if not (text := _literal(value, cases.hidden)) or len(text) > 20
        if not cases.hidden or isinstance(value, np.ndarray)
    ]
    given = f" with {', '.join(left)}" if left else ""
    return f"`{cases.name}({', '.join(brief_ones)})`{given}"


def shown_input(value: Any) -> str:
    """Return an argument in a few characters: arrays by shape, the rest as it is."""
    if isinstance(value, np.ndarray):
        kind = "" if value.dtype == np.float64 else f" {value.dtype}"
        return f"{value.shape}{kind}"
    return value if isinstance(value, str) and len(value) < 40 else brief(value)


def _literal(value: Any, hidden: bool) -> str:
    """Return a value as it is written in Python if that is short; nothing else."""
    if hidden:
        return ""
    if isinstance(value, np.ndarray):
        plain = value.dtype.kind in "biu" or value.dtype == np.float64
        return str(value.tolist()) if plain and value.size <= 8 else ""
    text = brief(value)
    return text if text != type(value).__name__ else ""


def _beside(
    cases: CaseSet, case: Case, outcome: Outcome | None, difference: Difference
) -> tuple[str, str]:
    """Return what is expected and what came, whole where that is short."""
    told = difference.expected, difference.got if difference.expected else ""
    if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
        return told
    if cases.probe:  # what differs may be a layer
        return told
    want, have = case.expected.value, outcome.value
    if isinstance(want, tuple) and any(isinstance(each, np.ndarray) for each in want):
        outputs = _outputs(cases, case, outcome)
        wrong = [(w, h) for _, w, h in outputs if not _same(cases, w, h)]
        want, have = wrong[0] if wrong else (want, have)
    if isinstance(want, np.ndarray) and isinstance(have, np.ndarray):
        if want.shape == have.shape and 0 < want.size <= MOST_SHOWN:
            for digits in (4, 10):
                texts = _numbers(want, digits), _numbers(have, digits)
                if texts[0] != texts[1] and max(t.count("\n") for t in texts) < MOST_LINES:
                    return texts
    elif (short := (_value(want), _value(have)))[0] and short[1] and short[0] != short[1]:
        return short
    return told


def _numbers(array: np.ndarray, digits: int) -> str:
    text = np.array2string(
        array, precision=digits, max_line_width=LINE, separator=", ", suppress_small=True
    )
    return "\n".join(line for line in text.splitlines() if line.strip())


def _value(value: Any) -> str:
    """Return a value as Python shows it; nothing if that is long."""
    text = brief(value, MOST_VALUE)
    return "" if text == type(value).__name__ and not isinstance(value, str) else text


def _same(cases: CaseSet, want: Any, have: Any) -> bool:
    return compare(want, have, rtol=cases.rtol, atol=cases.atol) is None


def _outputs(cases: CaseSet, case: Case, outcome: Outcome | None) -> list[tuple[str, Any, Any]]:
    """Return each output's name with what it should be and what it is; nothing if that fails."""
    if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
        return []
    want, have = case.expected.value, outcome.value
    if len(cases.outputs) == 1:
        return [(cases.outputs[0], want, have)]
    if not isinstance(want, tuple) or not isinstance(have, tuple) or len(want) != len(have):
        return []
    return list(zip(cases.outputs, want, have, strict=False))


def _parts(
    cases: CaseSet, outcomes: Sequence[Outcome | None], number: int, difference: Difference
) -> tuple[Part, ...]:
    """Judge each output; of a single one only where its numbers are wrong is said."""
    found = verdicts(cases, outcomes, number)
    if len(found) == 1 and (difference.kind not in ("value", "nan") or not found[0].where):
        return ()
    return found


def _wrong_outputs(cases: CaseSet, case: Case, outcome: Outcome | None) -> list[Wrong]:
    """Return where each wrong output of two axes or more is wrong."""
    found = []
    for name, want, have in _outputs(cases, case, outcome):
        if not isinstance(want, np.ndarray) or not isinstance(have, np.ndarray):
            continue
        if want.ndim < 2 or want.shape != have.shape or have.dtype.kind not in "biufc":
            continue
        wrong = differing(want, have, rtol=cases.rtol, atol=cases.atol)
        if wrong.any():
            found.append(Wrong(name, wrong, tuple(cases.axes.get(name, ()))))
    return found


def _line(name: str, outcome: Outcome | None) -> str:
    """Return the student's own line of an exception, with its number and function."""
    if not isinstance(outcome, Raised) or outcome.line is None:
        return ""
    line = outcome.line
    text = f": `{line.text}`" if line.text else ""
    by = f", called from line {line.caller} of `{name}`" if line.caller else ""
    return f"Line {line.number} of `{_plain(line.function)}`{text}{by}"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.<>]", "", name)


def _alike(
    differences: Sequence[Difference | None], outcomes: Sequence[Outcome | None], number: int
) -> list[int]:
    """Return the numbers of the other cases that fail as one does, where that can be said."""

    def way(place: int) -> tuple[Any, ...]:
        difference, outcome = differences[place], outcomes[place]
        assert difference is not None
        if isinstance(outcome, Raised):
            return difference.kind, outcome.kind, outcome.line and outcome.line.number
        return (difference.kind,)

    first = differences[number - 1]
    if first is None or first.kind not in SAME_KINDS:
        return []
    others = [i for i, d in enumerate(differences) if d is not None and i != number - 1]
    return [i + 1 for i in others if way(i) == way(number - 1)]
