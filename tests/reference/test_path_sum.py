"""Is the sum over all paths the gradient, and are all paths in it?"""

import itertools

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.path_sum import lag_jacobian, path_sum, path_terms, step_jacobian
from course_utils.reference.rnn import rnn_backward, rnn_forward

SIZES = [(6, 3, 5, 4), (1, 3, 2, 5), (5, 1, 3, 2)]  # T, N, D, M


def arguments(T, N, D, M, *, seed=0, dtype=np.float64):
    """The arguments of `rnn_forward` by name."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, N, D), "h0": (N, M), "wx": (D, M), "wh": (M, M), "b": (M,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def passed(*size, seed=0, dtype=np.float64, activation="tanh"):
    """The states' gradient and the cache of a forward pass."""
    inputs = arguments(*size, seed=seed, dtype=dtype)
    h, cache = rnn_forward(*inputs.values(), activation=activation)
    return np.random.default_rng(seed + 1).standard_normal(h.shape).astype(dtype), cache


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("size", SIZES)
def test_the_sum_is_what_back_propagation_gives(size, activation):
    """Do the two ways to the gradient agree to twelve digits?"""
    dh, cache = passed(*size, activation=activation)
    for got, wanted in zip(path_sum(dh, cache), rnn_backward(dh, cache), strict=True):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("size", SIZES)
def test_the_sum_is_the_slope(size):
    """Do central differences find it too?"""
    rng = np.random.default_rng(3)
    gradcheck(rnn_forward, path_sum, arguments(*size, seed=2), rng=rng)


def test_the_sum_is_autograds():
    """Does torch find the same gradients?"""
    inputs = arguments(5, 3, 2, 4, seed=4)
    h, cache = rnn_forward(*inputs.values())
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs.values()]
    x, state, wx, wh, b = leaves
    loss = 0
    for x_t in x:
        state = torch.tanh(x_t @ wx + state @ wh + b)
        loss = loss + (state**3).sum()
    for got, wanted in zip(
        path_sum(3 * h**2, cache), torch.autograd.grad(loss, leaves), strict=True
    ):
        np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-10, atol=1e-12)


def test_the_product_of_jacobians_counts_every_path():
    """Is a unit's slope with respect to one four steps before the sum over all 27 ways?"""
    _, cache = passed(6, 2, 3, 3, seed=5)
    t, k, M = 5, 1, 3
    expected = np.zeros((2, M, M))
    slope = 1 - cache.states[1:] ** 2
    for path in itertools.product(range(M), repeat=t - k + 1):  # the units at k, k + 1, ..., t
        steps = range(k + 1, t + 1)
        for n in range(2):
            strengths = [
                cache.wh[a, b] * slope[j, n, b]
                for j, a, b in zip(steps, path, path[1:], strict=False)
            ]
            expected[n, path[-1], path[0]] += np.prod(strengths)
    np.testing.assert_allclose(lag_jacobian(cache, t, k), expected, rtol=1e-10)


def test_a_jacobian_is_made_of_slopes():
    """Do differences find how one state moves with another, also with the initial one?"""
    inputs = arguments(4, 1, 2, 3, seed=6)
    _, cache = rnn_forward(*inputs.values())
    for m in range(3):
        moved = inputs["h0"].copy()
        moved[0, m] += 1e-6
        high, _ = rnn_forward(**{**inputs, "h0": moved})
        moved[0, m] -= 2e-6
        low, _ = rnn_forward(**{**inputs, "h0": moved})
        slopes = (high - low)[:, 0] / 2e-6  # (T, M)
        for t in range(4):
            np.testing.assert_allclose(lag_jacobian(cache, t, -1)[0, :, m], slopes[t], atol=1e-8)
    np.testing.assert_array_equal(lag_jacobian(cache, 2, 1), step_jacobian(cache, 2))
    np.testing.assert_array_equal(lag_jacobian(cache, 2, 2)[0], np.eye(3))


def test_a_row_of_terms_belongs_to_one_loss():
    """Are the terms of a step's loss the gradient of that loss, and those of later steps zero?"""
    dh, cache = passed(5, 3, 2, 4, seed=7)
    terms = path_terms(dh, cache)
    for t in range(5):
        alone = np.zeros_like(dh)
        alone[t] = dh[t]
        dx, dh0, dwx, dwh, db = rnn_backward(alone, cache)
        np.testing.assert_allclose(terms.dx[t], dx, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(terms.dh0[t], dh0, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(terms.dwx[t].sum(axis=0), dwx, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(terms.dwh[t].sum(axis=0), dwh, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(terms.db[t].sum(axis=0), db, rtol=1e-11, atol=1e-13)
        assert not any(
            np.any(part[t, t + 1 :]) for part in (terms.dx, terms.dwx, terms.dwh, terms.db)
        )


def test_small_weights_forget():
    """Does a term of lag l shrink at least like the l-th power of the largest stretch of wh?"""
    inputs = arguments(8, 2, 3, 4, seed=8)
    inputs["wh"] *= 0.5 / np.linalg.norm(inputs["wh"], 2)
    _, cache = rnn_forward(*inputs.values())
    for lag in range(8):
        assert (
            np.linalg.norm(lag_jacobian(cache, 7, 7 - lag), 2, axis=(1, 2)).max()
            <= 0.5**lag + 1e-15
        )


def test_single_precision_stays():
    """Are the terms and sums of a float32 pass float32, and right?"""
    dh, cache = passed(4, 3, 2, 5, seed=9, dtype=np.float32)
    for got, wanted in zip(path_sum(dh, cache), rnn_backward(dh, cache), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-4)
    assert step_jacobian(cache, 0).dtype == lag_jacobian(cache, 1, 0).dtype == np.float32


def test_nothing_is_written():
    """Does it take locked arrays in odd layouts, and give the same when called again?"""
    dh, cache = passed(4, 3, 2, 5, seed=10)
    odd = cache._replace(**{name: strided(getattr(cache, name)) for name in ["x", "states", "wh"]})
    odd_dh = strided(dh)
    for value in (*odd[:4], odd_dh):
        value.flags.writeable = False
    for _ in range(2):
        for got, wanted in zip(path_sum(odd_dh, odd), rnn_backward(dh, cache), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("t", "k"), [(1, 2), (4, 0), (2, -2)])
def test_steps_that_are_not_there_are_refused(t, k):
    """Does the error say which steps there are?"""
    dh, cache = passed(4, 3, 2, 5)
    with pytest.raises(ValueError, match=rf"need -1 <= k <= t < 4, got t = {t} and k = {k}"):
        lag_jacobian(cache, t, k)
    for j in (-1, 4):
        with pytest.raises(ValueError, match=f"j must be a step from 0 to 3, got {j}"):
            step_jacobian(cache, j)
    with pytest.raises(ValueError, match=r"dh must have shape \(T, N, M\) = "):
        path_sum(dh[:1], cache)
