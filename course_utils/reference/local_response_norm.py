"""Local response normalisation: strong neighbours among the channels damp a pixel."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class LocalResponseNormCache(NamedTuple):
    """What :func:`local_response_norm_backward` needs; the arrays are (N, C, H, W)."""

    x: Array
    base: Array  # k + alpha / size * sum of squares in the window
    divisor: Array  # base ** beta
    size: int
    alpha: float
    beta: float


def local_response_norm_forward(
    x: Array, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> tuple[Array, LocalResponseNormCache]:
    """Divide each pixel by a power of the sum of squares over the channels next to it.

    The divisor is ``(k + alpha / size * squares) ** beta``. The window of channel c runs from
    c - size // 2 to c + (size - 1) // 2 and is cut off at the first and the last channel.

    Parameters
    ----------
    x : (N, C, H, W)
    size : int
        Channels in a window, at least 1; it may be more than C.
    alpha : float
        Weight of the *mean* square, at least 0. PyTorch divides `alpha` by `size`, and so does
        this function. The AlexNet paper does not: its alpha = 1e-4 with n = 5 is 5e-4 here.
    beta : float
        The exponent.
    k : float
        Keeps the divisor away from 0; positive. AlexNet has 2.

    Returns
    -------
    out : (N, C, H, W)
    cache : LocalResponseNormCache

    Raises
    ------
    ValueError
        If `x` has not four axes or a number is out of range.

    References
    ----------
    Section 3.3 of :cite:`krizhevsky2012imagenet`.

    Examples
    --------
    >>> x = np.array([3.0, 4.0]).reshape(1, 2, 1, 1)
    >>> out, _ = local_response_norm_forward(x, size=3, alpha=3.0, beta=0.5, k=11.0)
    >>> out.ravel()  # both are divided by the root of 11 + 9 + 16
    array([0.5       , 0.66666667])
    """
    if x.ndim != 4:
        raise ValueError(f"x must have shape (N, C, H, W), got {x.shape}")
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    if alpha < 0 or k <= 0:
        raise ValueError(f"alpha must not be negative and k positive, got {alpha} and {k}")
    base = _window_sums(x * x, before=size // 2, after=(size - 1) // 2)
    base *= alpha / size
    base += k
    divisor = _power(base, beta)
    return x / divisor, LocalResponseNormCache(x, base, divisor, size, alpha, beta)


def local_response_norm_backward(dout: Array, cache: LocalResponseNormCache) -> Array:
    """Carry the gradient with respect to the output back to the input.

    Parameters
    ----------
    dout : (N, C, H, W)
    cache : LocalResponseNormCache

    Returns
    -------
    dx : (N, C, H, W)
        A pixel's own share, less what it takes from every channel whose window it lies in.
    """
    x, base, divisor, size, alpha, beta = cache
    own = dout / divisor
    shares = own * x
    shares /= base
    # Channel c lies in the windows of the channels that it would reach turned round.
    taken = _window_sums(shares, before=(size - 1) // 2, after=size // 2)
    taken *= x
    taken *= 2 * alpha * beta / size
    own -= taken
    return own


def _window_sums(values: Array, *, before: int, after: int) -> Array:
    """Sum (N, C, H, W) over each channel, `before` channels before it and `after` behind it."""
    sums = values.copy()
    for step in range(1, before + 1):
        sums[:, step:] += values[:, :-step]
    for step in range(1, after + 1):
        sums[:, :-step] += values[:, step:]
    return sums


def _power(base: Array, beta: float) -> Array:
    """Raise to the power `beta`; for 3/4, AlexNet's, by two square roots, which are faster."""
    if beta == 0.75:
        root = np.sqrt(base)
        return root * np.sqrt(root)
    return base**beta
