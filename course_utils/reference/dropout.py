"""Dropout: in training, a random part of the units is set to 0.

Both forms give each unit the same expected value in training and in evaluation. The *classic*
form shrinks the units in evaluation. The *inverted* form enlarges the survivors in training, so
that evaluation changes nothing; it is the one that PyTorch has.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DropoutCache(NamedTuple):
    """The factor of each unit: an array like the input, or one number for all."""

    factor: Array | float


def inverted_dropout_forward(
    x: Array, *, drop: float, training: bool, rng: np.random.Generator
) -> tuple[Array, DropoutCache]:
    """Set units to 0 in training and divide the others by the probability to be kept.

    Parameters
    ----------
    x : (...)
    drop : float
        Probability that a unit is *dropped*, in [0, 1).
    training : bool
        In evaluation the output is a copy of the input, and `rng` is not used.
    rng : numpy.random.Generator
        Draws one number for each element.

    Returns
    -------
    out : (...)
    cache : DropoutCache

    Raises
    ------
    ValueError
        If `drop` lies outside [0, 1).

    References
    ----------
    Section 10 of :cite:`srivastava2014dropout`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> inverted_dropout_forward(np.ones(5), drop=0.5, training=True, rng=rng)[0]
    array([2., 2., 2., 0., 0.])
    """
    _require_probability(drop)
    factor = _draw_kept(x, drop, rng) / (1 - float(drop)) if training else 1.0
    return x * factor, DropoutCache(factor)


def classic_dropout_forward(
    x: Array, *, drop: float, training: bool, rng: np.random.Generator
) -> tuple[Array, DropoutCache]:
    """Set units to 0 in training; in evaluation multiply all by the probability to be kept.

    Parameters and errors are those of :func:`inverted_dropout_forward`. The factor in evaluation is
    ``1 - drop``: papers that write "multiply by p" mean the probability to be *kept*.

    Returns
    -------
    out : (...)
    cache : DropoutCache

    References
    ----------
    Section 4 of :cite:`srivastava2014dropout`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> classic_dropout_forward(np.ones(3), drop=0.25, training=False, rng=rng)[0]
    array([0.75, 0.75, 0.75])
    """
    _require_probability(drop)
    factor = _draw_kept(x, drop, rng) if training else 1 - float(drop)
    return x * factor, DropoutCache(factor)


def dropout_backward(dout: Array, cache: DropoutCache) -> Array:
    """Return the gradient with respect to the input of either form, shaped like `dout`.

    Each unit gets the factor that it had on the way forward: what was dropped gets nothing.
    """
    return dout * cache.factor


def _draw_kept(x: Array, drop: float, rng: np.random.Generator) -> Array:
    """Draw 1 for a unit that is kept and 0 for one that is dropped, in the type of `x`."""
    # Single precision is enough to compare with `drop`, and takes half the time.
    return (rng.random(x.shape, dtype=np.float32) >= drop).astype(x.dtype)


def _require_probability(drop: float) -> None:
    if not 0 <= drop < 1:
        raise ValueError(f"drop, the probability to be dropped, must lie in [0, 1), got {drop}")
