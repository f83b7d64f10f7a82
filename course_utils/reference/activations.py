"""Activation functions and their gradients, without overflow for inputs of any size.

All but softmax act on each element by itself, so their arrays may have any shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gates import sigmoid

Array = NDArray[Any]


class OutputCache(NamedTuple):
    """The output of a sigmoid, tanh or softmax: their gradients are functions of it alone."""

    out: Array


class ReluCache(NamedTuple):
    """Where the input of a rectifier was positive."""

    positive: Array


class LeakyReluCache(NamedTuple):
    """Where the input of a leaky rectifier was positive, and its slope elsewhere."""

    positive: Array
    slope: float


def sigmoid_forward(x: Array) -> tuple[Array, OutputCache]:
    """Squash each element into (0, 1): 1 / (1 + exp(-x)).

    Parameters
    ----------
    x : (...)

    Returns
    -------
    out : (...)
        Exact to rounding also near 0, where it is about exp(x).
    cache : OutputCache

    References
    ----------
    Equation 3.30 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> sigmoid_forward(np.array([-10000.0, 0.0, 10000.0]))[0]
    array([0. , 0.5, 1. ])
    """
    out = sigmoid(x)
    return out, OutputCache(out)


def sigmoid_backward(dout: Array, cache: OutputCache) -> Array:
    """Return the gradient at the input of :func:`sigmoid_forward`, shaped like `dout`."""
    (out,) = cache
    return (1 - out) * out * dout


def tanh_forward(x: Array) -> tuple[Array, OutputCache]:
    """Squash each element into (-1, 1) with the hyperbolic tangent.

    Parameters
    ----------
    x : (...)

    Returns
    -------
    out : (...)
    cache : OutputCache

    References
    ----------
    Section 6.3.2 of :cite:`goodfellow2016deep`.
    """
    out = np.tanh(x)
    return out, OutputCache(out)


def tanh_backward(dout: Array, cache: OutputCache) -> Array:
    """Return the gradient at the input of :func:`tanh_forward`, shaped like `dout`."""
    (out,) = cache
    return (1 - out * out) * dout


def relu_forward(x: Array) -> tuple[Array, ReluCache]:
    """Keep positive elements and set the others to 0.

    Parameters
    ----------
    x : (...)

    Returns
    -------
    out : (...)
    cache : ReluCache

    References
    ----------
    Section 6.3.1 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> relu_forward(np.array([-2.0, 0.0, 3.0]))[0]
    array([0., 0., 3.])
    """
    return np.maximum(x, 0), ReluCache(x > 0)


def relu_backward(dout: Array, cache: ReluCache) -> Array:
    """Return the gradient at the input of :func:`relu_forward`, shaped like `dout`.

    At exactly 0, where there is no derivative, 0 is taken for it.
    """
    (positive,) = cache
    return dout * positive


def leaky_relu_forward(x: Array, *, slope: float = 0.01) -> tuple[Array, LeakyReluCache]:
    """Keep positive elements and scale the others down.

    Parameters
    ----------
    x : (...)
    slope : float
        Factor for elements that are not positive, in [0, 1].

    Returns
    -------
    out : (...)
    cache : LeakyReluCache

    Raises
    ------
    ValueError
        If `slope` lies outside [0, 1].

    References
    ----------
    Section 2 of :cite:`maas2013rectifier`; also section 6.3.1 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> leaky_relu_forward(np.array([-2.0, 0.0, 3.0]), slope=0.1)[0]
    array([-0.2,  0. ,  3. ])
    """
    if not 0 <= slope <= 1:
        raise ValueError(f"slope must lie in [0, 1], got {slope}")
    slope = float(slope)  # a NumPy float64 would widen float32 arrays
    # With a slope of at most 1 the right branch is always the larger one.
    return np.maximum(x, slope * x), LeakyReluCache(x > 0, slope)


def leaky_relu_backward(dout: Array, cache: LeakyReluCache) -> Array:
    """Return the gradient at the input of :func:`leaky_relu_forward`, shaped like `dout`.

    At exactly 0, where there is no derivative, `slope` is taken for it.
    """
    positive, slope = cache
    # No branches: True counts as 1, and the slope is between that and 0.
    return dout * np.maximum(positive, dout.dtype.type(slope))


def softmax_forward(x: Array) -> tuple[Array, OutputCache]:
    """Turn K scores into K probabilities, along the last axis.

    Parameters
    ----------
    x : (..., K)

    Returns
    -------
    out : (..., K)
        Positive, with sum 1 along the last axis.
    cache : OutputCache

    References
    ----------
    Section 6.2.2.3 of :cite:`goodfellow2016deep`, which also takes off the maximum.

    Examples
    --------
    >>> softmax_forward(np.array([10000.0, 10000.0 + np.log(3)]))[0].round(6)
    array([0.25, 0.75])
    """
    # A shift leaves the ratios as they are; this one leaves no exponent above 0.
    out = np.exp(x - x.max(axis=-1, keepdims=True))
    out /= out.sum(axis=-1, keepdims=True)
    return out, OutputCache(out)


def softmax_backward(dout: Array, cache: OutputCache) -> Array:
    """Return the gradient at the input of :func:`softmax_forward`, shaped (..., K) like `dout`.

    Each score moves all K probabilities, but together they cannot change: what a score gains is
    its own gradient less the mean gradient under the probabilities.
    """
    (out,) = cache
    mean = np.sum(dout * out, axis=-1, keepdims=True)  # (..., 1)
    return out * (dout - mean)
