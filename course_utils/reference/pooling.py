"""Pooling: every window of a channel shrinks to its largest value, its mean or its sum.

A pooling layer has no parameters and leaves the channels apart. The largest value and the sum of a
window can be taken along its columns first and its rows after, KH + KW steps in place of KH * KW.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.shapes import require_axes, require_shape
from course_utils.reference.windows import Axis, Pair, Windows, as_pair, place_windows

Array = NDArray[Any]


class MaxPoolCache(NamedTuple):
    """What :func:`max_pool2d_backward` needs."""

    x: Array  # (N, C, H, W)
    out: Array  # (N, C, HO, WO)
    windows: Windows


class SumPoolCache(NamedTuple):
    """What the backward passes of sum and average pooling need."""

    shape: tuple[int, ...]  # (N, C, H, W)
    windows: Windows


class GlobalMaxPoolCache(NamedTuple):
    """What :func:`global_max_pool_backward` needs."""

    shape: tuple[int, ...]  # (N, C, H, W)
    place: Array  # (N, C, 1), the first largest pixel, counted along rows


def max_pool2d_forward(
    x: Array, kernel: int | Pair, *, stride: int | Pair | None = None, pad: int | Pair = 0
) -> tuple[Array, MaxPoolCache]:
    """Keep the largest value of each window.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.
    kernel : int or pair of int
        Height and width of a window in pixels.
    stride : int or pair of int, optional
        Pixels from one window to the next; the kernel's size unless given, so that windows tile.
    pad : int or pair of int
        Pixels added on each side, at most half the kernel. They are never the largest.

    Returns
    -------
    out : (N, C, HO, WO)
        In the type of `x`.
    cache : MaxPoolCache
        For the backward pass. It holds `x` and `out` themselves, which must stay as they are.

    Raises
    ------
    ValueError
        If `x` has not four axes, a number is out of range, or the kernel does not fit.

    References
    ----------
    Section 9.3 of :cite:`goodfellow2016deep`; windows that overlap are those of section 3.4 of
    :cite:`krizhevsky2012imagenet`.

    Examples
    --------
    >>> x = np.array([[[[1.0, 5.0, 2.0], [3.0, 4.0, 6.0]]]])
    >>> max_pool2d_forward(x, 2, stride=1)[0]
    array([[[[5., 6.]]]])
    """
    windows = _pooling_windows(x, kernel, stride, pad)
    N, C, _, W = x.shape
    HO, WO = windows.out
    least = -np.inf if np.issubdtype(x.dtype, np.inexact) else np.iinfo(x.dtype).min
    out = np.full((N, C, HO, WO), least, x.dtype)
    rows = np.empty((C, HO, W), x.dtype)
    for image, largest in zip(x, out, strict=True):  # one at a time stays in the cache
        rows.fill(least)
        for _, pixels, places in windows.rows.taps():
            np.maximum(rows[:, places], image[:, pixels], out=rows[:, places])
        for _, pixels, places in windows.columns.taps():
            np.maximum(largest[..., places], rows[..., pixels], out=largest[..., places])
    return out, MaxPoolCache(x, out, windows)


def max_pool2d_backward(dout: Array, cache: MaxPoolCache) -> Array:
    """Hand each gradient to the pixel that was the largest of its window.

    Among equals the first of the window takes it, row by row from the left. A window with a NaN
    gives NaN and hands no gradient back. Gradients must be finite: an infinite one makes NaN of its
    whole window.

    Parameters
    ----------
    dout : (N, C, HO, WO)
        The gradient with respect to the output.
    cache : MaxPoolCache
        From :func:`max_pool2d_forward`.

    Returns
    -------
    dx : (N, C, H, W)
        In the type of `dout`.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.

    Examples
    --------
    >>> _, cache = max_pool2d_forward(np.array([[[[1.0, 7.0], [7.0, 0.0]]]]), 2)
    >>> max_pool2d_backward(np.array([[[[3.0]]]]), cache)
    array([[[[0., 3.],
             [0., 0.]]]])
    """
    x, out, windows = cache
    require_shape("dout", dout, out.shape)
    dx = np.zeros(x.shape, dout.dtype)
    free = np.empty(out.shape[1:], bool)  # windows whose gradient is still to be handed out
    for image, largest, gradient, dimage in zip(x, out, dout, dx, strict=True):
        free.fill(True)
        for _, _, pixels, places in windows.taps():
            hit = image[pixels] == largest[places]
            hit &= free[places]
            free[places] ^= hit
            # Windows may overlap, so a pixel's gradients add.
            dimage[pixels] += hit * gradient[places]
    return dx


def sum_pool2d_forward(
    x: Array, kernel: int | Pair, *, stride: int | Pair | None = None, pad: int | Pair = 0
) -> tuple[Array, SumPoolCache]:
    """Add up each window.

    Parameters, returns and errors are those of :func:`max_pool2d_forward`, with zeros as padding.

    Examples
    --------
    >>> sum_pool2d_forward(np.ones((1, 1, 2, 3)), 2, stride=1)[0]
    array([[[[4., 4.]]]])
    """
    windows = _pooling_windows(x, kernel, stride, pad)
    N, C, _, W = x.shape
    HO, WO = windows.out
    rows = np.zeros((N, C, HO, W), x.dtype)
    for _, pixels, places in windows.rows.taps():
        rows[:, :, places] += x[:, :, pixels]
    out = np.zeros((N, C, HO, WO), x.dtype)
    for _, pixels, places in windows.columns.taps():
        out[..., places] += rows[..., pixels]
    return out, SumPoolCache(x.shape, windows)


def sum_pool2d_backward(dout: Array, cache: SumPoolCache) -> Array:
    """Hand each gradient to all pixels of its window.

    Parameters, returns and errors are those of :func:`max_pool2d_backward`.

    Examples
    --------
    >>> _, cache = sum_pool2d_forward(np.ones((1, 1, 2, 3)), 2, stride=1)
    >>> sum_pool2d_backward(np.array([[[[1.0, 5.0]]]]), cache)[0, 0]
    array([[1., 6., 5.],
           [1., 6., 5.]])
    """
    shape, windows = cache
    N, C, _, W = shape
    require_shape("dout", dout, (N, C, *windows.out))
    drows = np.zeros((N, C, windows.rows.out, W), dout.dtype)
    for _, pixels, places in windows.columns.taps():
        _hand(dout[..., places], drows[..., pixels], windows.columns)
    dx = np.zeros(shape, dout.dtype)
    for _, pixels, places in windows.rows.taps():
        _hand(drows[:, :, places], dx[:, :, pixels], windows.rows)
    return dx


def _hand(gradients: Array, pixels: Array, axis: Axis) -> None:
    """Add gradients to pixels; where windows do not overlap, nothing is there to be added to."""
    if axis.stride < axis.kernel:
        pixels += gradients
    else:
        pixels[...] = gradients  # half the time, because nothing is read


def avg_pool2d_forward(
    x: Array, kernel: int | Pair, *, stride: int | Pair | None = None, pad: int | Pair = 0
) -> tuple[Array, SumPoolCache]:
    """Take the mean of each window; the zeros of the padding count as pixels.

    Parameters, returns and errors are those of :func:`max_pool2d_forward`, with zeros as padding.
    Whole numbers give float64.

    Examples
    --------
    >>> avg_pool2d_forward(np.ones((1, 1, 2, 2)), 2, stride=1, pad=(0, 1))[0]
    array([[[[0.5, 1. , 0.5]]]])
    """
    out, cache = sum_pool2d_forward(x, kernel, stride=stride, pad=pad)
    KH, KW = cache.windows.kernel
    return out / (KH * KW), cache


def avg_pool2d_backward(dout: Array, cache: SumPoolCache) -> Array:
    """Share each gradient among all pixels of its window.

    Parameters, returns and errors are those of :func:`max_pool2d_backward`.
    """
    KH, KW = cache.windows.kernel
    return sum_pool2d_backward(dout / (KH * KW), cache)


def global_avg_pool_forward(x: Array) -> tuple[Array, tuple[int, ...]]:
    """Take the mean of each channel over the whole image.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.

    Returns
    -------
    out : (N, C)
        One number for each channel, without the axes of the image.
    cache : tuple of int
        The shape of `x`.

    Raises
    ------
    ValueError
        If `x` has not four axes, or the images have no pixels.

    References
    ----------
    Section 3.2 of :cite:`lin2014network`.

    Examples
    --------
    >>> global_avg_pool_forward(np.arange(6.0).reshape(1, 2, 1, 3))[0]
    array([[1., 4.]])
    """
    _require_pixels(x)
    return x.mean(axis=(2, 3)), x.shape


def global_avg_pool_backward(dout: Array, cache: tuple[int, ...]) -> Array:
    """Share each channel's gradient among all its pixels.

    Parameters
    ----------
    dout : (N, C)
        The gradient with respect to the output.
    cache : tuple of int
        From :func:`global_avg_pool_forward`.

    Returns
    -------
    dx : (N, C, H, W)
        In the type of `dout`.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.
    """
    N, C, H, W = cache
    require_shape("dout", dout, (N, C))
    dx = np.empty(cache, dout.dtype)
    dx[...] = (dout / (H * W))[:, :, None, None]
    return dx


def global_max_pool_forward(x: Array) -> tuple[Array, GlobalMaxPoolCache]:
    """Keep the largest value of each channel.

    Parameters, returns and errors are those of :func:`global_avg_pool_forward`; the cache is a
    GlobalMaxPoolCache.

    Examples
    --------
    >>> global_max_pool_forward(np.arange(6.0).reshape(1, 2, 1, 3))[0]
    array([[2., 5.]])
    """
    _require_pixels(x)
    N, C, H, W = x.shape
    pixels = x.reshape(N, C, H * W)
    place = pixels.argmax(axis=2)[:, :, None]  # (N, C, 1)
    out = np.take_along_axis(pixels, place, axis=2)[:, :, 0]
    return out, GlobalMaxPoolCache(x.shape, place)


def global_max_pool_backward(dout: Array, cache: GlobalMaxPoolCache) -> Array:
    """Hand each channel's gradient to its largest pixel; among equals the first takes it.

    Parameters, returns and errors are those of :func:`global_avg_pool_backward`.
    """
    (N, C, H, W), place = cache
    require_shape("dout", dout, (N, C))
    dx = np.zeros((N, C, H * W), dout.dtype)
    np.put_along_axis(dx, place, dout[:, :, None], axis=2)
    return dx.reshape(N, C, H, W)


def _pooling_windows(
    x: Array, kernel: int | Pair, stride: int | Pair | None, pad: int | Pair
) -> Windows:
    require_axes("x", x, "N C H W")
    kernels, pads = as_pair("kernel", kernel), as_pair("pad", pad)
    if min(kernels) < 1:
        raise ValueError(f"kernel must be at least 1, got {kernels}")
    if any(2 * p > k for p, k in zip(pads, kernels, strict=True)):
        raise ValueError(f"pad must be at most half the kernel {kernels}, got {pads}")
    strides = kernels if stride is None else as_pair("stride", stride)
    return place_windows(x.shape[2:], kernels, stride=strides, pad=pads)


def _require_pixels(x: Array) -> None:
    require_axes("x", x, "N C H W")
    if 0 in x.shape[2:]:
        raise ValueError(f"x has no pixels to pool: its shape is {x.shape}")
