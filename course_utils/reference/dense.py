"""The dense layer: every output unit is a weighted sum of every input feature, plus a bias."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DenseCache(NamedTuple):
    """What :func:`dense_backward` needs: the input (N, D) and the weights (D, M)."""

    x: Array
    w: Array


def dense_forward(x: Array, w: Array, b: Array) -> tuple[Array, DenseCache]:
    """Map each row of D features to M units.

    Parameters
    ----------
    x : (N, D)
        One row of features for each example.
    w : (D, M)
        One column of weights for each unit.
    b : (M,)
        One bias for each unit.

    Returns
    -------
    out : (N, M)
    cache : DenseCache

    Raises
    ------
    ValueError
        If an array has the wrong number of axes, or D or M differ between them.

    References
    ----------
    Section 6.1 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> out, _ = dense_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    >>> out
    array([[16.]])
    """
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0]:
        raise ValueError(f"x (N, D) and w (D, M) must share D, got {x.shape} and {w.shape}")
    _, M = w.shape
    if b.shape != (M,):
        raise ValueError(f"b must have shape ({M},), one bias for each column of w, got {b.shape}")
    return x @ w + b, DenseCache(x, w)


def dense_backward(dout: Array, cache: DenseCache) -> tuple[Array, Array, Array]:
    """Carry the gradient with respect to the output back to the input, the weights and the biases.

    Parameters
    ----------
    dout : (N, M)
    cache : DenseCache

    Returns
    -------
    dx : (N, D)
    dw : (D, M)
    db : (M,)

    References
    ----------
    Section 6.5.6 of :cite:`goodfellow2016deep`, for matrix products.
    """
    x, w = cache
    dx = dout @ w.T  # (N, D)
    dw = x.T @ dout  # (D, M), summed over the examples
    # All examples share the biases, so their gradients add.
    db = np.sum(dout, axis=0)  # (M,)
    return dx, dw, db
