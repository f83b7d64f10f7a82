"""A convolution layer as one matrix product: every window laid out as a column.

The price is memory, KH * KW copies of each pixel; the gain is that all arithmetic is one product,
which is what the machine does best. :cite:`chellapilla2006high` used the layout for convolution
layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.conv_loops import conv_windows
from course_utils.reference.shapes import require_axes, require_shape
from course_utils.reference.windows import Pair, Windows, place_windows

Array = NDArray[Any]


class Im2colCache(NamedTuple):
    """What the backward pass needs: the columns rather than the image."""

    cols: Array  # (N, C*KH*KW, HO*WO)
    w: Array  # (F, C/groups, KH, KW)
    windows: Windows
    groups: int


def im2col(
    x: Array,
    kernel: Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Array:
    """Lay out every window of a batch as a column.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.
    kernel : pair of int
        Height and width of the windows, (KH, KW).
    stride, pad, dilation : int or pair of int
        As :func:`~course_utils.reference.windows.place_windows`.

    Returns
    -------
    (N, C*KH*KW, HO*WO)
        Rows in the order of a filter's weights, columns in the order of the output's pixels.

    Raises
    ------
    ValueError
        If `x` has not four axes, a number is out of range, or the kernel does not fit.

    Examples
    --------
    >>> im2col(np.arange(6).reshape(1, 1, 2, 3), (2, 2))[0]
    array([[0, 1],
           [1, 2],
           [3, 4],
           [4, 5]])
    """
    require_axes("x", x, "N C H W")
    windows = place_windows(x.shape[2:], kernel, stride=stride, pad=pad, dilation=dilation)
    N, C = x.shape[:2]
    (KH, KW), (HO, WO) = windows.kernel, windows.out
    cols = np.zeros((N, C, KH, KW, HO, WO), x.dtype)
    for i, j, pixels, places in windows.taps():
        cols[:, :, i, j][places] = x[pixels]
    return cols.reshape(N, C * KH * KW, HO * WO)


def col2im(
    cols: Array,
    size: Pair,
    kernel: Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Array:
    """Add every column back to the pixels it came from: the transpose of :func:`im2col`.

    Parameters
    ----------
    cols : (N, C*KH*KW, HO*WO)
        One column for each window.
    size : pair of int
        Height and width of the images, (H, W).
    kernel, stride, pad, dilation
        As in :func:`im2col`.

    Returns
    -------
    (N, C, H, W)
        A pixel that lies in several windows gets the sum; one that lies in none gets zero.

    Raises
    ------
    ValueError
        If `cols` has not the shape that the other arguments say, or as :func:`im2col`.

    Examples
    --------
    >>> col2im(np.ones((1, 4, 2)), (2, 3), (2, 2))[0, 0]  # the middle lies in both windows
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    require_axes("cols", cols, "N C*KH*KW HO*WO")
    windows = place_windows(size, kernel, stride=stride, pad=pad, dilation=dilation)
    (KH, KW), (HO, WO) = windows.kernel, windows.out
    N, C = len(cols), cols.shape[1] // (KH * KW)
    require_shape("cols", cols, (N, C * KH * KW, HO * WO))
    taps = cols.reshape(N, C, KH, KW, HO, WO)
    x = np.zeros((N, C, *windows.size), cols.dtype)
    for i, j, pixels, places in windows.taps():
        # Windows overlap, so a pixel's parts add.
        x[pixels] += taps[:, :, i, j][places]
    return x


def conv2d_forward_im2col(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[Array, Im2colCache]:
    """Multiply the filters with all windows at once.

    Parameters, returns and errors are those of
    :func:`~course_utils.reference.conv_layer.conv2d_forward`.
    """
    windows = conv_windows(x, w, b, stride=stride, pad=pad, dilation=dilation, groups=groups)
    N, F = len(x), len(w)
    HO, WO = windows.out
    cols = im2col(x, windows.kernel, stride=stride, pad=pad, dilation=dilation)
    # The rows of cols go through the channels one after another, so groups are blocks of rows.
    filters = w.reshape(groups, F // groups, -1)  # (groups, F/groups, C/groups*KH*KW)
    out = filters @ cols.reshape(N, groups, filters.shape[2], HO * WO)
    out = out.reshape(N, F, HO, WO) + b[:, None, None]
    return out, Im2colCache(cols, w, windows, groups)


def conv2d_backward_im2col(dout: Array, cache: Im2colCache) -> tuple[Array, Array, Array]:
    """Multiply the incoming gradient with the columns for `dw`, with the filters for `dx`.

    Parameters, returns and errors are those of
    :func:`~course_utils.reference.conv_layer.conv2d_backward`.
    """
    cols, w, windows, groups = cache
    N, F = len(cols), len(w)
    HO, WO = windows.out
    require_shape("dout", dout, (N, F, HO, WO))
    cols, w = cols.astype(dout.dtype, copy=False), w.astype(dout.dtype, copy=False)
    filters = w.reshape(groups, F // groups, -1)  # (groups, F/groups, C/groups*KH*KW)
    grouped = cols.reshape(N, groups, filters.shape[2], HO * WO)
    douts = dout.reshape(N, groups, F // groups, HO * WO)

    dw = (douts @ grouped.swapaxes(2, 3)).sum(axis=0)  # (groups, F/groups, C/groups*KH*KW)
    dcols = filters.swapaxes(1, 2) @ douts  # (N, groups, C/groups*KH*KW, HO*WO)
    rows, columns = windows
    dx = col2im(
        dcols.reshape(cols.shape),
        windows.size,
        windows.kernel,
        stride=(rows.stride, columns.stride),
        pad=(rows.pad, columns.pad),
        dilation=(rows.dilation, columns.dilation),
    )
    return dx, dw.reshape(w.shape), dout.sum(axis=(0, 2, 3))
