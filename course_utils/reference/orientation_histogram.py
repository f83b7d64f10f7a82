"""Histograms of oriented gradients (HOG): which way the edges of an image run, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def image_gradients(images: Array) -> tuple[Array, Array]:
    """Return how fast grey values change down and to the right.

    Inside, half the difference of the two neighbours; on the border, the difference to the one
    neighbour.

    Parameters
    ----------
    images : (..., H, W)
        H and W at least 2.

    Returns
    -------
    down, right : (..., H, W)
        In grey values per pixel.

    Examples
    --------
    >>> image_gradients(np.array([[0.0, 1.0, 4.0], [0.0, 1.0, 4.0]]))[1]
    array([[1., 2., 3.],
           [1., 2., 3.]])
    """
    return np.gradient(images, axis=-2), np.gradient(images, axis=-1)


def orientation_histogram(images: Array, *, bins: int = 8) -> Array:
    """Sort the gradients of an image by their direction, and add up their lengths.

    A gradient and its opposite belong to the same line, so directions go from 0 (to the right)
    to 180 degrees, where they begin anew. Bin k holds those from 180 k / bins on, the next
    bin's first not included.

    Parameters
    ----------
    images : (..., H, W)
    bins : int
        At least 1.

    Returns
    -------
    histogram : (..., bins)
        In grey values per pixel, summed over pixels.

    Raises
    ------
    ValueError
        If `bins` is below 1.

    References
    ----------
    Section 6 of :cite:`dalal2005histograms`, without the interpolation between bins.

    Examples
    --------
    >>> orientation_histogram(np.array([[0.0, 1.0], [0.0, 1.0]]), bins=2)
    array([4., 0.])
    """
    return _votes(images, bins).sum(axis=(-3, -2))


def hog(images: Array, *, cell: int = 3, step: int = 1, bins: int = 8) -> Array:
    """Describe images by the orientation histograms of their cells, scaled to length 1.

    Parameters
    ----------
    images : (..., H, W)
    cell : int
        Rows and columns of a cell, in pixels.
    step : int
        Pixels from one cell to the next; cells overlap where it is below `cell`.
    bins : int

    Returns
    -------
    descriptor : (..., rows of cells * columns of cells * bins)
        An image without any edge stays all 0.

    Raises
    ------
    ValueError
        If a cell does not fit into the image, or `step` or `bins` is below 1.

    References
    ----------
    :cite:`dalal2005histograms`, with one block that holds all cells.
    """
    *_, H, W = images.shape
    if not 1 <= cell <= min(H, W) or step < 1:
        raise ValueError(f"a cell of {cell} with step {step} does not fit into {H} x {W} pixels")
    votes = _votes(images, bins)  # (..., H, W, bins)
    cells = [
        votes[..., i : i + cell, j : j + cell, :].sum(axis=(-3, -2))
        for i in range(0, H - cell + 1, step)
        for j in range(0, W - cell + 1, step)
    ]
    descriptor = np.concatenate(cells, axis=-1)
    length = np.linalg.norm(descriptor, axis=-1, keepdims=True)
    return descriptor / np.where(length > 0, length, 1)


def _votes(images: Array, bins: int) -> Array:
    """Return (..., H, W, bins): the length of each pixel's gradient, at the bin it falls into."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    down, right = image_gradients(images)
    degrees = np.rad2deg(np.arctan2(down, right)) % 180
    # Rounding may take a direction a little below 0 to 180 itself, which is direction 0.
    bin_of = np.floor(degrees * bins / 180).astype(int) % bins
    return np.hypot(down, right)[..., None] * (bin_of[..., None] == np.arange(bins))
