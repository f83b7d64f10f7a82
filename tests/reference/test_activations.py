"""Are the activations right, and do they stay finite where exponentials do not?"""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.activations import (
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax_backward,
    softmax_forward,
    tanh_backward,
    tanh_forward,
)

PAIRS = {
    "sigmoid": (sigmoid_forward, sigmoid_backward, torch.sigmoid),
    "tanh": (tanh_forward, tanh_backward, torch.tanh),
    "relu": (relu_forward, relu_backward, torch.relu),
    "leaky_relu": (leaky_relu_forward, leaky_relu_backward, torch.nn.functional.leaky_relu),
    "leaky_relu_0.3": (
        partial(leaky_relu_forward, slope=0.3),
        leaky_relu_backward,
        partial(torch.nn.functional.leaky_relu, negative_slope=0.3),
    ),
    "softmax": (softmax_forward, softmax_backward, partial(torch.softmax, dim=-1)),
}
EXTREME = [-1e4, -100.0, -30.0, -1.0, -1e-30, 0.0, 1e-30, 1.0, 30.0, 100.0, 1e4]
each_pair = pytest.mark.parametrize(("forward", "backward", "oracle"), PAIRS.values(), ids=PAIRS)
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def random_and_extreme(dtype):
    x = np.random.default_rng(0).standard_normal((3, 2, len(EXTREME)))
    x[1, 0] = EXTREME
    x[2] = 0  # ties for softmax, kinks for the rectifiers
    return x.astype(dtype)


@each_type
@each_pair
def test_output_and_gradient_are_pytorchs(forward, backward, oracle, dtype):
    """Does the pair agree with torch, also at 0 and at 10,000, without a warning?"""
    x = random_and_extreme(dtype)
    dout = np.random.default_rng(1).standard_normal(x.shape).astype(dtype)
    out, cache = forward(x)
    dx = backward(dout, cache)
    tensor = torch.tensor(x, requires_grad=True)
    expected = oracle(tensor)
    (gradient,) = torch.autograd.grad(expected, tensor, torch.tensor(dout))
    assert out.dtype == dx.dtype == dtype
    small = np.finfo(dtype).tiny
    rtol = 1e-13 if dtype == np.float64 else 2e-6
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=rtol, atol=small)
    np.testing.assert_allclose(dx, gradient.numpy(), rtol=rtol, atol=rtol)


@each_pair
def test_gradients_are_differences(forward, backward, oracle):
    """Do central differences give the gradient?"""
    x = np.random.default_rng(2).standard_normal((2, 1, 4, 3))
    x += 0.1 * np.sign(x)  # a difference must not reach over the kink of a rectifier
    gradcheck(forward, backward, {"x": x}, rng=np.random.default_rng(3))


@each_pair
def test_layout_write_protection_and_repetition_do_not_matter(forward, backward, oracle):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    x, dout = np.random.default_rng(4).standard_normal((2, 3, 4))
    out, cache = forward(x)
    dx = backward(dout, cache)
    for lay in (np.asfortranarray, strided):
        odd_x, odd_dout = lay(x), lay(dout)
        odd_x.flags.writeable = odd_dout.flags.writeable = False
        odd_out, cache = forward(odd_x)
        np.testing.assert_allclose(odd_out, out, rtol=1e-14)
        for _ in range(2):
            np.testing.assert_allclose(backward(odd_dout, cache), dx, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("forward", [relu_forward, leaky_relu_forward])
def test_an_input_that_stays_as_it_is_is_copied(forward):
    """May the caller write into the output of positive inputs?"""
    x = np.ones(3)
    forward(x)[0][:] = 7
    np.testing.assert_array_equal(x, 1)


def test_a_numpy_slope_does_not_widen():
    """Does float32 survive a slope that comes out of an array?"""
    out, cache = leaky_relu_forward(np.ones(2, np.float32), slope=np.float64(0.1))
    assert out.dtype == leaky_relu_backward(out, cache).dtype == np.float32


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_the_ends_of_the_slope_are_relu_and_identity(slope):
    """Is slope 0 the rectifier, and slope 1 no activation at all?"""
    x = np.array([-2.0, 0.0, 3.0])
    expected = np.maximum(x, 0) if slope == 0 else x
    np.testing.assert_array_equal(leaky_relu_forward(x, slope=slope)[0], expected)


@pytest.mark.parametrize("slope", [-0.1, 1.1, np.nan])
def test_a_slope_out_of_range_is_refused(slope):
    """Does the error name the slope and its range?"""
    with pytest.raises(ValueError, match=r"slope must lie in \[0, 1\]"):
        leaky_relu_forward(np.ones(2), slope=slope)


SCORES = arrays(np.float64, (3, 5), elements=st.floats(-1e4, 1e4))


@given(x=SCORES, shift=st.floats(-1e4, 1e4))
def test_softmax_gives_probabilities_that_a_shift_leaves_alone(x, shift):
    """Are the parts of 1 not negative, and the same when all scores grow together?"""
    out, _ = softmax_forward(x)
    assert (out >= 0).all()
    np.testing.assert_allclose(out.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(softmax_forward(x + shift)[0], out, rtol=1e-7, atol=1e-12)


@given(x=SCORES)
def test_softmax_gradients_sum_to_zero(x):
    """Does a step that raises all scores together change nothing?"""
    _, cache = softmax_forward(x)
    dx = softmax_backward(np.arange(15.0).reshape(3, 5), cache)
    np.testing.assert_allclose(dx.sum(axis=-1), 0, atol=1e-12)


@given(x=arrays(np.float64, 7, elements=st.floats(-700, 700)))
def test_sigmoid_and_tanh_are_odd_and_related(x):
    """Is sigmoid(-x) = 1 - sigmoid(x), and tanh(x) = 2 sigmoid(2x) - 1?"""
    out, _ = sigmoid_forward(x)
    np.testing.assert_allclose(sigmoid_forward(-x)[0], 1 - out, atol=1e-15)
    twice, _ = sigmoid_forward(2 * x)
    np.testing.assert_allclose(tanh_forward(x)[0], 2 * twice - 1, atol=1e-15)
