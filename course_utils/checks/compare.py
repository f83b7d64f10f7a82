"""Compare a result with what was expected, and say in words where they part."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Difference:
    """Where and how a result differs.

    Attributes
    ----------
    kind : str
        "none", "type", "shape", "dtype", "nan" or "value".
    says : str
        One sentence that names the place, without the expected numbers.
    expected, got : str
        The two numbers at that place, where there are numbers.
    error : float
        Largest absolute error, NaN where it cannot be formed.
    """

    kind: str
    says: str
    expected: str = ""
    got: str = ""
    error: float = float("nan")


def compare(
    expected: Any,
    got: Any,
    *,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    name: str = "the result",
    parts: tuple[str, ...] = (),
) -> Difference | None:
    """Return the first difference between two results, or None if they agree.

    A whole number must be a whole number, an array an array of the same shape and type, a tuple
    a tuple of the same length, a dict a dict with the same keys. Real numbers agree when they
    differ by at most ``atol + rtol * abs(expected)``; a NaN agrees with nothing. Arrays of less
    than double precision may differ by as much as rounding explains, see :func:`rounding`; whole
    numbers may not differ at all.

    It comes to an end, and soon, for every `got` that can cross a wire (:mod:`.wire`).

    Parameters
    ----------
    expected, got
        An int, a float, a str, a NumPy array, or a tuple or dict of these.
    rtol, atol : float
        Relative and absolute tolerance.
    name : str
        What to call the result in the sentence.
    parts : tuple of str
        What to call the parts of a tuple.
    """
    if got is None and expected is not None:
        return Difference("none", f"{name} is None: does your function end with `return`?")
    if isinstance(expected, tuple):
        return _compare_tuples(expected, got, rtol, atol, name, parts)
    if isinstance(expected, dict):
        return _compare_dicts(expected, got, rtol, atol, name)
    if isinstance(expected, np.ndarray):
        return _compare_arrays(expected, got, rtol, atol, name)
    if isinstance(expected, str):
        if not isinstance(got, str):
            return Difference("type", f"{name} must be a string, not {kind_of(got)}")
        if got != expected:
            return Difference("value", f"{name} is another string", brief(expected), brief(got))
        return None
    return _compare_numbers(expected, got, rtol, atol, name)


def _compare_tuples(
    expected: tuple[Any, ...], got: Any, rtol: float, atol: float, name: str, parts: tuple[str, ...]
) -> Difference | None:
    if not isinstance(got, tuple):
        return Difference(
            "type", f"{name} must be a tuple of {_things(parts, expected)}, not {kind_of(got)}"
        )
    if len(got) != len(expected):
        return Difference(
            "shape", f"{name} must have {_things(parts, expected)}, but yours has {len(got)}"
        )
    for i, (want, have) in enumerate(zip(expected, got, strict=True)):
        part = parts[i] if i < len(parts) else _entry(name, i)
        difference = compare(want, have, rtol=rtol, atol=atol, name=part)
        if difference:
            return difference
    return None


def _things(parts: tuple[str, ...], expected: tuple[Any, ...]) -> str:
    """Say how many outputs a result has, and which; or how many entries a tuple has."""
    if parts:
        return f"{len(expected)} outputs ({', '.join(parts)})"
    return f"{len(expected)} entr{'y' if len(expected) == 1 else 'ies'}"


def _entry(name: str, i: int) -> str:
    """Name an entry of a tuple as it is indexed: "entry [2][0] of the blocks"."""
    if found := re.fullmatch(r"entry ((?:\[\d+\])+) of (.*)", name, re.DOTALL):
        return f"entry {found[1]}[{i}] of {found[2]}"
    return f"entry [{i}] of {name}"


def _compare_dicts(
    expected: dict[Any, Any], got: Any, rtol: float, atol: float, name: str
) -> Difference | None:
    if not isinstance(got, dict):
        return Difference("type", f"{name} must be a dict, not {kind_of(got)}")
    for key in expected:
        if key not in got:
            return Difference("shape", f"{name} has no key {key!r}")
    for key in got:
        if key not in expected:
            return Difference("shape", f"{name} must have no key {brief(key)}")
    for key, want in expected.items():
        difference = compare(want, got[key], rtol=rtol, atol=atol, name=f"{name}[{key!r}]")
        if difference:
            return difference
    return None


def rounding(expected: np.ndarray) -> float:
    """Return how far an array of less than double precision may be off by rounding alone.

    Sums of the same numbers in another order differ by a few units in the last place of the
    largest of them, so the allowance is 64 of these units at the array's largest number. In
    double precision it is 0, because the tolerances of an exercise are far above it.
    """
    if expected.dtype.kind != "f" or expected.dtype.itemsize >= 8 or not expected.size:
        return 0.0
    largest = float(np.abs(expected.astype(float)).max())
    return 64 * float(np.finfo(expected.dtype).eps) * largest


def _compare_arrays(
    expected: np.ndarray, got: Any, rtol: float, atol: float, name: str
) -> Difference | None:
    if not isinstance(got, np.ndarray):
        return Difference("type", f"{name} must be a NumPy array, not {kind_of(got)}")
    if got.shape != expected.shape:
        return Difference(
            "shape", f"{name} must have shape {expected.shape}, but yours has {got.shape}"
        )
    if got.dtype != expected.dtype:
        return Difference(
            "dtype", f"{name} must have dtype {expected.dtype}, but yours has {got.dtype}"
        )
    wide = _wide(expected)
    bad = differing(expected, got, rtol=rtol, atol=atol)
    if not bad.any():
        return None
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    count = int(bad.sum())
    share = "the number" if bad.size == 1 else f"{count} of {bad.size} numbers"
    if count == bad.size > 1:
        share = "both numbers" if count == 2 else f"all {count} numbers"
    place = f", first at [{', '.join(map(str, where))}]"
    if (unknown := np.isnan(got.astype(wide))).any():
        first = ", ".join(map(str, np.argwhere(unknown)[0]))
        number = f"{int(unknown.sum())} of {got.size} numbers" if got.size > 1 else "the number"
        verb = "is" if unknown.sum() == 1 else "are"
        says = f"{number} in {name} {verb} NaN (not a number), first at [{first}]"
        return Difference("nan", says, got="nan")
    return Difference(
        "value",
        f"{share} in {name} differ{'' if count > 1 else 's'}{place if bad.size > 1 else ''}",
        brief(expected[where]),
        brief(got[where]),
        _largest_error(expected, got),
    )


def differing(
    expected: np.ndarray, got: np.ndarray, *, rtol: float = 1e-9, atol: float = 1e-12
) -> np.ndarray:
    """Return at which places two arrays of the same shape differ by more than is allowed."""
    if expected.dtype.kind in "biu":
        return np.asarray(got != expected)
    wide = _wide(expected)
    with np.errstate(all="ignore"):  # of infinities, and of numbers that overflow
        error = np.abs(got.astype(wide) - expected.astype(wide))
        allowed = atol + rtol * np.abs(expected.astype(wide)) + rounding(expected)
        return np.asarray(~(error <= allowed))  # written so that NaN is bad


def _largest_error(expected: np.ndarray, got: np.ndarray) -> float:
    wide = _wide(expected)
    with np.errstate(all="ignore"):
        return float(np.abs(got.astype(wide) - expected.astype(wide)).max())


def _wide(expected: np.ndarray) -> Any:
    return np.complex128 if expected.dtype.kind == "c" else np.float64


def _compare_numbers(
    expected: Any, got: Any, rtol: float, atol: float, name: str
) -> Difference | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got[()]
    kinds = next((k for k in (numbers.Real, numbers.Complex) if isinstance(expected, k)), None)
    if kinds is None:
        return Difference("type", f"{name} has nothing to be compared with, got {kind_of(got)}")
    if isinstance(got, bool | np.bool_) or not isinstance(got, kinds):
        wanted = "a whole number" if isinstance(expected, numbers.Integral) else "a number"
        return Difference("type", f"{name} must be {wanted}, not {kind_of(got)}")
    if isinstance(expected, numbers.Integral) and not isinstance(got, numbers.Integral):
        return Difference(
            "type", f"{name} must be a whole number (int), not {brief(got)}: divide with `//`"
        )
    if got != got:
        return Difference("nan", f"{name} is NaN (not a number)", got="nan")
    # Python's own numbers, because a NumPy integer may wrap round when it is subtracted.
    exact = isinstance(expected, numbers.Integral)
    number: Callable[[Any], Any] = int if exact else _real if kinds is numbers.Real else complex
    with np.errstate(all="ignore"):
        try:
            error = abs(number(got) - number(expected))
        except OverflowError:  # of complex numbers
            error = math.inf
        if error <= (0 if exact else atol + rtol * abs(expected)):
            return None
    return Difference("value", f"{name} differs", brief(expected), brief(got), _real(error))


def _real(value: Any) -> float:
    """Return a number as a float; one that is too large is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def kind_of(value: Any) -> str:
    """Return what a value is, with an article."""
    kind = type(value).__name__
    known = {
        "NoneType": "None",
        "Tensor": "a PyTorch tensor",
        "bool": "True or False",
        "builtin_function_or_method": "a function",
        "ndarray": f"a NumPy array of shape {value.shape}" if isinstance(value, np.ndarray) else "",
        "str": "a string",
    }
    return known.get(kind) or (f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}")


def called(value: Any) -> str:
    """Return a value in a few characters, or what kind of a thing it is.

    Examples
    --------
    >>> called("bad"), called(np.zeros(3)), called([0] * 1000)
    ("'bad'", 'a NumPy array of shape (3,)', 'a list')
    """
    text = brief(value)
    return kind_of(value) if text == type(value).__name__ else text


def brief(value: Any, most: int = 40) -> str:
    """Return a value in a few characters, or the name of its type if it takes more than `most`.

    Examples
    --------
    >>> brief(2.0), brief(("pool", 2)), brief([0] * 1000)
    ('2.0', "('pool', 2)", 'list')
    """
    if isinstance(value, float | np.floating):
        text = f"{value:.10g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    if not _is_small(value):
        return type(value).__name__
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) < most else type(value).__name__


def _is_small(value: Any, left: int = 20) -> bool:
    """Say whether a value is quickly written: texts and numbers, `left` of them at most."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        left -= 1
        if isinstance(each, list | tuple | dict):
            if len(each) > left:
                return False
            waiting += [*each, *each.values()] if isinstance(each, dict) else each
        elif isinstance(each, str):
            left -= len(each) // 40
        elif isinstance(each, int):
            left -= each.bit_length() // 128
        elif isinstance(each, np.ndarray):
            return False
        if left < 0:
            return False
    return True
