r"""A 3x3 convolution layer with a quarter of the multiplications: Winograd's minimal filtering.

Take a signal of four samples and a filter of three taps, which gives two outputs::

    y0 = x0 w0 + x1 w1 + x2 w2
    y1 = x1 w0 + x2 w1 + x3 w2

These are 6 multiplications. But 4 will do, if sums are free and the filter is prepared once::

    m0 = (x0 - x2) w0                    y0 = m0 + m1 + m2
    m1 = (x1 + x2) (w0 + w1 + w2) / 2    y1 = m1 - m2 - m3
    m2 = (x2 - x1) (w0 - w1 + w2) / 2
    m3 = (x1 - x3) w2

This is F(2, 3): 2 outputs, 3 taps. In general it reads ``y = AT @ ((G @ w) * (BT @ x))``, with one
product for each of the ``outputs + taps - 1`` samples; :func:`toom_cook` says where the three
matrices come from. Along both axes of an image, F(4x4, 3x3) needs 6 * 6 = 36 products for 16
outputs, instead of 9 * 16 = 144: 4 times fewer, where F(2x2, 3x3) saves a factor of 2.25.

A layer cuts its images into tiles of 6 x 6 pixels that overlap by 2, one for each 4 x 4 outputs.
Transformed, a tile has 36 values, and a filter too. Each of the 36 is then summed over channels on
its own, for all filters and tiles at once, and that is a matrix product: 36 small ones take the
place of a large one. The price is accuracy, because the sums are large and then cancel: in float32
about 1e-5 of the largest output, ten times more than a direct sum loses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial.polynomial import polyfromroots
from numpy.typing import NDArray

from course_utils.reference.conv_loops import conv_windows
from course_utils.reference.shapes import require_shape
from course_utils.reference.windows import Axis, Pair, Windows

Array = NDArray[Any]

OUTPUTS, TAPS, TILE = 4, 3, 6  # along one axis; a tile has OUTPUTS + TAPS - 1 pixels
TILES_AT_A_TIME = 512  # enough columns for a fast matrix product, and little memory


class WinogradCache(NamedTuple):
    """What the backward pass needs from the forward pass."""

    x: Array  # (N, C, H, W)
    w: Array  # (F, C, 3, 3)
    windows: Windows


def toom_cook(points: Sequence[int], taps: int) -> tuple[Array, Array, Array]:
    """Make the matrices of a minimal filtering algorithm from the points of an interpolation.

    The product of two polynomials has as coefficients the *full* convolution of theirs. It is
    fixed by its values at enough points, and each value is one product of two values. So evaluate
    both, multiply, and interpolate: that is the method of Toom and Cook. With the filter held
    fixed, it is a matrix in three factors, which takes `outputs` numbers to a whole tile.
    Transposed, it takes a tile to `outputs` numbers, and is the correlation: what evaluated is now
    ``AT``, and what interpolated is ``BT``.

    The last point is infinity, where the "value" of a polynomial is its highest coefficient.

    Parameters
    ----------
    points : sequence of int
        All different. Small ones, because their powers are the weights of the sums.
    taps : int
        Of the filter; from 1 to the number of samples in a tile, one more than there are points.

    Returns
    -------
    BT : (tile, tile)
        For the samples. All entries are whole numbers.
    G : (tile, taps)
        For the filter, with the denominators of the interpolation.
    AT : (outputs, tile)
        For the products, with `outputs` = `tile` - `taps` + 1.

    Raises
    ------
    ValueError
        If two points are the same, or there are too few or too many taps.

    References
    ----------
    :cite:`winograd1980arithmetic`; :cite:`lavin2016fast` brought it to convolution layers.

    Examples
    --------
    >>> BT, G, AT = toom_cook([0, 1, -1], taps=3)
    >>> x, w = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 10.0, 100.0])
    >>> AT @ ((G @ w) * (BT @ x))
    array([421., 842.])
    """
    tile = len(points) + 1
    if len(set(points)) < len(points):
        raise ValueError(f"points must differ, got {points}")
    if not 1 <= taps <= tile:
        raise ValueError(f"taps must be from 1 to {tile}, one more than the points, got {taps}")
    at = np.array(points, float)
    BT, scale = np.zeros((tile, tile)), np.ones((tile, 1))
    for i, point in enumerate(at):
        others = np.delete(at, i)
        # Lagrange's polynomial: 0 at the other points and, divided by the scale, 1 at its own.
        BT[i, :-1] = polyfromroots(others)
        scale[i] = np.prod(point - others)
    BT[-1] = polyfromroots(at)  # 0 at every point, and 1 at infinity
    return BT, _values(at, taps) / scale, _values(at, tile - taps + 1).T


def _values(points: Array, terms: int) -> Array:
    """Return the matrix that takes coefficients to values at the points and, last, at infinity."""
    highest = np.eye(1, terms, terms - 1)  # the row 0 ... 0 1
    return np.vstack([points[:, None] ** np.arange(terms), highest])


BT, G, AT = toom_cook([0, 1, -1, 2, -2], TAPS)  # (6, 6), (6, 3), (4, 6)
# Both axes at once: BT @ tile @ BT.T, as a vector, is BT2 @ tile.ravel().
BT2, G2, AT2 = (np.kron(matrix, matrix) for matrix in (BT, G, AT))  # (36, 36), (36, 9), (16, 36)


def conv2d_forward_winograd(
    x: Array, w: Array, b: Array, *, pad: int | Pair = 0
) -> tuple[Array, WinogradCache]:
    """Slide F filters of 3x3 over every image of a batch, at stride 1, and sum over channels.

    It is worth it for many channels. With few, the transforms cost more than they save, and
    :func:`~course_utils.reference.conv_layer.conv2d_forward` is faster.

    Parameters
    ----------
    x : (N, C, H, W)
        The images.
    w : (F, C, 3, 3)
        The filters.
    b : (F,)
        One bias for each filter.
    pad : int or pair of int
        Zeros added on each side; a pair is (rows, columns).

    Returns
    -------
    out : (N, F, HO, WO)
        In the type to which NumPy promotes the arguments; float32 stays float32.
    cache : WinogradCache
        For the backward pass. It holds `x` and `w` themselves, which must stay as they are.

    Raises
    ------
    ValueError
        If an array has the wrong shape, the channels differ, the kernel is not 3x3 or does not fit
        into the padded image, `pad` is negative, or the arguments are not floating-point numbers.

    References
    ----------
    Algorithm 1 and section 4.3 of :cite:`lavin2016fast`.

    Examples
    --------
    >>> x, w = np.ones((1, 3, 5, 5)), np.ones((2, 3, 3, 3))
    >>> out, _ = conv2d_forward_winograd(x, w, np.arange(2.0), pad=1)
    >>> out[0, :, 0, 2].round(12)
    array([18., 19.])
    """
    windows = conv_windows(x, w, b, stride=1, pad=pad, dilation=1, groups=1)
    if windows.kernel != (TAPS, TAPS):
        raise ValueError(f"w must have shape (F, C, 3, 3), got {w.shape}; use conv2d_forward")
    dtype = np.result_type(x, w, b)
    if dtype.kind != "f":
        raise ValueError(f"x, w and b must be floating-point numbers, got {dtype}")
    tiles, blocks = _tiles(windows)
    out = np.empty((len(x), len(w), *windows.out), dtype)
    out[:] = b[:, None, None]
    U = _transform_filters(w, dtype)
    for part in _parts(len(x), tiles):
        V = _transform(BT2, _cut(x[part], tiles, dtype))  # (36, C, P)
        _add_tiles(_transform(AT2, U @ V), blocks, out[part])
    return out, WinogradCache(x, w, windows)


def conv2d_backward_winograd(dout: Array, cache: WinogradCache) -> tuple[Array, Array, Array]:
    """Return the gradients: every step of the forward pass transposed, in reverse order.

    Parameters
    ----------
    dout : (N, F, HO, WO)
        The gradient with respect to the layer's output.
    cache : WinogradCache
        From :func:`conv2d_forward_winograd`.

    Returns
    -------
    dx : (N, C, H, W)
    dw : (F, C, 3, 3)
    db : (F,)
        All in the type of `dout`.

    Raises
    ------
    ValueError
        If `dout` has not the shape of the output.
    """
    x, w, windows = cache
    require_shape("dout", dout, (len(x), len(w), *windows.out))
    tiles, blocks = _tiles(windows)
    dx = np.empty(x.shape, dout.dtype)
    dx[:] = 0  # np.zeros leaves it to the first use to fetch memory: slow, if that jumps about
    U = _transform_filters(w, dout.dtype)
    dU = np.zeros_like(U)
    for part in _parts(len(x), tiles):
        V = _transform(BT2, _cut(x[part], tiles, dout.dtype))  # (36, C, P)
        dM = _transform(AT2.T, _cut(dout[part], blocks, dout.dtype))  # (36, F, P)
        # Tiles share the filters, so their gradients add.
        dU += dM @ V.mT
        _add_tiles(_transform(BT2.T, U.mT @ dM), tiles, dx[part])
    dw = _transform(G2.T, dU).transpose(1, 2, 0).reshape(w.shape)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def _tiles(windows: Windows) -> tuple[Windows, Windows]:
    """Place the tiles over the image and, one for each, the blocks over the output.

    The last ones may hang over the edge. What a tile has there is 0, and what a block has is
    dropped: :meth:`~course_utils.reference.windows.Axis.taps` leaves both out.
    """
    tiles, blocks = [], []
    for axis in windows:
        count = -(-axis.out // OUTPUTS)  # rounded up
        tiles.append(Axis(axis.size, TILE, OUTPUTS, axis.pad, 1, count))
        blocks.append(Axis(axis.out, OUTPUTS, OUTPUTS, 0, 1, count))
    return Windows(*tiles), Windows(*blocks)


def _parts(N: int, tiles: Windows) -> Iterator[slice]:
    """Cut a batch into parts of at least one image and no more tiles than are wanted at a time."""
    TH, TW = tiles.out
    step = max(1, TILES_AT_A_TIME // (TH * TW))
    for n in range(0, N, step):
        yield slice(n, n + step)


def _cut(images: Array, windows: Windows, dtype: np.dtype[Any]) -> Array:
    """Cut images (N, C, H, W) into tiles (pixels of a tile, C, P), with P = N*TH*TW."""
    N, C = images.shape[:2]
    (KH, KW), (TH, TW) = windows.kernel, windows.out
    cut = np.zeros((KH, KW, C, N, TH, TW), dtype)
    for i, j, pixels, places in windows.taps():
        cut[i, j][places] = images.swapaxes(0, 1)[pixels]
    return cut.reshape(KH * KW, C, N * TH * TW)


def _add_tiles(tiles: Array, windows: Windows, images: Array) -> None:
    """Add tiles (pixels of a tile, C, P) to the images (N, C, H, W): the transpose of `_cut`."""
    N, C = images.shape[:2]
    cut = tiles.reshape(*windows.kernel, C, N, *windows.out)
    for i, j, pixels, places in windows.taps():
        # Tiles overlap, so a pixel's gradients add.
        images.swapaxes(0, 1)[pixels] += cut[i, j][places]


def _transform(matrix: Array, tiles: Array) -> Array:
    """Multiply each tile, (pixels, C, P), by a matrix (values, pixels): (values, C, P)."""
    flat = tiles.reshape(len(tiles), -1)
    return (matrix.astype(tiles.dtype) @ flat).reshape(len(matrix), *tiles.shape[1:])


def _transform_filters(w: Array, dtype: np.dtype[Any]) -> Array:
    """Transform the filters (F, C, 3, 3): (36, F, C)."""
    F, C = w.shape[:2]
    taps = w.reshape(F, C, TAPS * TAPS).transpose(2, 0, 1)  # (9, F, C)
    return _transform(G2, taps.astype(dtype))
