"""A convolution layer as its definition reads: one dot product at every place, in loops.

This is the pass to read. :mod:`~course_utils.reference.im2col` turns it into one matrix product,
and :mod:`~course_utils.reference.conv_layer` is the pass to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.shapes import require_axes, require_shape
from course_utils.reference.windows import Pair, Windows, place_windows

Array = NDArray[Any]


class Conv2dCache(NamedTuple):
    """What the backward pass of a convolution layer needs from the forward pass."""

    x: Array  # (N, C, H, W)
    w: Array  # (F, C/groups, KH, KW)
    windows: Windows
    groups: int


def conv_windows(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | Pair,
    pad: int | Pair,
    dilation: int | Pair,
    groups: int,
) -> Windows:
    """Check the arguments of a convolution layer and place its windows.

    Parameters and errors are those of
    :func:`~course_utils.reference.conv_layer.conv2d_forward`.
    """
    require_axes("x", x, "N C H W")
    require_axes("w", w, "F C/groups KH KW")
    _, C, H, W = x.shape
    F, channels, KH, KW = w.shape
    require_shape("b", b, (F,))
    if groups < 1 or C % groups or F % groups:
        raise ValueError(f"groups must divide the {C} channels and the {F} filters, got {groups}")
    if channels == 0 or channels * groups != C:
        raise ValueError(
            f"the input has {C} channels in {groups} group(s), but each filter has {channels}"
        )
    return place_windows((H, W), (KH, KW), stride=stride, pad=pad, dilation=dilation)


def conv2d_forward_loops(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[Array, Conv2dCache]:
    """Slide every filter over every image, one place after another.

    Parameters, returns and errors are those of
    :func:`~course_utils.reference.conv_layer.conv2d_forward`.

    References
    ----------
    Equation 9.6 of :cite:`goodfellow2016deep`, summed over channels.

    Examples
    --------
    >>> out, _ = conv2d_forward_loops(np.ones((1, 3, 5, 5)), np.ones((2, 3, 3, 3)), np.arange(2.0))
    >>> out[0, :, 0, 0]
    array([27., 28.])
    """
    windows = conv_windows(x, w, b, stride=stride, pad=pad, dilation=dilation, groups=groups)
    N, F = len(x), len(w)
    padded = _padded(x, windows)  # (N, C, H + 2 PH, W + 2 PW)
    out = np.empty((N, F, *windows.out), np.result_type(x, w, b))
    for n in range(N):
        for f in range(F):
            channels = _channels_of_filter(f, w, groups)
            for row, column, rows, columns in _places(windows):
                window = padded[n, channels, rows, columns]  # (C/groups, KH, KW)
                out[n, f, row, column] = (window * w[f]).sum() + b[f]
    return out, Conv2dCache(x, w, windows, groups)


def conv2d_backward_loops(dout: Array, cache: Conv2dCache) -> tuple[Array, Array, Array]:
    """Hand the gradient at every place back to the pixels and weights that made it.

    Parameters, returns and errors are those of
    :func:`~course_utils.reference.conv_layer.conv2d_backward`.
    """
    x, w, windows, groups = cache
    N, F = len(x), len(w)
    require_shape("dout", dout, (N, F, *windows.out))
    padded = _padded(x, windows)
    dpadded = np.zeros(padded.shape, dout.dtype)
    dw, db = np.zeros(w.shape, dout.dtype), np.zeros(F, dout.dtype)
    for n in range(N):
        for f in range(F):
            channels = _channels_of_filter(f, w, groups)
            for row, column, rows, columns in _places(windows):
                d = dout[n, f, row, column]
                # Windows overlap and share the filter, so gradients add.
                dpadded[n, channels, rows, columns] += w[f] * d
                dw[f] += padded[n, channels, rows, columns] * d
                db[f] += d
    PH, PW = windows.rows.pad, windows.columns.pad
    H, W = windows.size
    return dpadded[:, :, PH : PH + H, PW : PW + W], dw, db


def _padded(x: Array, windows: Windows) -> Array:
    PH, PW = windows.rows.pad, windows.columns.pad
    return np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))


def _channels_of_filter(f: int, w: Array, groups: int) -> slice:
    """Return the channels that filter `f` sees: those of its group."""
    F, channels = w.shape[:2]
    group = f // (F // groups)
    return slice(group * channels, (group + 1) * channels)


def _places(windows: Windows) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each place with the rows and columns of the padded image that the kernel covers."""
    (HO, WO), (KH, KW) = windows.out, windows.kernel
    SH, SW = windows.rows.stride, windows.columns.stride
    DH, DW = windows.rows.dilation, windows.columns.dilation
    for row in range(HO):
        for column in range(WO):
            top, left = row * SH, column * SW
            rows = slice(top, top + DH * (KH - 1) + 1, DH)
            columns = slice(left, left + DW * (KW - 1) + 1, DW)
            yield row, column, rows, columns
