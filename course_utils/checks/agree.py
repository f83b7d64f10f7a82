"""Say whether two results come from the same fault, whatever the style they are written in."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_utils.checks.compare import compare

NUMBERS = np.ndarray | np.generic | int | float | complex
EXACT = float(np.finfo(np.float64).eps)


def agree(one: Any, other: Any, *, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Say whether two results hold the same numbers in the same places.

    Types do not matter: a list agrees with a tuple or an array, 3 with 3.0, float32 with float64,
    and NaN with NaN. Shapes must be the same. Where either is of less than double precision,
    half of its digits must agree, relative to the largest number.

    Parameters
    ----------
    one, other
        Numbers, strings, None, arrays, or lists, tuples and dicts of these.
    rtol, atol : float
        Tolerances for double precision.
    """
    if isinstance(one, int) and isinstance(other, int):
        return one == other  # of any size
    if isinstance(one, NUMBERS) or isinstance(other, NUMBERS):
        a, b = _numbers(one), _numbers(other)
        if a is None or b is None or a.shape != b.shape:
            return False
        return _close(a, b, rtol, atol)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            agree(a, b, rtol=rtol, atol=atol) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            agree(one[key], other[key], rtol=rtol, atol=atol) for key in one
        )
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return one is None and other is None


def alike(one: Any, other: Any, *, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Say whether two results agree in their types as well, as the grader would have it."""
    if isinstance(one, list | tuple):
        kind = list if isinstance(one, list) else tuple
        return (
            isinstance(other, kind)
            and len(one) == len(other)
            and all(alike(a, b, rtol=rtol, atol=atol) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(alike(one[key], other[key], rtol=rtol, atol=atol) for key in one)
        )
    if one is None or other is None:
        return one is other
    one, other = (v[()] if isinstance(v, np.ndarray) and not v.ndim else v for v in (one, other))
    # Both ways round, because a whole number passes for a real one, but not the reverse.
    return (
        compare(one, other, rtol=rtol, atol=atol) is None
        and compare(other, one, rtol=rtol, atol=atol) is None
    )


def _numbers(value: Any) -> np.ndarray | None:
    """Return a value as an array of numbers, or None if it is not one."""
    if not isinstance(value, NUMBERS | list | tuple):
        return None
    waiting = [value]
    while waiting:  # among texts, NumPy makes each as long as the longest
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting += each
        elif not isinstance(each, NUMBERS):
            return None
    try:
        array = np.asarray(value)
    except Exception:  # a ragged list, or an object in it that raises what it likes
        return None
    return array if array.dtype.kind in "biufc" else None


def _close(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> bool:
    """Compare two arrays of the same shape."""
    inexact = [array.dtype for array in (a, b) if array.dtype.kind in "fc"]
    if not inexact:
        return np.array_equal(a, b)
    wide = np.result_type(a, b, np.float64)
    with np.errstate(all="ignore"):
        a, b = a.astype(wide), b.astype(wide)
        finite = np.isfinite(a) & np.isfinite(b)
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return False
        a, b = a[finite], b[finite]
        if not a.size:
            return True
        coarsest = max(float(np.finfo(dtype).eps) for dtype in inexact)
        if coarsest > EXACT:
            allowed: Any = max(atol, float(np.sqrt(coarsest)) * np.abs(a).max())
        else:
            allowed = atol + rtol * np.abs(a)
        return bool((np.abs(a - b) <= allowed).all())
