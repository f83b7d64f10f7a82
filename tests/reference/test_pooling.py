"""Is pooling right, with ties, overlap and padding? PyTorch and differences say."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool_backward,
    global_avg_pool_forward,
    global_max_pool_backward,
    global_max_pool_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    sum_pool2d_backward,
    sum_pool2d_forward,
)


def torch_sum(x, kernel, stride=None, pad=0):
    """Add up windows in torch."""
    return torch.nn.functional.avg_pool2d(x, kernel, stride, pad, divisor_override=1)


def torch_global_avg(x):
    """Take the mean of each channel in torch."""
    return torch.nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]


def torch_global_max(x):
    """Take the largest of each channel in torch."""
    return torch.nn.functional.adaptive_max_pool2d(x, 1)[:, :, 0, 0]


WINDOWED = {
    "max": (max_pool2d_forward, max_pool2d_backward, torch.nn.functional.max_pool2d),
    "avg": (avg_pool2d_forward, avg_pool2d_backward, torch.nn.functional.avg_pool2d),
    "sum": (sum_pool2d_forward, sum_pool2d_backward, torch_sum),
}
GLOBAL = {
    "max": (global_max_pool_forward, global_max_pool_backward, torch_global_max),
    "avg": (global_avg_pool_forward, global_avg_pool_backward, torch_global_avg),
}
each_windowed = pytest.mark.parametrize(
    ("forward", "backward", "theirs"), WINDOWED.values(), ids=WINDOWED
)
each_global = pytest.mark.parametrize(
    ("forward", "backward", "theirs"), GLOBAL.values(), ids=GLOBAL
)
SETTINGS = [  # kernel, stride, pad
    (2, None, 0),  # windows tile, and leave a row and a column
    (3, 2, 0),  # windows overlap
    ((3, 2), (2, 3), (1, 0)),
    ((4, 5), 1, (2, 1)),
    (2, 4, 1),  # gaps between windows
    (1, None, 0),
]
each_setting = pytest.mark.parametrize(("kernel", "stride", "pad"), SETTINGS)


def compare(ours, theirs, x, *, dtype):
    """Ask torch for the output and the gradient at x, and compare with our pair of passes."""
    forward, backward = ours
    out, cache = forward(x)
    dout = np.random.default_rng(1).standard_normal(out.shape).astype(dtype)
    their_x = torch.tensor(x, requires_grad=True)
    expected = theirs(their_x)
    (their_dx,) = torch.autograd.grad(expected, their_x, torch.tensor(dout))
    dx = backward(dout, cache)
    assert (out.dtype, dx.dtype) == (dtype, dtype)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    for one, other in ((out, expected.detach()), (dx, their_dx)):
        np.testing.assert_allclose(one, other.numpy(), rtol=tolerance, atol=tolerance)


def image(dtype=np.float64, values=None, N=2, H=7, W=9):
    """Return a batch without ties, or of a few whole numbers, which has many."""
    rng = np.random.default_rng(0)
    shape = (N, 3, H, W)
    drawn = rng.standard_normal(shape) if values is None else rng.integers(0, values, shape)
    return drawn.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("values", [None, 1, 3], ids=["no ties", "all ties", "ties"])
@each_setting
@each_windowed
def test_windows_are_pytorchs(forward, backward, theirs, kernel, stride, pad, values, dtype):
    """Do output and gradient agree with torch, with and without ties, in the input's type?"""
    ours = (partial(forward, kernel=kernel, stride=stride, pad=pad), backward)
    compare(ours, lambda x: theirs(x, kernel, stride, pad), image(dtype, values), dtype=dtype)


@pytest.mark.parametrize("shape", [{"N": 1}, {"H": 2, "W": 3}], ids=str)
@each_windowed
def test_small_shapes_are_pytorchs(forward, backward, theirs, shape):
    """Is one image or one window as right as many?"""
    ours = (partial(forward, kernel=(2, 3), pad=1), backward)
    compare(ours, lambda x: theirs(x, (2, 3), None, 1), image(**shape), dtype=np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("values", [None, 1, 3], ids=["no ties", "all ties", "ties"])
@pytest.mark.parametrize("shape", [{}, {"H": 1, "W": 1}, {"N": 1}], ids=str)
@each_global
def test_whole_images_are_pytorchs(forward, backward, theirs, shape, values, dtype):
    """Do the global forms agree with torch, ties included?"""
    compare((forward, backward), theirs, image(dtype, values, **shape), dtype=dtype)


@each_setting
@each_windowed
def test_gradients_are_differences(forward, backward, theirs, kernel, stride, pad):
    """Do central differences give the gradient?"""
    ours = partial(forward, kernel=kernel, stride=stride, pad=pad)
    gradcheck(ours, backward, {"x": image()}, rng=np.random.default_rng(2), directions=2)


@each_global
def test_global_gradients_are_differences(forward, backward, theirs):
    """Do central differences give the gradient over whole images too?"""
    gradcheck(forward, backward, {"x": image()}, rng=np.random.default_rng(3))


def test_the_first_of_equals_takes_the_gradient():
    """Does the upper pixel win over the left one, and does an overlapped pixel collect?"""
    x = np.array([[0.0, 5, 0], [5, 0, 0], [5, 0, 1]])[None, None]
    _, cache = max_pool2d_forward(x, 2, stride=1)
    dx = max_pool2d_backward(np.array([[[[1.0, 10], [100, 1000]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 11, 0], [100, 0, 0], [0, 0, 1000]])


@pytest.mark.parametrize("low", [-np.inf, -1e30], ids=str)
def test_padding_never_wins(low):
    """Does a pixel win over the padding, however small it is, and does the gradient stay inside?"""
    x = np.full((1, 1, 3, 3), low)
    out, cache = max_pool2d_forward(x, 3, stride=2, pad=1)
    np.testing.assert_array_equal(out, low)
    np.testing.assert_array_equal(
        max_pool2d_backward(np.ones((1, 1, 2, 2)), cache)[0, 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    )


def test_a_gradient_that_is_no_number_stays_in_its_window():
    """Does an infinite gradient leave the pixels of other windows alone?"""
    x = np.arange(8.0).reshape(1, 1, 2, 4)
    _, cache = max_pool2d_forward(x, 2)
    with np.errstate(invalid="ignore"):
        dx = max_pool2d_backward(np.array([[[[np.inf, 1.0]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0, :, 2:], [[0, 0], [0, 1]])
    assert dx[0, 0, 1, 1] == np.inf


def test_a_window_with_a_nan_gives_nan():
    """Is a NaN seen, and does it hand no gradient back?"""
    x = np.arange(8.0).reshape(1, 1, 2, 4)
    x[0, 0, 0, 0] = np.nan
    out, cache = max_pool2d_forward(x, 2)
    np.testing.assert_array_equal(out[0, 0], [[np.nan, 7]])
    dx = max_pool2d_backward(np.ones((1, 1, 1, 2)), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 0, 0, 0], [0, 0, 0, 1]])


def test_whole_numbers():
    """Do the largest and the sum of bytes stay whole, and is the mean a float?"""
    x = np.arange(4, dtype=np.int16).reshape(1, 1, 2, 2) - 9
    for forward, expected, kind in [
        (max_pool2d_forward, -6, "i"),
        (sum_pool2d_forward, -30, "i"),
        (avg_pool2d_forward, -7.5, "f"),
    ]:
        out, _ = forward(x, 2)
        assert out.dtype.kind == kind
        np.testing.assert_array_equal(out, expected)


PIXELS = st.integers(-2, 2).map(float)


@settings(deadline=None)
@given(x=arrays(np.float64, (1, 2, 5, 6), elements=PIXELS), shift=st.floats(-9, 9))
def test_each_window_hands_its_gradient_to_one_pixel(x, shift):
    """Is no gradient lost or doubled, and does a brighter image change only the largest values?"""
    out, cache = max_pool2d_forward(x, (3, 2), stride=2, pad=1)
    dx = max_pool2d_backward(np.ones_like(out), cache)
    assert dx.sum() == out.size
    brighter, _ = max_pool2d_forward(x + shift, (3, 2), stride=2, pad=1)
    np.testing.assert_allclose(brighter, out + shift, atol=1e-12)


@settings(deadline=None)
@given(
    x=arrays(np.float64, (1, 2, 5, 6), elements=PIXELS), kernel=st.integers(1, 4),
    stride=st.integers(1, 4), pad=st.integers(0, 2),
)  # fmt: skip
def test_summing_backwards_is_the_adjoint(x, kernel, stride, pad):
    """Is <pool(x), y> = <x, backward(y)>?"""
    pad = min(pad, kernel // 2)
    out, cache = sum_pool2d_forward(x, kernel, stride=stride, pad=pad)
    y = np.sin(np.arange(out.size)).reshape(out.shape)
    back = sum_pool2d_backward(y, cache)
    np.testing.assert_allclose((out * y).sum(), (x * back).sum(), rtol=1e-12, atol=1e-10)


PAIRS = {
    **{name: (partial(f, kernel=3, stride=2, pad=1), b) for name, (f, b, _) in WINDOWED.items()},
    **{f"global {name}": (f, b) for name, (f, b, _) in GLOBAL.items()},
}
each_pair = pytest.mark.parametrize(("forward", "backward"), PAIRS.values(), ids=PAIRS)


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
@each_pair
def test_inputs_may_lie_oddly_and_stay_as_they_are(forward, backward, lay):
    """Do layout and write protection not matter, and may backward be called twice?"""
    x = image(values=4)
    out, cache = forward(x)
    dout = np.random.default_rng(4).standard_normal(out.shape)
    dx = backward(dout, cache)
    odd_x, odd_dout = lay(x), lay(dout)
    odd_x.flags.writeable = odd_dout.flags.writeable = False
    odd_out, odd_cache = forward(odd_x)
    np.testing.assert_allclose(odd_out, out, rtol=1e-14)
    for _ in range(2):
        np.testing.assert_array_equal(backward(odd_dout, odd_cache), dx)
        np.testing.assert_array_equal(backward(dout, cache), dx)


X = np.ones((2, 3, 4, 5))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"kernel": 0}, "kernel must be at least 1"),
        ({"kernel": 5}, "does not fit"),
        ({"kernel": 2, "stride": 0}, "stride must be at least 1"),
        ({"kernel": 2, "pad": -1}, "pad must be at least 0"),
        ({"kernel": (4, 3), "pad": 2}, r"at most half the kernel \(4, 3\), got \(2, 2\)"),
        ({"kernel": 2.5}, "kernel must be an int or a pair"),
        ({"kernel": 2, "stride": (1, 2, 3)}, "stride must be an int or a pair"),
    ],
)  # fmt: skip
@each_windowed
def test_bad_numbers_are_refused_by_name(forward, backward, theirs, options, names):
    """Does the error name the argument?"""
    with pytest.raises(ValueError, match=names):
        forward(X, **options)


@each_pair
def test_bad_shapes_are_refused_by_name(forward, backward):
    """Does the error say which shape is asked for?"""
    with pytest.raises(ValueError, match=r"x must have shape \(N, C, H, W\)"):
        forward(X[0])
    out, cache = forward(X)
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 3"):
        backward(np.ones((*out.shape[:-1], 1 + out.shape[-1])), cache)


@each_global
def test_images_without_pixels_are_refused(forward, backward, theirs):
    """Does the error say that there is nothing to pool?"""
    with pytest.raises(ValueError, match="no pixels"):
        forward(X[:, :, :0])


@pytest.mark.parametrize("pool", [global_max_pool_forward, global_avg_pool_forward])
@pytest.mark.parametrize("shape", [(0, 3, 4, 5), (2, 0, 4, 5)])
def test_no_images_pool_to_nothing(pool, shape):
    """Does a batch without images, or images without channels, pool to as many numbers?"""
    out, _ = pool(np.zeros(shape))
    assert out.shape == shape[:2]
