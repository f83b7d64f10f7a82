"""Does the network of Jordan remember by its outputs, and are its gradients right?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.jordan import (
    forced_backward,
    forced_forward,
    jordan_backward,
    jordan_forward,
)
from course_utils.reference.rnn import rnn_backward, rnn_forward

SIZES = [(7, 3, 5, 4, 2), (1, 3, 2, 5, 4), (6, 1, 3, 2, 5), (4, 2, 1, 3, 1)]  # T, N, D, M, K
PASSES = {
    "own": (jordan_forward, jordan_backward),
    "forced": (forced_forward, forced_backward),
}


def arguments(way, T, N, D, M, K, *, seed=0, dtype=np.float64):
    """The arguments of a pass by name."""
    rng = np.random.default_rng(seed)
    shapes = {
        "x": (T, N, D),
        "y0" if way == "own" else "fed": (N, K) if way == "own" else (T, N, K),
        "wx": (D, M),
        "wy": (K, M),
        "b": (M,),
        "wo": (M, K),
        "bo": (K,),
    }
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def torch_pass(way, inputs, dy):
    """The same recurrence written in torch, differentiated by autograd."""
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs.values()]
    x, fed, wx, wy, b, wo, bo = leaves
    y = []
    for t, x_t in enumerate(x):
        last = fed[t] if way == "forced" else y[-1] if y else fed
        y.append(torch.tanh(x_t @ wx + last @ wy + b) @ wo + bo)
    y = torch.stack(y)
    gradients = torch.autograd.grad(y, leaves, torch.tensor(dy))
    return y.detach().numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", PASSES)
def test_outputs_and_gradients_are_autograds(way, size, dtype):
    """Does a sequence agree with torch, forward and back, in both precisions?"""
    forward, backward = PASSES[way]
    T, N, _, _, K = size
    inputs = arguments(way, *size, dtype=dtype)
    dy = np.random.default_rng(1).standard_normal((T, N, K)).astype(dtype)
    y, cache = forward(*inputs.values())
    expected, gradients = torch_pass(way, inputs, dy)
    tolerance = 1e-10 if dtype == np.float64 else 2e-4
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
    for got, wanted in zip(backward(dy, cache), gradients, strict=True):
        assert got.dtype == dtype
        assert got.shape == wanted.shape
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", PASSES)
def test_gradients_are_slopes(way, size):
    """Do central differences find every gradient?"""
    inputs = arguments(way, *size, seed=2)
    gradcheck(*PASSES[way], inputs, rng=np.random.default_rng(3))


def test_teaching_what_it_says_changes_no_output():
    """Fed with its own outputs, does it say the same, while less gradient flows?"""
    inputs = arguments("own", 5, 3, 4, 6, 2, seed=4)
    y, cache = jordan_forward(*inputs.values())
    x, y0, *weights = inputs.values()
    told, told_cache = forced_forward(x, np.concatenate([y0[None], y[:-1]]), *weights)
    np.testing.assert_allclose(told, y, rtol=1e-11)
    dy = np.ones_like(y)
    own, forced = jordan_backward(dy, cache), forced_backward(dy, told_cache)
    np.testing.assert_allclose(own[0][-1], forced[0][-1], rtol=1e-11)  # the last step has no later
    assert not np.allclose(own[0][0], forced[0][0])


def test_one_step_is_the_same_either_way():
    """Is there no difference between the two when there is one step?"""
    x, y0, *weights = arguments("own", 1, 3, 4, 6, 2, seed=5).values()
    y, cache = jordan_forward(x, y0, *weights)
    told, told_cache = forced_forward(x, y0[None], *weights)
    np.testing.assert_allclose(told, y, rtol=1e-12)
    dy = np.random.default_rng(6).standard_normal(y.shape)
    for got, wanted in zip(
        forced_backward(dy, told_cache), jordan_backward(dy, cache), strict=True
    ):
        np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-11, atol=1e-13)


def test_an_output_that_is_the_state_makes_elmans_network():
    """With the identity as readout, is it the network of Elman, gradients too?"""
    x, h0, wx, wh, b, _, _ = arguments("own", 5, 3, 4, 6, 6, seed=7).values()
    y, cache = jordan_forward(x, h0, wx, wh, b, np.eye(6), np.zeros(6))
    h, elman = rnn_forward(x, h0, wx, wh, b)
    np.testing.assert_allclose(y, h, rtol=1e-12)
    dy = np.random.default_rng(8).standard_normal(y.shape)
    for got, wanted in zip(jordan_backward(dy, cache)[:5], rnn_backward(dy, elman), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@pytest.mark.parametrize("way", PASSES)
def test_layout_does_not_matter_and_nothing_is_written(way, lay):
    """Are odd layouts and locked arrays fine, and is backward the same when called again?"""
    forward, backward = PASSES[way]
    inputs = arguments(way, 6, 3, 5, 4, 2, seed=9)
    dy = np.random.default_rng(10).standard_normal((6, 3, 2))
    y, cache = forward(*inputs.values())
    expected = backward(dy, cache)
    odd = [lay(value) for value in [*inputs.values(), dy]]
    for value in odd:
        value.flags.writeable = False
    odd_y, odd_cache = forward(*odd[:-1])
    np.testing.assert_allclose(odd_y, y, rtol=1e-12)
    for value in odd_cache:
        value.flags.writeable = False
    for _ in range(2):
        for got, wanted in zip(backward(odd[-1], odd_cache), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("way", PASSES)
def test_no_steps(way):
    """Does an empty sequence give gradients of zero, shaped as the inputs?"""
    forward, backward = PASSES[way]
    inputs = arguments(way, 0, 3, 5, 4, 2)
    y, cache = forward(*inputs.values())
    assert y.shape == (0, 3, 2)
    for gradient, value in zip(backward(y, cache), inputs.values(), strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(value))


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(7))
@pytest.mark.parametrize("way", PASSES)
def test_the_widest_argument_sets_the_type(way, wide, kind):
    """Does one argument in float64 make the outputs float64, whichever it is, or whole numbers?"""
    inputs = list(arguments(way, 2, 3, 5, 4, 6, dtype=np.float32).values())
    inputs[wide] = inputs[wide].astype(kind)
    assert PASSES[way][0](*inputs)[0].dtype == np.float64
    assert PASSES[way][0](*(value.astype(int) for value in inputs))[0].dtype == np.float64


@pytest.mark.parametrize("way", PASSES)
@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("x", (3, 5), r"x must have shape \(T, N, D\), got \(3, 5\)"),
        ("wy", (3, 4), r"wy must have shape \(K, M\) = "),
        ("b", (1,), r"b must have shape \(M,\) = "),
        ("wo", (6, 4), r"wo must have shape \(M, K\) = "),
        ("bo", (1,), r"bo must have shape \(K,\) = "),
    ],
)
def test_a_bad_argument_is_named(way, name, shape, message):
    """Does the error name the argument and what it must be?"""
    good = arguments(way, 2, 3, 5, 4, 6)
    with pytest.raises(ValueError, match=message):
        PASSES[way][0](**{**good, name: np.zeros(shape)})


@pytest.mark.parametrize("way", PASSES)
def test_what_would_broadcast_is_refused(way):
    """Are a `dy` and a first output for one sample, where there are three, refused?"""
    forward, backward = PASSES[way]
    good = arguments(way, 2, 3, 5, 4, 6)
    with pytest.raises(ValueError, match=r"dy must have shape \(T, N, K\) = "):
        backward(np.ones((1, 3, 6)), forward(**good)[1])
    x, fed, *weights = good.values()
    with pytest.raises(ValueError, match=r"must have shape .* = "):
        forward(x, fed[:1], *weights)
