"""Are the peephole LSTM's equations and gradients right, and is it an LSTM once they are shut?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.lstm import lstm_backward, lstm_forward
from course_utils.reference.peephole_lstm import (
    peephole_lstm_backward,
    peephole_lstm_forward,
    peephole_lstm_step_backward,
    peephole_lstm_step_forward,
)

SIZES = [(6, 2, 3, 5), (6, 4, 5, 1), (1, 3, 2, 4), (5, 1, 4, 3), (1, 1, 1, 1)]  # T, N, D, M
NAMES = ["x", "h0", "c0", "wx", "wh", "b", "p_i", "p_f", "p_o"]


def problem(T, N, D, M, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,), (M,), (M,), (M,)]
    inputs = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    douts = [rng.standard_normal(shape).astype(dtype) for shape in [(T, N, M), (N, M)]]
    return inputs, douts


def autograd(inputs, douts):
    """Return outputs and gradients of the equations, written out in torch."""
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs]
    x, h, c, wx, wh, b, p_i, p_f, p_o = leaves
    states = []
    for x_t in x:
        a_i, a_f, a_g, a_o = (x_t @ wx + h @ wh + b).chunk(4, 1)
        i, f = torch.sigmoid(a_i + p_i * c), torch.sigmoid(a_f + p_f * c)
        c = f * c + i * torch.tanh(a_g)
        h = torch.sigmoid(a_o + p_o * c) * torch.tanh(c)
        states.append(h)
    outs = [torch.stack(states), c]
    torch.autograd.backward(outs, [torch.tensor(dout) for dout in douts])
    return [out.detach().numpy() for out in outs], [leaf.grad.numpy() for leaf in leaves]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_states_and_gradients_are_the_equations(sizes, dtype):
    """Do outputs and all nine gradients agree with automatic differentiation, in their type?"""
    inputs, douts = problem(*sizes, dtype)
    outs, cache = peephole_lstm_forward(*inputs)
    gradients = peephole_lstm_backward(*douts, cache)
    expected_outs, expected = autograd(inputs, douts)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for mine, other in zip([*outs, *gradients], [*expected_outs, *expected], strict=True):
        assert mine.dtype == dtype
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


def test_without_peepholes_it_is_the_lstm():
    """Do peepholes of zero give the plain cell, forward and back?"""
    inputs, douts = problem(6, 2, 3, 5, seed=1)
    inputs[6:] = [np.zeros(5)] * 3
    outs, cache = peephole_lstm_forward(*inputs)
    plain, plain_cache = lstm_forward(*inputs[:6])
    pairs = [*zip(outs, plain, strict=True)]
    gradients = peephole_lstm_backward(*douts, cache)[:6]
    pairs += zip(gradients, lstm_backward(*douts, plain_cache), strict=True)
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients(sizes):
    """Are the gradients of a sequence and of a step those of differences, for every input?"""
    inputs, _ = problem(*sizes, seed=2)
    named, rng = dict(zip(NAMES, inputs, strict=True)), np.random.default_rng(3)
    gradcheck(peephole_lstm_forward, peephole_lstm_backward, named, rng=rng, time_axis={"x": 0})
    named["x"] = inputs[0][0]
    gradcheck(peephole_lstm_step_forward, peephole_lstm_step_backward, named, rng=rng)


def test_a_sequence_is_a_loop_of_steps():
    """Do steps one after the other give the same states and, backward, the same gradients?"""
    (x, h, c, *weights), (dh, dc) = problem(6, 2, 3, 5, seed=4)
    (states, last), cache = peephole_lstm_forward(x, h, c, *weights)
    caches = []
    for t in range(6):
        (h, c), step_cache = peephole_lstm_step_forward(x[t], h, c, *weights)
        np.testing.assert_allclose(states[t], h, rtol=1e-12)
        caches.append(step_cache)
    np.testing.assert_allclose(last, c, rtol=1e-12)
    dx, total, dh_next, dc_next = np.empty_like(x), [0] * 6, np.zeros_like(h), dc
    for t in reversed(range(6)):
        back = peephole_lstm_step_backward(dh[t] + dh_next, dc_next, caches[t])
        dx[t], dh_next, dc_next, *parts = back
        total = [one + other for one, other in zip(total, parts, strict=True)]
    gradients = peephole_lstm_backward(dh, dc, cache)
    for mine, other in zip(gradients, [dx, dh_next, dc_next, *total], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay):
    """Are odd and protected inputs read alike and left alone, also by a second way back?"""
    inputs, douts = problem(4, 2, 3, 5, seed=5)
    outs, cache = peephole_lstm_forward(*inputs)
    gradients = peephole_lstm_backward(*douts, cache)
    odd, odd_douts = [lay(value) for value in inputs], [lay(value) for value in douts]
    for value in [*odd, *odd_douts]:
        value.flags.writeable = False
    odd_outs, odd_cache = peephole_lstm_forward(*odd)
    for mine, other in zip(odd_outs, outs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)
        mine[...] = 7  # what is handed out is the caller's
    for gradient in peephole_lstm_backward(*odd_douts, odd_cache):
        gradient[...] = 7
    for mine, other in zip(peephole_lstm_backward(*odd_douts, odd_cache), gradients, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(9))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = problem(2, 3, 4, 5, np.float32)[0]
    inputs[wide] = inputs[wide].astype(kind)
    assert peephole_lstm_forward(*inputs)[0][0].dtype == np.float64


def test_no_steps():
    """Does an empty sequence hand the cell through, and its gradient?"""
    inputs, (dh, dc) = problem(0, 2, 3, 5)
    (h, c), cache = peephole_lstm_forward(*inputs)
    assert h.shape == (0, 2, 5)
    np.testing.assert_array_equal(c, inputs[2])
    gradients = peephole_lstm_backward(dh, dc, cache)
    np.testing.assert_array_equal(gradients[2], dc)
    assert [g.shape for g in gradients] == [value.shape for value in inputs]


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_by_name(name):
    """Does the error name the argument, in both ways forward?"""
    named = dict(zip(NAMES, problem(3, 2, 4, 5)[0], strict=True))
    x, *rest = (value[..., None] if key == name else value for key, value in named.items())
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        peephole_lstm_forward(x, *rest)
    with pytest.raises(ValueError, match=rf"^{name.rstrip('0')} must have shape"):
        peephole_lstm_step_forward(x[0], *rest)


@pytest.mark.parametrize("name", ["dh", "dc"])
def test_bad_gradients_are_refused_by_name(name):
    """Is a gradient that would only broadcast refused, rather than spread?"""
    (x, *rest), (dh, dc) = problem(3, 2, 4, 5)
    douts = {"dh": dh, "dc": dc}
    douts[name] = douts[name][..., :1]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        peephole_lstm_backward(**douts, cache=peephole_lstm_forward(x, *rest)[1])
    douts["dh"] = douts["dh"][0]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        peephole_lstm_step_backward(**douts, cache=peephole_lstm_step_forward(x[0], *rest)[1])
