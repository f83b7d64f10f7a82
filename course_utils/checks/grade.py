"""Run a function over a set of cases and say what it is worth. Knows nothing of notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checks.as_text import cases_of
from course_utils.checks.call import (
    BLINDED,
    GONE,
    NOT_SENT,
    TIMEOUT,
    StandIn,
    answer_of,
)
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
from course_utils.checks.compare import Difference, called
from course_utils.checks.diagnose import diagnose
from course_utils.checks.measure import MEASURES, achieved_share, plain_numbers, remark
from course_utils.checks.opened import earlier_exercise, open_case, shown_input
from course_utils.checks.parts import compare_result
from course_utils.checks.probes import DRAWS_ALWAYS
from course_utils.checks.readings import read
from course_utils.checks.report import KNOWN, RULE, Finding, Opened, Report, Row

NOT_RUN = Difference("not run", "this case was not run")
# What is wrong with a result, in a word or two for the table.
KINDS = {
    "none": "no result",
    "type": "another type",
    "shape": "another shape",
    "dtype": "another dtype",
    "nan": "NaN",
    "value": "differs",
    "raised": "an exception",
    "no error": "not refused",
    "changed": "input changed",
}
OURS = (TIMEOUT, GONE, NOT_SENT, BLINDED)  # what no function raises by itself


def grade(cases: CaseSet, function: Callable[..., Any] | StandIn) -> Report:
    """Check `function` against every case and report.

    The score is the weight of the cases that are right, as a share of all, times the points,
    rounded to 0.01. A case that asks for something to be achieved counts by its scale. Cases that
    ask for an error count only when another case is right, so that a function that always raises
    earns nothing. After an endless loop no further case counts. An answer that calls a forbidden
    shortcut keeps the share of its points that the exercise states.

    Calls that are to catch mistakes count where the mistakes are at hand; else nothing is known of
    their worth, and the score is 0.

    It has an answer for everything that a function may return: a value is never the check's fault.

    Parameters
    ----------
    cases : CaseSet
    function : callable
        The student's function, or anything that stands for it.
    """
    answer = answer_of(function, cases)
    outcomes = [with_caught(*pair) for pair in zip(cases.cases, answer.outcomes(), strict=True)]
    differences = judged(cases, outcomes)
    passed = [difference is None for difference in differences]
    earned = earned_weights(cases, differences)
    earns = any(earned)
    share = sum(earned) / sum(case.weight for case in cases.cases)
    caught = next(filter(None, map(_found, outcomes)), None)
    if caught is not None and not caught.counted:
        share = 0.0  # nobody knows yet
    shortcuts = answer.shortcuts()
    if shortcuts:
        share *= cases.kept
    # An exception alone proves no mistake, so a blank answer needs no diagnosis.
    tells = any(
        not ok and not isinstance(outcome, Raised | None)
        for outcome, ok in zip(outcomes, passed, strict=True)
    )
    # What was learned by mistake looks like nothing in particular.
    findings = diagnose(cases, outcomes, passed) if tells and not cases.measured else []
    if tells and not findings and cases.learned:
        findings = _learned(cases.learned, function)
    return Report(
        name=cases.name,
        score=round(cases.points * share, 2),
        points=cases.points,
        rows=_rows(cases, outcomes, differences),
        opened=None if caught else _opened(cases, differences, outcomes),
        findings=tuple(findings),
        shortcuts=tuple(shortcuts),
        named=tuple(name for name in answer.named() if name not in shortcuts),
        kept=cases.kept,
        note=_note(cases, passed, earns),
        caught=caught,
        blank=_is_blank(outcomes),
        readings=read(cases, function, outcomes) if tells else (),
    )


def _learned(cases: CaseSet, function: Callable[..., Any] | StandIn) -> list[Finding]:
    """Recognise what a course has learned: by what the answer comes to on the students' cases."""
    outcomes = answer_of(function, cases).outcomes()
    passed = [difference is None for difference in judged(cases, outcomes)]
    return diagnose(cases, outcomes, passed)


def judged(cases: CaseSet, outcomes: Sequence[Outcome | None]) -> list[Difference | None]:
    """Return what is wrong with each outcome; None for a right one."""
    return [_judge(cases, *pair) for pair in zip(cases.cases, outcomes, strict=True)]


def earned_weights(cases: CaseSet, differences: Sequence[Difference | None]) -> list[float]:
    """Return what each case earns of its weight: nothing at all if none with a result earns any."""
    pairs = list(zip(cases.cases, differences, strict=True))
    earned = [case.weight * share_of(difference) for case, difference in pairs]
    results = [not isinstance(case.expected, Raised) for case in cases.cases]
    earns = any(weight for weight, asked in zip(earned, results, strict=True) if asked)
    return earned if earns else [0.0] * len(earned)


def _note(cases: CaseSet, passed: Sequence[bool], earns: bool) -> str:
    """Say by which rule a right case brought no points, or a wrong one took none."""
    pairs = list(zip(cases.cases, passed, strict=True))
    rules = []
    if not earns and any(ok and isinstance(case.expected, Raised) for case, ok in pairs):
        rules.append(RULE)
    known = [number for number, (case, _) in enumerate(pairs, 1) if not case.weight]
    if any(not pairs[number - 1][1] or not earns for number in known):
        rules.append(f"{cases_of(known)}: {KNOWN}")
    return " ".join(rules)


def _judge(cases: CaseSet, case: Case, outcome: Outcome | None) -> Difference | None:
    """Return what is wrong with one outcome, or None."""
    if outcome is None:
        return NOT_RUN
    if isinstance(outcome, Changed):
        key = outcome.argument
        name = cases.parameters[int(key)] if key.isdigit() else key
        return Difference(
            "changed", f"your function changed its argument `{name}`; copy what you change"
        )
    if isinstance(case.expected, Raised):
        return _judge_error(cases, case.expected, outcome)
    if isinstance(outcome, Raised):
        return Difference("raised", _unexpected(outcome, cases))
    if isinstance(outcome.value, Caught):
        return _judge_caught(outcome.value)
    if isinstance(case.expected, Achieves):
        return _judge_achieved(case.expected, outcome.value)
    assert isinstance(case.expected, Returned)  # a case asks for a result or for an error
    return compare_result(cases, case.expected.value, outcome.value)


@dataclass(frozen=True)
class _Achieved(Difference):
    """What predictions achieved, and the share of the points that it earns."""

    share: float = 0.0


def _judge_achieved(expected: Achieves, value: Any) -> Difference | None:
    """Measure predictions; those that reach the end of the scale have nothing wrong with them."""
    if says := plain_numbers(value, expected.truth):
        return Difference("not measured", says)
    achieved = MEASURES[expected.measure](expected.truth, value)
    share = achieved_share(achieved, expected.levels)
    if share >= 1:
        return None
    goal, says = expected.levels[-1][0], achieved_in_words(expected, value)
    return _Achieved(
        says,
        f"{says} earns {share:.0%} of the points; from {goal:g} on it earns "
        f"all. {remark(expected.measure, expected.truth, value, goal)}",
        share=share,
    )


def with_caught(case: Case, outcome: Outcome | None) -> Outcome | None:
    """Put what calls catch in the place of the calls that an answer returned."""
    if isinstance(case.expected, Catches) and isinstance(outcome, Returned):
        return Returned(case.expected.caught_by(outcome.value))
    return outcome


def _found(outcome: Outcome | None) -> Caught | None:
    """Return what calls catch, if that is what an outcome is."""
    value = outcome.value if isinstance(outcome, Returned) else None
    return value if isinstance(value, Caught) else None


def _judge_caught(caught: Caught) -> Difference | None:
    """Judge calls by what they catch; where the mistakes are not at hand, by whether they do."""
    if caught.fine:
        return None
    return _Achieved(caught.summary, caught.summary, share=caught.share)


def achieved_in_words(expected: Achieves, value: Any) -> str:
    """Say what predictions achieve, in a measure and a number."""
    return f"{expected.measure} {MEASURES[expected.measure](expected.truth, value):.4g}"


def share_of(difference: Difference | None) -> float:
    """Return the share of a case's weight that it earns."""
    if difference is None:
        return 1.0
    return difference.share if isinstance(difference, _Achieved) else 0.0


def _judge_error(cases: CaseSet, expected: Raised, outcome: Returned | Raised) -> Difference | None:
    if not isinstance(outcome, Raised):
        return Difference(
            "no error",
            f"these inputs make no sense: raise {expected.kind} with a message",
            got=called(outcome.value),
        )
    if outcome.is_a(expected.kind):
        return None
    if outcome.kind in OURS:
        return Difference("raised", _unexpected(outcome, cases))
    return Difference(
        "raised", f"these inputs must raise {expected.kind}, but yours raised {outcome.kind}"
    )


def _unexpected(outcome: Raised, cases: CaseSet) -> str:
    if outcome.kind == TIMEOUT:
        return f"{outcome.message}: is there a loop that never ends?"
    if outcome.kind == GONE:
        return "your kernel died: does your function call `exit`, or take too much memory?"
    if outcome.kind == NOT_SENT:
        return f"what your function returned cannot be checked: {outcome.message}"
    if outcome.kind == BLINDED:
        return f"your function was not watched: {outcome.message}"
    if outcome.message == DRAWS_ALWAYS:  # which the check raises, and not the student's function
        return DRAWS_ALWAYS
    earlier = earlier_exercise(cases.name, outcome)
    if outcome.kind == "NotImplementedError":
        if earlier:
            return f"your function calls your `{earlier}`, and nothing is written there yet"
        return "nothing is written yet: replace the line `raise NotImplementedError`"
    # An exception's message may hold numbers of a hidden case.
    message = re.sub(r"\d[\d.]*", "…", outcome.message) if cases.hidden else outcome.message
    said = f": {message}" if message else ""
    if earlier:
        return f"your function calls your `{earlier}`, and that raised {outcome.kind}{said}"
    return f"your function raised {outcome.kind}{said}"


def _rows(
    cases: CaseSet, outcomes: Sequence[Outcome | None], differences: Sequence[Difference | None]
) -> tuple[Row, ...]:
    rows = []
    for number, (case, outcome, difference) in enumerate(
        zip(cases.cases, outcomes, differences, strict=True), start=1
    ):
        inputs = _inputs(cases, case)
        share = share_of(difference) if isinstance(case.expected, Achieves | Catches) else None
        asked = isinstance(case.expected, Raised)
        error, passed = "", None
        if (caught := _found(outcome)) is not None:
            error, passed, share = caught.summary, caught.fine, caught.share
        elif difference is None and isinstance(case.expected, Achieves):
            assert isinstance(outcome, Returned)  # what is wrong with others was found
            error, passed = achieved_in_words(case.expected, outcome.value), True
        elif difference is None:
            error, passed = "refused" if asked else "0", True
        elif difference is not NOT_RUN:
            # The size of an error would tell what was expected.
            known = not cases.hidden and difference.error == difference.error
            kind = KINDS.get(difference.kind, difference.kind)
            error, passed = f"{difference.error:.3g}" if known else kind, False
        rows.append(Row(number, case.label, inputs, error, passed, share, asked))
    return tuple(rows)


def _opened(
    cases: CaseSet, differences: Sequence[Difference | None], outcomes: Sequence[Outcome | None]
) -> Opened | None:
    """Open the first wrong case."""
    for number, difference in enumerate(differences, start=1):
        if difference is not None and difference is not NOT_RUN:
            return open_case(cases, differences, outcomes, number)
    return None


def _is_blank(outcomes: Sequence[Outcome | None]) -> bool:
    """Say whether an answer is as it came: each call ends at its own `NotImplementedError`."""
    return all(
        isinstance(each, Raised)
        and each.kind == "NotImplementedError"
        and (each.line is None or not each.line.caller)
        for each in outcomes
    )


def _inputs(cases: CaseSet, case: Case) -> str:
    """Show a call's arguments: arrays by shape, the rest as it is, or by name if it is hidden."""
    named = [*zip(cases.parameters, case.args, strict=False), *case.kwargs.items()]
    return ", ".join(
        name
        if cases.hidden and not isinstance(value, np.ndarray)
        else f"{name} {shown_input(value)}"
        for name, value in named
    )
