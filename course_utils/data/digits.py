"""Handwritten digits of 8 x 8 pixels, which come with scikit-learn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
TEST = 500  # of the 1797 digits are held out


class Split(NamedTuple):
    """Digits to learn from and digits to test on."""

    x_train: Array  # (1297, 1, 8, 8), float32 from 0 to 1
    y_train: Array  # (1297,), whole numbers from 0 to 9
    x_test: Array  # (500, 1, 8, 8)
    y_test: Array  # (500,)


def load_digits_split(seed: int = 0) -> Split:
    """Load the digits, split in two at random.

    Parameters
    ----------
    seed : int
        From which the split follows.

    References
    ----------
    The test set of :cite:`alpaydin1998optical`, as it comes with scikit-learn,
    :cite:`pedregosa2011scikit`.
    """
    from sklearn.datasets import load_digits  # slow to import, and not everybody's

    digits = load_digits()
    x = (digits.images[:, None] / 16).astype(np.float32)  # (1797, 1, 8, 8); 16 is the darkest
    y = digits.target.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(x))
    test, train = order[:TEST], order[TEST:]
    return Split(x[train], y[train], x[test], y[test])


def enlarge(x: Array, factor: int) -> Array:
    """Make `factor` x `factor` pixels of each one: (..., H, W) becomes (..., H factor, W factor).

    Raises
    ------
    ValueError
        If `factor` is below 1.

    Examples
    --------
    >>> enlarge(np.array([[1, 2]]), 2)
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]])
    """
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    return x.repeat(factor, axis=-2).repeat(factor, axis=-1)
