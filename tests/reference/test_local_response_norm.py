"""Is local response normalisation right? PyTorch, differences and the paper's sum are asked."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.local_response_norm import (
    local_response_norm_backward,
    local_response_norm_forward,
)

each_size = pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9, 14])
each_beta = pytest.mark.parametrize("beta", [0.0, 0.5, 0.75, 1.3])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_beta
@each_size
def test_output_and_gradient_are_pytorchs(size, beta, dtype):
    """Does the pair agree with torch, for even windows and for windows wider than C?"""
    x, dout = np.random.default_rng(0).standard_normal((2, 3, 6, 2, 4)).astype(dtype)
    options = {"size": size, "alpha": 0.7, "beta": beta, "k": 1.5}
    out, cache = local_response_norm_forward(x, **options)
    dx = local_response_norm_backward(dout, cache)
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.local_response_norm(tensor, **options)
    (gradient,) = torch.autograd.grad(expected, tensor, torch.tensor(dout))
    assert out.dtype == dx.dtype == dtype
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dx, gradient.numpy(), rtol=tolerance, atol=tolerance)


def test_the_defaults_are_pytorchs():
    """Does a call that names only the size agree with torch, where defaults matter?"""
    x = 100 * np.random.default_rng(1).standard_normal((2, 5, 3, 1))
    expected = torch.nn.functional.local_response_norm(torch.tensor(x), 3).numpy()
    np.testing.assert_allclose(local_response_norm_forward(x, size=3)[0], expected, rtol=1e-13)


@pytest.mark.parametrize("beta", [1.75, -0.25])
def test_only_three_quarters_take_the_shortcut(beta):
    """Is another power near to AlexNet's the power that was asked for?"""
    x = np.random.default_rng(7).standard_normal((2, 3, 2, 2))
    out, _ = local_response_norm_forward(x, size=1, alpha=2.0, beta=beta)
    np.testing.assert_allclose(out, x * (1 + 2 * x * x) ** -beta, rtol=1e-13)


def test_without_alpha_nothing_depends_on_the_neighbours():
    """Is alpha = 0 allowed, and a division by k to the power beta?"""
    x = np.random.default_rng(8).standard_normal((2, 3, 2, 2))
    out, _ = local_response_norm_forward(x, size=3, alpha=0.0, beta=0.5, k=4.0)
    np.testing.assert_allclose(out, x / 2, rtol=1e-13)


def test_alexnets_numbers_are_the_papers():
    """Is alpha = 5e-4 here the paper's 1e-4 with n = 5, k = 2, pixel by pixel?"""
    x = 50 * np.random.default_rng(2).standard_normal((1, 7, 2, 3))
    out, _ = local_response_norm_forward(x, size=5, alpha=5e-4, k=2.0)
    for c in range(7):
        window = x[:, max(0, c - 2) : min(6, c + 2) + 1]
        expected = x[:, c] / (2 + 1e-4 * (window**2).sum(axis=1)) ** 0.75
        np.testing.assert_allclose(out[:, c], expected, rtol=1e-13)


@each_beta
@each_size
@pytest.mark.parametrize("shape", [(2, 5, 3, 4), (1, 1, 2, 1)])
def test_gradients_are_differences(shape, size, beta):
    """Do central differences give the gradient, also with one channel?"""
    x = np.random.default_rng(3).standard_normal(shape)
    forward = partial(local_response_norm_forward, size=size, alpha=2.0, beta=beta, k=0.5)
    gradcheck(forward, local_response_norm_backward, {"x": x}, rng=np.random.default_rng(4))


@given(
    x=arrays(np.float64, (2, 5, 2, 1), elements=st.floats(-100, 100)),
    size=st.integers(1, 7),
)
def test_with_k_of_one_it_only_damps(x, size):
    """Is no pixel larger than before, and does each keep its sign?"""
    out, _ = local_response_norm_forward(x, size=size, alpha=0.5)
    assert (np.abs(out) <= np.abs(x)).all()
    assert (out * x >= 0).all()


def test_a_gradient_stays_within_its_windows():
    """Does channel 3 hear exactly from the channels whose windows hold it, for an even size?"""
    x = np.ones((1, 8, 1, 1))
    heard = []
    for c in range(8):
        _, cache = local_response_norm_forward(x, size=4, alpha=1.0)
        dout = np.zeros_like(x)
        dout[0, c] = 1
        heard.append(local_response_norm_backward(dout, cache)[0, 3, 0, 0] != 0)
    assert heard == [c - 2 <= 3 <= c + 1 for c in range(8)]


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_write_protection_and_repetition_do_not_matter(lay):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    x, dout = np.random.default_rng(5).standard_normal((2, 2, 6, 3, 4))
    out, cache = local_response_norm_forward(x, size=3, alpha=1.0)
    dx = local_response_norm_backward(dout, cache)
    odd_x, odd_dout = lay(x), lay(dout)
    odd_x.flags.writeable = odd_dout.flags.writeable = False
    odd_out, cache = local_response_norm_forward(odd_x, size=3, alpha=1.0)
    np.testing.assert_allclose(odd_out, out, rtol=1e-14)
    for _ in range(2):
        again = local_response_norm_backward(odd_dout, cache)
        np.testing.assert_allclose(again, dx, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("shape", "options", "names"),
    [
        ((2, 3, 4), {"size": 3}, r"x must have shape \(N, C, H, W\), got \(2, 3, 4\)"),
        ((1, 2, 3, 4), {"size": 0}, "size must be at least 1, got 0"),
        ((1, 2, 3, 4), {"size": 3, "alpha": -1.0}, "alpha must not be negative.*got -1.0"),
        ((1, 2, 3, 4), {"size": 3, "k": 0.0}, "k positive, got 0.0001 and 0.0"),
    ],
)
def test_bad_input_is_refused_by_name(shape, options, names):
    """Does the error name the argument and its range?"""
    with pytest.raises(ValueError, match=names):
        local_response_norm_forward(np.ones(shape), **options)
