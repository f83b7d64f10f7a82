"""Is the GRU PyTorch's where PyTorch has one, and are the other conventions what they say?"""

from functools import partial
from itertools import product

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.gru import (
    gru_backward,
    gru_forward,
    gru_step_backward,
    gru_step_forward,
)

SIZES = [(7, 2, 3, 5), (6, 4, 5, 1), (1, 3, 2, 4), (5, 1, 4, 3), (1, 1, 1, 1)]  # T, N, D, M
NAMES = ["x", "h0", "wx", "wh", "bx", "bh"]
CONVENTIONS = list(product(["keeps", "replaces"], ["after", "before"]))
each_convention = pytest.mark.parametrize(("update", "reset"), CONVENTIONS)


def problem(T, N, D, M, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, N, D), (N, M), (D, 3 * M), (M, 3 * M), (3 * M,), (3 * M,)]
    inputs = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    return inputs, rng.standard_normal((T, N, M)).astype(dtype)


def autograd(inputs, dout, update, reset):
    """Return states and gradients of the equations, written out in torch."""
    x, h0, wx, wh, bx, bh = (torch.tensor(value, requires_grad=True) for value in inputs)
    (ur, uz, un), (br, bz, bn), h, states = wh.chunk(3, 1), bh.chunk(3), h0, []
    for x_t in x:
        xr, xz, xn = (x_t @ wx + bx).chunk(3, 1)
        r, z = torch.sigmoid(xr + h @ ur + br), torch.sigmoid(xz + h @ uz + bz)
        n = torch.tanh(xn + (r * (h @ un + bn) if reset == "after" else (r * h) @ un + bn))
        h = z * h + (1 - z) * n if update == "keeps" else (1 - z) * h + z * n
        states.append(h)
    out = torch.stack(states)
    out.backward(torch.tensor(dout))
    return out.detach().numpy(), [value.grad.numpy() for value in (x, h0, wx, wh, bx, bh)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_states_and_gradients_are_pytorchs(sizes, dtype):
    """By default, do states and all six gradients agree, in the type of the inputs?"""
    inputs, dout = problem(*sizes, dtype)
    h, cache = gru_forward(*inputs)
    gradients = gru_backward(dout, cache)
    x, h0, wx, wh, bx, bh = (torch.tensor(value, requires_grad=True) for value in inputs)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    weights = dict(zip(names, [wx.T, wh.T, bx, bh], strict=True))
    net = torch.nn.GRU(sizes[2], sizes[3], dtype=x.dtype)
    out, _ = torch.func.functional_call(net, weights, (x, h0[None]))
    out.backward(torch.tensor(dout))
    expected = [out.detach(), *(value.grad for value in (x, h0, wx, wh, bx, bh))]
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for mine, other in zip([h, *gradients], expected, strict=True):
        assert mine.dtype == dtype
        assert mine.shape == other.shape
        np.testing.assert_allclose(mine, other.numpy(), rtol=tolerance, atol=tolerance)


@each_convention
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_convention_is_its_equations(update, reset, dtype):
    """Do states and gradients agree with the equations under automatic differentiation?"""
    inputs, dout = problem(6, 2, 3, 5, dtype, seed=1)
    h, cache = gru_forward(*inputs, update=update, reset=reset)
    gradients = gru_backward(dout, cache)
    out, expected = autograd(inputs, dout, update, reset)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for mine, other in zip([h, *gradients], [out, *expected], strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@each_convention
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_a_sequence(sizes, update, reset):
    """Are the gradients those of differences, for every input?"""
    named = dict(zip(NAMES, problem(*sizes, seed=2)[0], strict=True))
    forward = partial(gru_forward, update=update, reset=reset)
    gradcheck(forward, gru_backward, named, rng=np.random.default_rng(3), time_axis={"x": 0})


@each_convention
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_a_step(sizes, update, reset):
    """Are a step's gradients those of differences?"""
    (x, *rest), _ = problem(*sizes, seed=4)
    named = dict(zip(NAMES, [x[0], *rest], strict=True))
    forward = partial(gru_step_forward, update=update, reset=reset)
    gradcheck(forward, gru_step_backward, named, rng=np.random.default_rng(5))


@each_convention
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sequence_is_a_loop_of_steps(update, reset, dtype):
    """Do steps one after the other give the same states and, backward, the same gradients?"""
    (x, h, *weights), dh = problem(6, 2, 3, 5, dtype, seed=6)
    states, cache = gru_forward(x, h, *weights, update=update, reset=reset)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    caches = []
    for t in range(6):
        h, step_cache = gru_step_forward(x[t], h, *weights, update=update, reset=reset)
        assert h.dtype == dtype
        np.testing.assert_allclose(states[t], h, rtol=tolerance, atol=tolerance)
        caches.append(step_cache)
    dx, total, dh_next = np.empty_like(x), [0, 0, 0, 0], np.zeros_like(h)
    for t in reversed(range(6)):
        back = gru_step_backward(dh[t] + dh_next, caches[t])
        assert {part.dtype for part in back} == {np.dtype(dtype)}
        dx[t], dh_next, *parts = back
        total = [one + other for one, other in zip(total, parts, strict=True)]
    for mine, other in zip(gru_backward(dh, cache), [dx, dh_next, *total], strict=True):
        np.testing.assert_allclose(mine, other, rtol=10 * tolerance, atol=10 * tolerance)


@each_convention
@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay, update, reset):
    """Are odd and protected inputs read alike and left alone, also by a second way back?"""
    inputs, dout = problem(4, 2, 3, 5, seed=7)
    options = {"update": update, "reset": reset}
    h, cache = gru_forward(*inputs, **options)
    gradients = gru_backward(dout, cache)
    odd, odd_dout = [lay(value) for value in inputs], lay(dout)
    for value in [*odd, odd_dout]:
        value.flags.writeable = False
    odd_h, odd_cache = gru_forward(*odd, **options)
    np.testing.assert_allclose(odd_h, h, rtol=1e-12)
    odd_h[...] = 7  # what is handed out is the caller's
    for gradient in gru_backward(odd_dout, odd_cache):
        gradient[...] = 7
    for mine, other in zip(gru_backward(odd_dout, odd_cache), gradients, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


def test_the_conventions_mirror_each_other():
    """Is "replaces" the same unit as "keeps" with the sign of z's weights turned?"""
    (x, h0, *weights), _ = problem(4, 2, 3, 5, seed=8)
    turned = [weight.copy() for weight in weights]
    for weight in turned:
        weight[..., 5:10] *= -1
    np.testing.assert_allclose(
        gru_forward(x, h0, *weights, update="replaces")[0],
        gru_forward(x, h0, *turned, update="keeps")[0],
        rtol=1e-12,
    )


@pytest.mark.parametrize(("update", "z"), [("keeps", 99.0), ("replaces", -99.0)])
def test_a_shut_unit_keeps_its_state(update, z):
    """Does the state pass 200 steps unchanged where z says so?"""
    h0 = np.random.default_rng(9).standard_normal((2, 3))
    b, w = np.repeat([0.0, z, 0.0], 3), np.ones((3, 9))
    h, _ = gru_forward(np.zeros((200, 2, 3)), h0, w, w, b, b, update=update)
    np.testing.assert_allclose(h[-1], h0, rtol=1e-12)


@pytest.mark.parametrize("kind", [np.float64, np.int64])
@pytest.mark.parametrize("wide", range(6))
def test_the_widest_argument_sets_the_type(wide, kind):
    """Does one argument in float64 make the result float64, whichever it is, or whole numbers?"""
    inputs = problem(2, 3, 4, 5, np.float32)[0]
    inputs[wide] = inputs[wide].astype(kind)
    assert gru_forward(*inputs)[0].dtype == np.float64


@each_convention
def test_no_steps(update, reset):
    """Does an empty sequence hand gradients of zero through?"""
    inputs, dout = problem(0, 2, 3, 5)
    h, cache = gru_forward(*inputs, update=update, reset=reset)
    assert h.shape == (0, 2, 5)
    for gradient, value in zip(gru_backward(dout, cache), inputs, strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(value))


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_by_name(name):
    """Does the error name the argument, in both ways forward?"""
    named = dict(zip(NAMES, problem(3, 2, 4, 5)[0], strict=True))
    x, *rest = (value[..., None] if key == name else value for key, value in named.items())
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        gru_forward(x, *rest)
    with pytest.raises(ValueError, match=rf"^{name.rstrip('0')} must have shape"):
        gru_step_forward(x[0], *rest)


@pytest.mark.parametrize("option", [{"update": "keep"}, {"reset": "later"}])
def test_unknown_conventions_are_refused(option):
    """Does the error name the option and its choices?"""
    (x, *rest), _ = problem(3, 2, 4, 5)
    ((name, value),) = option.items()
    message = rf"^{name} must be '\w+' or '\w+', got '{value}'"
    with pytest.raises(ValueError, match=message):
        gru_forward(x, *rest, **option)
    with pytest.raises(ValueError, match=message):
        gru_step_forward(x[0], *rest, **option)


def test_bad_gradients_are_refused_by_name():
    """Is a gradient that would only broadcast refused, rather than spread?"""
    (x, *rest), dh = problem(3, 2, 4, 5)
    with pytest.raises(ValueError, match=r"^dh must have shape"):
        gru_backward(dh[..., :1], gru_forward(x, *rest)[1])
    with pytest.raises(ValueError, match=r"^dh must have shape"):
        gru_step_backward(dh[0, :, :1], gru_step_forward(x[0], *rest)[1])
