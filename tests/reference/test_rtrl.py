"""Does learning in real time find the gradient of back-propagation through time?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.path_sum import path_terms
from course_utils.reference.rnn import rnn_backward, rnn_forward
from course_utils.reference.rtrl import rtrl, rtrl_gradients, rtrl_step

SIZES = [(7, 3, 5, 4), (1, 3, 2, 5), (6, 1, 3, 2), (3, 2, 1, 1)]  # T, N, D, M


def arguments(T, N, D, M, *, seed=0, dtype=np.float64):
    """The arguments of `rtrl` by name."""
    rng = np.random.default_rng(seed)
    shapes = {
        "x": (T, N, D), "h0": (N, M), "wx": (D, M), "wh": (M, M), "b": (M,), "dh": (T, N, M),
    }  # fmt: skip
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


@pytest.mark.parametrize("size", SIZES)
def test_it_is_back_propagation_step_by_step(size):
    """Is each step's gradient that of its loss alone, and the sum that of all?"""
    *inputs, dh = arguments(*size).values()
    gradients = rtrl(*inputs, dh)
    _, cache = rnn_forward(*inputs)
    for got, wanted in zip(gradients, rnn_backward(dh, cache)[2:], strict=True):
        np.testing.assert_allclose(got.sum(axis=0), wanted, rtol=1e-10, atol=1e-12)
    terms = path_terms(dh, cache)
    for got, wanted in zip(gradients, (terms.dwx, terms.dwh, terms.db), strict=True):
        np.testing.assert_allclose(got, wanted.sum(axis=1), rtol=1e-10, atol=1e-12)


def test_the_influence_is_autograds_jacobian():
    """Is the carried array how each unit moves with each weight?"""
    x, h0, wx, wh, b, _ = arguments(4, 2, 3, 5, seed=1).values()
    h, influence = h0, np.zeros((2, 3 + 5 + 1, 5, 5))
    for t in range(4):
        h, influence = rtrl_step(x[t], h, influence, wx, wh, b)

    def last_state(w):
        state = torch.tensor(h0)
        for x_t in torch.tensor(x):
            state = torch.tanh(torch.cat([x_t, state, torch.ones(2, 1)], 1) @ w)
        return state

    stacked = torch.tensor(np.concatenate([wx, wh, b[None]]))
    np.testing.assert_allclose(h, last_state(stacked), rtol=1e-12)
    slopes = torch.autograd.functional.jacobian(last_state, stacked).numpy()  # (N, M, R, M)
    np.testing.assert_allclose(influence, slopes.transpose(0, 2, 3, 1), rtol=1e-10, atol=1e-13)


def test_gradients_are_slopes():
    """Do central differences find the gradient that learns in real time?"""
    x, h0, wx, wh, b, _ = arguments(6, 3, 5, 4, seed=2).values()

    def forward(wx, wh, b):
        return rnn_forward(x, h0, wx, wh, b)[0], (wx, wh, b)

    def backward(dh, weights):
        return tuple(gradient.sum(axis=0) for gradient in rtrl(x, h0, *weights, dh))

    inputs = {"wx": wx, "wh": wh, "b": b}
    gradcheck(forward, backward, inputs, rng=np.random.default_rng(3))


def test_no_step_waits_for_a_later_one():
    """Are the first gradients the same when the rest of the sequence is another?"""
    one = arguments(6, 3, 5, 4, seed=4)
    other = {name: value.copy() for name, value in one.items()}
    other["x"][4:], other["dh"][4:] = 7, 7
    for first, second in zip(rtrl(**one), rtrl(**other), strict=True):
        np.testing.assert_array_equal(first[:4], second[:4])
        assert not np.allclose(first[4:], second[4:])


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_layout_and_locks_do_not_matter(lay, dtype):
    """Does the type stay, and is nothing written, the influence neither?"""
    inputs = arguments(5, 3, 2, 4, seed=5, dtype=dtype)
    odd = [lay(value) for value in inputs.values()]
    for value in odd:
        value.flags.writeable = False
    tolerance = 1e-3 if dtype == np.float32 else 1e-11
    for got, wanted in zip(rtrl(*odd), rtrl(**inputs), strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
    x, h, wx, wh, b, dh = odd
    influence = lay(np.ones((3, 7, 4, 4), dtype))
    influence.flags.writeable = False
    h_next, influence_next = rtrl_step(x[0], h, influence, wx, wh, b)
    assert h_next.dtype == influence_next.dtype == dtype
    assert all(gradient.dtype == dtype for gradient in rtrl_gradients(dh[0], influence_next))


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(5))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = list(arguments(2, 3, 5, 4, dtype=np.float32).values())
    inputs[wide] = inputs[wide].astype(kind)
    assert {gradient.dtype for gradient in rtrl(*inputs)} == {np.dtype(np.float64)}


def test_bad_arguments_are_named():
    """Do the errors name the argument and the shape that it must have?"""
    good = arguments(2, 3, 5, 4)
    with pytest.raises(ValueError, match=r"dh must have shape \(T, N, M\) = "):
        rtrl(**{**good, "dh": good["dh"][:1]})
    with pytest.raises(ValueError, match=r"wh must have shape \(M, M\) = "):
        rtrl(**{**good, "wh": np.zeros((4, 3))})
    x, h, wx, wh, b, dh = good.values()
    message = r"influence must have shape \(N, D \+ M \+ 1, M, M\) = \(3, 10, 4, 4\)"
    with pytest.raises(ValueError, match=message):
        rtrl_step(x[0], h, np.zeros((1, 10, 4, 4)), wx, wh, b)
    with pytest.raises(ValueError, match=r"b must have shape \(M,\) = "):
        rtrl_step(x[0], h, np.zeros((3, 10, 4, 4)), wx, wh, b[:1])
    with pytest.raises(ValueError, match=r"dh must have shape \(N, M\) = "):
        rtrl_gradients(dh[0, :1], np.zeros((3, 10, 4, 4)))
