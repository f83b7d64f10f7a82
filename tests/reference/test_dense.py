"""Is the dense layer right? PyTorch and central differences are asked."""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.dense import dense_backward, dense_forward

SIZES = [(4, 3, 5), (1, 3, 2), (6, 1, 1)]


def arrays(N, D, M, dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = [(N, D), (D, M), (M,), (N, M)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_output_and_gradients_are_pytorchs(size, dtype):
    """Does the pair agree with torch in both precisions, and keep the precision?"""
    *inputs, dout = arrays(*size, dtype)
    out, cache = dense_forward(*inputs)
    x, w, b = (torch.tensor(value, requires_grad=True) for value in inputs)
    expected = torch.nn.functional.linear(x, w.T, b)
    gradients = torch.autograd.grad(expected, (x, w, b), torch.tensor(dout))
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    pairs = zip((out, *dense_backward(dout, cache)), (expected.detach(), *gradients), strict=True)
    for ours, theirs in pairs:
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_differences(size):
    """Do central differences give the gradients with respect to x, w and b?"""
    x, w, b, _ = arrays(*size)
    rng = np.random.default_rng(1)
    gradcheck(dense_forward, dense_backward, {"x": x, "w": w, "b": b}, rng=rng)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_write_protection_and_repetition_do_not_matter(lay):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    plain = arrays(4, 3, 5)
    odd = [lay(value) for value in plain]
    for value in odd:
        value.flags.writeable = False
    out, cache = dense_forward(*plain[:3])
    expected = [out, *dense_backward(plain[3], cache)]
    out, cache = dense_forward(*odd[:3])
    for _ in range(2):
        for ours, theirs in zip([out, *dense_backward(odd[3], cache)], expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("shapes", "names"),
    [
        (((3,), (3, 2), (2,)), r"x \(N, D\) and w \(D, M\) must share D, got \(3,\)"),
        (((4, 3), (3,), (2,)), "must share D"),
        (((4, 3), (2, 3), (3,)), r"got \(4, 3\) and \(2, 3\)"),
        (((4, 3), (3, 2), (3,)), r"b must have shape \(2,\).*got \(3,\)"),
        (((4, 3), (3, 2), (1, 2)), r"b must have shape \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes, names):
    """Does the error name the array and its shape?"""
    with pytest.raises(ValueError, match=names):
        dense_forward(*map(np.ones, shapes))
