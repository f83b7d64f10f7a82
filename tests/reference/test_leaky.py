"""Do leaky units move slowly, and are their gradients right?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.leaky import (
    leaky_backward,
    leaky_forward,
    leaky_step_backward,
    leaky_step_forward,
)
from course_utils.reference.rnn import (
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
)

SIZES = [(7, 3, 5, 4), (1, 3, 2, 5), (6, 1, 3, 2)]  # T, N, D, M


def arguments(T, N, D, M, *, per_unit=True, seed=0, dtype=np.float64):
    """The arguments of `leaky_forward` by name."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, N, D), "h0": (N, M), "wx": (D, M), "wh": (M, M), "b": (M,)}
    inputs = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    inputs["rate"] = np.asarray(rng.uniform(0.1, 0.9, M if per_unit else ()), dtype)
    return inputs


def torch_pass(inputs, dh):
    """The same recurrence written in torch, differentiated by autograd."""
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs.values()]
    x, h, wx, wh, b, rate = leaves
    states = []
    for x_t in x:
        h = torch.lerp(h, torch.tanh(x_t @ wx + h @ wh + b), rate.expand(h.shape))
        states.append(h)
    states = torch.stack(states)
    gradients = torch.autograd.grad(states, leaves, torch.tensor(dh))
    return states.detach().numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("per_unit", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_states_and_gradients_are_autograds(size, per_unit, dtype):
    """Does a sequence agree with torch, forward and back, in both precisions?"""
    T, N, _, M = size
    inputs = arguments(*size, per_unit=per_unit, dtype=dtype)
    dh = np.random.default_rng(1).standard_normal((T, N, M)).astype(dtype)
    h, cache = leaky_forward(*inputs.values())
    expected, gradients = torch_pass(inputs, dh)
    tolerance = 1e-11 if dtype == np.float64 else 1e-4
    assert h.dtype == dtype
    np.testing.assert_allclose(h, expected, rtol=tolerance, atol=tolerance)
    for got, wanted in zip(leaky_backward(dh, cache), gradients, strict=True):
        assert got.dtype == dtype
        assert got.shape == wanted.shape
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("per_unit", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_slopes(size, per_unit):
    """Do central differences find the gradients, also for the rate?"""
    inputs = arguments(*size, per_unit=per_unit, seed=2)
    gradcheck(leaky_forward, leaky_backward, inputs, rng=np.random.default_rng(3))
    inputs["x"] = inputs["x"][0]
    gradcheck(leaky_step_forward, leaky_step_backward, inputs, rng=np.random.default_rng(4))


@pytest.mark.parametrize("rate", [1, 1.0, np.ones(4)])
def test_at_rate_one_a_leaky_unit_is_a_plain_one(rate):
    """Is everything, gradients too, what the plain network gives?"""
    inputs = list(arguments(6, 3, 5, 4, seed=5).values())[:-1]
    dh = np.random.default_rng(6).standard_normal((6, 3, 4))
    h, cache = leaky_forward(*inputs, rate)
    plain, plain_cache = rnn_forward(*inputs)
    np.testing.assert_array_equal(h, plain)
    gradients, expected = leaky_backward(dh, cache)[:-1], rnn_backward(dh, plain_cache)
    for got, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13)
    step = [inputs[0][0], *inputs[1:]]
    h, cache = leaky_step_forward(*step, rate)
    plain, plain_cache = rnn_step_forward(*step)
    np.testing.assert_array_equal(h, plain)
    gradients, expected = (
        leaky_step_backward(dh[0], cache)[:-1],
        rnn_step_backward(dh[0], plain_cache),
    )
    for got, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13)


def test_without_weights_a_state_leaks_away():
    """Is what is left after T steps `(1 - rate)^T` of it, unit by unit?"""
    rate = np.array([0.5, 0.1])
    h, cache = leaky_forward(
        np.zeros((4, 1, 1)), np.array([[16.0, 10.0]]), np.zeros((1, 2)), np.zeros((2, 2)),
        np.zeros(2), rate,
    )  # fmt: skip
    np.testing.assert_allclose(h[:, 0, 0], [8, 4, 2, 1])
    np.testing.assert_allclose(h[-1, 0], [16, 10] * (1 - rate) ** 4)
    last = np.zeros_like(h)
    last[-1] = 1
    np.testing.assert_allclose(leaky_backward(last, cache)[1][0], (1 - rate) ** 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sequence_is_its_steps(dtype):
    """Do single steps give what one pass gives, in the same precision, a plain number as rate?"""
    x, h, wx, wh, b, _ = arguments(5, 3, 2, 4, seed=7, dtype=dtype).values()
    whole, _ = leaky_forward(x, h, wx, wh, b, 0.3)
    for t in range(5):
        h, cache = leaky_step_forward(x[t], h, wx, wh, b, 0.3)
        assert h.dtype == dtype
        np.testing.assert_allclose(h, whole[t], rtol=1e-4, atol=1e-5)
        assert all(part.dtype == dtype for part in leaky_step_backward(h, cache))


def test_no_steps():
    """Does an empty sequence give gradients of zero, shaped as the inputs?"""
    inputs = arguments(0, 3, 5, 4)
    h, cache = leaky_forward(*inputs.values())
    assert h.shape == (0, 3, 4)
    for gradient, value in zip(leaky_backward(h, cache), inputs.values(), strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(value))


@pytest.mark.parametrize("wide", ["x", "h0", "wx", "wh", "b", "rate"])
def test_the_widest_argument_sets_the_type(wide):
    """Does one argument in float64 make the states float64, whichever it is, or whole numbers?"""
    inputs = arguments(2, 3, 5, 4, dtype=np.float32)
    inputs[wide] = inputs[wide].astype(np.float64)
    x, h0, *rest = inputs.values()
    assert leaky_forward(x, h0, *rest)[0].dtype == np.float64
    assert leaky_step_forward(x[0], h0, *rest)[0].dtype == np.float64
    whole = [np.ones(value.shape, int) for value in inputs.values()]
    assert leaky_forward(*whole)[0].dtype == np.float64


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_does_not_matter_and_nothing_is_written(lay):
    """Are odd layouts and locked arrays fine, and is backward the same when called again?"""
    inputs = arguments(6, 3, 5, 4, seed=8)
    dh = np.random.default_rng(9).standard_normal((6, 3, 4))
    h, cache = leaky_forward(*inputs.values())
    expected = leaky_backward(dh, cache)
    odd = [lay(value) for value in [*inputs.values(), dh]]
    for value in odd:
        value.flags.writeable = False
    odd_h, odd_cache = leaky_forward(*odd[:-1])
    np.testing.assert_allclose(odd_h, h, rtol=1e-12)
    for value in odd_cache:
        value.flags.writeable = False
    for _ in range(2):
        for got, wanted in zip(leaky_backward(odd[-1], odd_cache), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", 0.0, "rate must be above 0 and at most 1, got 0.0"),
        ("rate", 1.5, "rate must be above 0 and at most 1, got 1.5"),
        ("rate", np.array([0.5, 0.5, np.nan, 0.5]), "rate must be above 0"),
        (
            "rate",
            np.full(3, 0.5),
            r"rate must be a number or have shape \(M,\) = \(4,\), got \(3,\)",
        ),
        ("wh", np.zeros((4, 3)), r"wh must have shape \(M, M\) = "),
        ("x", np.zeros(5), r"x must have shape"),
    ],
)
def test_a_bad_argument_is_named(name, value, message):
    """Does the error name the argument and what it must be?"""
    good = arguments(2, 3, 5, 4)
    with pytest.raises(ValueError, match=message):
        leaky_forward(**{**good, name: value})
    x, h, *rest = {**good, name: value}.values()
    with pytest.raises(ValueError, match=message):
        leaky_step_forward(x if name == "x" else x[0], h, *rest)


def test_a_bad_gradient_is_named():
    """Is a `dh` that would broadcast refused?"""
    x, *rest = arguments(2, 3, 5, 4).values()
    with pytest.raises(ValueError, match=r"dh must have shape \(T, N, M\) = "):
        leaky_backward(np.ones((1, 3, 4)), leaky_forward(x, *rest)[1])
    with pytest.raises(ValueError, match=r"dh must have shape \(N, M\) = "):
        leaky_step_backward(np.ones((1, 4)), leaky_step_forward(x[0], *rest)[1])
