"""Is the sigmoid the sigmoid, and are shapes that do not fit refused by name?"""

import numpy as np
import pytest
import torch

from course_utils.reference.gates import sigmoid
from course_utils.reference.shapes import require_shapes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sigmoid_is_pytorchs(dtype):
    """Does it agree with torch, in the type that it was given, far out too?"""
    a = np.concatenate([np.linspace(-9, 9, 37), [-1e4, 1e4]]).astype(dtype)
    out = sigmoid(a)
    assert out.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(out, torch.sigmoid(torch.tensor(a)).numpy(), atol=tolerance, rtol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sigmoid_may_overwrite_its_argument(dtype):
    """Is the result the same in place, and is the argument left alone otherwise?"""
    a = np.linspace(-9, 9, 6, dtype=dtype).reshape(2, 3)
    kept = a.copy()
    apart = sigmoid(a)
    np.testing.assert_array_equal(a, kept)
    assert sigmoid(a, out=a) is a
    np.testing.assert_array_equal(a, apart)


def test_letters_become_sizes():
    """Does each letter get its size, from arrays with any factor of it?"""
    arrays = {"x": (np.ones((7, 2, 3)), "T N D"), "h": (np.ones((2, 5)), "N M")}
    sizes = require_shapes(**arrays, wx=(np.ones((3, 20)), "D 4M"), b=(np.ones(10), "2M"))
    assert sizes == {"T": 7, "N": 2, "D": 3, "M": 5}


@pytest.mark.parametrize(
    ("shape", "axes", "message"),
    [
        ((2, 5, 1), "N M", r"wh must have shape \(N, M\), got \(2, 5, 1\)"),
        ((2, 4), "N M", r"wh must have shape \(N, M\) = \(2, 5\), got \(2, 4\)"),
        ((5, 5), "M 4M", r"wh must have shape \(M, 4M\) = \(5, 20\), got \(5, 5\)"),
        ((5,), "4M", r"wh must have shape \(4M,\) = \(20,\), got \(5,\)"),
    ],
)
def test_a_shape_that_does_not_fit_is_named(shape, axes, message):
    """Does the error name the array, its letters and their sizes?"""
    with pytest.raises(ValueError, match=message):
        require_shapes(h=(np.ones((2, 5)), "N M"), wh=(np.ones(shape), axes))
