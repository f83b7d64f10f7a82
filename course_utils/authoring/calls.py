"""Write down a call of an exercise's function, and what its arguments may be, to begin with."""

from __future__ import annotations

import inspect
import math
import string
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from course_utils.checks.allowed_values import NUMBERS
from course_utils.exercises.catalog import frozen_cases
from course_utils.exercises.exercise import Exercise

COUNTS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)


def words_of_calls(exercise: Exercise, package: str) -> dict[str, str]:
    """Return what the templates for calls that catch an exercise's mistakes have to name.

    The call is that of its first case.

    Parameters
    ----------
    exercise : Exercise
    package : str
        The package of its topic.
    """
    case, signature = frozen_cases(exercise.name).cases[0], inspect.signature(exercise.model)
    bound = signature.bind(*case.args, **case.kwargs)
    call = ", ".join(f"{name}={as_code(value)}" for name, value in bound.arguments.items())
    bound.apply_defaults()
    allowed = allowed_around(bound.arguments)
    empty = inspect.Parameter.empty
    required = [name for name, one in signature.parameters.items() if one.default is empty]
    constant, count = exercise.name.upper(), len(exercise.mistakes)
    imports = [
        "from course_utils.exercises.catching import catching",
        "from course_utils.exercises.exercise import Exercise",
        f"from course_utils.exercises.{package}.{exercise.name} import EXERCISE as {constant}",
    ]
    return {
        "target": exercise.name,
        "constant": constant,
        "imports": "\n".join(["import numpy as np\n"] * ("np." in call) + sorted(imports)),
        "allowed": "\n".join(f'    "{name}": "{says}",' for name, says in allowed.items()),
        "required": "{" + ", ".join(f'"{name}"' for name in required) + "}",
        "call": f"dict({call})",
        "count": COUNTS[count] if count < len(COUNTS) else str(count),
    }


def as_code(value: Any) -> str:
    """Write a value as code.

    Examples
    --------
    >>> as_code({"w": np.ones(2), "layers": [("fc", 3)]})
    "{'w': np.array([1.0, 1.0]), 'layers': [('fc', 3)]}"
    """
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {as_code(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_code, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(as_code, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def allowed_around(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Guess what arguments may be from what they are; see :mod:`course_utils.checks.allowed`.

    Each axis has a letter of its own; which of them are one size, an author has to say.

    Examples
    --------
    >>> allowed_around({"x": np.ones((2, 3)), "kernel": (2, 2), "twice": True})
    {'x': 'array A B', 'kernel': '(whole 0 to 9; whole 0 to 9)', 'twice': 'True or False'}
    """
    letters = iter(string.ascii_uppercase)
    return {name: _around(value, letters) for name, value in arguments.items()}


def _around(value: Any, letters: Iterator[str]) -> str:
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, int | float):
        kind = "whole" if isinstance(value, int) else "number"
        return f"{kind} {min(0, int(value))} to {max(9, int(value))}"
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, np.ndarray):
        axes = " ".join(next(letters) for _ in value.shape)
        holds = {"b": " of True or False", "f": ""}.get(value.dtype.kind, " of whole")
        return f"array {axes}{holds}{_between(value) if value.dtype.kind != 'b' else ''}"
    if isinstance(value, tuple) and value:
        return f"({'; '.join(_around(one, letters) for one in value)})"
    if not value:  # None or nothing, of which an author has to say what else it may be
        return "whole 0 to 9"
    kind, entries = ("dict", [*value.values()]) if isinstance(value, dict) else ("list", value)
    sorts = dict.fromkeys(_around(one, iter(string.ascii_uppercase)) for one in entries)
    return f"{kind} of 1 to {max(3, len(entries))}: {' | '.join(sorts)}"


def _between(array: np.ndarray) -> str:
    """Say between which numbers those of an array lie, where they are larger than usual ones."""
    low, high = min(array.min(), NUMBERS[0]), max(array.max(), NUMBERS[1])
    return "" if (low, high) == NUMBERS else f", {math.floor(low)} to {math.ceil(high)}"
