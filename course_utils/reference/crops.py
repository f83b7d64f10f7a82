"""Crops of an image: a random one for training, ten fixed ones for a test.

Images have rows and columns as their last two axes, whatever comes before: (H, W), (C, H, W),
(N, C, H, W).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def resize(image: Array, height: int, width: int) -> Array:
    """Resize an image, with the two nearest pixels weighed along each axis (bilinear).

    A pixel is a little square, so that the centre of pixel i of `height` is at
    (i + 0.5) H / height - 0.5 of the old pixels. Outside of the outermost centres the edge is
    repeated. A much smaller image is not smoothed first.

    Parameters
    ----------
    image : (..., H, W)
    height, width : int
        Of the result, in pixels, at least 1.

    Returns
    -------
    (..., height, width)
        Of the type of `image` if that is a floating one, else float64.

    Raises
    ------
    ValueError
        If `height` or `width` is below 1.

    Examples
    --------
    >>> resize(np.array([[0.0, 4.0]]), 1, 4)
    array([[0., 1., 3., 4.]])
    """
    if min(height, width) < 1:
        raise ValueError(f"height and width must be at least 1, got {height} and {width}")
    return _along(_along(image, height, axis=-2), width, axis=-1)


def resize_short(image: Array, length: int) -> Array:
    """Resize an image so that its short side has `length` pixels; the other follows, rounded.

    Parameters
    ----------
    image : (..., H, W)
    length : int
        In pixels, at least 1.

    Returns
    -------
    (..., height, width)
    """
    H, W = image.shape[-2:]
    scale = length / min(H, W)
    return resize(image, round(H * scale), round(W * scale))


def random_resized_crop(
    image: Array,
    *,
    rng: np.random.Generator,
    shortest: int = 256,
    longest: int = 480,
    side: int = 224,
) -> Array:
    """Resize an image to a short side of random length, cut out a random square, mirror or not.

    Parameters
    ----------
    image : (..., H, W)
    rng : numpy.random.Generator
        Draws the length, the top row, the left column, and then whether the crop is mirrored, each
        evenly from all that are possible.
    shortest, longest : int
        Limits of the short side's length in pixels, both included.
    side : int
        Of the square that is cut out, in pixels.

    Returns
    -------
    (..., side, side)

    Raises
    ------
    ValueError
        If not ``1 <= side <= shortest <= longest``.

    References
    ----------
    Section 3.4 of :cite:`he2016deep`.
    """
    if not 1 <= side <= shortest <= longest:
        raise ValueError(
            "need 1 <= side <= shortest <= longest, "
            f"got side {side}, shortest {shortest}, longest {longest}"
        )
    resized = resize_short(image, int(rng.integers(shortest, longest, endpoint=True)))
    H, W = resized.shape[-2:]
    top, left = rng.integers(H - side + 1), rng.integers(W - side + 1)
    crop = resized[..., top : top + side, left : left + side]
    return crop[..., ::-1] if rng.integers(2) else crop


def ten_crop(image: Array, side: int) -> Array:
    """Cut out the four corners and the centre, as they are and mirrored.

    Parameters
    ----------
    image : (..., H, W)
    side : int
        Of each square, in pixels.

    Returns
    -------
    (10, ..., side, side)
        Top left, top right, bottom left, bottom right, the centre; then the mirror images of these
        five. The centre begins at ((H - side) // 2, (W - side) // 2).

    Raises
    ------
    ValueError
        If `side` is below 1, or the image is smaller than the square.

    References
    ----------
    Section 4.1 of :cite:`krizhevsky2012imagenet`.
    """
    H, W = image.shape[-2:]
    if not 1 <= side <= min(H, W):
        raise ValueError(f"a square of {side} pixels does not fit into {H} x {W}")
    down, right = H - side, W - side
    corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    five = np.stack([image[..., top : top + side, left : left + side] for top, left in corners])
    return np.concatenate([five, five[..., ::-1]])


def _along(x: Array, size: int, *, axis: int) -> Array:
    """Resize one axis."""
    old = x.shape[axis]
    place = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    low = np.minimum(place.astype(int), old - 1)
    high = np.minimum(low + 1, old - 1)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    share = (place - low).astype(dtype)
    share = share if axis == -1 else share[:, None]
    return np.asarray((1 - share) * x.take(low, axis) + share * x.take(high, axis))
