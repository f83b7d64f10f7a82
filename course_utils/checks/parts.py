"""Judge each output of one case for itself: right, or wrong and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course_utils.checks.cases import Case, CaseSet, Outcome, Returned
from course_utils.checks.compare import Difference, brief, compare, kind_of
from course_utils.checks.networks import (
    describe_draws,
    describe_parameters,
    layers_that_differ,
    same_draws,
)
from course_utils.checks.pattern import multiple, ratio
from course_utils.checks.place import place
from course_utils.checks.report import Part

# What the probe of a network returns, in the order in which a difference is told: that of the
# parameters explains that of the output.
PARAMETERS, OUTPUT, DRAWS = 1, 0, 2


def compare_result(cases: CaseSet, asked: Any, got: Any) -> Difference | None:
    """Return the first difference between a case's result and what was expected, or None."""
    if len(cases.outputs) == 1:
        return _compare_output(cases, 0, asked, got)
    if not _has_outputs(cases, asked, tuple) or not _has_outputs(cases, got, tuple):
        return compare(asked, got, rtol=cases.rtol, atol=cases.atol, parts=cases.outputs)
    is_network = cases.probe == "module"
    order = (PARAMETERS, OUTPUT, DRAWS) if is_network else range(len(cases.outputs))
    differences = (_compare_output(cases, i, asked[i], got[i]) for i in order)
    return next((each for each in differences if each is not None), None)


def verdicts(cases: CaseSet, outcomes: Sequence[Outcome | None], number: int) -> tuple[Part, ...]:
    """Judge each output of a case for itself, and say where it is wrong if other cases agree.

    What is seen in a single case may be chance: in small ones a row or a gate is right by luck. So
    a place is said if the output is wrong there in half of the cases in which it is wrong at all,
    and in two of them if there are two; and an output that is right here and wrong in another case
    is told as that. Where a result is no result, or does not have as many outputs, no output has a
    verdict. What was expected shows in no number.

    Parameters
    ----------
    cases : CaseSet
    outcomes : sequence of Outcome or None
        What the answer came to on each case.
    number : int
        The number of the case, from 1.
    """
    pairs = [_pair(cases, *each) for each in zip(cases.cases, outcomes, strict=False)]
    here = pairs[number - 1]
    if not here:
        return ()
    judged = [_judge(cases, pair) if pair else () for pair in pairs]
    found = []
    for i, part in enumerate(judged[number - 1]):
        wrong = {at: parts[i] for at, parts in enumerate(judged) if parts and not parts[i].right}
        # Of a network there is a shape in one case, and a number in another.
        wrong = {at: other for at, other in wrong.items() if other.name == part.name}
        outputs = {at: (pair[0][i], pair[1][i]) for at, pair in enumerate(pairs) if pair}
        valued = [at for at in wrong if _same_form(*outputs[at])]
        if part.right:
            part = replace(part, elsewhere=bool(wrong))
        elif number - 1 in valued:
            tolerance = {"rtol": cases.rtol, "atol": cases.atol}
            factors = [ratio(*outputs[at], **tolerance) for at in valued]
            agreed = _agreed(part.where, [wrong[at].where for at in valued])
            part = replace(part, where=multiple(factors) or agreed)
        found.append(part)
    return tuple(found)


def _same_form(asked: Any, got: Any) -> bool:
    """Say whether two outputs can differ in their numbers alone."""
    if isinstance(asked, np.ndarray) and isinstance(got, np.ndarray):
        return asked.shape == got.shape and asked.dtype == got.dtype
    return isinstance(asked, int | float) and isinstance(got, int | float)


def _agreed(where: str, places: Sequence[str]) -> str:
    """Return a place if half of the wrong cases share it, and two of them if there are two."""
    count = places.count(where)
    return where if 2 * count >= len(places) and (count > 1 or len(places) == 1) else ""


Pair = tuple[Sequence[Any], Sequence[Any]]


def _pair(cases: CaseSet, case: Case, outcome: Outcome | None) -> Pair | None:
    """Return the outputs that a case asks for and those that came; None if they cannot be told."""
    if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
        return None
    asked, got = case.expected.value, outcome.value
    if len(cases.outputs) == 1:
        return (asked,), (got,)
    if not _has_outputs(cases, asked, tuple) or not _has_outputs(cases, got, tuple | list):
        return None
    return asked, got


def _judge(cases: CaseSet, pair: Pair) -> tuple[Part, ...]:
    """Judge each output of one case."""
    asked, got = pair
    parts = [_verdict(cases, i, *each) for i, each in enumerate(zip(asked, got, strict=True))]
    if cases.probe == "module" and not parts[PARAMETERS].right:
        # A draw is known by how many parameters come before it, and these are wrong already.
        if same_draws(asked[DRAWS], got[DRAWS]):
            parts[DRAWS] = replace(parts[DRAWS], right=True, where="")
    elif len(parts) > 1:
        parts = [_exchanged(cases, i, part, pair) for i, part in enumerate(parts)]
    return tuple(parts)


def _exchanged(cases: CaseSet, i: int, part: Part, pair: Pair) -> Part:
    """Say of a wrong output that it is what another one must be."""
    if part.right or not isinstance(pair[1][i], np.ndarray) or not pair[1][i].any():
        return part
    for j, asked in enumerate(pair[0]):
        if j != i and compare(asked, pair[1][i], rtol=cases.rtol, atol=cases.atol) is None:
            return replace(part, where=f"holds what belongs in {cases.outputs[j]}")
    return part


def _has_outputs(cases: CaseSet, got: Any, kinds: Any) -> bool:
    return isinstance(got, kinds) and len(got) == len(cases.outputs)


def _compare_output(cases: CaseSet, i: int, asked: Any, got: Any) -> Difference | None:
    difference = compare(asked, got, rtol=cases.rtol, atol=cases.atol, name=cases.outputs[i])
    if difference is None or cases.probe != "module":
        return difference
    if i == PARAMETERS:
        return describe_parameters(asked, got)
    if i == DRAWS:
        return describe_draws(asked, got)
    if isinstance(asked, tuple):  # where a network is too large to be run, its output's shape
        return Difference("shape", "the output has another shape", brief(asked), brief(got))
    return difference


def _verdict(cases: CaseSet, i: int, asked: Any, got: Any) -> Part:
    output = name = cases.outputs[i]
    difference = _compare_output(cases, i, asked, got)
    if cases.probe == "module" and i == OUTPUT and isinstance(asked, tuple):
        name = f"{output}'s shape"
    if difference is None:
        return Part(name, True)
    if cases.probe == "module" and i == PARAMETERS:
        return Part(output, False, layers_that_differ(asked, got))
    return Part(name, False, _where(cases, output, difference.kind, asked, got))


def _where(cases: CaseSet, output: str, kind: str, asked: Any, got: Any) -> str:
    """Say where an output is wrong, or what is wrong with all of it; nothing if its numbers are."""
    if kind in ("none", "type"):
        return kind_of(got)
    if not isinstance(asked, np.ndarray):
        return ""
    if kind == "shape":
        return f"shape {got.shape} in place of {asked.shape}"
    if kind == "dtype":
        return f"{got.dtype} in place of {asked.dtype}"
    where = place(asked, got, cases.axes.get(output, ()), rtol=cases.rtol, atol=cases.atol)
    if kind == "nan":
        return f"NaN; {where}" if where else "NaN"
    return where
