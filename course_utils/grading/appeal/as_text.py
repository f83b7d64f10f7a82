"""An explanation as plain text: for each exercise the sum, for each case what was asked and came.

What is a student's own comes between quotes (:mod:`..judge.disclosed`); what the cells of a student
print is left out.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from course_utils.errors import printable
from course_utils.grading.appeal.again import TriedTest
from course_utils.grading.appeal.entry import Entry, Kept
from course_utils.grading.appeal.explain import Explanation, is_about
from course_utils.grading.judge.disclosed import (
    NOT_ASKED,
    PARTLY,
    RIGHT,
    Disclosed,
    DisclosedCase,
    Result,
)
from course_utils.grading.note import counted

WIDTH = 88
SHORT = 40  # characters of two values that stand in a line
SIGNS = {RIGHT: "✓", PARTLY: "◐", NOT_ASKED: "–"}
KNOWN = "weighs nothing, as students know it"
TIERS = {
    "namespaces": "in namespaces of its own",
    "sandbox": "in bubblewrap's sandbox",
    "none": "without a sandbox",
}


def as_text(explanation: Explanation, exercise: str = "") -> str:
    """Return an explanation as text.

    Parameters
    ----------
    explanation : Explanation
    exercise : str
        The one to tell of, right or wrong. Unless one is named, those that have all points take a
        line each.
    """
    again = explanation.again
    blocks = [list(_head(explanation))]
    short = [t for t in again.tests if not exercise and _is_full(t)]
    if short:
        blocks.append([_line(test) for test in short])
    for test in again.tests:
        if is_about(test, exercise) and test not in short:
            blocks += [list(block) for block in _test(test)]
    if not exercise and again.raised:
        blocks.append(
            ["Cells of the student's that ended with an exception", *_listed(again.raised)]
        )
    blocks.append(list(_sum(explanation)))
    text = "\n\n".join("\n".join(block) for block in blocks)
    return printable(f"{text}\n")


def to_json(explanation: Explanation, exercise: str = "") -> str:
    """Return an explanation as JSON; the exercise is as in :func:`as_text`."""
    return json.dumps(explanation.to_json(exercise), indent=1) + "\n"


def _head(explanation: Explanation) -> Iterator[str]:
    again = explanation.again
    yield (
        f"{explanation.slug}, {explanation.student}: {again.total:g} of {_points(again.points)} "
        "from checks"
    )
    tier = TIERS.get(again.tier, again.tier)
    yield from _wrapped(f"Run again {tier}, with the very hidden cases of this submission.")
    for note in explanation.notes:
        yield from _wrapped(f"Note: {note}.")


def _line(test: TriedTest) -> str:
    """Tell an exercise in a line."""
    number = sum(not case.refusal for check in test.checks for case in check.cases)
    cases = f", all {number} cases right" if number > 1 else ""
    return f"{'✓' if _is_full(test) else '✗'} {test.name}: {_reached(test)}{cases}"


def _test(test: TriedTest) -> Iterator[Iterator[str]]:
    yield _title(test)
    if test.calls:
        yield _calls(test)
    for check in test.checks:
        for case in check.cases:
            yield _case(case)


def _calls(test: TriedTest) -> Iterator[str]:
    yield "  Calls that the test makes itself"
    for call, came in test.calls:
        yield f"      {call}"
        yield from _value("came", came, "      ")


def _title(test: TriedTest) -> Iterator[str]:
    yield f"{'✓' if _is_full(test) else '✗'} {test.name}: {_reached(test)}"
    for check in test.checks:
        yield from _wrapped(summed(check), "  ")
        if any(case.verdict == NOT_ASKED for case in check.cases):
            yield from _wrapped("After a call that does not come back, no other case counts.", "  ")
    total = round(sum(check.score for check in test.checks), 2)
    if test.why and (not test.checks or total):
        yield from _wrapped(f"The test ended with {test.why}.", "  ")
    elif test.checks and total != test.score:
        yield from _wrapped(f"The test's own last line makes {test.score:g} of that.", "  ")
    elif not test.checks and not test.why:
        yield "  It has no check: its last line is the score."
    for sentence in test.sentences:
        yield from _wrapped(f"A tutor would say: {sentence}", "  ")


def summed(check: Disclosed) -> str:
    """Write the sum that gives the score of a check: "6 of 8 cases weigh 7.5 of 9 ..."."""
    results = [case.verdict == RIGHT for case in check.cases if not case.refusal]
    refusals = [case.verdict == RIGHT for case in check.cases if case.refusal]
    partly = sum(case.verdict == PARTLY for case in check.cases)
    count = f"{sum(results)} of {counted(len(results), 'case')} right"
    if refusals:
        count += f", {sum(refusals)} of {counted(len(refusals), 'input')} refused"
    also = f", {partly} partly" if partly else ""
    used = ", ".join(f"`{name}`" for name in check.shortcuts)
    kept = f", times {check.kept:g} that are left after the shortcut {used}" if used else ""
    return (
        f"{count}{also}, which weighs {check.earned:.5g} of {check.weight:.5g}{kept}, "
        f"times {_points(check.points)} = {check.score:.2f}"
    )


def _case(case: DisclosedCase) -> Iterator[str]:
    sign = SIGNS.get(case.verdict, "✗")
    yield from _wrapped(f"{sign} Case {case.number}, {case.label}: {_weighs(case)}", "  ")
    yield f"      {case.call}"
    for name, text in case.inputs:
        yield from _value(name, text, "      ")
    if case.says:
        yield from _wrapped(case.says, "      ")
    for result in case.results:
        yield from _result(result)


def _weighs(case: DisclosedCase) -> str:
    if not case.weight:
        return f"{case.verdict}; {KNOWN}"
    earned = f"{case.earned:.4g} of {case.weight:.4g}"
    rule = case.verdict == RIGHT and not case.earned
    why = ", because cases that ask for an error count once another one is right" if rule else ""
    return f"{case.verdict}, {earned}{why}"


def _result(result: Result) -> Iterator[str]:
    if result.name and len(result.expected) + len(result.came) < SHORT:
        wrong = f"expected {result.expected}, came {result.came}"
        yield from _value(
            result.name, f"{result.came}, as expected" if result.right else wrong, "      "
        )
        return
    if result.name:
        yield f"      {result.name}: {'right' if result.right else 'wrong'}"
    if result.right and result.expected == result.came:
        yield from _value("came", f"{result.came}, as expected", "      ")
        return
    yield from _value("expected", result.expected, "      ")
    yield from _value("came", result.came, "      ")


def _value(word: str, text: str, indent: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines() or [""]):
        yield f"{indent}{'' if number else word:9} {line}".rstrip()


def _sum(explanation: Explanation) -> Iterator[str]:
    entry = explanation.entry
    yield "The sum"
    rows = [(test.name, test.score, test.points) for test in explanation.again.tests]
    rows.append(("from checks", explanation.again.total, explanation.again.points))
    width = max(len(name) for name, *_ in rows)
    yield from (f"  {name:{width}}  {score:6.2f} of {points:g}" for name, score, points in rows)
    if entry is None:
        return
    yield ""
    yield from _listed(_changes(explanation, entry), "  ")
    yield f"The grade in the gradebook: {entry.grade:g} of {_all_points(entry)}."
    yield from _wrapped(_agreement(explanation))


def _changes(explanation: Explanation, entry: Entry) -> list[str]:
    """Say by what a grade differs from the sum of what the tests gave."""
    found = []
    for name, kept in entry.exercises.items():
        if name in explanation.by_hand:
            found.append(_by_hand(name, kept))
        elif kept.manual is not None:
            found.append(f"{name}: {kept.manual:g} by hand, in place of {kept.auto or 0:g}")
        if kept.extra:
            found.append(f"{name}: {kept.extra:+g} extra credit")
    if entry.penalty:
        found.append(f"late: {-entry.penalty:+g}")
    return found


def _by_hand(name: str, kept: Kept) -> str:
    if kept.manual is None and not kept.auto:
        return f"{name}: not graded yet, which a person does, for {_points(kept.points)}"
    given = kept.auto if kept.manual is None else kept.manual
    return f"{name}: {given or 0:g} of {_points(kept.points)} by hand"


def _agreement(explanation: Explanation) -> str:
    if explanation.same:
        return "The gradebook has the same scores of all checks."
    told = ", ".join(
        f"{test.name} is {test.score:g} here and {_auto(kept)} there"
        for test, kept in explanation.differing
    )
    return f"The gradebook has other scores: {told}."


def _auto(kept: Kept | None) -> str:
    return "missing" if kept is None or kept.auto is None else f"{kept.auto:g}"


def _all_points(entry: Entry) -> str:
    return _points(round(sum(kept.points for kept in entry.exercises.values()), 2))


def _is_full(test: TriedTest) -> bool:
    return test.score >= test.points and not test.why


def _reached(test: TriedTest) -> str:
    return f"{test.score:g} of {_points(test.points)}"


def _points(points: float) -> str:
    return f"{points:g} {'point' if points == 1 else 'points'}"


def _listed(texts: list[str] | tuple[str, ...], indent: str = "  ") -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, indent)


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
