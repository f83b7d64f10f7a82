"""Is batch normalisation right, in training and in evaluation? PyTorch and differences say."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.normalization import batch_norm_backward, batch_norm_forward

SHAPES = [(4, 3, 2, 5), (1, 3, 2, 4), (2, 5, 1, 1), (6, 4), (2, 1)]
each_shape = pytest.mark.parametrize("shape", SHAPES)
each_mode = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])


def arguments(shape, dtype=np.float64):
    """Return x, gamma, beta, running mean and running variance, and the output's gradient."""
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, *shape))
    gamma, beta, mean = rng.standard_normal((3, shape[1]))
    var = rng.uniform(0.5, 2, shape[1])
    return [value.astype(dtype) for value in (3 * x + 2, gamma, beta, mean, var, dout)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("momentum", "eps"), [(0.1, 1e-5), (0.3, 0.5)])
@each_mode
@each_shape
def test_everything_is_pytorchs(shape, training, momentum, eps, dtype):
    """Do output, running statistics and gradients agree with torch, in the type of the input?"""
    *inputs, dout = arguments(shape, dtype)
    (out, mean, var), cache = batch_norm_forward(
        *inputs, training=training, momentum=momentum, eps=eps
    )
    gradients = batch_norm_backward(dout, cache)

    x, gamma, beta = (torch.tensor(value, requires_grad=True) for value in inputs[:3])
    their_mean, their_var = torch.tensor(inputs[3]), torch.tensor(inputs[4])
    expected = torch.nn.functional.batch_norm(
        x, their_mean, their_var, gamma, beta, training, momentum, eps
    )
    theirs = torch.autograd.grad(expected, (x, gamma, beta), torch.tensor(dout))
    tolerance = 1e-11 if dtype == np.float64 else 1e-4
    names = ("out", "mean", "var", "dx", "dgamma", "dbeta")
    theirs = (expected.detach(), their_mean, their_var, *theirs)
    for name, one, other in zip(names, (out, mean, var, *gradients), theirs, strict=True):
        assert one.dtype == dtype, name
        np.testing.assert_allclose(one, other.numpy(), rtol=tolerance, atol=tolerance, err_msg=name)


@each_mode
@each_shape
def test_gradients_are_differences(shape, training):
    """Do central differences give the gradients with respect to x, gamma and beta?"""
    x, gamma, beta, mean, var, _ = arguments(shape)

    def forward(x, gamma, beta):
        outs, cache = batch_norm_forward(x, gamma, beta, mean, var, training=training, eps=0.1)
        return outs[0], cache

    inputs = {"x": x, "gamma": gamma, "beta": beta}
    gradcheck(forward, batch_norm_backward, inputs, rng=np.random.default_rng(1))


CHANNELS = arrays(np.float64, (3, 2, 2, 2), elements=st.integers(-9, 9).map(float))


@given(x=CHANNELS, scale=st.floats(0.5, 50), shift=st.floats(-50, 50))
def test_the_scale_and_the_shift_of_the_input_are_gone(x, scale, shift):
    """Does a brighter image with more contrast give the same output?"""
    one, zero = np.ones(2), np.zeros(2)
    x[0, :, 0] = [[-10, 10]] * 2  # no channel is constant
    outs = [
        batch_norm_forward(value, one, zero, zero, one, training=True, eps=1e-12)[0][0]
        for value in (x, scale * x + shift)
    ]
    np.testing.assert_allclose(*outs, atol=1e-9)


@given(x=CHANNELS)
def test_the_output_has_the_moments_that_were_asked_for(x):
    """Is the mean of each channel beta, its deviation gamma, and its gradient without a mean?"""
    gamma, beta, zero = np.array([2.0, 0.5]), np.array([-1.0, 3.0]), np.zeros(2)
    x[0, :, 0] = [[-10, 10]] * 2
    (out, _, _), cache = batch_norm_forward(x, gamma, beta, zero, zero, training=True, eps=1e-14)
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), beta, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), gamma, rtol=1e-12)
    dx, _, _ = batch_norm_backward(np.sin(np.arange(24.0)).reshape(x.shape), cache)
    np.testing.assert_allclose(dx.sum(axis=(0, 2, 3)), 0, atol=1e-13)


def test_rows_are_images_of_one_pixel():
    """Do (N, D) and (N, D, 1, 1) say the same?"""
    *inputs, dout = arguments((6, 4))
    outs, cache = batch_norm_forward(*inputs, training=True)
    x = inputs[0][..., None, None]
    wide_outs, wide_cache = batch_norm_forward(x, *inputs[1:], training=True)
    np.testing.assert_array_equal(wide_outs[0][..., 0, 0], outs[0])
    dx, *_ = batch_norm_backward(dout[..., None, None], wide_cache)
    np.testing.assert_array_equal(dx[..., 0, 0], batch_norm_backward(dout, cache)[0])


def test_a_large_mean_does_not_drown_the_variance():
    """Is a deviation of 1 around 4096 still seen in single precision?"""
    signs = np.resize([-1, 1], (8, 1, 4, 4)).astype(np.float32)
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    (out, _, _), _ = batch_norm_forward(4096 + signs, one, zero, zero, one, training=True)
    np.testing.assert_allclose(out, signs, rtol=1e-4)


def test_a_constant_channel_becomes_beta():
    """Does eps keep the division sound where the variance is 0?"""
    one, zero = np.ones(2), np.zeros(2)
    beta = np.array([3.0, 4.0])
    (out, _, var), cache = batch_norm_forward(
        np.full((3, 2, 2, 2), 5.0), one, beta, zero, one, training=True
    )
    np.testing.assert_array_equal(out, beta[None, :, None, None] * np.ones_like(out))
    np.testing.assert_allclose(var, 0.9)
    assert np.isfinite(batch_norm_backward(out, cache)[0]).all()


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@each_mode
def test_layout_write_protection_and_repetition_do_not_matter(lay, training):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    plain = arguments((4, 3, 2, 5))
    odd = [lay(value) for value in plain]
    for value in odd:
        value.flags.writeable = False
    outs, cache = batch_norm_forward(*plain[:5], training=training)
    expected = [*outs, *batch_norm_backward(plain[5], cache)]
    outs, cache = batch_norm_forward(*odd[:5], training=training)
    for _ in range(2):
        found = [*outs, *batch_norm_backward(odd[5], cache)]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_the_ends_of_momentum_keep_all_or_nothing():
    """Does 0 keep the old statistics, and does 1 take those of the batch?"""
    *inputs, _ = arguments((4, 3, 2, 5))
    (_, mean, var), _ = batch_norm_forward(*inputs, training=True, momentum=0)
    np.testing.assert_array_equal([mean, var], inputs[3:])
    (_, mean, var), _ = batch_norm_forward(*inputs, training=True, momentum=1)
    np.testing.assert_allclose(mean, inputs[0].mean(axis=(0, 2, 3)), rtol=1e-13)
    np.testing.assert_allclose(var, inputs[0].var(axis=(0, 2, 3), ddof=1), rtol=1e-13)


@each_mode
def test_new_statistics_are_arrays_of_their_own(training):
    """May the caller write into the statistics that come back?"""
    x, gamma, beta, mean, var, _ = arguments((4, 3))
    (_, new_mean, new_var), _ = batch_norm_forward(x, gamma, beta, mean, var, training=training)
    assert not np.shares_memory(new_mean, mean)
    assert not np.shares_memory(new_var, var)


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (1, 3)])
def test_one_value_in_a_channel_has_no_variance(shape):
    """Is a single value refused in training, and taken in evaluation?"""
    *inputs, _ = arguments(shape)
    with pytest.raises(ValueError, match="x must have two values in each channel"):
        batch_norm_forward(*inputs, training=True)
    assert batch_norm_forward(*inputs, training=False)[0][0].shape == shape


@pytest.mark.parametrize(
    ("shape", "wrong", "options", "names"),
    [
        ((4, 3, 2), None, {}, r"x must have shape \(N, C, H, W\) or \(N, D\), got \(4, 3, 2\)"),
        ((4, 3), 1, {}, r"gamma must have shape \(3,\).* got \(2,\)"),
        ((4, 3), 2, {}, r"beta must have shape \(3,\)"),
        ((4, 3), 3, {}, r"running_mean must have shape \(3,\)"),
        ((4, 3), 4, {}, r"running_var must have shape \(3,\)"),
        ((4, 3), None, {"momentum": 1.5}, r"momentum must lie in \[0, 1\], got 1.5"),
        ((4, 3), None, {"momentum": -0.5}, r"momentum must lie in \[0, 1\]"),
        ((4, 3), None, {"eps": 0.0}, "eps must be positive, got 0.0"),
    ],
)
@each_mode
def test_bad_input_is_refused_by_name(shape, wrong, options, names, training):
    """Does the error name the argument, its shape or its range?"""
    *inputs, _ = arguments(shape)
    if wrong is not None:
        inputs[wrong] = np.ones(2)
    with pytest.raises(ValueError, match=names):
        batch_norm_forward(*inputs, training=training, **options)
