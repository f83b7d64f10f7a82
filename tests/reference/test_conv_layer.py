"""Is the convolution layer right in all its forms? PyTorch, differences and each other say."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference import conv_layer
from course_utils.reference.conv_layer import (
    conv1d_backward,
    conv1d_forward,
    conv2d_backward,
    conv2d_forward,
)
from course_utils.reference.conv_loops import conv2d_backward_loops, conv2d_forward_loops
from course_utils.reference.im2col import (
    col2im,
    conv2d_backward_im2col,
    conv2d_forward_im2col,
    im2col,
)
from course_utils.reference.windows import place_windows

PASSES = {
    "loops": (conv2d_forward_loops, conv2d_backward_loops),
    "im2col": (conv2d_forward_im2col, conv2d_backward_im2col),
    "fast": (conv2d_forward, conv2d_backward),
}
each_pass = pytest.mark.parametrize(("forward", "backward"), PASSES.values(), ids=PASSES)

SETTINGS = [  # every axis of another size, and rows that no window reaches
    {},
    {"stride": 2, "pad": 2},
    {"stride": 3, "pad": 1},
    {"stride": (3, 2), "pad": (0, 2)},
    {"pad": (2, 1), "dilation": (2, 3)},
    {"stride": 2, "pad": 2, "dilation": 2, "groups": 2},
    {"pad": 5, "stride": (1, 4)},  # windows that see nothing but padding
    {"groups": 4, "pad": 1},
]
each_setting = pytest.mark.parametrize("options", SETTINGS, ids=str)


def arguments(options, dtype=np.float64, N=3, H=9, W=11, F=8, kernel=(3, 2)):
    """Return x, w, b and the output's gradient."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, 4, H, W))
    w = rng.standard_normal((F, 4 // options.get("groups", 1), *kernel))
    b = rng.standard_normal(F)
    geometry = {name: value for name, value in options.items() if name != "groups"}
    dout = rng.standard_normal((N, F, *place_windows((H, W), kernel, **geometry).out))
    return [value.astype(dtype) for value in (x, w, b, dout)]


def pytorch(
    x, w, b, dout, *, stride=1, pad=0, dilation=1, groups=1, conv=torch.nn.functional.conv2d
):
    """Return the output and the three gradients that torch computes."""
    inputs = [torch.tensor(value, requires_grad=True) for value in (x, w, b)]
    out = conv(*inputs, stride, pad, dilation, groups)
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
@each_pass
def test_a_layer_is_pytorchs(forward, backward, options, dtype):
    """Do output and gradients agree with torch, in the type of the input?"""
    x, w, b, dout = arguments(options, dtype)
    out, cache = forward(x, w, b, **options)
    theirs = pytorch(x, w, b, dout, **options)
    assert_same((out, *backward(dout, cache)), theirs, dtype)


@pytest.mark.parametrize(
    "shape", [{"N": 1}, {"H": 3, "W": 2}, {"F": 1}, {"H": 1, "kernel": (1, 4)}]
)
@each_pass
def test_small_shapes_are_pytorchs(forward, backward, shape):
    """Is one image, one place, one filter or one row as right as many?"""
    x, w, b, dout = arguments({}, **shape)
    out, cache = forward(x, w, b)
    assert_same((out, *backward(dout, cache)), pytorch(x, w, b, dout))


@pytest.mark.parametrize("images", [1, 2, 5])
def test_the_size_of_the_buffer_does_not_matter(images, monkeypatch):
    """Is a batch cut into parts, with a smaller one left over, the same as a whole one?"""
    x, w, b, dout = arguments({"pad": 1}, N=7)
    bytes_each = 8 * 4 * 6 * dout[0, 0].size
    monkeypatch.setattr(conv_layer, "BUFFER_BYTES", images * bytes_each + 1)
    out, cache = conv2d_forward(x, w, b, pad=1)
    assert_same((out, *conv2d_backward(dout, cache)), pytorch(x, w, b, dout, pad=1))


@pytest.mark.parametrize(("room", "images"), [(0.5, 1), (2.5, 2), (9.5, 3)])
def test_memory_holds_the_windows_of_a_few_images(room, images, monkeypatch):
    """Are windows laid out for as many images at a time as there is room for, but one at least?"""
    x, w, b, dout = arguments({}, N=3, H=40, W=42)
    bytes_each = 8 * 4 * 6 * dout[0, 0].size
    monkeypatch.setattr(conv_layer, "BUFFER_BYTES", int(room * bytes_each))
    _, cache = conv2d_forward(x, w, b)
    for result, call in [
        (dout, lambda: conv2d_forward(x, w, b)),
        (x, lambda: conv2d_backward(dout, cache)),
    ]:
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak - result.nbytes < (images + 1) * bytes_each


@pytest.mark.parametrize("options", SETTINGS[:6], ids=str)
@each_pass
def test_gradients_are_differences(forward, backward, options):
    """Do central differences give the gradients with respect to x, w and b?"""
    x, w, b, _ = arguments(options, N=2)
    inputs = {"x": x, "w": w, "b": b}
    rng = np.random.default_rng(1)
    gradcheck(partial(forward, **options), backward, inputs, rng=rng, directions=2)


@settings(deadline=None, max_examples=40)
@given(
    H=st.integers(1, 7), W=st.integers(1, 7), KH=st.integers(1, 3), KW=st.integers(1, 3),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)), pad=st.integers(0, 3),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)), groups=st.sampled_from([1, 2, 4]),
)  # fmt: skip
def test_the_three_forms_are_one(H, W, KH, KW, stride, pad, dilation, groups):
    """Do loops, im2col and the fast pass agree, also where they must refuse?"""
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((2, 4, H, W)), rng.standard_normal((4, 4 // groups, KH, KW))
    options = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    if dilation[0] * (KH - 1) >= H + 2 * pad or dilation[1] * (KW - 1) >= W + 2 * pad:
        for forward, _ in PASSES.values():
            with pytest.raises(ValueError, match="does not fit"):
                forward(x, w, np.zeros(4), **options)
        return
    answers = []
    for forward, backward in PASSES.values():
        out, cache = forward(x, w, np.arange(4.0), **options)
        answers.append((out, *backward(np.sin(np.arange(out.size)).reshape(out.shape), cache)))
    assert_same(answers[1], answers[0])
    assert_same(answers[2], answers[0])


@settings(deadline=None)
@given(
    H=st.integers(1, 8), W=st.integers(1, 8), stride=st.integers(1, 4), pad=st.integers(0, 3),
    dilation=st.integers(1, 2),
)  # fmt: skip
def test_col2im_is_the_transpose_of_im2col(H, W, stride, pad, dilation):
    """Is <im2col(x), y> = <x, col2im(y)>?"""
    options = {"stride": stride, "pad": pad, "dilation": dilation}
    if dilation >= H + 2 * pad or 2 * dilation >= W + 2 * pad:
        return
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 3, H, W))
    cols = im2col(x, (2, 3), **options)
    y = rng.standard_normal(cols.shape)
    back = col2im(y, (H, W), (2, 3), **options)
    np.testing.assert_allclose((cols * y).sum(), (x * back).sum(), rtol=1e-12, atol=1e-12)


def test_im2col_is_pytorchs_unfold():
    """Are rows and columns in the order that torch gives them?"""
    x = np.random.default_rng(4).standard_normal((2, 3, 7, 9))
    options = {"stride": (2, 3), "dilation": (1, 2)}
    theirs = torch.nn.functional.unfold(torch.tensor(x), (3, 2), padding=(2, 1), **options)
    np.testing.assert_array_equal(im2col(x, (3, 2), pad=(2, 1), **options), theirs.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"stride": 3, "pad": 2}, {"dilation": 2, "groups": 2, "pad": 1}], ids=str
)
def test_signals_are_pytorchs(options, dtype):
    """Does the layer over signals agree with torch, gradients included?"""
    rng = np.random.default_rng(5)
    x, b = rng.standard_normal((3, 4, 11)).astype(dtype), rng.standard_normal(6).astype(dtype)
    w = rng.standard_normal((6, 4 // options.get("groups", 1), 5)).astype(dtype)
    out, cache = conv1d_forward(x, w, b, **options)
    dout = rng.standard_normal(out.shape).astype(dtype)
    theirs = pytorch(x, w, b, dout, conv=torch.nn.functional.conv1d, **options)
    assert_same((out, *conv1d_backward(dout, cache)), theirs, dtype)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@each_pass
def test_layout_and_write_protection_do_not_matter(forward, backward, lay):
    """Are arrays that lie oddly in memory and may not be written as good as others?"""
    options = {"stride": 2, "pad": 1, "groups": 2}
    x, w, b, dout = arguments(options)
    theirs = pytorch(x, w, b, dout, **options)
    odd = [lay(value) for value in (x, w, b, dout)]
    for value in odd:
        value.flags.writeable = False
    out, cache = forward(*odd[:3], **options)
    assert_same((out, *backward(odd[3], cache)), theirs)


@each_pass
def test_the_backward_pass_may_be_called_twice(forward, backward):
    """Are inputs, cache and incoming gradient as they were?"""
    x, w, b, dout = arguments({"pad": 1})
    before = [value.copy() for value in (x, w, b, dout)]
    _, cache = forward(x, w, b, pad=1)
    first, second = backward(dout, cache), backward(dout, cache)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip((x, w, b, dout), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wide", [0, 1, 2, 3])
@each_pass
def test_the_widest_argument_sets_the_type(forward, backward, wide):
    """Is the output as wide as the widest argument, and a gradient as the one that comes in?"""
    values = arguments({"pad": 1}, np.float32)
    values[wide] = values[wide].astype(np.float64)
    x, w, b, dout = values
    out, cache = forward(x, w, b, pad=1)
    assert out.dtype == (np.float32 if wide == 3 else np.float64)
    assert {gradient.dtype for gradient in backward(dout, cache)} == {dout.dtype}


@each_pass
def test_whole_numbers_become_the_type_of_the_weights(forward, backward):
    """May the image be of bytes?"""
    x, w, b, dout = arguments({})
    x = np.abs(10 * x).astype(np.uint8)
    out, cache = forward(x, w, b)
    assert_same((out, *backward(dout, cache)), pytorch(x.astype(float), w, b, dout))


@pytest.mark.parametrize(("C", "F", "groups"), [(4, 8, 0), (4, 8, 3), (4, 6, 4), (6, 4, 4)])
@each_pass
def test_groups_that_do_not_divide_are_refused(forward, backward, C, F, groups):
    """Does the error name groups, be it the channels or the filters that they do not divide?"""
    says = f"groups must divide the {C} channels and the {F} filters, got {groups}"
    with pytest.raises(ValueError, match=says):
        forward(np.ones((1, C, 3, 3)), np.ones((F, 1, 1, 1)), np.ones(F), groups=groups)


def test_windows_are_plain_unless_said_otherwise():
    """Are stride and dilation 1 and the padding 0 if they are left out?"""
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    plain = im2col(x, (2, 3), stride=1, pad=0, dilation=1)
    np.testing.assert_array_equal(im2col(x, (2, 3)), plain)
    assert plain.shape == (2, 3 * 2 * 3, 4 * 4)


X, WEIGHTS, B = np.ones((2, 3, 4, 5)), np.ones((6, 3, 2, 2)), np.ones(6)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda f: f(X[0], WEIGHTS, B), r"x must have shape \(N, C, H, W\)"),
        (lambda f: f(X, WEIGHTS[0], B), r"w must have shape \(F, C/groups, KH, KW\)"),
        (lambda f: f(X, WEIGHTS, B[:5]), r"b must have shape \(6,\), got \(5,\)"),
        (lambda f: f(X, WEIGHTS[:, :2], B), r"3 channels in 1 group\(s\), but each filter has 2"),
        (lambda f: f(X, WEIGHTS, B, groups=3), r"3 group\(s\), but each filter has 3"),
        (lambda f: f(X[:, :0], WEIGHTS[:, :0], B), "0 channels"),
        (lambda f: f(X, WEIGHTS, B, stride=0), "stride must be at least 1"),
        (lambda f: f(X, WEIGHTS, B, pad=-1), "pad must be at least 0"),
        (lambda f: f(X, WEIGHTS, B, dilation=(1, 0)), "dilation must be at least 1"),
        (lambda f: f(X, WEIGHTS, B, dilation=5), "does not fit"),
        (lambda f: f(X, WEIGHTS, B, stride=1.5), r"stride must be an int or a pair"),
        (lambda f: f(X, WEIGHTS, B, pad=(1, 2, 3)), r"pad must be an int or a pair"),
    ],
)  # fmt: skip
@each_pass
def test_bad_input_is_refused_by_name(forward, backward, call, names):
    """Does the error name the argument, its shape and the mend?"""
    with pytest.raises(ValueError, match=names):
        call(forward)


@each_pass
def test_a_gradient_of_the_wrong_shape_is_refused(forward, backward):
    """Does the error say what shape `dout` must have?"""
    _, cache = forward(X, WEIGHTS, B)
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 6, 3, 4\)"):
        backward(np.ones((2, 6, 3, 1)), cache)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: conv1d_forward(X, np.ones((1, 3, 2)), B[:1]), r"x must have shape \(N, C, W\)"),
        (lambda: conv1d_forward(X[0], WEIGHTS, B), r"w must have shape \(F, C/groups, KW\)"),
        (lambda: conv1d_backward(X, None), r"dout must have shape \(N, F, WO\)"),
        (lambda: im2col(X[0], (2, 2)), r"x must have shape \(N, C, H, W\)"),
        (lambda: col2im(X, (4, 5), (2, 2)), r"cols must have shape \(N, C\*KH\*KW, HO\*WO\)"),
        (lambda: col2im(np.ones((2, 7, 12)), (4, 5), (2, 2)), r"cols must have shape \(2, 4, 12\)"),
    ],
)  # fmt: skip
def test_the_other_functions_refuse_bad_input_too(call, names):
    """Does the error name the argument and its shape?"""
    with pytest.raises(ValueError, match=names):
        call()
