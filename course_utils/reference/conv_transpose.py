"""The transposed convolution: a convolution layer run backwards, as a layer that enlarges images.

A convolution takes each output from a window of the input. Its transpose spreads each input over
a window of the output. That is what the backward pass of a convolution does with its output's
gradient, so nothing new is computed here: forward and input gradient change places.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.arithmetic import dilated_size
from course_utils.reference.conv_layer import correlate_batch, input_gradient, weight_gradient
from course_utils.reference.shapes import require_axes, require_shape
from course_utils.reference.windows import Pair, Windows, as_pair, place_windows

Array = NDArray[Any]


class ConvTransposeCache(NamedTuple):
    """What the backward pass of a transposed convolution needs from the forward pass."""

    x: Array  # (N, C, H, W)
    w: Array  # (C, F/groups, KH, KW)
    windows: Windows  # of the convolution that leads from the output's size back to the input's
    groups: int


def conv_transpose2d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    output_pad: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[Array, ConvTransposeCache]:
    """Spread every pixel over a window of the output; windows that overlap add.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.
    w : (C, F/groups, KH, KW)
        What one pixel of a channel puts into each output channel of its group. These are the
        filters of the convolution whose transpose this is: C filters over F channels.
    b : (F,)
        One bias for each output channel.
    stride, dilation : int or pair of int
        Pixels of the *output* from one window to the next, and from one tap to the next.
    pad : int or pair of int
        Pixels *cut* from each side of the output: the padding of that convolution.
    output_pad : int or pair of int
        Rows and columns added at the end of the output, fewer than `stride`. Several sizes lead
        to the same one under a strided convolution; this says which is meant.
    groups : int
        As in :func:`~course_utils.reference.conv_layer.conv2d_forward`.

    Returns
    -------
    out : (N, F, HO, WO)
        HO = (H - 1)*stride - 2*pad + dilation*(KH - 1) + 1 + output_pad, and WO alike.
    cache : ConvTransposeCache
        For the backward pass. It holds `x` and `w` themselves, which must stay as they are.

    Raises
    ------
    ValueError
        If an array has the wrong shape, the channels differ, a number is out of range, or `pad`
        leaves nothing of the output.

    References
    ----------
    Section 4 of :cite:`dumoulin2016guide`; its relationship 14 is the size.

    Examples
    --------
    >>> out, _ = conv_transpose2d_forward(
    ...     np.array([[[[1.0, 2.0]]]]), np.ones((1, 1, 1, 3)), np.zeros(1), stride=2)
    >>> out[0, 0]
    array([[1., 1., 3., 2., 2.]])
    """
    require_axes("x", x, "N C H W")
    require_axes("w", w, "C F/groups KH KW")
    _, C, H, W = x.shape
    channels_in, channels_out, KH, KW = w.shape
    if channels_in != C:
        raise ValueError(f"the input has {C} channels, but w is for {channels_in}")
    if groups < 1 or C % groups:
        raise ValueError(f"groups must divide the {C} channels, got {groups}")
    require_shape("b", b, (groups * channels_out,))
    windows = _windows_of_output((H, W), (KH, KW), stride, pad, output_pad, dilation)
    dtype = np.result_type(x, w, b)
    out = input_gradient(x.astype(dtype, copy=False), w, windows, groups)
    out += b[:, None, None]
    return out, ConvTransposeCache(x, w, windows, groups)


def conv_transpose2d_backward(dout: Array, cache: ConvTransposeCache) -> tuple[Array, Array, Array]:
    """Return the gradients of a transposed convolution: for `x`, a convolution of `dout`.

    Parameters
    ----------
    dout : (N, F, HO, WO)
        The gradient with respect to the output.
    cache : ConvTransposeCache
        From :func:`conv_transpose2d_forward`.

    Returns
    -------
    dx : (N, C, H, W)
    dw : (C, F/groups, KH, KW)
    db : (F,)
        All in the type of `dout`.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.
    """
    x, w, windows, groups = cache
    require_shape("dout", dout, (len(x), groups * w.shape[1], *windows.size))
    dx = correlate_batch(dout, w.astype(dout.dtype, copy=False), windows, groups)
    dw = weight_gradient(x.astype(dout.dtype, copy=False), dout, windows, groups)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def _windows_of_output(
    size: Pair,
    kernel: Pair,
    stride: int | Pair,
    pad: int | Pair,
    output_pad: int | Pair,
    dilation: int | Pair,
) -> Windows:
    """Place the windows over the output: as many as the input has pixels."""
    strides, pads = as_pair("stride", stride), as_pair("pad", pad)
    extras, dilations = as_pair("output_pad", output_pad), as_pair("dilation", dilation)
    out = []
    for n, k, s, p, extra, d in zip(size, kernel, strides, pads, extras, dilations, strict=True):
        if not 0 <= extra < max(s, 1):
            raise ValueError(f"output_pad must be at least 0 and below stride {s}, got {extra}")
        length = (n - 1) * s - 2 * p + dilated_size(k, d) + extra
        if length < 1:
            raise ValueError(f"pad {p} cuts away the whole output; take a smaller one")
        out.append(length)
    return place_windows((out[0], out[1]), kernel, stride=strides, pad=pads, dilation=dilations)
