"""Which answers to earlier exercises an answer calls, and which of these are not right."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from course_utils.checks.cases import CaseSet
from course_utils.checks.grade import grade

LONG = ("trained", "trains")  # probes that take seconds


def not_right_before(
    name: str, function: Callable[..., Any], known: Callable[[str], CaseSet | None]
) -> tuple[str, ...]:
    """Return the answers to other exercises that a wrong answer calls and that are wrong, too.

    Each is checked as the student's notebook has it now, so it does not matter when its own check
    was last run.

    Parameters
    ----------
    name : str
        The exercise.
    function : callable
        Its answer.
    known : callable
        Returns the cases of an exercise, or None where a name is none.
    """
    found = []
    for other in called(function):
        cases = known(other.__name__) if other.__name__ != name else None
        if cases is None or cases.measured or cases.probe in LONG:
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            if not grade(cases, other).passed:
                found.append(other.__name__)
    return tuple(found)


def called(function: Callable[..., Any]) -> list[FunctionType]:
    """Return the functions of a notebook that one of its functions names, directly or through them.

    Examples
    --------
    >>> [each.__name__ for each in called(not_right_before)]
    ['called', '_names']
    """
    found: dict[FunctionType, None] = {}
    waiting = [function] if isinstance(function, FunctionType) else []
    while waiting:
        one = waiting.pop(0)
        for name in _names(one.__code__):
            value = one.__globals__.get(name)
            if not isinstance(value, FunctionType) or value.__globals__ is not one.__globals__:
                continue
            if value not in found and value is not function:
                found[value] = None
                waiting.append(value)
    return list(found)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
