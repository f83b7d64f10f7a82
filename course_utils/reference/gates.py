"""What gated cells share: the sigmoid of a gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sigmoid(a: Array, out: Array | None = None) -> Array:
    """Squash pre-activations into (0, 1).

    Parameters
    ----------
    a : (...)
    out : (...), optional
        Where to put the result; it may be `a` itself.

    Returns
    -------
    (...)
        1 / (1 + exp(-a)), in the type of `a`, exact to rounding also far below zero.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    # Far below zero exp(-a) overflows to infinity, and 1 / infinity is the right answer.
    with np.errstate(over="ignore"):
        power = np.exp(np.negative(a, out=out), out=out)
    return np.divide(1, np.add(1, power, out=out), out=out)
