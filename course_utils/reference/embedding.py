"""The embedding layer: a table with one trained vector for each word."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class EmbeddingCache(NamedTuple):
    """What :func:`embedding_backward` needs: the rows looked up, and how many rows there are."""

    indices: Array
    V: int


def embedding_forward(table: Array, indices: Array) -> tuple[Array, EmbeddingCache]:
    """Look up the vector of each word.

    This is a dense layer without bias on one-hot rows, without the products with 0.

    Parameters
    ----------
    table : (V, D)
        One row for each word of the vocabulary.
    indices : (...)
        Integers from 0 to V - 1, in any shape; (N, T) for a batch of sequences.

    Returns
    -------
    out : (..., D)
        A copy, not a view of the table.
    cache : EmbeddingCache

    Raises
    ------
    ValueError
        If `table` has not two axes, or an index is not an integer from 0 to V - 1. A negative
        index does not count from the end, because no word has that number.

    References
    ----------
    The matrix C in section 2 of :cite:`bengio2003neural`.

    Examples
    --------
    >>> table = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> embedding_forward(table, np.array([2, 0, 2]))[0]
    array([[4., 5.],
           [0., 1.],
           [4., 5.]])
    """
    if table.ndim != 2:
        raise ValueError(f"table must have shape (V, D), got {table.shape}")
    V, _ = table.shape
    if indices.dtype.kind not in "iu":
        raise ValueError(f"indices must be integers, got {indices.dtype}")
    if indices.size and (indices.min() < 0 or indices.max() >= V):
        raise ValueError(
            f"indices must lie in 0..{V - 1}, the rows of table, "
            f"got {indices.min()}..{indices.max()}"
        )
    return np.take(table, indices, axis=0), EmbeddingCache(indices, V)


def embedding_backward(dout: Array, cache: EmbeddingCache) -> Array:
    """Add up what each row of the table receives.

    Parameters
    ----------
    dout : (..., D)
    cache : EmbeddingCache

    Returns
    -------
    dtable : (V, D)
        0 for words that were not looked up.
    """
    indices, V = cache
    D = dout.shape[-1]
    dtable = np.zeros(V * D, dout.dtype)
    # A word may occur often, and its gradients add: `dtable[indices] += dout` would keep one of
    # them. NumPy adds fast at places in a flat array, and slowly at the rows of a table.
    places = indices.reshape(-1, 1).astype(np.intp) * D + np.arange(D)  # (words, D)
    np.add.at(dtable, places.reshape(-1), dout.reshape(-1))
    return dtable.reshape(V, D)
