"""Does dropout keep its promises? Every mask of a small layer is tried, with its probability."""

from itertools import product

import numpy as np
import pytest

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.dropout import (
    classic_dropout_forward,
    dropout_backward,
    inverted_dropout_forward,
)

FORMS = [inverted_dropout_forward, classic_dropout_forward]
each_form = pytest.mark.parametrize("forward", FORMS)
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
DROPS = [0.0, 0.125, 0.5, 0.75]


class Script:
    """Stands in for a generator and keeps the elements that `keep` says, at the tightest draw."""

    def __init__(self, keep, drop):
        self.keep, self.drop = np.array(keep), np.float32(drop)

    def random(self, shape, dtype):
        assert dtype == np.float32
        below = np.nextafter(self.drop, np.float32(-1))
        return np.where(self.keep, self.drop, below).reshape(shape)


def every_mask(units, drop):
    """Give each mask that has a chance, with its probability."""
    for keep in product([False, True], repeat=units):
        probability = np.prod(np.where(keep, 1 - drop, drop))
        if probability > 0:
            yield probability, Script(keep, drop)


@pytest.mark.parametrize("drop", DROPS)
@each_form
def test_training_expects_what_evaluation_gives(forward, drop):
    """Is the mean output over all masks, each by its probability, the output in evaluation?"""
    x = np.array([[1.5, -2.0, 0.25], [4.0, 0.0, -3.0]])
    expected, _ = forward(x, drop=drop, training=False, rng=None)
    mean = sum(
        probability * forward(x, drop=drop, training=True, rng=rng)[0]
        for probability, rng in every_mask(6, drop)
    )
    if forward is classic_dropout_forward:
        np.testing.assert_allclose(mean, (1 - drop) * x, rtol=1e-12)
    else:
        np.testing.assert_allclose(mean, x, rtol=1e-12)
    np.testing.assert_allclose(mean, expected, rtol=1e-12)


def test_variance_over_all_masks_grows_as_the_formula_says():
    """Is the variance of an inverted unit x^2 drop / (1 - drop)?"""
    x, drop = np.array([2.0, -3.0]), 0.25
    masks = every_mask(2, drop)
    pairs = [(p, inverted_dropout_forward(x, drop=drop, training=True, rng=r)[0]) for p, r in masks]
    variance = sum(p * (out - x) ** 2 for p, out in pairs)
    np.testing.assert_allclose(variance, x**2 * drop / (1 - drop), rtol=1e-12)


@each_type
@pytest.mark.parametrize("training", [True, False])
@each_form
def test_gradients_are_differences_under_one_mask(forward, training, dtype):
    """Does the gradient take the mask of its own forward pass, and is the type kept?"""
    x = np.random.default_rng(0).standard_normal((3, 1, 4))

    def with_one_seed(x):
        rng = np.random.default_rng(1)
        return forward(x, drop=np.float64(0.4), training=training, rng=rng)

    gradcheck(with_one_seed, dropout_backward, {"x": x}, rng=np.random.default_rng(2))
    out, cache = with_one_seed(x.astype(dtype))
    assert out.dtype == dropout_backward(out, cache).dtype == dtype


@each_form
def test_both_types_draw_the_same_mask(forward):
    """Does a seed drop the same units in single and in double precision?"""
    outs = [
        forward(np.ones(50, dtype), drop=0.5, training=True, rng=np.random.default_rng(3))[0]
        for dtype in (np.float32, np.float64)
    ]
    np.testing.assert_array_equal(*outs)


@pytest.mark.parametrize("drop", [0.1, 0.8])
@each_form
def test_drop_is_the_share_that_is_dropped(forward, drop):
    """Is about a part `drop` of many units 0, and what do the others become?"""
    rng = np.random.default_rng(4)
    out, _ = forward(np.ones(100_000), drop=drop, training=True, rng=rng)
    assert abs(np.mean(out == 0) - drop) < 6 * np.sqrt(drop * (1 - drop) / out.size)
    kept = 1.0 if forward is classic_dropout_forward else 1 / (1 - drop)
    np.testing.assert_allclose(out[out != 0], kept, rtol=1e-15)


@each_form
def test_layout_write_protection_and_repetition_do_not_matter(forward):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    x, dout = np.random.default_rng(5).standard_normal((2, 3, 4))
    out, cache = forward(x, drop=0.5, training=True, rng=np.random.default_rng(6))
    dx = dropout_backward(dout, cache)
    for lay in (np.asfortranarray, strided):
        odd_x, odd_dout = lay(x), lay(dout)
        odd_x.flags.writeable = odd_dout.flags.writeable = False
        odd, cache = forward(odd_x, drop=0.5, training=True, rng=np.random.default_rng(6))
        np.testing.assert_array_equal(odd, out)
        for _ in range(2):
            np.testing.assert_array_equal(dropout_backward(odd_dout, cache), dx)


@each_form
def test_evaluation_copies_and_draws_nothing(forward):
    """May the caller write into the output, and is the generator left alone?"""
    x, rng = np.ones(3), np.random.default_rng(7)
    forward(x, drop=0.5, training=False, rng=rng)[0][:] = 7
    np.testing.assert_array_equal(x, 1)
    assert rng.random() == np.random.default_rng(7).random()


@pytest.mark.parametrize("drop", [-0.1, 1.0, 1.5, np.nan])
@pytest.mark.parametrize("training", [True, False])
@each_form
def test_a_probability_out_of_range_is_refused(forward, training, drop):
    """Does the error name `drop` and say what it is the probability of?"""
    with pytest.raises(ValueError, match=r"drop, the probability to be dropped, .*\[0, 1\)"):
        forward(np.ones(2), drop=drop, training=training, rng=np.random.default_rng(8))
