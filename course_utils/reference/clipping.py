"""Gradient clipping: a bound on a step that an exploding gradient would make too long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]


def clip_by_norm(gradients: Arrays, limit: float) -> tuple[dict[str, Array], float]:
    """Shorten all gradients together to a norm of at most `limit`: g min(1, limit / ||g||).

    ||g|| is the root of the sum of the squares of *all* entries of *all* arrays. One factor
    serves all, so the direction stays. PyTorch's `clip_grad_norm_` divides by ||g|| + 1e-6
    instead, and so shortens by up to 1e-6 / ||g|| more than asked.

    Parameters
    ----------
    gradients : dict of arrays
        Any shapes; they are not changed.
    limit : float
        Positive. With `math.inf`, the gradients are only measured.

    Returns
    -------
    clipped : dict of arrays
        New arrays of the same names, shapes and floating types. Gradients of norm 0, or of a
        norm up to `limit`, are copied.
    norm : float
        ||g|| before clipping.

    Raises
    ------
    ValueError
        If `limit` is not positive, or an entry is infinite or not a number: such a gradient has
        no direction that shortening could keep.

    References
    ----------
    Algorithm 1 of :cite:`pascanu2013difficulty`.

    Examples
    --------
    >>> clipped, norm = clip_by_norm({"w": np.array([3.0]), "b": np.array([4.0])}, 2.5)
    >>> norm, clipped
    (5.0, {'w': array([1.5]), 'b': array([2.])})
    """
    _require(gradients, limit)
    # Squares of entries beyond 1e19 leave float32, so the entries are divided by the largest.
    largest = max((float(np.max(np.abs(g), initial=0)) for g in gradients.values()), default=0.0)
    if largest == 0:
        return {name: g.copy() for name, g in gradients.items()}, 0.0
    squares = (np.square(g / largest).sum(dtype=np.float64) for g in gradients.values())
    root = math.sqrt(sum(squares))
    factor = min(1.0, float(limit) / largest / root)
    return {name: factor * g for name, g in gradients.items()}, largest * root


def clip_by_value(gradients: Arrays, limit: float) -> dict[str, Array]:
    """Cut every entry to lie between -limit and limit.

    Each entry is cut on its own, so the direction of the whole can change.

    Parameters, types and errors are those of :func:`clip_by_norm`.

    Examples
    --------
    >>> clip_by_value({"w": np.array([3.0, -0.5])}, 1.0)
    {'w': array([ 1. , -0.5])}
    """
    _require(gradients, limit)
    return {name: np.clip(g, -float(limit), float(limit)) for name, g in gradients.items()}


def _require(gradients: Arrays, limit: float) -> None:
    if not limit > 0:
        raise ValueError(f"limit must be positive, got {limit}")
    for name, g in gradients.items():
        if not np.isfinite(g).all():
            raise ValueError(
                f"the gradient of {name!r} has entries that are infinite or not a number; "
                "clipping cannot mend it: skip this step, or lower the learning rate"
            )
