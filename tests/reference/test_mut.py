"""Are MUT1, MUT2 and MUT3 the equations of their paper, forward and back?"""

from functools import partial

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.gru import gru_forward
from course_utils.reference.mut import (
    mut_backward,
    mut_forward,
    mut_step_backward,
    mut_step_forward,
)

SIZES = [(7, 2, 3, 5), (1, 3, 2, 4), (5, 1, 4, 3), (1, 1, 1, 1)]  # T, N, D, M
NAMES = ["x", "h0", "wx", "wh", "b"]
each_variant = pytest.mark.parametrize("variant", [1, 2, 3])


def problem(variant, T, N, D, M, dtype=np.float64, seed=0):
    D = D if variant == 3 else M
    rng = np.random.default_rng(seed)
    wx, wh = {1: (2, 2), 2: (2, 3), 3: (3, 3)}[variant]
    shapes = [(T, N, D), (N, M), (D, wx * M), (M, wh * M), (3 * M,)]
    inputs = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    return inputs, rng.standard_normal((T, N, M)).astype(dtype)


def autograd(inputs, dout, variant):
    """Return states and gradients of the paper's equations, written out in torch."""
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs]
    xs, h, wx, wh, b = leaves
    wx, wh, (b_r, b_z, b_n) = wx.split(h.shape[1], 1), wh.split(h.shape[1], 1), b.chunk(3)
    sigm, tanh, states = torch.sigmoid, torch.tanh, []
    for x in xs:
        if variant == 1:
            z = sigm(x @ wx[1] + b_z)
            r = sigm(x @ wx[0] + h @ wh[0] + b_r)
            n = tanh((r * h) @ wh[1] + tanh(x) + b_n)
        if variant == 2:
            z = sigm(x @ wx[0] + h @ wh[1] + b_z)
            r = sigm(x + h @ wh[0] + b_r)
            n = tanh((r * h) @ wh[2] + x @ wx[1] + b_n)
        if variant == 3:
            z = sigm(x @ wx[1] + tanh(h) @ wh[1] + b_z)
            r = sigm(x @ wx[0] + h @ wh[0] + b_r)
            n = tanh((r * h) @ wh[2] + x @ wx[2] + b_n)
        h = n * z + h * (1 - z)
        states.append(h)
    out = torch.stack(states)
    out.backward(torch.tensor(dout))
    return out.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]


@each_variant
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_states_and_gradients_are_the_equations(sizes, dtype, variant):
    """Do states and gradients agree with automatic differentiation, in the type of the inputs?"""
    inputs, dout = problem(variant, *sizes, dtype)
    h, cache = mut_forward(*inputs, variant=variant)
    gradients = mut_backward(dout, cache)
    expected_h, expected = autograd(inputs, dout, variant)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for mine, other in zip([h, *gradients], [expected_h, *expected], strict=True):
        assert mine.dtype == dtype
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@each_variant
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients(sizes, variant):
    """Are the gradients of a sequence and of a step those of differences, for every input?"""
    inputs, _ = problem(variant, *sizes, seed=1)
    named, rng = dict(zip(NAMES, inputs, strict=True)), np.random.default_rng(2)
    gradcheck(partial(mut_forward, variant=variant), mut_backward, named, rng=rng)
    named["x"] = inputs[0][0]
    gradcheck(partial(mut_step_forward, variant=variant), mut_step_backward, named, rng=rng)


@each_variant
def test_a_sequence_is_a_loop_of_steps(variant):
    """Do steps one after the other give the same states and, backward, the same gradients?"""
    (x, h, *weights), dh = problem(variant, 6, 2, 3, 5, seed=3)
    states, cache = mut_forward(x, h, *weights, variant=variant)
    caches = []
    for t in range(6):
        h, step_cache = mut_step_forward(x[t], h, *weights, variant=variant)
        np.testing.assert_allclose(states[t], h, rtol=1e-12)
        caches.append(step_cache)
    dx, total, dh_next = np.empty_like(x), [0] * 3, np.zeros_like(h)
    for t in reversed(range(6)):
        dx[t], dh_next, *parts = mut_step_backward(dh[t] + dh_next, caches[t])
        total = [one + other for one, other in zip(total, parts, strict=True)]
    for mine, other in zip(mut_backward(dh, cache), [dx, dh_next, *total], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


def test_a_gated_unit_is_mut3_but_for_one_tanh():
    """If z reads no state, is MUT3 the GRU that resets before the product and replaces?"""
    (x, h0, wx, wh, b), _ = problem(3, 6, 2, 3, 5, seed=4)
    wh[:, 5:10] = 0
    expected, _ = gru_forward(x, h0, wx, wh, b, np.zeros(15), update="replaces", reset="before")
    np.testing.assert_allclose(mut_forward(x, h0, wx, wh, b, variant=3)[0], expected, rtol=1e-12)


@each_variant
@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay, variant):
    """Are odd and protected inputs read alike and left alone, also by a second way back?"""
    inputs, dout = problem(variant, 4, 2, 3, 5, seed=5)
    h, cache = mut_forward(*inputs, variant=variant)
    gradients = mut_backward(dout, cache)
    odd, odd_dout = [lay(value) for value in inputs], lay(dout)
    for value in [*odd, odd_dout]:
        value.flags.writeable = False
    odd_h, odd_cache = mut_forward(*odd, variant=variant)
    np.testing.assert_allclose(odd_h, h, rtol=1e-12)
    odd_h[...] = 7  # what is handed out is the caller's
    for gradient in mut_backward(odd_dout, odd_cache):
        gradient[...] = 7
    for mine, other in zip(mut_backward(odd_dout, odd_cache), gradients, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(5))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = problem(3, 2, 3, 4, 5, np.float32)[0]
    inputs[wide] = inputs[wide].astype(kind)
    assert mut_forward(*inputs, variant=3)[0].dtype == np.float64


@each_variant
def test_no_steps(variant):
    """Does an empty sequence give gradients of zero, shaped as the inputs?"""
    inputs, dout = problem(variant, 0, 2, 3, 5)
    h, cache = mut_forward(*inputs, variant=variant)
    assert h.shape == (0, 2, 5)
    for gradient, value in zip(mut_backward(dout, cache), inputs, strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(value))


@each_variant
@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_by_name(name, variant):
    """Does the error name the argument, in both ways forward?"""
    named = dict(zip(NAMES, problem(variant, 3, 2, 4, 5)[0], strict=True))
    x, *rest = (value[..., None] if key == name else value for key, value in named.items())
    with pytest.raises(ValueError, match=rf"^{name.rstrip('0')} must have shape"):
        mut_forward(x, *rest, variant=variant)
    with pytest.raises(ValueError, match=rf"^{name.rstrip('0')} must have shape"):
        mut_step_forward(x[0], *rest, variant=variant)


@pytest.mark.parametrize("variant", [1, 2])
def test_inputs_of_another_width_are_refused(variant):
    """Do MUT1 and MUT2 say that D must be M, and what to do?"""
    (_, h0, wx, wh, b), _ = problem(variant, 3, 2, 5, 5)
    message = rf"^x must have D = M features in MUT{variant}, .*D = 4 and M = 5; take MUT3"
    with pytest.raises(ValueError, match=message):
        mut_forward(np.ones((3, 2, 4)), h0, wx[:4], wh, b, variant=variant)
    with pytest.raises(ValueError, match=message):
        mut_step_forward(np.ones((2, 4)), h0, wx[:4], wh, b, variant=variant)


def test_there_is_no_mut4():
    """Does the error say which cells there are?"""
    inputs, _ = problem(3, 3, 2, 4, 5)
    with pytest.raises(ValueError, match=r"^variant must be 1, 2 or 3, got 4"):
        mut_forward(*inputs, variant=4)


@each_variant
def test_bad_gradients_are_refused_by_name(variant):
    """Is a gradient that would only broadcast refused, rather than spread?"""
    (x, *rest), dh = problem(variant, 3, 2, 4, 5)
    with pytest.raises(ValueError, match=r"^dh must have shape"):
        mut_backward(dh[..., :1], mut_forward(x, *rest, variant=variant)[1])
    with pytest.raises(ValueError, match=r"^dh must have shape"):
        mut_step_backward(dh[0, :, :1], mut_step_forward(x[0], *rest, variant=variant)[1])
