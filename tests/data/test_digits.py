"""Are the digits those of scikit-learn, split once and for all?"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_utils.data.digits import enlarge, load_digits_split


def test_the_split_holds_every_digit_once():
    """Are all 1797 digits in one of the two parts, from 0 to 1, each with its class?"""
    split = load_digits_split()
    assert split.x_train.shape == (1297, 1, 8, 8)
    assert split.x_test.shape == (500, 1, 8, 8)
    assert split.x_train.dtype == np.float32
    ours = np.concatenate([split.x_train, split.x_test])[:, 0] * 16
    classes = np.concatenate([split.y_train, split.y_test])
    digits = load_digits()
    rows = sorted(zip(ours.reshape(1797, -1).tolist(), classes.tolist(), strict=True))
    assert rows == sorted(zip(digits.data.tolist(), digits.target.tolist(), strict=True))
    assert (ours.min(), ours.max()) == (0, 16)


def test_the_split_follows_from_the_seed():
    """Is it the same each time, and another for another seed?"""
    one, again, other = (load_digits_split(seed).y_test for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_pixels_grow():
    """Does each pixel become a block, in every image?"""
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    large = enlarge(x, 3)
    assert large.shape == (2, 3, 12, 15)
    for i in range(3):
        for j in range(3):
            np.testing.assert_array_equal(large[..., i::3, j::3], x)
    with pytest.raises(ValueError, match="factor must be at least 1, got 0"):
        enlarge(x, 0)
