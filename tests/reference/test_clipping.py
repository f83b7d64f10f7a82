"""Are gradients clipped as the formula says, and what does PyTorch do differently?"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.reference.clipping import clip_by_norm, clip_by_value

SHAPES = {"w": (2, 3), "u": (4, 1, 5), "b": ()}


def draw(dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(0)
    return {
        name: np.asarray(scale * rng.standard_normal(shape), dtype)
        for name, shape in SHAPES.items()
    }


def as_tensors(gradients):
    tensors = [torch.zeros(g.shape, dtype=torch.float64) for g in gradients.values()]
    for t, g in zip(tensors, gradients.values(), strict=True):
        t.grad = torch.tensor(g)
    return tensors


def norm_of(gradients):
    return math.sqrt(sum(float(np.sum(np.square(g))) for g in gradients.values()))


@given(limit=st.floats(1e-3, 1e3), scale=st.floats(1e-3, 1e3))
def test_the_norm_afterwards_is_the_smaller_of_both(limit, scale):
    """Is the new norm min(limit, norm), and the direction the old one?"""
    gradients = draw(scale=scale)
    clipped, norm = clip_by_norm(gradients, limit)
    assert norm == pytest.approx(norm_of(gradients), rel=1e-12)
    assert norm_of(clipped) == pytest.approx(min(limit, norm), rel=1e-12)
    for name, g in gradients.items():
        np.testing.assert_allclose(clipped[name] * norm, g * min(norm, limit), rtol=1e-12)


@pytest.mark.parametrize("limit", [0.01, 1.0, 3.0, 100.0])
def test_pytorch_divides_by_a_little_more(limit):
    """Is PyTorch's answer ours but for the 1e-6 that it adds to the norm?"""
    gradients = draw()
    clipped, norm = clip_by_norm(gradients, limit)
    tensors = as_tensors(gradients)
    theirs = torch.nn.utils.clip_grad_norm_(tensors, limit)
    assert norm == pytest.approx(float(theirs), rel=1e-12)
    ratio = norm / (norm + 1e-6) if norm > limit else 1.0
    for t, g in zip(tensors, clipped.values(), strict=True):
        np.testing.assert_allclose(t.grad.numpy(), ratio * g, rtol=1e-12)


def test_the_difference_from_pytorch_shows_for_tiny_gradients():
    """Does PyTorch make a gradient of norm 1e-6 twice too short, where ours has the limit?"""
    gradients = {"x": np.array([1e-6])}
    tensors = as_tensors(gradients)
    torch.nn.utils.clip_grad_norm_(tensors, 1e-7)
    clipped, _ = clip_by_norm(gradients, 1e-7)
    np.testing.assert_allclose(clipped["x"], 1e-7, rtol=1e-12)
    np.testing.assert_allclose(tensors[0].grad.numpy(), 0.5e-7, rtol=1e-12)


def test_the_squared_norm_is_not_the_norm():
    """Who divides by the sum of squares, as one reads: do they cut 10 to 0.5 instead of 5?"""
    g = np.array([6.0, 8.0])
    clipped, norm = clip_by_norm({"x": g}, 5.0)
    assert norm == 10.0
    assert norm_of(clipped) == pytest.approx(5.0, rel=1e-12)
    assert norm_of({"x": g * 5.0 / np.sum(g * g)}) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("limit", [0.3, 1.0, 5.0])
def test_clip_by_value_is_pytorchs(limit):
    """Is every entry cut as PyTorch cuts it?"""
    gradients = draw()
    tensors = as_tensors(gradients)
    torch.nn.utils.clip_grad_value_(tensors, limit)
    for t, g in zip(tensors, clip_by_value(gradients, limit).values(), strict=True):
        np.testing.assert_array_equal(t.grad.numpy(), g)


@pytest.mark.parametrize("gradients", [{}, {"x": np.zeros(3)}, {"x": np.zeros((0, 2))}])
def test_nothing_to_clip(gradients):
    """Do gradients of zeros, or none at all, stay as they are, with norm 0?"""
    clipped, norm = clip_by_norm(gradients, 1.0)
    assert norm == 0.0
    assert clipped.keys() == gradients.keys() == clip_by_value(gradients, 1.0).keys()
    for name, g in gradients.items():
        np.testing.assert_array_equal(clipped[name], g)
        assert not np.shares_memory(clipped[name], g) or g.size == 0


def test_an_infinite_limit_measures():
    """Does an infinite limit give the norm and equal gradients?"""
    clipped, norm = clip_by_norm(draw(), math.inf)
    assert norm == pytest.approx(norm_of(draw()), rel=1e-12)
    np.testing.assert_array_equal(clipped["w"], draw()["w"])


@pytest.mark.parametrize("scale", [1e-40, 1e-25, 1e25])
def test_squares_that_leave_float32_do_no_harm(scale):
    """Is the norm right when squares would be zero or infinite in float32?"""
    gradients = {"x": np.array([3 * scale, 4 * scale], np.float32)}
    clipped, norm = clip_by_norm(gradients, 2.5 * scale)
    assert norm == pytest.approx(5 * scale, rel=1e-4)
    np.testing.assert_allclose(clipped["x"], [1.5 * scale, 2 * scale], rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("limit", [0.5, np.float64(0.5), 100.0])
def test_types_stay_and_inputs_do_not_change(limit, dtype):
    """Does float32 stay float32, are inputs left alone, and are results new arrays?"""
    gradients = {"x": np.repeat(draw(dtype)["u"], 2, axis=2)[..., ::2]}
    gradients["x"].flags.writeable = False
    before = gradients["x"].copy()
    clipped, _ = clip_by_norm(gradients, limit)
    for result in (clipped["x"], clip_by_value(gradients, limit)["x"]):
        assert result.dtype == dtype
        assert result.flags.writeable
        assert not np.shares_memory(result, gradients["x"])
    np.testing.assert_array_equal(gradients["x"], before)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_refused(clip, bad):
    """Does the error name the array whose gradient has no direction?"""
    with pytest.raises(ValueError, match="the gradient of 'b' has entries that are infinite"):
        clip({"a": np.ones(2), "b": np.array([1.0, bad])}, 1.0)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_a_limit_that_is_not_positive_is_refused(clip, limit):
    """Does the error name the limit?"""
    with pytest.raises(ValueError, match="limit must be positive"):
        clip({"a": np.ones(2)}, limit)
