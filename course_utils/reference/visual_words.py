"""A bag of visual words: patches of an image, each replaced by the most similar of K words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def patches(images: Array, size: int) -> Array:
    """Cut out every patch of size x size pixels, row by row.

    Parameters
    ----------
    images : (N, H, W)
    size : int

    Returns
    -------
    (N, (H - size + 1) (W - size + 1), size * size)
    """
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    N, HO, WO, *_ = windows.shape
    return windows.reshape(N, HO * WO, size * size)


def nearest_word(rows: Array, words: Array) -> Array:
    """Return the number of the word at the smallest distance; of several, the first.

    Parameters
    ----------
    rows : (..., D)
    words : (K, D)

    Returns
    -------
    (...) of int
    """
    # |row - word|^2 less |row|^2, which is the same for all words
    distances: Array = (words**2).sum(axis=1) - 2 * rows @ words.T  # (..., K)
    return np.argmin(distances, axis=-1)


def kmeans(rows: Array, K: int, *, rng: np.random.Generator, rounds: int = 10) -> Array:
    """Find K words, each the mean of the rows that are nearest to it.

    It begins with K different rows. In each round every row goes to its nearest word, and every
    word to the mean of its rows. A word without rows stays where it is.

    Parameters
    ----------
    rows : (N, D)
    K : int
        At most N.
    rng : numpy.random.Generator
        Chooses the first words.
    rounds : int

    Returns
    -------
    words : (K, D)

    Raises
    ------
    ValueError
        If there are fewer rows than words.

    References
    ----------
    :cite:`lloyd1982least`
    """
    if not 1 <= K <= len(rows):
        raise ValueError(f"K must be from 1 to the number of rows, {len(rows)}; got {K}")
    words = rows[rng.choice(len(rows), K, replace=False)].copy()
    for _ in range(rounds):
        nearest = nearest_word(rows, words)
        members = nearest == np.arange(K)[:, None]  # (K, N)
        counts = members.sum(axis=1, keepdims=True)  # (K, 1)
        words = np.where(counts > 0, members @ rows / np.maximum(counts, 1), words)
    return words


def bag_of_words(rows: Array, words: Array) -> Array:
    """Return which share of the patches of an image is nearest to each word.

    Parameters
    ----------
    rows : (..., P, D)
        The P patches of each image.
    words : (K, D)

    Returns
    -------
    shares : (..., K)
        They add up to 1. Where a patch was is lost.

    References
    ----------
    :cite:`csurka2004visual`

    Examples
    --------
    >>> bag_of_words(np.array([[0.0], [9.0], [8.0], [10.0]]), np.array([[1.0], [9.0]]))
    array([0.25, 0.75])
    """
    nearest = nearest_word(rows, words)  # (..., P)
    return (nearest[..., None] == np.arange(len(words))).mean(axis=-2)
