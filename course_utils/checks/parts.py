"""Judge each output of one case for itself: right, or wrong and where."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_utils.checks.cases import Case, CaseSet, Outcome, Returned
from course_utils.checks.compare import Difference, brief, compare, kind_of
from course_utils.checks.networks import describe_draws, describe_parameters, layers_that_differ
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


def verdicts(cases: CaseSet, case: Case, outcome: Outcome | None) -> tuple[Part, ...]:
    """Judge each output of a case for itself.

    Where a result is no result, or does not have as many outputs, no output has a verdict. What
    was expected shows in no number.
    """
    if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
        return ()
    asked, got = case.expected.value, outcome.value
    if len(cases.outputs) == 1:
        asked, got = (asked,), (got,)
    elif not _has_outputs(cases, asked, tuple) or not _has_outputs(cases, got, tuple | list):
        return ()
    return tuple(_verdict(cases, i, *pair) for i, pair in enumerate(zip(asked, got, strict=True)))


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
    output = cases.outputs[i]
    difference = _compare_output(cases, i, asked, got)
    if difference is None:
        return Part(output, True)
    if cases.probe == "module" and i == PARAMETERS:
        return Part(output, False, layers_that_differ(asked, got))
    return Part(output, False, _where(cases, output, difference.kind, asked, got))


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
