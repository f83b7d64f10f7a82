"""A convolution layer over a batch, forward and backward, as fast as plain NumPy makes it.

The arithmetic is that of :mod:`~course_utils.reference.im2col`: a matrix product with every window
laid out as a column. Two things make it fast. A few images at a time are laid out into one buffer
that is used again and again, so that it stays in the processor's cache. And the backward pass lays
them out anew instead of keeping KH * KW copies of every pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.conv_loops import Conv2dCache, conv_windows
from course_utils.reference.shapes import require_axes, require_shape
from course_utils.reference.windows import Pair, Windows

Array = NDArray[Any]

BUFFER_BYTES = 2**21  # for the columns of a few images; about a core's second-level cache


def conv2d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[Array, Conv2dCache]:
    """Slide F filters over every image of a batch and sum over channels.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.
    w : (F, C/groups, KH, KW)
        The filters, which are slid as they are: a cross-correlation.
    b : (F,)
        One bias for each filter.
    stride, pad, dilation : int or pair of int
        Pixels from one place to the next, zeros added on each side, pixels from one tap of a
        kernel to the next; a pair is (rows, columns).
    groups : int
        Channels and filters are cut into so many equal parts, and a filter sees the channels of
        its part alone. With `groups` equal to C the convolution is depthwise.

    Returns
    -------
    out : (N, F, HO, WO)
        In the type to which NumPy promotes the arguments; float32 stays float32.
    cache : Conv2dCache
        For the backward pass. It holds `x` and `w` themselves, which must stay as they are.

    Raises
    ------
    ValueError
        If an array has the wrong shape, the channels differ, `groups` does not divide channels
        and filters, a number is out of range, or the kernel does not fit into the padded image.

    References
    ----------
    Equation 9.6 of :cite:`goodfellow2016deep`, summed over channels. Groups are those of section
    3.5 of :cite:`krizhevsky2012imagenet`, dilation that of :cite:`yu2016multiscale`.

    Examples
    --------
    >>> out, _ = conv2d_forward(np.ones((1, 3, 5, 5)), np.ones((2, 3, 3, 3)), np.arange(2.0), pad=1)
    >>> out[0, :, 0, 2]  # the kernel's upper row lies in the padding
    array([18., 19.])
    """
    windows = conv_windows(x, w, b, stride=stride, pad=pad, dilation=dilation, groups=groups)
    dtype = np.result_type(x, w, b)
    out = correlate_batch(x.astype(dtype, copy=False), w, windows, groups)
    out += b[:, None, None]
    return out, Conv2dCache(x, w, windows, groups)


def conv2d_backward(dout: Array, cache: Conv2dCache) -> tuple[Array, Array, Array]:
    """Return the gradients of a convolution layer.

    Parameters
    ----------
    dout : (N, F, HO, WO)
        The gradient with respect to the layer's output.
    cache : Conv2dCache
        From :func:`conv2d_forward`.

    Returns
    -------
    dx : (N, C, H, W)
    dw : (F, C/groups, KH, KW)
    db : (F,)
        All in the type of `dout`.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.

    References
    ----------
    Equations 9.11 and 9.13 of :cite:`goodfellow2016deep`.
    """
    x, w, windows, groups = cache
    require_shape("dout", dout, (len(x), len(w), *windows.out))
    dx = input_gradient(dout, w, windows, groups)
    dw = weight_gradient(dout, x, windows, groups)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def correlate_batch(x: Array, w: Array, windows: Windows, groups: int) -> Array:
    """Slide the filters (F, C/groups, KH, KW) over a batch (N, C, H, W): (N, F, HO, WO)."""
    N, F = len(x), len(w)
    HO, WO = windows.out
    filters = w.reshape(groups, F // groups, -1)  # (groups, F/groups, C/groups*KH*KW)
    out = np.empty((N, groups, F // groups, HO * WO), np.result_type(x, w))
    for part, cols in _unroll(x, windows, groups):
        np.matmul(filters, cols, out=out[part])
    return out.reshape(N, F, HO, WO)


def weight_gradient(dout: Array, x: Array, windows: Windows, groups: int) -> Array:
    """Return the gradient with respect to the filters, (F, C/groups, KH, KW)."""
    N, F, HO, WO = dout.shape
    channels = x.shape[1] // groups
    KH, KW = windows.kernel
    douts = dout.reshape(N, groups, F // groups, HO * WO)
    dw = np.zeros((groups, F // groups, channels * KH * KW), dout.dtype)
    one = np.empty_like(dw)
    for part, cols in _unroll(x, windows, groups):
        for d, col in zip(douts[part], cols, strict=True):
            # The images share the filters, so their gradients add.
            dw += np.matmul(d, col.swapaxes(1, 2), out=one)
    return dw.reshape(F, channels, KH, KW)


def input_gradient(dout: Array, w: Array, windows: Windows, groups: int) -> Array:
    """Return the gradient with respect to the images, (N, C, H, W)."""
    N, F, HO, WO = dout.shape
    _, channels, KH, KW = w.shape
    C = groups * channels
    filters = w.reshape(groups, F // groups, -1).swapaxes(
        1, 2
    )  # (groups, C/groups*KH*KW, F/groups)
    douts = dout.reshape(N, groups, F // groups, HO * WO)
    dx = np.zeros((N, C, *windows.size), dout.dtype)
    step = _images_at_a_time(N, C, windows, dout.dtype)
    buffer = np.empty((step, C, KH, KW, HO, WO), dout.dtype)
    for n in range(0, N, step):
        part = dx[n : n + step]
        dcols = buffer[: len(part)]
        np.matmul(
            filters,
            douts[n : n + step],
            out=dcols.reshape(len(part), groups, channels * KH * KW, HO * WO),
        )
        for i, j, pixels, places in windows.taps():
            # Windows overlap, so a pixel's gradients add.
            part[pixels] += dcols[:, :, i, j][places]
    return dx


def _unroll(x: Array, windows: Windows, groups: int) -> Iterator[tuple[slice, Array]]:
    """Yield a few images at a time and their windows, (n, groups, C/groups*KH*KW, HO*WO).

    All are laid out in the same buffer. Taps skip the padding, so its zeros stay.
    """
    N, C = x.shape[:2]
    (KH, KW), (HO, WO) = windows.kernel, windows.out
    step = _images_at_a_time(N, C, windows, x.dtype)
    buffer = np.zeros((step, C, KH, KW, HO, WO), x.dtype)
    for n in range(0, N, step):
        part = slice(n, n + step)
        cols = buffer[: len(x[part])]
        for i, j, pixels, places in windows.taps():
            cols[:, :, i, j][places] = x[part][pixels]
        yield part, cols.reshape(len(cols), groups, C // groups * KH * KW, HO * WO)


def _images_at_a_time(N: int, C: int, windows: Windows, dtype: np.dtype[Any]) -> int:
    (KH, KW), (HO, WO) = windows.kernel, windows.out
    return max(1, min(N, BUFFER_BYTES // (C * KH * KW * HO * WO * dtype.itemsize)))


def conv1d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int = 1,
    pad: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[Array, Conv2dCache]:
    """Slide F filters over every signal of a batch: images that are one pixel high.

    Parameters
    ----------
    x : (N, C, W)
        The signals.
    w : (F, C/groups, KW)
        The filters.
    b : (F,)
        One bias for each filter.
    stride, pad, dilation, groups : int
        As in :func:`conv2d_forward`.

    Returns
    -------
    out : (N, F, WO)
    cache : Conv2dCache

    Raises
    ------
    ValueError
        As :func:`conv2d_forward`.

    Examples
    --------
    >>> x, w = np.array([[[1.0, 2.0, 4.0, 8.0]]]), np.array([[[-1.0, 1.0]]])
    >>> conv1d_forward(x, w, np.zeros(1), stride=2)[0]
    array([[[1., 4.]]])
    """
    require_axes("x", x, "N C W")
    require_axes("w", w, "F C/groups KW")
    out, cache = conv2d_forward(
        x[:, :, None],
        w[:, :, None],
        b,
        stride=(1, stride),
        pad=(0, pad),
        dilation=(1, dilation),
        groups=groups,
    )
    return out[:, :, 0], cache


def conv1d_backward(dout: Array, cache: Conv2dCache) -> tuple[Array, Array, Array]:
    """Return the gradients of a convolution layer over signals.

    Parameters
    ----------
    dout : (N, F, WO)
        The gradient with respect to the layer's output.
    cache : Conv2dCache
        From :func:`conv1d_forward`.

    Returns
    -------
    dx : (N, C, W)
    dw : (F, C/groups, KW)
    db : (F,)

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.
    """
    require_axes("dout", dout, "N F WO")
    dx, dw, db = conv2d_backward(dout[:, :, None], cache)
    return dx[:, :, 0], dw[:, :, 0], db
