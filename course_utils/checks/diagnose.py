"""Recognise known mistakes in the outcomes of a check, output by output.

A sentence that is false costs a student more than none. So a mistake is named only for what it
explains, tied to the case and the output that show it, and never against what is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from course_utils.checks.agree import agree, alike
from course_utils.checks.cases import Achieves, Case, CaseSet, Outcome, Raised, Returned
from course_utils.checks.catch import Catches
from course_utils.checks.compare import compare
from course_utils.checks.report import Finding

FEWEST = 2  # one value alone may be chance, where anything contradicts it
AT_MOST = 2  # more sentences than this confuse more than they help


class _Says(Enum):
    """What a known mistake would have one piece of a result be."""

    RIGHT = 0
    OTHER = 1  # neither right nor as the student has it
    SAME = 2  # as the student has it
    RAISES = 3  # it raises as the student's function did, and that alone proves nothing


@dataclass(frozen=True, eq=False)
class _Case:
    """A case that was run, and the pieces in which its result is judged.

    Attributes
    ----------
    number : int
        The case's, from 1.
    case : Case
    asked, got : sequence of Outcome
        What each piece must be, and what the student has.
    right : sequence of bool
    """

    number: int
    case: Case
    asked: Sequence[Outcome]
    got: Sequence[Outcome]
    right: Sequence[bool]

    @property
    def refused(self) -> bool:
        """Whether the case asks for an error."""
        return isinstance(self.case.expected, Raised)


@dataclass(frozen=True, eq=False)
class _Piece:
    """One piece of evidence: a part of a case's result, or all of it where parts make no sense."""

    of: _Case
    place: int

    @property
    def right(self) -> bool:
        return self.of.right[self.place]

    @property
    def got(self) -> Outcome:
        return self.of.got[self.place]

    @property
    def whole(self) -> bool:
        """Whether it is all of its case's result."""
        return len(self.of.right) == 1

    @property
    def whole_number(self) -> bool:
        """Whether it holds a single whole number, or must hold an exception."""
        asked = self.of.asked[self.place]
        return not isinstance(asked, Returned) or isinstance(asked.value, int)


Merit = tuple[int, int, int, int]


def same_outcome(
    expected: Outcome, got: Outcome, *, rtol: float = 1e-9, atol: float = 1e-12
) -> bool:
    """Say whether a call came to what was expected: equal values, or an exception of that type."""
    if isinstance(expected, Raised) and isinstance(got, Raised):
        return got.is_a(expected.kind)
    if not isinstance(expected, Returned) or not isinstance(got, Returned):
        return expected == got
    if expected.value is None or got.value is None:
        return expected.value is got.value
    return compare(expected.value, got.value, rtol=rtol, atol=atol) is None


def diagnose(
    cases: CaseSet, outcomes: Sequence[Outcome | None], passed: Sequence[bool]
) -> list[Finding]:
    """Name the known mistakes that explain what is wrong, the best first.

    Where a result has several parts, each is judged for itself, so that a fault in `dw` is
    recognised though `db` is wrong for another reason. A mistake speaks where it would have a
    part other than right. It is *supported* where the student has the same wrong numbers,
    *contradicted* where the student's part is wrong in another way, and *refuted* where it is
    right. What is refuted is never named, nor what is contradicted more often than supported, nor
    what explains so little of what is wrong that it may be chance. Of the others the one with the
    most support is named, with the first case and output that show it; then the same again over
    what it leaves unexplained, where what the first explains and the second would have otherwise
    contradicts the second.

    An exception alone supports nothing, since many faults raise the same one; but a mistake
    that is supported elsewhere also explains the cases in which it raises the same.

    Parameters
    ----------
    cases : CaseSet
    outcomes : sequence of Outcome
        One for each case, in order; None for one that was not run.
    passed : sequence of bool
        Whether that outcome was right.
    """
    evidence = _Evidence(cases)
    judged = [
        _judged(cases, number, case, outcome, ok)
        for number, (case, outcome, ok) in enumerate(
            zip(cases.cases, outcomes, passed, strict=False), start=1
        )
        if outcome is not None
    ]
    pieces = [_Piece(each, i) for each in judged for i in range(len(each.right))]
    settled = [piece for piece in pieces if piece.right]
    unexplained = [piece for piece in pieces if not piece.right]
    found: list[Finding] = []
    while unexplained and len(found) < AT_MOST:
        best = evidence.best(unexplained, settled)
        if not best:
            break
        says = {piece: evidence.says(best, piece) for piece in unexplained}
        shown = [piece for piece in unexplained if says[piece] == _Says.SAME]
        found.append(_finding(cases, best, shown[0]))
        settled += shown
        unexplained = [piece for piece in unexplained if says[piece] in (_Says.RIGHT, _Says.OTHER)]
    return found


def _least_support(unexplained: Sequence[_Piece]) -> int:
    """Return how many pieces a mistake must explain: a third of those that hold values.

    A whole number is soon right by chance, so where nothing else is wrong it is more than half.
    What should have been refused and was not is another matter, and counts where it is all.
    """
    came = [piece for piece in unexplained if not isinstance(piece.got, Raised)]
    valued = [piece for piece in came if not piece.of.refused] or came
    if all(piece.whole_number for piece in valued):
        return len(valued) // 2 + 1
    return -(-len(valued) // 3)


def _finding(cases: CaseSet, mistake: str, shown: _Piece) -> Finding:
    output = "" if shown.whole or shown.of.refused else cases.outputs[shown.place]
    witness = cases.witnesses.get(mistake, "")
    picture = cases.pictures.get(mistake, "")
    return Finding(mistake, cases.sentences[mistake], shown.of.number, output, witness, picture)


class _Evidence:
    """What the known mistakes of an exercise come to, worked out as far as a decision needs it.

    A mistake is run again for each case, so what is not asked is not paid for.
    """

    def __init__(self, cases: CaseSet) -> None:
        self._cases = cases
        self._names = list(cases.sentences)  # the order of declaration settles ties
        self._known: dict[tuple[str, _Case], Sequence[_Says]] = {}

    def says(self, name: str, piece: _Piece) -> _Says:
        """Return what a mistake says of a piece."""
        key = name, piece.of
        if key not in self._known:
            self._known[key] = self._weighed(name, piece.of)
        return self._known[key][piece.place]

    def best(self, unexplained: Sequence[_Piece], settled: Sequence[_Piece]) -> str:
        """Return the mistake with the greatest merit; nothing if none may be named.

        What is settled is right, or was explained by another mistake.
        """
        # One that has a first piece as the student has it is likely to have all of them, and then
        # one more piece each is enough to see that the others are worse.
        first = next((p for p in unexplained if not isinstance(p.got, Raised)), unexplained[0])
        order = sorted(
            range(len(self._names)),
            key=lambda i: self.says(self._names[i], first) != _Says.SAME,
        )
        least = _least_support(unexplained)
        best, floor = "", (1, 0, 0, 0)
        for i in order:
            if merit := self._merit(i, unexplained, settled, least, floor):
                best, floor = self._names[i], merit
        return best

    def _merit(
        self,
        i: int,
        unexplained: Sequence[_Piece],
        settled: Sequence[_Piece],
        least: int,
        floor: Merit,
    ) -> Merit | None:
        """Weigh a mistake: support net of what others explain, support, contradictions, its place.

        Each piece can only lower them, so one is let go, with None, as soon as it is refuted, has
        more against it than for it, or sinks below the least support or `floor`.
        """
        support = net = len(unexplained)
        contradicted = 0
        for j, piece in enumerate((*unexplained, *settled)):
            says = self.says(self._names[i], piece)
            if j < len(unexplained):
                support -= says != _Says.SAME
                net -= says != _Says.SAME
                contradicted += says == _Says.OTHER
            elif says == _Says.OTHER:
                if piece.right:
                    return None
                net -= 1
                contradicted += 1
            merit = net, support, -contradicted, -i
            if support < max(least, contradicted) or merit < floor:
                return None
            if contradicted and support < FEWEST:
                return None
        if support < FEWEST and self._is_chance(self._names[i], unexplained):
            return None
        return merit

    def _is_chance(self, name: str, unexplained: Sequence[_Piece]) -> bool:
        """Say whether a whole number is all that a mistake explains, and more is wrong."""
        said = {piece: self.says(name, piece) for piece in unexplained if not piece.of.refused}
        same = [piece for piece, says in said.items() if says == _Says.SAME]
        return _Says.RIGHT in said.values() and all(piece.whole_number for piece in same)

    def _weighed(self, name: str, of: _Case) -> Sequence[_Says]:
        """Weigh what a mistake comes to against each piece of a case's result."""
        outcome = of.case.mistakes.get(name)
        if outcome is None:
            return [_Says.RIGHT] * len(of.asked)
        told = _told(self._cases, of.asked, outcome)
        return [self._weigh(*each) for each in zip(of.asked, told, of.got, of.right, strict=True)]

    def _weigh(self, expected: Outcome, mistake: Outcome, got: Outcome, right: bool) -> _Says:
        if _same(self._cases, expected, mistake):
            return _Says.RIGHT
        if right or not _fits(self._cases, expected, mistake, got):
            return _Says.OTHER
        return _Says.RAISES if isinstance(got, Raised) else _Says.SAME


def _judged(cases: CaseSet, number: int, case: Case, outcome: Outcome, ok: bool) -> _Case:
    """Split a case's result into its parts and judge each; leave it whole if it has none."""
    assert not isinstance(case.expected, Achieves | Catches)  # such cases are not diagnosed
    count = len(cases.outputs)
    got, asked = _parts(outcome, count), _parts(case.expected, count)
    if asked is None and isinstance(case.expected, Raised):
        asked = [case.expected] * count
    if got and asked:
        right = [ok or _same(cases, want, have) for want, have in zip(asked, got, strict=True)]
        if ok or not all(right):  # else the parts are right, and what is wrong is how they come
            return _Case(number, case, asked, got, right)
    return _Case(number, case, [case.expected], [outcome], [ok])


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
