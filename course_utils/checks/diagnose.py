"""Recognise known mistakes in the outcomes of a check, output by output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.checks.agree import agree, alike
from course_utils.checks.cases import Case, CaseSet, Outcome, Raised, Returned
from course_utils.checks.compare import compare

AT_MOST = 2  # more sentences than this confuse more than they help


@dataclass(frozen=True, eq=False)
class _Unit:
    """One piece of evidence: a part of a case's result, or all of it where parts make no sense.

    Attributes
    ----------
    right : bool
        Whether the student's piece is right.
    speaks : frozenset of str
        The mistakes that would have it other than right.
    agrees : frozenset of str
        Those of them that would have it as the student has.
    raises : frozenset of str
        Those of them that raise as the student's function did. That alone proves nothing.
    """

    right: bool
    speaks: frozenset[str]
    agrees: frozenset[str] = frozenset()
    raises: frozenset[str] = frozenset()


def same_outcome(
    expected: Outcome, got: Outcome, *, rtol: float = 1e-9, atol: float = 1e-12
) -> bool:
    """Say whether a call came to what was expected: equal values, or exceptions of one type."""
    if isinstance(expected, Raised) and isinstance(got, Raised):
        return expected.kind == got.kind
    if not isinstance(expected, Returned) or not isinstance(got, Returned):
        return expected == got
    if expected.value is None or got.value is None:
        return expected.value is got.value
    return compare(expected.value, got.value, rtol=rtol, atol=atol) is None


def diagnose(cases: CaseSet, outcomes: Sequence[Outcome], passed: Sequence[bool]) -> list[str]:
    """Name the known mistakes that explain what is wrong, the best first.

    Where a result has several parts, each is judged for itself, so that a fault in `dw` is
    recognised though `db` is wrong for another reason. A mistake speaks where it would have a
    part other than right. It is *supported* where the student has the same wrong numbers, and
    *contradicted* where the student's part is right. The mistake with the most support
    net of contradiction is named; then the same again over what it leaves unexplained, where
    what the first explains and the second would have otherwise counts against the second.

    An exception alone supports nothing, since many faults raise the same one; but a mistake
    that is supported elsewhere also explains the cases in which it raises the same.

    Parameters
    ----------
    cases : CaseSet
    outcomes : sequence of Outcome
        One for each case that was run, in order.
    passed : sequence of bool
        Whether that outcome was right.
    """
    units = [
        unit
        for case, outcome, ok in zip(cases.cases, outcomes, passed, strict=False)
        for unit in _units(cases, case, outcome, ok)
    ]
    # The order of declaration settles what is otherwise a tie.
    names = dict.fromkeys([*cases.sentences, *(n for case in cases.cases for n in case.mistakes)])
    settled = [unit for unit in units if unit.right]
    unexplained = [unit for unit in units if not unit.right]
    found: list[str] = []
    while unexplained and names and len(found) < AT_MOST:
        best = max(names, key=lambda name: _merit(name, unexplained, settled))
        if _merit(best, unexplained, settled)[0] <= 0:
            break
        found.append(best)
        settled += [unit for unit in unexplained if best in unit.agrees]
        unexplained = [unit for unit in unexplained if best not in unit.agrees | unit.raises]
    return found


def _merit(
    name: str, unexplained: Iterable[_Unit], settled: Iterable[_Unit]
) -> tuple[int, int, int]:
    """Weigh a mistake: net support, then support, then how seldom it speaks without any."""
    support = sum(name in unit.agrees for unit in unexplained)
    against = sum(name in unit.speaks and name not in unit.agrees for unit in settled)
    in_vain = sum(name in unit.speaks - unit.agrees - unit.raises for unit in unexplained)
    return (support - against if support else 0), support, -in_vain


def _units(cases: CaseSet, case: Case, outcome: Outcome, ok: bool) -> Iterator[_Unit]:
    """Yield the evidence in one case: a unit for each part, or one for the whole."""
    count = len(cases.outputs)
    got, asked = _parts(outcome, count), _parts(case.expected, count)
    if asked is None and isinstance(case.expected, Raised):
        asked = [case.expected] * count
    if got is None or asked is None:
        yield _unit(cases, case.expected, outcome, ok, case.mistakes)
        return
    right = [ok or _same(cases, want, have) for want, have in zip(asked, got, strict=True)]
    if all(right) and not ok:  # the parts are right; what is wrong is how they come
        yield _unit(cases, case.expected, outcome, ok, case.mistakes)
        return
    told = {name: _told(cases, asked, mistake) for name, mistake in case.mistakes.items()}
    for i in range(count):
        mistakes = {name: parts[i] for name, parts in told.items()}
        yield _unit(cases, asked[i], got[i], right[i], mistakes)


def _parts(outcome: Outcome, count: int) -> list[Outcome] | None:
    """Split a result into its parts, or return None where it does not have so many."""
    if count == 1 or not isinstance(outcome, Returned):
        return None
    value = outcome.value
    if isinstance(value, np.ndarray) and not value.ndim:
        return None
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != count:
        return None
    return [Returned(part) for part in value]


def _told(cases: CaseSet, asked: Sequence[Outcome], mistake: Outcome) -> Sequence[Outcome]:
    """Return what a mistake would have each part be: none of them, if it has other parts."""
    parts = _parts(mistake, len(asked))
    if parts is None or all(
        _same(cases, want, have) for want, have in zip(asked, parts, strict=True)
    ):
        return [mistake] * len(asked)
    return parts


def _unit(
    cases: CaseSet, expected: Outcome, got: Outcome, ok: bool, mistakes: Mapping[str, Outcome]
) -> _Unit:
    """Weigh one piece of a result against what each mistake would have it be."""
    speaks = {
        name: mistake for name, mistake in mistakes.items() if not _same(cases, expected, mistake)
    }
    if ok:
        return _Unit(True, frozenset(speaks))
    raised = isinstance(got, Raised)
    fits = {n for n, mistake in speaks.items() if _fits(cases, expected, mistake, got)}
    return _Unit(
        False,
        frozenset(speaks),
        agrees=frozenset() if raised else frozenset(fits),
        raises=frozenset(fits) if raised else frozenset(),
    )


def _fits(cases: CaseSet, expected: Outcome, mistake: Outcome, got: Outcome) -> bool:
    """Say whether the student's piece is the mistake's.

    A student may write lists for arrays or float32 for float64 in a style of their own, so numbers
    decide. Only where the mistake is one of type alone must the types be the same.
    """
    if not isinstance(mistake, Returned) or not isinstance(got, Returned):
        return same_outcome(mistake, got)
    tolerance = {"rtol": cases.rtol, "atol": cases.atol}
    if isinstance(expected, Returned) and agree(expected.value, mistake.value, **tolerance):
        # The last digits of a float32 depend on the machine, whatever type they are then put into.
        same_numbers = agree(expected.value, got.value, **tolerance)
        return same_numbers and alike(mistake.value, got.value, rtol=0.0, atol=math.inf)
    return agree(mistake.value, got.value, **tolerance)


def _same(cases: CaseSet, expected: Outcome, got: Outcome) -> bool:
    return same_outcome(expected, got, rtol=cases.rtol, atol=cases.atol)
