"""Is Winograd's convolution a convolution? PyTorch, differences and the direct pass are asked."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference import winograd
from course_utils.reference.conv_layer import conv2d_backward, conv2d_forward
from course_utils.reference.winograd import (
    conv2d_backward_winograd,
    conv2d_forward_winograd,
    toom_cook,
)

PUBLISHED = {  # by Lavin and Gray (2016): points, then BT, G and AT
    "F(2, 3)": (
        [0, 1, -1],
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]],
    ),
    "F(4, 3)": (
        [0, 1, -1, 2, -2],
        [
            [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
        ],
        [
            [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
        ],
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("points", "BT", "G", "AT"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_matrices_are_the_published_ones(points, BT, G, AT):
    """Does each product weigh the same sums? Signs may differ in two matrices, and cancel."""
    weights = [
        np.einsum("op,pt,ps->pots", a, g, b) for b, g, a in [toom_cook(points, 3), (BT, G, AT)]
    ]
    np.testing.assert_allclose(*weights, rtol=1e-15)


def test_the_layer_uses_the_published_ones():
    """Does the layer compute by F(4, 3), with points that keep the sums small?"""
    for ours, theirs in zip(
        (winograd.BT, winograd.G, winograd.AT), PUBLISHED["F(4, 3)"][1:], strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)


@given(
    points=st.lists(st.integers(-3, 3), min_size=1, max_size=6, unique=True), data=st.data(),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_any_points_will_do(points, data, seed):
    """Is a filtering with these points the correlation, for any number of taps?"""
    taps = data.draw(st.integers(1, len(points) + 1))
    BT, G, AT = toom_cook(points, taps)
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(len(points) + 1), rng.standard_normal(taps)
    expected = np.correlate(x, w, mode="valid")
    np.testing.assert_allclose(AT @ ((G @ w) * (BT @ x)), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("points", "taps", "names"),
    [
        ([0, 1, 1], 3, r"points must differ, got \[0, 1, 1\]"),
        ([0, 1], 4, r"taps must be from 1 to 3, .* got 4"),
        ([0, 1], 0, r"taps must be from 1 to 3, .* got 0"),
    ],
)
def test_points_that_will_not_do_are_refused(points, taps, names):
    """Does the error name the argument and what it may be?"""
    with pytest.raises(ValueError, match=names):
        toom_cook(points, taps)


SHAPES = [  # every axis of another size; outputs that fill their blocks, and that do not
    {"H": 9, "W": 12},
    {"H": 8, "W": 7, "pad": 1},
    {"H": 10, "W": 5, "pad": 2},
    {"H": 5, "W": 14, "pad": (0, 3)},
    {"H": 3, "W": 3},  # one window
    {"H": 1, "W": 2, "pad": (1, 4)},  # windows that see nothing but padding
    {"H": 9, "W": 11, "N": 1, "C": 1, "F": 1},
]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def arguments(shape, dtype=np.float64):
    """Return x, w, b, the output's gradient, and the padding."""
    sizes = {"N": 3, "C": 4, "F": 5, "pad": 0, **shape}
    N, C, F, H, W = (sizes[letter] for letter in "NCFHW")
    PH, PW = np.broadcast_to(sizes["pad"], 2)
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((N, C, H, W)), rng.standard_normal((F, C, 3, 3))
    b, dout = rng.standard_normal(F), rng.standard_normal((N, F, H + 2 * PH - 2, W + 2 * PW - 2))
    return *(value.astype(dtype) for value in (x, w, b, dout)), sizes["pad"]


def both_passes(x, w, b, dout, pad):
    """Return the output and the three gradients."""
    out, cache = conv2d_forward_winograd(x, w, b, pad=pad)
    return out, *conv2d_backward_winograd(dout, cache)


def direct(x, w, b, dout, pad):
    """Return what the direct convolution layer gives."""
    out, cache = conv2d_forward(x, w, b, pad=pad)
    return out, *conv2d_backward(dout, cache)


def pytorch(x, w, b, dout, pad):
    """Return what torch gives."""
    inputs = [torch.tensor(value, requires_grad=True) for value in (x, w, b)]
    out = torch.nn.functional.conv2d(*inputs, padding=pad)
    gradients = torch.autograd.grad(out, inputs, torch.tensor(dout))
    return [value.detach().numpy() for value in (out, *gradients)]


def assert_same(ours, theirs, dtype=np.float64):
    """Compare outputs and gradients in type and, against the largest, in value."""
    tolerance = 1e-13 if dtype == np.float64 else 3e-5
    for name, one, other in zip(("out", "dx", "dw", "db"), ours, theirs, strict=True):
        assert one.dtype == dtype, name
        largest = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * largest, err_msg=name)


@pytest.mark.parametrize("other", [direct, pytorch])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_shape
def test_it_is_a_convolution(shape, dtype, other):
    """Do output and gradients agree with those of a direct pass, in the type of the input?"""
    values = arguments(shape, dtype)
    assert_same(both_passes(*values), other(*values), dtype)


def test_no_padding_is_the_default():
    """Does the layer see nothing but the image unless asked to?"""
    x, w, b, _, _ = arguments(SHAPES[0])
    out, _ = conv2d_forward_winograd(x, w, b)
    np.testing.assert_array_equal(out, conv2d_forward_winograd(x, w, b, pad=0)[0])


def test_float32_loses_a_digit():
    """Is the error with many channels some 1e-5 of the largest output, as the module says?"""
    values = arguments({"N": 2, "C": 128, "F": 64, "H": 14, "W": 14, "pad": 1}, np.float32)
    exact = pytorch(*(value.astype(np.float64) for value in values[:4]), values[4])
    for one, other in zip(both_passes(*values), exact, strict=True):
        assert np.abs(one - other).max() < 2e-5 * np.abs(other).max()


@each_shape
def test_gradients_are_differences(shape):
    """Do central differences give the gradients with respect to x, w and b?"""
    x, w, b, _, pad = arguments(shape)
    forward = partial(conv2d_forward_winograd, pad=pad)
    inputs = {"x": x, "w": w, "b": b}
    rng = np.random.default_rng(1)
    gradcheck(forward, conv2d_backward_winograd, inputs, rng=rng, directions=2)


@settings(deadline=None, max_examples=50)
@given(
    H=st.integers(1, 11), W=st.integers(1, 11), N=st.integers(1, 3),
    pad=st.tuples(st.integers(1, 5), st.integers(1, 5)), seed=st.integers(0, 99),
)  # fmt: skip
def test_the_backward_pass_is_the_adjoint(H, W, N, pad, seed):
    """Is <conv(x), y> = <x, dx(y)> = <w, dw(y)>, to the last digits?"""
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((N, 2, H, W)), rng.standard_normal((4, 2, 3, 3))
    out, cache = conv2d_forward_winograd(x, w, np.zeros(4), pad=pad)
    y = rng.standard_normal(out.shape)
    dx, dw, _ = conv2d_backward_winograd(y, cache)
    size = np.abs(out * y).sum()
    np.testing.assert_allclose((x * dx).sum(), (out * y).sum(), rtol=0, atol=1e-12 * size)
    np.testing.assert_allclose((w * dw).sum(), (out * y).sum(), rtol=0, atol=1e-12 * size)


@pytest.mark.parametrize("tiles", [1, 8, 12, 18])
def test_the_size_of_a_part_does_not_matter(tiles, monkeypatch):
    """Is a batch in parts, with a smaller one left over, the same as a whole one?"""
    monkeypatch.setattr(winograd, "TILES_AT_A_TIME", tiles)
    values = arguments({"N": 5, "H": 7, "W": 8, "pad": 1})  # 4 tiles an image
    assert_same(both_passes(*values), direct(*values))


@pytest.mark.parametrize(("room", "images"), [(0.5, 1), (2.5, 2)])
def test_memory_holds_the_tiles_of_a_few_images(room, images, monkeypatch):
    """Does the memory for tiles depend on the room that they are given, not on the batch?"""
    x, w, b, dout, pad = arguments({"N": 12, "H": 40, "W": 48, "pad": 1})
    monkeypatch.setattr(winograd, "TILES_AT_A_TIME", int(room * 10 * 12))
    bytes_each = 8 * 36 * (2 * 4 + 2 * 5) * 10 * 12  # tiles before and after, of x and of out
    _, cache = conv2d_forward_winograd(x, w, b, pad=pad)
    for result, call in [
        (dout, lambda: conv2d_forward_winograd(x, w, b, pad=pad)),
        (x, lambda: conv2d_backward_winograd(dout, cache)),
    ]:
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak - result.nbytes < (images + 0.5) * bytes_each


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay):
    """Are arrays that lie oddly in memory and may not be written as good as others?"""
    values = arguments(SHAPES[1])
    odd = [lay(value) for value in values[:4]]
    for value in odd:
        value.flags.writeable = False
    assert_same(both_passes(*odd, values[4]), direct(*values))


def test_the_backward_pass_may_be_called_twice():
    """Are inputs, cache and incoming gradient as they were?"""
    x, w, b, dout, pad = arguments(SHAPES[1])
    before = [value.copy() for value in (x, w, b, dout)]
    _, cache = conv2d_forward_winograd(x, w, b, pad=pad)
    for one, other in zip(*(conv2d_backward_winograd(dout, cache) for _ in "12"), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip((x, w, b, dout), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wide", [0, 1, 2, 3])
def test_types_are_promoted(wide):
    """Is the output as wide as the widest argument, and a gradient as the one that comes in?"""
    values = list(arguments(SHAPES[1], np.float32))
    values[wide] = values[wide].astype(np.float64)
    out, *gradients = both_passes(*values)
    assert out.dtype == (np.float32 if wide == 3 else np.float64)
    assert {gradient.dtype for gradient in gradients} == {values[3].dtype}


def test_bytes_become_the_type_of_the_weights():
    """May the image be of bytes?"""
    x, *rest = arguments(SHAPES[1])
    x = np.abs(10 * x).astype(np.uint8)
    assert_same(both_passes(x, *rest), pytorch(x.astype(float), *rest))


X, WEIGHTS, B = np.ones((2, 3, 4, 5)), np.ones((6, 3, 3, 3)), np.ones(6)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda f: f(X[0], WEIGHTS, B), r"x must have shape \(N, C, H, W\)"),
        (lambda f: f(X, WEIGHTS[0], B), r"w must have shape \(F, C/groups, KH, KW\)"),
        (lambda f: f(X, WEIGHTS[..., :2], B), r"shape \(F, C, 3, 3\), .*conv2d_forward"),
        (lambda f: f(X, WEIGHTS[:, :, :1], B), r"w must have shape \(F, C, 3, 3\)"),
        (lambda f: f(X, WEIGHTS, B[:5]), r"b must have shape \(6,\), got \(5,\)"),
        (lambda f: f(X, WEIGHTS[:, :2], B), "3 channels in 1 group.*, but each filter has 2"),
        (lambda f: f(X, WEIGHTS, B, pad=-1), "pad must be at least 0"),
        (lambda f: f(X[:, :, :2], WEIGHTS, B), "does not fit"),
        (lambda f: f(X.astype(int), WEIGHTS.astype(int), B.astype(int)), "numbers, got int64"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, names):
    """Does the error name the argument, its shape and the mend?"""
    with pytest.raises(ValueError, match=names):
        call(conv2d_forward_winograd)


def test_a_gradient_of_the_wrong_shape_is_refused():
    """Does the error say what shape `dout` must have?"""
    _, cache = conv2d_forward_winograd(X, WEIGHTS, B)
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 6, 2, 3\)"):
        conv2d_backward_winograd(np.ones((2, 6, 3, 3)), cache)
