"""Correlation and convolution of one signal, image or volume, forward only.

*Correlation* slides the kernel as it is. *Convolution* turns it round first, along every axis
that it slides over. What deep learning calls a convolution layer is a correlation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from course_utils.arithmetic import dilated_size, output_size
from course_utils.reference.shapes import require_axes

Array = NDArray[Any]


def correlate1d(x: Array, w: Array, *, stride: int = 1, pad: int = 0) -> Array:
    """Slide F filters over a signal.

    Parameters
    ----------
    x : (W,)
        The signal.
    w : (F, KW)
        The filters.
    stride, pad : int
        Samples from one position to the next; zeros added on each side.

    Returns
    -------
    (F, WO)
        In the type to which NumPy promotes `x` and `w`.

    Raises
    ------
    ValueError
        If an array has the wrong number of axes, `stride` or `pad` is out of range, or a filter
        is longer than the padded signal.

    Examples
    --------
    >>> correlate1d(np.array([1, 2, 4, 8]), np.array([[-1, 1]]), stride=2)
    array([[1, 4]])
    """
    require_axes("x", x, "W")
    require_axes("w", w, "F KW")
    return correlate_volume(x[None, None], w[:, None, None], stride=(1, stride), pad=(0, pad))[:, 0]


def correlate2d(x: Array, w: Array) -> Array:
    """Slide one kernel over an image, at stride 1 and without padding.

    Parameters
    ----------
    x : (H, W)
    w : (KH, KW)

    Returns
    -------
    (H - KH + 1, W - KW + 1)

    Raises
    ------
    ValueError
        If an array has not two axes, or the kernel does not fit into the image.

    Examples
    --------
    >>> correlate2d(np.arange(9).reshape(3, 3), np.array([[1, 0], [0, -1]]))
    array([[-4, -4],
           [-4, -4]])
    """
    require_axes("x", x, "H W")
    require_axes("w", w, "KH KW")
    return correlate_volume(x[None], w[None, None])[0]


def convolve2d(x: Array, w: Array, *, stride: int = 1, pad: int = 0) -> Array:
    """Convolve a volume with F filters: each kernel turned by 180 degrees, then slid.

    Parameters
    ----------
    x : (C, H, W)
    w : (F, C, KH, KW)
    stride, pad : int
        In pixels, the same along both axes.

    Returns
    -------
    (F, HO, WO)

    Raises
    ------
    ValueError
        As :func:`correlate_volume`.

    References
    ----------
    Equation 9.4 of :cite:`goodfellow2016deep`.
    """
    require_axes("w", w, "F C KH KW")
    return correlate_volume(x, w[:, :, ::-1, ::-1], stride=stride, pad=pad)


def correlate_volume(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    pad: int | tuple[int, int] = 0,
    dilation: int = 1,
) -> Array:
    """Slide F filters over a volume and sum over its channels: a convolution layer.

    Parameters
    ----------
    x : (C, H, W)
        The volume.
    w : (F, C, KH, KW)
        The filters, each as deep as the volume.
    b : (F,), optional
        One bias for each filter.
    stride, pad : int or pair of int
        Pixels from one position to the next, zeros added on each side; a pair is (rows, columns).
    dilation : int
        Pixels from one tap of a kernel to the next.

    Returns
    -------
    (F, HO, WO)
        In the type to which NumPy promotes the arguments; float32 stays float32.

    Raises
    ------
    ValueError
        If an array has the wrong number of axes, the channels differ, a number is out of range,
        or the kernel does not fit into the padded volume.

    References
    ----------
    Equation 9.6 of :cite:`goodfellow2016deep`, summed over channels.

    Examples
    --------
    >>> x = np.ones((3, 5, 5)); w = np.ones((2, 3, 3, 3))
    >>> correlate_volume(x, w, np.array([0.0, 1.0]))[:, 0, 0]
    array([27., 28.])
    """
    require_axes("x", x, "C H W")
    require_axes("w", w, "F C KH KW")
    C, H, W = x.shape
    _, channels, KH, KW = w.shape
    if channels != C:
        raise ValueError(f"the input has {C} channels, but each filter has {channels}")
    SH, SW = stride if isinstance(stride, tuple) else (stride, stride)
    PH, PW = pad if isinstance(pad, tuple) else (pad, pad)
    output_size(H, KH, stride=SH, pad=PH, dilation=dilation)  # raises if the kernel does not fit
    output_size(W, KW, stride=SW, pad=PW, dilation=dilation)

    padded = np.pad(x, ((0, 0), (PH, PH), (PW, PW)))
    span = (dilated_size(KH, dilation), dilated_size(KW, dilation))
    windows = sliding_window_view(padded, span, axis=(1, 2))  # (C, rows, columns, span, span)
    windows = windows[:, ::SH, ::SW, ::dilation, ::dilation]  # (C, HO, WO, KH, KW)
    out = np.einsum("chwij,fcij->fhw", windows, w, optimize=True)  # (F, HO, WO)
    if b is not None:
        require_axes("b", b, "F")
        out = out + b[:, None, None]
    return out
