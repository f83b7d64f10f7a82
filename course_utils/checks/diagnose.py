"""Recognise known mistakes in the outcomes of a check."""

from __future__ import annotations

from collections.abc import Sequence

from course_utils.checks.cases import CaseSet, Outcome, Raised, Returned
from course_utils.checks.compare import compare

AT_MOST = 2  # more sentences than this confuse more than they help


def same_outcome(one: Outcome, other: Outcome, *, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Say whether two calls came to the same: equal values, or exceptions of one type."""
    if isinstance(one, Raised) and isinstance(other, Raised):
        return one.kind == other.kind
    if not isinstance(one, Returned) or not isinstance(other, Returned):
        return one == other
    if one.value is None or other.value is None:
        return one.value is other.value
    return compare(one.value, other.value, rtol=rtol, atol=atol) is None


def diagnose(cases: CaseSet, outcomes: Sequence[Outcome], passed: Sequence[bool]) -> list[str]:
    """Name the known mistakes that explain the failed cases, the best first.

    A mistake speaks where its result differs from the right one. It is *supported* by each failed
    case with the very same result and *contradicted* by each case that it would have failed but
    the student passed. The mistake with the most support net of contradiction is named; then
    the same again over the cases that it leaves unexplained. An exception alone supports nothing,
    since many faults raise the same one.

    Parameters
    ----------
    cases : CaseSet
    outcomes : sequence of Outcome
        One for each case that was run, in order.
    passed : sequence of bool
        Whether that outcome was right.
    """
    open_cases = [i for i, ok in enumerate(passed) if not ok]
    found: list[str] = []
    while open_cases and len(found) < AT_MOST:
        support: dict[str, list[int]] = {}
        for i in open_cases:
            for name, outcome in cases.cases[i].mistakes.items():
                if not isinstance(outcome, Raised) and same_outcome(
                    outcomes[i], outcome, rtol=cases.rtol, atol=cases.atol
                ):
                    support.setdefault(name, []).append(i)
        scores = {
            name: len(where)
            - sum(
                ok and name in case.mistakes for case, ok in zip(cases.cases, passed, strict=False)
            )
            for name, where in support.items()
        }
        best = max(scores, key=lambda name: scores[name], default=None)
        if best is None or scores[best] <= 0:
            break
        found.append(best)
        open_cases = [i for i in open_cases if i not in support[best]]
    return found
