"""The arithmetic of convolution: how large an output is, and what a layer costs.

Everything here is about one axis or one layer, in plain integers. Sizes and paddings are in
pixels, `dilation` and `stride` too; costs are counts of weights or of multiply-adds.
"""

from __future__ import annotations

from typing import NamedTuple


class ConnectionCounts(NamedTuple):
    """Weights, without biases, that three ways of connecting units to an image need."""

    full: int
    local: int
    shared: int


def _require_at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def dilated_size(kernel: int, dilation: int = 1) -> int:
    """Count the pixels that a kernel spans when its taps are `dilation` pixels apart.

    Parameters
    ----------
    kernel : int
        Number of taps along the axis, at least 1.
    dilation : int
        Distance between neighbouring taps in pixels, at least 1.

    Raises
    ------
    ValueError
        If an argument is below 1.

    References
    ----------
    Section 5.1 of :cite:`dumoulin2016guide`.

    Examples
    --------
    >>> dilated_size(3, dilation=2)
    5
    """
    _require_at_least(1, kernel=kernel, dilation=dilation)
    return dilation * (kernel - 1) + 1


def output_size(size: int, kernel: int, *, stride: int = 1, pad: int = 0, dilation: int = 1) -> int:
    """Count the positions that a kernel takes along one axis.

    Parameters
    ----------
    size, kernel : int
        Pixels of the input and taps of the kernel along the axis, at least 1.
    stride : int
        Pixels from one position to the next, at least 1.
    pad : int
        Zeros added on *each* side of the input, at least 0.
    dilation : int
        Pixels from one tap to the next, at least 1.

    Raises
    ------
    ValueError
        If an argument is out of range, or the kernel does not fit into the padded input.

    References
    ----------
    Relationship 6 of :cite:`dumoulin2016guide`, with the dilated kernel of its section 5.1.

    Examples
    --------
    >>> output_size(32, 5, pad=2), output_size(227, 11, stride=4)
    (32, 55)
    """
    return _free(size, kernel, stride, pad, dilation) // stride + 1


def unread_border(
    size: int, kernel: int, *, stride: int = 1, pad: int = 0, dilation: int = 1
) -> int:
    """Count the pixels at the end of the padded input that no window reaches.

    Parameters and errors are those of :func:`output_size`.

    Examples
    --------
    >>> unread_border(7, 2, stride=3)  # windows start at 0 and 3; pixels 5 and 6 are left
    2
    """
    return _free(size, kernel, stride, pad, dilation) % stride


def _free(size: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
    """Return how far the kernel can travel from its first position, in pixels."""
    _require_at_least(1, size=size, stride=stride)
    _require_at_least(0, pad=pad)
    span = dilated_size(kernel, dilation)
    free = size + 2 * pad - span
    if free < 0:
        raise ValueError(
            f"a kernel that spans {span} pixels does not fit into {size} pixels padded by {pad}"
        )
    return free


def same_padding(kernel: int, *, dilation: int = 1) -> int:
    """Return the padding on each side with which stride 1 keeps the size.

    Raises
    ------
    ValueError
        If an argument is below 1, or the kernel spans an even number of pixels, so that no
        padding which is equal on both sides keeps the size.

    Examples
    --------
    >>> same_padding(5), same_padding(3, dilation=4)
    (2, 4)
    """
    span = dilated_size(kernel, dilation)
    if span % 2 == 0:
        raise ValueError(
            f"a kernel that spans {span} pixels needs {span - 1} zeros in all, "
            "which two equal sides cannot share; take an odd span"
        )
    return (span - 1) // 2


def conv_output_shape(
    x_shape: tuple[int, int, int],
    w_shape: tuple[int, int, int, int],
    *,
    stride: int = 1,
    pad: int = 0,
) -> tuple[int, int, int]:
    """Return the shape of the volume that a convolution layer makes.

    Parameters
    ----------
    x_shape : (C, H, W)
        Channels, height and width of the input.
    w_shape : (F, C, KH, KW)
        Filters, channels of each, height and width of the kernel.
    stride, pad : int
        In pixels, the same along both axes.

    Returns
    -------
    (F, HO, WO)

    Raises
    ------
    ValueError
        If the channels differ, a size is below 1, or the kernel does not fit.

    Examples
    --------
    >>> conv_output_shape((3, 32, 32), (6, 3, 5, 5))
    (6, 28, 28)
    """
    C, H, W = x_shape
    F, channels, KH, KW = w_shape
    _require_at_least(1, C=C, F=F)
    if channels != C:
        raise ValueError(f"the input has {C} channels, but each filter has {channels}")
    HO = output_size(H, KH, stride=stride, pad=pad)
    WO = output_size(W, KW, stride=stride, pad=pad)
    return F, HO, WO


def conv_parameters(w_shape: tuple[int, int, int, int], *, bias: bool = True) -> int:
    """Count the parameters of a convolution layer with filters of shape (F, C, KH, KW).

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> conv_parameters((10, 3, 5, 5))
    760
    """
    F, C, KH, KW = w_shape
    _require_at_least(1, F=F, C=C, KH=KH, KW=KW)
    return F * (C * KH * KW + bool(bias))


def conv_multiply_adds(
    x_shape: tuple[int, int, int],
    w_shape: tuple[int, int, int, int],
    *,
    stride: int = 1,
    pad: int = 0,
) -> int:
    """Count the multiply-adds of a convolution layer on one input, padding included.

    Parameters and errors are those of :func:`conv_output_shape`. A product with a padded zero
    is counted, because the dense algorithm computes it. The bias is not counted.

    Examples
    --------
    >>> conv_multiply_adds((3, 32, 32), (10, 3, 5, 5), pad=2)
    768000
    """
    F, HO, WO = conv_output_shape(x_shape, w_shape, stride=stride, pad=pad)
    _, C, KH, KW = w_shape
    return F * HO * WO * C * KH * KW


def connection_counts(
    image: tuple[int, int, int], units: int, field: tuple[int, int]
) -> ConnectionCounts:
    """Count the weights of three ways to connect hidden units to an image, without biases.

    Parameters
    ----------
    image : (C, H, W)
        Channels, height and width.
    units : int
        Number of hidden units.
    field : (KH, KW)
        Height and width of the patch that a locally connected unit sees, in every channel.

    Returns
    -------
    ConnectionCounts
        `full`: every unit sees every pixel. `local`: each unit has weights of its own for its
        patch. `shared`: all units use the same weights, that is, one filter.

    Raises
    ------
    ValueError
        If a size is below 1, or the field is larger than the image.

    Examples
    --------
    >>> connection_counts((1, 1000, 1000), 1_000_000, (10, 10))
    ConnectionCounts(full=1000000000000, local=100000000, shared=100)
    """
    C, H, W = image
    KH, KW = field
    _require_at_least(1, C=C, H=H, W=W, units=units, KH=KH, KW=KW)
    if KH > H or KW > W:
        raise ValueError(f"a field of {KH} x {KW} does not fit into an image of {H} x {W}")
    shared = C * KH * KW
    return ConnectionCounts(full=C * H * W * units, local=shared * units, shared=shared)
