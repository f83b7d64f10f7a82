"""How arrays lie in memory: no answer should depend on it, so that cases try all of it."""

from __future__ import annotations

import numpy as np

LAYOUTS = ("C", "F", "strided")


def strided(array: np.ndarray) -> np.ndarray:
    """Return a copy of `array` whose last axis is not contiguous in memory.

    Examples
    --------
    >>> strided(np.arange(3.0)).strides
    (16,)
    """
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view


def layout_of(array: np.ndarray) -> str:
    """Say how an array lies in memory: "C", "F" or "strided"."""
    if array.flags.c_contiguous:
        return "C"
    return "F" if array.flags.f_contiguous else "strided"


def copy_like(array: np.ndarray) -> np.ndarray:
    """Return a writable copy with the same layout in memory."""
    layout = layout_of(array)
    if layout == "strided":
        return strided(array)
    return np.array(array, order="F" if layout == "F" else "C")
