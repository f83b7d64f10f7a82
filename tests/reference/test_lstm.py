"""Is the LSTM PyTorch's, forward and back, and is the sequence a loop of steps?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.lstm import (
    lstm_backward,
    lstm_forward,
    lstm_step_backward,
    lstm_step_forward,
)

SIZES = [(7, 2, 3, 5), (6, 4, 5, 1), (1, 3, 2, 4), (5, 1, 4, 3), (1, 1, 1, 1)]  # T, N, D, M
NAMES = ["x", "h0", "c0", "wx", "wh", "b"]


def problem(T, N, D, M, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,)]
    inputs = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    douts = [rng.standard_normal(shape).astype(dtype) for shape in [(T, N, M), (N, M)]]
    return inputs, douts


def torchs(inputs, douts):
    """Return torch's outputs and gradients; its second bias is zero."""
    x, h0, c0, wx, wh, b = (torch.tensor(value, requires_grad=True) for value in inputs)
    D, M = wx.shape[0], wh.shape[0]
    net = torch.nn.LSTM(D, M, dtype=x.dtype)
    weights = dict(
        zip(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"], [wx.T, wh.T, b], strict=True)
    )
    weights["bias_hh_l0"] = torch.zeros_like(b)
    h, (_, c) = torch.func.functional_call(net, weights, (x, (h0[None], c0[None])))
    torch.autograd.backward([h, c[0]], [torch.tensor(dout) for dout in douts])
    gradients = [value.grad.numpy() for value in (x, h0, c0, wx, wh, b)]
    return [h.detach().numpy(), c[0].detach().numpy()], gradients


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_states_and_gradients_are_pytorchs(sizes, dtype):
    """Do states, the last cell and all six gradients agree, in the type of the inputs?"""
    inputs, douts = problem(*sizes, dtype)
    outs, cache = lstm_forward(*inputs)
    gradients = lstm_backward(*douts, cache)
    expected_outs, expected = torchs(inputs, douts)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for mine, other in zip([*outs, *gradients], [*expected_outs, *expected], strict=True):
        assert mine.dtype == dtype
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_a_sequence(sizes):
    """Are the gradients those of differences, for every input?"""
    inputs, _ = problem(*sizes, seed=1)
    named = dict(zip(NAMES, inputs, strict=True))
    rng = np.random.default_rng(2)
    gradcheck(lstm_forward, lstm_backward, named, rng=rng, time_axis={"x": 0})


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_a_step(sizes):
    """Are a step's gradients those of differences?"""
    (x, *rest), _ = problem(*sizes, seed=3)
    named = dict(zip(NAMES, [x[0], *rest], strict=True))
    gradcheck(lstm_step_forward, lstm_step_backward, named, rng=np.random.default_rng(4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sequence_is_a_loop_of_steps(dtype):
    """Do steps one after the other give the same states and, backward, the same gradients?"""
    (x, h, c, wx, wh, b), (dh, dc) = problem(6, 2, 3, 5, dtype, seed=5)
    (states, last), cache = lstm_forward(x, h, c, wx, wh, b)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    caches = []
    for t in range(6):
        (h, c), step_cache = lstm_step_forward(x[t], h, c, wx, wh, b)
        assert h.dtype == c.dtype == dtype
        np.testing.assert_allclose(states[t], h, rtol=tolerance, atol=tolerance)
        caches.append(step_cache)
    np.testing.assert_allclose(last, c, rtol=tolerance, atol=tolerance)

    dx, total, dh_next, dc_next = np.empty_like(x), [0, 0, 0], np.zeros_like(h), dc
    for t in reversed(range(6)):
        back = lstm_step_backward(dh[t] + dh_next, dc_next, caches[t])
        assert {part.dtype for part in back} == {np.dtype(dtype)}
        dx[t], dh_next, dc_next, *weights = back
        total = [one + other for one, other in zip(total, weights, strict=True)]
    for mine, other in zip(
        lstm_backward(dh, dc, cache), [dx, dh_next, dc_next, *total], strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay):
    """Are odd and protected inputs read alike and left alone, also by a second way back?"""
    inputs, douts = problem(4, 2, 3, 5, seed=6)
    outs, cache = lstm_forward(*inputs)
    gradients = lstm_backward(*douts, cache)
    odd, odd_douts = [lay(value) for value in inputs], [lay(value) for value in douts]
    for value in [*odd, *odd_douts]:
        value.flags.writeable = False
    odd_outs, odd_cache = lstm_forward(*odd)
    first = lstm_backward(*odd_douts, odd_cache)
    odd_outs[0][:], odd_outs[1][:] = 7, 7  # what is handed out is the caller's
    for gradient in first:
        gradient[...] = 7
    again = lstm_backward(*odd_douts, odd_cache)
    for mine, other in zip([*again], [*gradients], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(lstm_forward(*odd)[0][0], outs[0], rtol=1e-12)


def test_an_open_forget_gate_keeps_the_cell():
    """With f = 1 and i = 0, does the cell pass 200 steps unchanged, and its gradient too?"""
    T, N, M = 200, 2, 3
    b = np.repeat([-99.0, 99, 0, 0], M)
    c0 = np.random.default_rng(7).standard_normal((N, M))
    weights = np.zeros((M, 4 * M))
    (_, c), cache = lstm_forward(np.zeros((T, N, M)), np.zeros((N, M)), c0, weights, weights, b)
    np.testing.assert_allclose(c, c0, rtol=1e-12)
    dc0 = lstm_backward(np.zeros((T, N, M)), np.ones((N, M)), cache)[2]
    np.testing.assert_allclose(dc0, 1, rtol=1e-12)


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(6))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = problem(2, 3, 4, 5, np.float32)[0]
    inputs[wide] = inputs[wide].astype(kind)
    assert lstm_forward(*inputs)[0][0].dtype == np.float64


def test_whole_numbers_and_no_steps():
    """Do integers give floats, and does an empty sequence hand the cell through?"""
    one = np.ones((1, 1), int)
    (h, c), _ = lstm_forward(
        one[None], one, one, np.ones((1, 4), int), np.ones((1, 4), int), np.zeros(4)
    )
    assert 0 < h.item() < 1 < c.item() < 2
    inputs, _ = problem(0, 2, 3, 5)
    (h, c), cache = lstm_forward(*inputs)
    assert h.shape == (0, 2, 5)
    np.testing.assert_array_equal(c, inputs[2])
    gradients = lstm_backward(h, np.ones((2, 5)), cache)
    assert [g.shape for g in gradients] == [value.shape for value in inputs]
    np.testing.assert_array_equal(gradients[2], 1)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_by_name(name):
    """Does the error name the argument, in both ways forward?"""
    inputs, _ = problem(3, 2, 4, 5)
    bad = [
        value[..., None] if key == name else value for key, value in zip(NAMES, inputs, strict=True)
    ]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        lstm_forward(*bad)
    step = [bad[0][0], *bad[1:]]
    with pytest.raises(ValueError, match=rf"^{name.rstrip('0')} must have shape"):
        lstm_step_forward(*step)


@pytest.mark.parametrize("name", ["dh", "dc"])
def test_bad_gradients_are_refused_by_name(name):
    """Is a gradient that would only broadcast refused, rather than spread?"""
    (x, *rest), (dh, dc) = problem(3, 2, 4, 5)
    douts = {"dh": dh, "dc": dc}
    douts[name] = douts[name][..., :1]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        lstm_backward(**douts, cache=lstm_forward(x, *rest)[1])
    douts["dh"] = douts["dh"][0]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        lstm_step_backward(**douts, cache=lstm_step_forward(x[0], *rest)[1])
