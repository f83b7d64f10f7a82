"""Losses: a batch of answers and its targets become one number, a mean.

Every loss is the *plain mean over its elements*: its gradient does not grow with the batch.
The targets are data and get no gradient. Pass `dout=1.0` to a backward pass when the loss is the
last step, and another factor when it is one term of a weighted sum.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.activations import sigmoid_forward

Array = NDArray[Any]


class SoftmaxCrossEntropyCache(NamedTuple):
    """What :func:`softmax_cross_entropy_backward` needs, for the S elements that count."""

    probabilities: Array  # (S, K)
    targets: Array  # (S,)
    mask: Array | None
    shape: tuple[int, ...]  # of the scores, (..., K)


class DifferenceCache(NamedTuple):
    """Prediction less target: what both other gradients are a multiple of."""

    difference: Array


def softmax_cross_entropy_forward(
    scores: Array, targets: Array, mask: Array | None = None
) -> tuple[Any, SoftmaxCrossEntropyCache]:
    """Average the negative log-probability that the scores give to the target classes.

    Parameters
    ----------
    scores : (..., K)
        Unnormalised log-probabilities of K classes, for each of any number of elements.
    targets : (...)
        Integers from 0 to K - 1, the right class of each element.
    mask : (...) of bool, optional
        True where an element counts. Padding is False: its scores and its target may be anything.

    Returns
    -------
    loss : scalar
        In nats, the sum over the elements that count, divided by their number. Elements of all
        leading axes weigh the same: in (N, T, K), a long sequence weighs more than a short one.
    cache : SoftmaxCrossEntropyCache

    Raises
    ------
    ValueError
        If shapes do not fit, `targets` are not integers or not below K, `mask` is not boolean, or
        no element counts.

    References
    ----------
    Section 6.2.2.3 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> loss, _ = softmax_cross_entropy_forward(np.zeros((2, 4)), np.array([0, 3]))
    >>> bool(np.isclose(loss, np.log(4)))
    True
    """
    _require_class_shapes(scores, targets, mask)
    K = scores.shape[-1]
    rows, classes = scores.reshape(-1, K), targets.reshape(-1)
    if mask is not None:
        rows, classes = rows[mask.reshape(-1)], classes[mask.reshape(-1)]
    S = len(classes)
    if S == 0:
        raise ValueError("no element counts, and the mean of none is undefined; check the mask")
    if classes.min() < 0 or classes.max() >= K:
        raise ValueError(
            f"targets must lie in 0..{K - 1}, got {classes.min()}..{classes.max()}; "
            "leave padding out with the mask"
        )
    shifted = rows - rows.max(axis=1, keepdims=True)  # (S, K), at most 0
    probabilities = np.exp(shifted)
    totals = probabilities.sum(axis=1)  # (S,), at least 1, so its logarithm is safe
    loss = np.mean(np.log(totals) - shifted[np.arange(S), classes])
    probabilities /= totals[:, None]
    return loss, SoftmaxCrossEntropyCache(probabilities, classes, mask, scores.shape)


def softmax_cross_entropy_backward(dout: float, cache: SoftmaxCrossEntropyCache) -> Array:
    """Return the gradient with respect to the scores, (..., K): probabilities less one-hot targets.

    Parameters
    ----------
    dout : float
        Gradient with respect to the loss, 1.0 when the loss is the last step.
    cache : SoftmaxCrossEntropyCache

    Returns
    -------
    dscores : (..., K)
        0 where the mask is False.
    """
    probabilities, classes, mask, shape = cache
    S, K = probabilities.shape
    share = float(dout) / S  # of each element in the mean
    drows = share * probabilities
    drows[np.arange(S), classes] -= share
    if mask is None:
        return drows.reshape(shape)
    dscores = np.zeros(shape, drows.dtype)
    dscores.reshape(-1, K)[mask.reshape(-1)] = drows
    return dscores


def squared_error_forward(predictions: Array, targets: Array) -> tuple[Any, DifferenceCache]:
    """Average the squared difference between predictions and targets.

    Parameters
    ----------
    predictions, targets : (...)
        Of the same shape.

    Returns
    -------
    loss : scalar
        The sum of squares over all elements of all axes, divided by their number. No factor 1/2.
    cache : DifferenceCache

    Raises
    ------
    ValueError
        If the shapes differ or are empty.

    References
    ----------
    Equation 5.4 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> float(squared_error_forward(np.array([1.0, 2.0]), np.array([1.0, 5.0]))[0])
    4.5
    """
    _require_same_shape("predictions", predictions, targets)
    difference = predictions - targets
    return np.mean(difference * difference), DifferenceCache(difference)


def squared_error_backward(dout: float, cache: DifferenceCache) -> Array:
    """Return the gradient with respect to the predictions, in their shape, for a scalar `dout`."""
    (difference,) = cache
    return 2 * float(dout) / difference.size * difference


def binary_cross_entropy_forward(scores: Array, targets: Array) -> tuple[Any, DifferenceCache]:
    """Average the negative log-probability of two-way targets, from scores before the sigmoid.

    Parameters
    ----------
    scores : (...)
        Log-odds of class 1, any real numbers.
    targets : (...)
        Probabilities of class 1 in [0, 1]; most often the numbers 0 and 1, or booleans.

    Returns
    -------
    loss : scalar
        In nats, the sum over all elements of all axes, divided by their number.
    cache : DifferenceCache

    Raises
    ------
    ValueError
        If the shapes differ or are empty, or a target lies outside [0, 1].

    References
    ----------
    Section 6.2.2.2 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> scores, targets = np.array([1000.0, -1000.0]), np.array([1, 0])
    >>> float(binary_cross_entropy_forward(scores, targets)[0])
    0.0
    """
    _require_same_shape("scores", scores, targets)
    targets = targets.astype(scores.dtype)
    if not (np.all(targets >= 0) and np.all(targets <= 1)):
        raise ValueError(f"targets must lie in [0, 1], got {targets.min()} to {targets.max()}")
    # -t log(sigmoid(s)) - (1 - t) log(1 - sigmoid(s)), with no exponent above 0.
    loss = np.maximum(scores, 0) - scores * targets + np.log1p(np.exp(-np.abs(scores)))
    probabilities, _ = sigmoid_forward(scores)
    return np.mean(loss), DifferenceCache(probabilities - targets)


def binary_cross_entropy_backward(dout: float, cache: DifferenceCache) -> Array:
    """Return the gradient with respect to the scores, in their shape, for a scalar `dout`."""
    (difference,) = cache
    return float(dout) / difference.size * difference


def _require_class_shapes(scores: Array, targets: Array, mask: Array | None) -> None:
    if scores.ndim == 0 or targets.shape != scores.shape[:-1]:
        raise ValueError(
            f"targets must have the shape of scores (..., K) without K, "
            f"got {targets.shape} for {scores.shape}"
        )
    if targets.dtype.kind not in "iu":
        raise ValueError(f"targets must be integers, the classes, got {targets.dtype}")
    if mask is None:
        return
    if mask.dtype != np.bool_:
        raise ValueError(f"mask must be boolean, got {mask.dtype}; compare, as in `mask != 0`")
    if mask.shape != targets.shape:
        raise ValueError(f"mask must have the shape of targets {targets.shape}, got {mask.shape}")


def _require_same_shape(name: str, values: Array, targets: Array) -> None:
    if targets.shape != values.shape:
        raise ValueError(
            f"targets must have the shape of {name} {values.shape}, got {targets.shape}"
        )
    if values.size == 0:
        raise ValueError(f"{name} must hold an element, for the mean of none is undefined")
