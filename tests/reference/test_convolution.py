"""Are the references right? SciPy, PyTorch and the properties of convolution are asked."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.arithmetic import output_size
from course_utils.checks.layout import strided
from course_utils.reference.convolution import (
    convolve2d,
    correlate1d,
    correlate2d,
    correlate_volume,
)

SMALL = st.floats(-10, 10, allow_subnormal=False).map(lambda value: round(value, 3))


def image(H, W):
    return arrays(np.float64, (H, W), elements=SMALL)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 2, (1, 3)])
@pytest.mark.parametrize("stride", [1, 2, (3, 2)])
def test_a_layer_is_pytorchs(stride, pad, dilation, dtype):
    """Does a layer agree with torch on a shape whose axes all differ?"""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 11, 14)).astype(dtype)
    w = rng.standard_normal((5, 3, 4, 2)).astype(dtype)
    b = rng.standard_normal(5).astype(dtype)
    out = correlate_volume(x, w, b, stride=stride, pad=pad, dilation=dilation)
    expected = torch.nn.functional.conv2d(
        torch.tensor(x), torch.tensor(w), torch.tensor(b), stride, pad, dilation
    ).numpy()
    assert out.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(out, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (6, 8)])
def test_correlate2d_is_scipys(shape):
    """Does plain correlation agree with SciPy, also when the kernel is as large as the image?"""
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((6, 8)), rng.standard_normal(shape)
    expected = scipy.signal.correlate2d(x, w, mode="valid")
    np.testing.assert_allclose(correlate2d(x, w), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 2])
def test_convolve2d_is_scipys_summed_over_channels(stride, pad):
    """Is true convolution SciPy's, channel by channel, at every `stride`-th place?"""
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((2, 7, 10)), rng.standard_normal((3, 2, 4, 3))
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    expected = np.stack(
        [
            sum(scipy.signal.convolve2d(padded[c], kernels[c], mode="valid") for c in range(2))
            for kernels in w
        ]
    )[:, ::stride, ::stride]
    np.testing.assert_allclose(convolve2d(x, w, stride=stride, pad=pad), expected, rtol=1e-10)


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1), (3, 4)])
def test_correlate1d_is_numpys(stride, pad):
    """Is each filter's answer what `np.correlate` gives at every `stride`-th place?"""
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal(11), rng.standard_normal((2, 4))
    padded = np.pad(x, pad)
    expected = [np.correlate(padded, kernel, mode="valid")[::stride] for kernel in w]
    np.testing.assert_allclose(correlate1d(x, w, stride=stride, pad=pad), expected, rtol=1e-10)


def test_nothing_is_skipped_or_added_unless_asked_for():
    """Are stride 1 and no padding the defaults?"""
    rng = np.random.default_rng(5)
    x, w = rng.standard_normal((2, 5, 6)), rng.standard_normal((3, 2, 2, 3))
    plain = {"stride": 1, "pad": 0}
    np.testing.assert_array_equal(convolve2d(x, w), convolve2d(x, w, **plain))
    np.testing.assert_array_equal(
        correlate1d(x[0, 0], w[0, 0]), correlate1d(x[0, 0], w[0, 0], **plain)
    )


def test_the_example_of_the_lecture():
    """Does the Sobel kernel on 1..9 give -13 -20 -17 / -18 -24 -18 / 13 20 17?"""
    x = np.arange(1.0, 10.0).reshape(1, 3, 3)
    w = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], float)[None, None]
    expected = [[-13, -20, -17], [-18, -24, -18], [13, 20, 17]]
    np.testing.assert_array_equal(convolve2d(x, w, pad=1)[0], expected)
    np.testing.assert_array_equal(correlate_volume(x, w, pad=1)[0], np.negative(expected))


@given(one=image(5, 6), other=image(5, 6), w=image(2, 3), scale=SMALL)
def test_correlation_is_linear(one, other, w, scale):
    """Is the answer to a sum the sum of the answers?"""
    together = correlate2d(one + scale * other, w)
    apart = correlate2d(one, w) + scale * correlate2d(other, w)
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-8)


@given(x=image(4, 5), w=image(3, 2), down=st.integers(0, 3), right=st.integers(0, 3))
def test_a_shifted_image_gives_a_shifted_answer(x, w, down, right):
    """Does the answer move with the image, where there is room for it?"""
    room = np.zeros((12, 12))
    room[3:7, 3:8] = x
    moved = np.roll(room, (down, right), axis=(0, 1))
    answer = np.roll(correlate2d(room, w), (down, right), axis=(0, 1))
    np.testing.assert_allclose(correlate2d(moved, w), answer, rtol=1e-10, atol=1e-10)


@given(x=image(5, 7), w=image(3, 2))
def test_turning_image_and_kernel_turns_the_answer(x, w):
    """Is correlation of the turned image with the turned kernel the turned answer?"""
    turned = correlate2d(x[::-1, ::-1], w[::-1, ::-1])
    np.testing.assert_allclose(turned, correlate2d(x, w)[::-1, ::-1], rtol=1e-10, atol=1e-10)


@given(one=image(3, 2), other=image(2, 4))
def test_convolution_commutes(one, other):
    """May image and kernel change places, when every overlap counts?"""
    ways = [
        convolve2d(np.pad(x, ((H - 1,) * 2, (W - 1,) * 2))[None], w[None, None])
        for x, w, (H, W) in [(one, other, other.shape), (other, one, one.shape)]
    ]
    np.testing.assert_allclose(*ways, rtol=1e-10, atol=1e-10)


@given(
    H=st.integers(1, 9), W=st.integers(1, 9), KH=st.integers(1, 4), KW=st.integers(1, 4),
    stride=st.integers(1, 4), pad=st.integers(0, 3),
)  # fmt: skip
def test_the_answer_has_the_size_that_the_formula_says(H, W, KH, KW, stride, pad):
    """Do shapes follow `output_size`, and do kernels that are too large raise?"""
    x, w = np.ones((1, H, W)), np.ones((2, 1, KH, KW))
    if KH > H + 2 * pad or KW > W + 2 * pad:
        with pytest.raises(ValueError, match="does not fit"):
            correlate_volume(x, w, stride=stride, pad=pad)
        return
    HO = output_size(H, KH, stride=stride, pad=pad)
    WO = output_size(W, KW, stride=stride, pad=pad)
    assert correlate_volume(x, w, stride=stride, pad=pad).shape == (2, HO, WO)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_and_write_protection_do_not_matter(lay):
    """Is the answer the same for inputs that lie oddly in memory and may not be written?"""
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((2, 5, 6)), rng.standard_normal((3, 2, 2, 3))
    expected = convolve2d(x, w, stride=2, pad=1)
    odd_x, odd_w = lay(x), lay(w)
    odd_x.flags.writeable = odd_w.flags.writeable = False
    np.testing.assert_array_equal(convolve2d(odd_x, odd_w, stride=2, pad=1), expected)


def test_whole_numbers_stay_whole():
    """Do integers give integers, without a detour over floats?"""
    out = correlate2d(np.arange(12).reshape(3, 4), np.array([[1, -1]]))
    assert out.dtype.kind == "i"
    np.testing.assert_array_equal(out, -1)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: correlate1d(np.ones((2, 3)), np.ones((1, 2))), r"x must have shape \(W,\)"),
        (lambda: correlate1d(np.ones(3), np.ones(2)), r"w must have shape \(F, KW\)"),
        (lambda: correlate2d(np.ones((1, 3, 3)), np.ones((2, 2))), r"x must have shape \(H, W\)"),
        (lambda: convolve2d(np.ones((1, 3, 3)), np.ones((2, 2))), r"\(F, C, KH, KW\)"),
        (lambda: convolve2d(np.ones((3, 3)), np.ones((1, 1, 2, 2))), r"\(C, H, W\)"),
        (lambda: convolve2d(np.ones((2, 3, 3)), np.ones((1, 3, 2, 2))), "2 channels"),
        (lambda: convolve2d(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)), stride=0), "stride"),
        (lambda: convolve2d(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)), pad=-1), "pad"),
        (lambda: correlate_volume(np.ones((1, 3, 3)), np.ones((2, 1, 2, 2)), np.ones((2, 1))),
         r"b must have shape \(F,\)"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(call, names):
    """Does the error name the argument and its shape?"""
    with pytest.raises(ValueError, match=names):
        call()
