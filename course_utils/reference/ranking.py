"""How often the right class is missing from the k that a network finds most likely."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def top_k_error(scores: Array, classes: Array, k: int) -> float:
    """Return the share of examples whose right class is not among the k highest scores.

    Of equal scores, the class with the smaller number comes first, so that an example is not
    right because all its scores are the same.

    Parameters
    ----------
    scores : (N, K)
    classes : (N,)
        Whole numbers from 0 to K - 1.
    k : int
        From 1 to K.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If k lies outside 1 to K.

    References
    ----------
    Section 4.1 of :cite:`russakovsky2015imagenet`.

    Examples
    --------
    >>> top_k_error(np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]), np.array([2, 2]), 2)
    0.5
    """
    _, K = scores.shape
    if not 1 <= k <= K:
        raise ValueError(f"k must be from 1 to the number of classes, {K}; got {k}")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]  # (N, k)
    found = (best == classes[:, None]).any(axis=1)
    return float(1 - found.mean())
