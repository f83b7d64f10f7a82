"""Is the simple recurrent network PyTorch's, and are its gradients the slopes that they claim?"""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.rnn import (
    activation_slope,
    rnn_backward,
    rnn_forward,
    rnn_step_backward,
    rnn_step_forward,
    shared_gradients,
)

SIZES = [(7, 3, 5, 4), (1, 3, 2, 5), (6, 1, 3, 2), (1, 1, 1, 1), (4, 2, 1, 3)]  # T, N, D, M


def arguments(T, N, D, M, *, seed=0, dtype=np.float64):
    """The arguments of `rnn_forward` by name."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, N, D), "h0": (N, M), "wx": (D, M), "wh": (M, M), "b": (M,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def torch_pass(inputs, dh, activation):
    """The states of `torch.nn.RNN` and its gradients in the order of our arguments."""
    x, h0, wx, wh, b = (torch.tensor(value, requires_grad=True) for value in inputs.values())
    D, M = wx.shape
    net = torch.nn.RNN(D, M, nonlinearity=activation)
    weights = dict(
        zip(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"], [wx.T, wh.T, b], strict=True)
    )
    weights["bias_hh_l0"] = torch.zeros_like(b)
    h, _ = torch.func.functional_call(net, weights, (x, h0[None]))
    gradients = torch.autograd.grad(h, [x, h0, wx, wh, b], torch.tensor(dh))
    return h.detach().numpy(), [gradient.numpy() for gradient in gradients]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("size", SIZES)
def test_states_and_gradients_are_pytorchs(size, activation, dtype):
    """Does a sequence agree with torch, forward and back, in both precisions?"""
    inputs = arguments(*size, dtype=dtype)
    T, N, _, M = size
    dh = np.random.default_rng(1).standard_normal((T, N, M)).astype(dtype)
    h, cache = rnn_forward(*inputs.values(), activation=activation)
    expected, gradients = torch_pass(inputs, dh, activation)
    tolerance = 1e-11 if dtype == np.float64 else 1e-4
    assert h.dtype == dtype
    np.testing.assert_allclose(h, expected, rtol=tolerance, atol=tolerance)
    for got, wanted in zip(rnn_backward(dh, cache), gradients, strict=True):
        assert got.dtype == dtype
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_slopes(size, activation):
    """Do central differences find the gradients of a sequence, also for the initial state?"""
    gradcheck(
        partial(rnn_forward, activation=activation),
        rnn_backward,
        arguments(*size, seed=2),
        rng=np.random.default_rng(3),
        time_axis={"x": 0},
    )


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradients_of_a_step_are_slopes(activation):
    """Do central differences find the gradients of one step?"""
    inputs = arguments(1, 3, 5, 4, seed=4)
    inputs["x"] = inputs["x"][0]
    forward = partial(rnn_step_forward, activation=activation)
    gradcheck(forward, rnn_step_backward, inputs, rng=np.random.default_rng(5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_sequence_is_its_steps(activation, dtype):
    """Do T single steps, forward and back, give what one pass gives?"""
    inputs = arguments(6, 3, 5, 4, seed=6, dtype=dtype)
    x, h, *weights = inputs.values()
    dh = np.random.default_rng(7).standard_normal((6, 3, 4)).astype(dtype)
    whole, cache = rnn_forward(*inputs.values(), activation=activation)
    caches = []
    for t in range(6):
        h, step = rnn_step_forward(x[t], h, *weights, activation=activation)
        assert h.dtype == dtype
        np.testing.assert_allclose(h, whole[t], rtol=1e-4 if dtype == np.float32 else 1e-12)
        caches.append(step)
    dx, totals, dh_next = np.empty_like(x), 0, 0
    for t in reversed(range(6)):
        dx[t], dh_next, *shared = rnn_step_backward(dh[t] + dh_next, caches[t])
        assert all(gradient.dtype == dtype for gradient in shared)
        totals = [total + part for total, part in zip(totals or [0] * 3, shared, strict=True)]
    tolerance = 1e-3 if dtype == np.float32 else 1e-11
    for got, wanted in zip([dx, dh_next, *totals], rnn_backward(dh, cache), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def test_the_stacked_form():
    """Is `[x, h] @ [wx; wh] + b` the same step?"""
    x, h, wx, wh, b = arguments(1, 3, 5, 4, seed=8).values()
    stacked = np.tanh(np.concatenate([x[0], h], axis=1) @ np.concatenate([wx, wh]) + b)
    np.testing.assert_allclose(rnn_step_forward(x[0], h, wx, wh, b)[0], stacked, rtol=1e-12)


def test_a_step_by_hand():
    """Does `tanh(0.5 * 1 + 2 * 0.25 - 1) = 0` hold, with slope 1 there?"""
    x, h, wx, wh, b = (np.array(value) for value in [[[1.0]], [[0.25]], [[0.5]], [[2.0]], [-1.0]])
    h_next, cache = rnn_step_forward(x, h, wx, wh, b)
    assert h_next.item() == 0
    gradients = [gradient.item() for gradient in rnn_step_backward(np.array([[3.0]]), cache)]
    assert gradients == [1.5, 6.0, 3.0, 0.75, 3.0]


def test_a_unit_at_zero_passes_no_gradient():
    """Is the slope of relu 0 at 0, as PyTorch has it, also where the sum is exactly 0?"""
    x, w = np.zeros((1, 1)), np.ones((1, 1))
    _, cache = rnn_step_forward(x, x, w, w, np.zeros(1), activation="relu")
    assert all(not gradient.any() for gradient in rnn_step_backward(w, cache))
    np.testing.assert_array_equal(activation_slope(np.array([0.0, 2.0]), "relu"), [0, 1])


@given(T=st.integers(0, 6), N=st.integers(0, 3), cut=st.integers(0, 6))
def test_a_sequence_may_be_run_in_two_parts(T, N, cut):
    """Is the rest of a sequence, run from the carried state, what the whole run gives?"""
    x, h0, *weights = arguments(T, N, 2, 3, seed=9).values()
    cut = min(cut, T)
    whole, cache = rnn_forward(x, h0, *weights)
    first, before = rnn_forward(x[:cut], h0, *weights)
    rest, after = rnn_forward(x[cut:], before.states[-1], *weights)
    np.testing.assert_allclose(np.concatenate([first, rest]), whole, rtol=1e-12)
    dh = np.ones_like(whole)
    dx, dh0, *shared = rnn_backward(dh, cache)
    dx_rest, carried, *shared_rest = rnn_backward(dh[cut:], after)
    last = dh[:cut].copy()
    if cut:
        last[-1] += carried
        dx_first, dh0_first, *shared_first = rnn_backward(last, before)
        np.testing.assert_allclose(np.concatenate([dx_first, dx_rest]), dx, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(dh0_first, dh0, rtol=1e-9, atol=1e-12)
        for one, two, both in zip(shared_first, shared_rest, shared, strict=True):
            np.testing.assert_allclose(one + two, both, rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 1000))
def test_samples_do_not_meet(seed):
    """Does the order of the samples in a batch change nothing but the order of the answers?"""
    x, h0, *weights = arguments(4, 5, 3, 2, seed=seed).values()
    order = np.random.default_rng(seed).permutation(5)
    h, _ = rnn_forward(x, h0, *weights)
    moved, _ = rnn_forward(x[:, order], h0[order], *weights)
    np.testing.assert_allclose(moved, h[:, order], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_layout_does_not_matter_and_nothing_is_written(lay, activation):
    """Are odd layouts and locked arrays fine, and is backward the same when called again?"""
    inputs = arguments(6, 3, 5, 4, seed=10)
    dh = np.random.default_rng(11).standard_normal((6, 3, 4))
    h, cache = rnn_forward(*inputs.values(), activation=activation)
    expected = rnn_backward(dh, cache)
    odd = [lay(value) for value in [*inputs.values(), dh]]
    for value in odd:
        value.flags.writeable = False
    odd_h, odd_cache = rnn_forward(*odd[:-1], activation=activation)
    np.testing.assert_allclose(odd_h, h, rtol=1e-12)
    odd_cache.states.flags.writeable = False
    for _ in range(2):
        for got, wanted in zip(rnn_backward(odd[-1], odd_cache), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    step_h, step_cache = rnn_step_forward(odd[0][0], *odd[1:-1], activation=activation)
    step_h.flags.writeable = False
    np.testing.assert_allclose(step_h, h[0], rtol=1e-12)
    once, again = (rnn_step_backward(odd[-1][0], step_cache) for _ in range(2))
    for one, two in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(5))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = list(arguments(2, 3, 5, 4, dtype=np.float32).values())
    inputs[wide] = inputs[wide].astype(kind)
    assert rnn_forward(*inputs)[0].dtype == np.float64


def test_whole_numbers_are_taken():
    """Are integer inputs promoted to floating point?"""
    x, h0, wx, wh, b = (value.astype(int) for value in arguments(2, 3, 5, 4).values())
    h, _ = rnn_forward(x, h0, wx, wh, b)
    assert h.dtype == np.float64
    np.testing.assert_allclose(h[0], np.tanh(x[0] @ wx + h0 @ wh + b), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", np.zeros((3, 5)), r"x must have shape \(T, N, D\), got \(3, 5\)"),
        ("h0", np.zeros((2, 4)), r"h0 must have shape \(N, M\) = \(3, 4\), got \(2, 4\)"),
        ("wx", np.zeros((6, 4)), r"wx must have shape \(D, M\) = \("),
        ("wx", np.zeros((5, 3)), r"wx must have shape \(D, M\) = \("),
        ("wh", np.zeros((4, 3)), r"wh must have shape \(M, M\) = \("),
        ("b", np.zeros(3), r"b must have shape \(M,\) = \(4,\), got \(3,\)"),
        ("activation", "sigmoid", "activation must be 'tanh' or 'relu', got 'sigmoid'"),
    ],
)
def test_a_bad_argument_is_named(name, value, message):
    """Does the error name the argument and what it must be?"""
    good = arguments(2, 3, 5, 4)
    with pytest.raises(ValueError, match=message):
        rnn_forward(**{**good, name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", np.zeros((2, 3, 5)), r"x must have shape \(N, D\), got \(2, 3, 5\)"),
        ("h", np.zeros((2, 4)), r"h must have shape \(N, M\) = \("),
        ("b", np.zeros(1), r"b must have shape \(M,\) = \("),
        ("activation", "Tanh", "activation must be 'tanh' or 'relu', got 'Tanh'"),
    ],
)
def test_a_bad_argument_of_a_step_is_named(name, value, message):
    """Does a step refuse what does not fit, also where it would broadcast?"""
    x, h, wx, wh, b = arguments(1, 3, 5, 4).values()
    good = {"x": x[0], "h": h, "wx": wx, "wh": wh, "b": b}
    with pytest.raises(ValueError, match=message):
        rnn_step_forward(**{**good, name: value})


def test_a_bad_gradient_is_named():
    """Is a `dh` of another shape refused, also where it would broadcast?"""
    x, *rest = arguments(2, 3, 5, 4).values()
    with pytest.raises(ValueError, match=r"dh must have shape \(T, N, M\) = "):
        rnn_backward(np.ones((1, 3, 4)), rnn_forward(x, *rest)[1])
    with pytest.raises(ValueError, match=r"dh must have shape \(N, M\) = "):
        rnn_step_backward(np.ones((1, 4)), rnn_step_forward(x[0], *rest)[1])


def test_what_recurs_may_have_another_width():
    """Are the shared gradients sums over steps, when K is not M?"""
    rng = np.random.default_rng(12)
    da, x, fed, wx = (
        rng.standard_normal(shape) for shape in [(4, 3, 2), (4, 3, 6), (5, 3, 7), (6, 2)]
    )
    dx, dwx, dwh, db = shared_gradients(da, x, fed, wx)
    np.testing.assert_allclose(dx[2], da[2] @ wx.T, rtol=1e-12)
    np.testing.assert_allclose(dwx, sum(x[t].T @ da[t] for t in range(4)), rtol=1e-12)
    np.testing.assert_allclose(dwh, sum(fed[t].T @ da[t] for t in range(4)), rtol=1e-12)
    np.testing.assert_allclose(db, da.sum(axis=(0, 1)), rtol=1e-12)
