"""Is the transposed convolution right? PyTorch, differences and the convolution say."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.conv_layer import conv2d_backward, conv2d_forward
from course_utils.reference.conv_transpose import (
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)

SETTINGS = [
    {},
    {"stride": 2, "pad": 1},
    {"stride": (3, 2), "pad": (0, 2), "output_pad": (2, 1)},
    {"stride": 2, "output_pad": 1, "dilation": (2, 3)},
    {"stride": 4, "pad": 1},  # gaps between windows
    {"groups": 2, "stride": 2, "pad": 1, "output_pad": (1, 0)},
    {"groups": 4},
]
each_setting = pytest.mark.parametrize("options", SETTINGS, ids=str)


def arguments(options, dtype=np.float64, N=2, H=5, W=6):
    """Return x, w and b; 4 channels become 3 for each group."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((N, 4, H, W)), rng.standard_normal((4, 3, 3, 2))
    b = rng.standard_normal(3 * options.get("groups", 1))
    return [value.astype(dtype) for value in (x, w, b)]


def pytorch(x, w, b, *, dout=None, stride=1, pad=0, output_pad=0, dilation=1, groups=1):
    """Return the output that torch computes and, with `dout`, the three gradients."""
    inputs = [torch.tensor(value, requires_grad=True) for value in (x, w, b)]
    out = torch.nn.functional.conv_transpose2d(*inputs, stride, pad, output_pad, groups, dilation)
    gradients = torch.autograd.grad(out, inputs, torch.tensor(dout))
    return [value.detach().numpy() for value in (out, *gradients)]


def assert_same(ours, theirs, dtype=np.float64):
    """Compare outputs and gradients, in value and type."""
    tolerance = 1e-11 if dtype == np.float64 else 2e-4
    for name, one, other in zip(("out", "dx", "dw", "db"), ours, theirs, strict=True):
        assert one.dtype == dtype, name
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_setting
def test_it_is_pytorchs(options, dtype):
    """Do output and gradients agree with torch, in the type of the input?"""
    x, w, b = arguments(options, dtype)
    out, cache = conv_transpose2d_forward(x, w, b, **options)
    dout = np.random.default_rng(1).standard_normal(out.shape).astype(dtype)
    gradients = conv_transpose2d_backward(dout, cache)
    assert_same((out, *gradients), pytorch(x, w, b, dout=dout, **options), dtype)


@pytest.mark.parametrize("shape", [{"N": 1}, {"H": 1, "W": 1}], ids=str)
def test_small_shapes_are_pytorchs(shape):
    """Is one image or one pixel as right as many?"""
    x, w, b = arguments({}, **shape)
    out, cache = conv_transpose2d_forward(x, w, b, stride=2)
    dout = np.random.default_rng(2).standard_normal(out.shape)
    theirs = pytorch(x, w, b, dout=dout, stride=2)
    assert_same((out, *conv_transpose2d_backward(dout, cache)), theirs)


@each_setting
def test_gradients_are_differences(options):
    """Do central differences give the gradients with respect to x, w and b?"""
    inputs = dict(zip("xwb", arguments(options), strict=True))
    forward = partial(conv_transpose2d_forward, **options)
    rng = np.random.default_rng(3)
    gradcheck(forward, conv_transpose2d_backward, inputs, rng=rng, directions=2)


@pytest.mark.parametrize("groups", [1, 2])
def test_it_is_the_input_gradient_of_a_convolution(groups):
    """Does it do with an image what the convolution's backward pass does with a gradient?"""
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 6, 8, 9)), rng.standard_normal((4, 6 // groups, 3, 2))
    options = {"stride": (2, 3), "pad": 1, "groups": groups}
    out, cache = conv2d_forward(x, w, np.zeros(4), **options)
    dout = rng.standard_normal(out.shape)
    dx, _, _ = conv2d_backward(dout, cache)
    output_pad = ((8 + 2 - 3) % 2, (9 + 2 - 2) % 3)  # what the windows left unread
    spread, _ = conv_transpose2d_forward(dout, w, np.zeros(6), output_pad=output_pad, **options)
    np.testing.assert_allclose(spread, dx, rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(
    H=st.integers(1, 9), W=st.integers(1, 9), KH=st.integers(1, 3), KW=st.integers(1, 3),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)), pad=st.integers(0, 2),
    dilation=st.integers(1, 2), groups=st.sampled_from([1, 2]), seed=st.integers(0, 99),
)  # fmt: skip
def test_it_is_the_adjoint_of_a_convolution(H, W, KH, KW, stride, pad, dilation, groups, seed):
    """Is <conv(x), y> = <x, conv_transpose(y)>?"""
    free = [size + 2 * pad - dilation * (k - 1) - 1 for size, k in ((H, KH), (W, KW))]
    assume(min(free) >= 0)
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((2, 4, H, W)), rng.standard_normal((6, 4 // groups, KH, KW))
    options = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    forth, _ = conv2d_forward(x, w, np.zeros(6), **options)
    y = rng.standard_normal(forth.shape)
    output_pad = (free[0] % stride[0], free[1] % stride[1])
    back, _ = conv_transpose2d_forward(y, w, np.zeros(4), output_pad=output_pad, **options)
    size = np.abs(forth * y).sum()
    np.testing.assert_allclose((forth * y).sum(), (x * back).sum(), rtol=1e-12, atol=1e-12 * size)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_inputs_may_lie_oddly_and_stay_as_they_are(lay):
    """Do layout and write protection not matter, and may backward be called twice?"""
    options = {"stride": 2, "pad": 1, "groups": 2}
    x, w, b = arguments(options)
    odd = [lay(value) for value in (x, w, b)]
    out, cache = conv_transpose2d_forward(*odd, **options)
    dout = lay(np.random.default_rng(5).standard_normal(out.shape))
    for value in (*odd, dout):
        value.flags.writeable = False
    theirs = pytorch(x, w, b, dout=np.ascontiguousarray(dout), **options)
    for _ in range(2):
        assert_same((out, *conv_transpose2d_backward(dout, cache)), theirs)


@pytest.mark.parametrize("wide", [0, 1, 2, 3])
def test_the_widest_argument_sets_the_type(wide):
    """Is the output as wide as the widest argument, and a gradient as the one that comes in?"""
    values = [*arguments({}, np.float32), np.ones((2, 3, 7, 7), np.float32)]
    values[wide] = values[wide].astype(np.float64)
    *inputs, dout = values
    out, cache = conv_transpose2d_forward(*inputs)
    assert out.dtype == (np.float32 if wide == 3 else np.float64)
    assert {gradient.dtype for gradient in conv_transpose2d_backward(dout, cache)} == {dout.dtype}


X, WEIGHTS, B = np.ones((2, 4, 3, 5)), np.ones((4, 3, 2, 2)), np.ones(3)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda f: f(X[0], WEIGHTS, B), r"x must have shape \(N, C, H, W\)"),
        (lambda f: f(X, WEIGHTS[0], B), r"w must have shape \(C, F/groups, KH, KW\)"),
        (lambda f: f(X, WEIGHTS, np.ones(4)), r"b must have shape \(3,\)"),
        (lambda f: f(X[:, :3], WEIGHTS, B), "3 channels, but w is for 4"),
        (lambda f: f(X, WEIGHTS, B, groups=3), "groups must divide the 4 channels"),
        (lambda f: f(X, WEIGHTS, B, groups=0), "groups must divide the 4 channels"),
        (lambda f: f(X, WEIGHTS, B, output_pad=1), "output_pad must be .* below stride 1, got 1"),
        (lambda f: f(X, WEIGHTS, B, stride=2, output_pad=-1), "output_pad must be at least 0"),
        (lambda f: f(X, WEIGHTS, B, pad=2), "pad 2 cuts away the whole output"),
        (lambda f: f(X, WEIGHTS, B, pad=-1), "pad must be at least 0"),
        (lambda f: f(X, WEIGHTS, B, stride=0), "stride must be at least 1"),
        (lambda f: f(X, WEIGHTS, B, dilation=0), "dilation must be at least 1"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, names):
    """Does the error name the argument, its shape and the mend?"""
    with pytest.raises(ValueError, match=names):
        call(conv_transpose2d_forward)


def test_a_gradient_of_the_wrong_shape_is_refused():
    """Does the error say what shape `dout` must have?"""
    _, cache = conv_transpose2d_forward(X, WEIGHTS, B)
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 3, 4, 6\)"):
        conv_transpose2d_backward(X, cache)
