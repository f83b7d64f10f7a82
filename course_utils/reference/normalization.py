"""Batch normalisation: every channel gets the mean and the spread that it learns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class BatchNormCache(NamedTuple):
    """What :func:`batch_norm_backward` needs. P is H*W for images and 1 for rows."""

    centered: Array  # (N, C, P), the input less the mean of its channel
    inverse_std: Array  # (C,)
    gamma: Array  # (C,)
    training: bool


def batch_norm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[tuple[Array, Array, Array], BatchNormCache]:
    """Normalise each channel, then scale and shift it.

    In training, a channel is normalised by the mean and variance of the batch: the *biased*
    variance, divided by n = N*H*W. The running statistics move towards them by `momentum`, the
    weight of the *new* value, with the *unbiased* variance, divided by n - 1. In evaluation the
    running statistics take the batch's place and stay as they are. PyTorch does all of this too.

    Parameters
    ----------
    x : (N, C, H, W) or (N, D)
        Images, with statistics over N, H and W; or rows, each feature being a channel.
    gamma, beta : (C,)
        The standard deviation and the mean that each channel gets.
    running_mean, running_var : (C,)
        Estimates from the batches before; start with 0 and 1. They are not changed.
    training : bool
    momentum : float
        Weight of this batch in the new running statistics, in [0, 1].
    eps : float
        Added to the variance, so that a constant channel is not divided by 0; above 0.

    Returns
    -------
    (out, running_mean, running_var)
        The output, shaped like `x`, and new running statistics (C,).
    cache : BatchNormCache

    Raises
    ------
    ValueError
        If a shape does not fit, a number is out of range, or a training batch has only one value
        in each channel.

    References
    ----------
    Algorithms 1 and 2 of :cite:`ioffe2015batch`.

    Examples
    --------
    >>> x, one, zero = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)
    >>> (out, mean, var), _ = batch_norm_forward(x, one, zero, zero, one, training=True)
    >>> out.round(3).ravel(), mean, var
    (array([-1.,  1.]), array([0.2]), array([1.1]))
    """
    _require_arguments(x, (gamma, beta, running_mean, running_var), momentum, eps)
    N, C = x.shape[:2]
    values = x.reshape(N, C, -1)  # (N, C, P)
    if training:
        n = values.size // C
        if n < 2:
            raise ValueError("x must have two values in each channel for a variance in training")
        mean = values.sum(axis=2).sum(axis=0) / n  # (C,)
        centered = values - mean[:, None]
        # From the differences: the mean square less the squared mean would cancel.
        var = _sum_of_products(centered, centered) / n  # (C,)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * n / (n - 1) * var
    else:
        var = running_var
        centered = values - running_mean[:, None]
        running_mean, running_var = running_mean.copy(), running_var.copy()
    inverse_std = 1 / np.sqrt(var + eps)
    out = centered * (gamma * inverse_std)[:, None]
    out += beta[:, None]
    cache = BatchNormCache(centered, inverse_std, gamma, training)
    return (out.reshape(x.shape), running_mean, running_var), cache


def batch_norm_backward(dout: Array, cache: BatchNormCache) -> tuple[Array, Array, Array]:
    """Carry the gradient with respect to the output back to the input, the scale and the shift.

    Parameters
    ----------
    dout : (N, C, H, W) or (N, D)
        Gradient with respect to the output alone: nothing flows through the running statistics.
    cache : BatchNormCache

    Returns
    -------
    dx : (N, C, H, W) or (N, D)
    dgamma, dbeta : (C,)

    Notes
    -----
    In training the mean and the variance depend on `x` as well. With both followed, `dx` is, in
    each channel, an affine function of `dout` and the centred input:
    gamma / std * (dout - mean(dout) - normalised * mean(dout * normalised)).
    """
    centered, inverse_std, gamma, training = cache
    n = centered.size // gamma.size
    incoming = dout.reshape(centered.shape)  # (N, C, P)
    dbeta = incoming.sum(axis=2).sum(axis=0)  # (C,)
    dgamma = _sum_of_products(incoming, centered) * inverse_std  # (C,)
    if training:
        dx = centered * (-inverse_std * dgamma / n)[:, None]
        dx += incoming
        dx -= (dbeta / n)[:, None]
        dx *= (gamma * inverse_std)[:, None]
    else:
        dx = incoming * (gamma * inverse_std)[:, None]
    return dx.reshape(dout.shape), dgamma, dbeta


def _sum_of_products(one: Array, other: Array) -> Array:
    """Sum the products of two (N, C, P) arrays over N and P, without an array of products."""
    return np.einsum("ncp,ncp->c", one, other)


def _require_arguments(x: Array, vectors: tuple[Array, ...], momentum: float, eps: float) -> None:
    if x.ndim not in (2, 4):
        raise ValueError(f"x must have shape (N, C, H, W) or (N, D), got {x.shape}")
    names = ("gamma", "beta", "running_mean", "running_var")
    for name, vector in zip(names, vectors, strict=True):
        if vector.shape != (x.shape[1],):
            raise ValueError(
                f"{name} must have shape ({x.shape[1]},), one number for each channel of x, "
                f"got {vector.shape}"
            )
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum must lie in [0, 1], got {momentum}")
    if eps <= 0:
        raise ValueError(f"eps must be positive, got {eps}")
