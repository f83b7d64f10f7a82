"""A basic residual block: two convolutions, each with batch normalization, and a shortcut.

The block adds its input to what its two layers make of it, so that they learn what is to change.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.conv_layer import conv2d_backward, conv2d_forward
from course_utils.reference.conv_loops import Conv2dCache
from course_utils.reference.normalization import (
    BatchNormCache,
    batch_norm_backward,
    batch_norm_forward,
)
from course_utils.reference.shapes import require_axes, require_shape

Array = NDArray[Any]


class LayerCache(NamedTuple):
    """What the backward pass of a convolution and its normalization needs."""

    conv: Conv2dCache
    norm: BatchNormCache


class ResidualBlockCache(NamedTuple):
    """What :func:`residual_block_backward` needs."""

    first: LayerCache
    second: LayerCache
    hidden: Array  # (N, F, H, W), after the first ReLU
    out: Array  # (N, C, H, W), after the second


def residual_block_forward(
    x: Array,
    w1: Array,
    gamma1: Array,
    beta1: Array,
    w2: Array,
    gamma2: Array,
    beta2: Array,
    *,
    eps: float = 1e-5,
) -> tuple[Array, ResidualBlockCache]:
    """Add to a volume what two layers make of it, and rectify the sum.

    out = relu(x + bn2(w2 * relu(bn1(w1 * x)))), where * slides filters and the normalizations take
    their statistics from the batch, as in training. With `gamma2` and `beta2` of 0 the block hands
    on its input, or the part above 0 of it: it begins as the identity.

    Parameters
    ----------
    x : (N, C, H, W)
        The volumes, C channels each.
    w1 : (F, C, K, K)
        Filters of the first convolution. K is odd, and zeros around the volume keep its size.
    gamma1, beta1 : (F,)
        Scale and shift of the first normalization. It has a shift, so convolutions have no bias.
    w2 : (C, F, K, K)
        Filters of the second convolution: as many as channels come in, so that the sum is one.
    gamma2, beta2 : (C,)
        Scale and shift of the second normalization.
    eps : float
        Added to variances.

    Returns
    -------
    out : (N, C, H, W)
    cache : ResidualBlockCache

    Raises
    ------
    ValueError
        If a shape does not fit, kernels are even, or a batch has one value in each channel.

    References
    ----------
    Equation 1 and figure 2 of :cite:`he2016deep`.

    Examples
    --------
    >>> x, one, zero = np.array([1.0, 3.0]).reshape(2, 1, 1, 1), np.ones(1), np.zeros(1)
    >>> w = np.ones((1, 1, 1, 1))
    >>> out, _ = residual_block_forward(x, w, one, zero, w, one / 2, zero, eps=1e-12)
    >>> out.ravel().round(3)  # the branch comes to -0.5 and 0.5
    array([0.5, 3.5])
    """
    require_axes("x", x, "N C H W")
    C, F = x.shape[1], len(w1)
    require_axes("w1", w1, "F C K K")
    K = w1.shape[-1]
    if K % 2 == 0:
        raise ValueError(f"K must be odd, so that a volume can keep its size, got {K}")
    require_shape("w1", w1, (F, C, K, K))
    require_shape("w2", w2, (C, F, K, K))
    a1, first = _layer_forward(x, w1, gamma1, beta1, eps)  # (N, F, H, W)
    hidden = np.maximum(a1, 0)
    a2, second = _layer_forward(hidden, w2, gamma2, beta2, eps)  # (N, C, H, W)
    out = np.maximum(x + a2, 0)
    return out, ResidualBlockCache(first, second, hidden, out)


def residual_block_backward(
    dout: Array, cache: ResidualBlockCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Carry the gradient with respect to the block's output back, through the layers and past them.

    Parameters
    ----------
    dout : (N, C, H, W)
        The gradient with respect to the output.
    cache : ResidualBlockCache

    Returns
    -------
    dx : (N, C, H, W)
        The sum of what arrives through the layers and what the shortcut hands back as it is.
    dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2
        Shaped like the parameters.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.
    """
    first, second, hidden, out = cache
    require_shape("dout", dout, out.shape)
    dsum = dout * (out > 0)  # by the sum, whose two terms both get it
    dhidden, dw2, dgamma2, dbeta2 = _layer_backward(dsum, second)
    dx, dw1, dgamma1, dbeta1 = _layer_backward(dhidden * (hidden > 0), first)
    return dx + dsum, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2


def _layer_forward(
    x: Array, w: Array, gamma: Array, beta: Array, eps: float
) -> tuple[Array, LayerCache]:
    """Convolve so that the size stays, and normalize by the batch."""
    none = np.zeros(len(w), w.dtype)  # of a bias, and of statistics that nobody keeps
    z, conv = conv2d_forward(x, w, none, pad=w.shape[-1] // 2)
    (out, _, _), norm = batch_norm_forward(z, gamma, beta, none, none, training=True, eps=eps)
    return out, LayerCache(conv, norm)


def _layer_backward(dout: Array, cache: LayerCache) -> tuple[Array, Array, Array, Array]:
    """Return the gradients with respect to the layer's input, filters, scale and shift."""
    dz, dgamma, dbeta = batch_norm_backward(dout, cache.norm)
    dx, dw, _ = conv2d_backward(dz, cache.conv)
    return dx, dw, dgamma, dbeta
