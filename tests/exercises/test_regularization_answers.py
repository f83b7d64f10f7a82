"""The answers of the assignment on regularization, against PyTorch, SciPy and closed forms."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from course_utils.data.digits import load_digits_split
from course_utils.exercises import find
from course_utils.exercises.draw import decimals


@pytest.mark.parametrize("shape", [(2, 5, 7), (1, 9, 4), (3, 6, 6), (1, 1, 3)])
@pytest.mark.parametrize("length", [2, 3, 5, 8])
def test_each_crop_is_of_an_image_that_pytorch_resized(shape, length):
    """Is every crop a part of what `nearest-exact` makes, mirrored or not?"""
    image = np.random.default_rng(0).normal(size=shape)
    sizes = [size * length // min(shape[1:]) for size in shape[1:]]
    whole = torch.nn.functional.interpolate(
        torch.tensor(image)[None], size=sizes, mode="nearest-exact"
    )[0].numpy()
    side = min(2, length)
    rows, columns = (size - side + 1 for size in sizes)
    for top, left in np.ndindex(rows, columns):
        draws = np.array([0.5, (top + 0.5) / rows, (left + 0.5) / columns, 0.75])
        part = whole[:, top : top + side, left : left + side]
        crop = find("random_resized_crop").model
        assert_array_equal(crop(image, draws, length, length, side), part)
        draws[3] = 0.25
        assert_array_equal(crop(image, draws, length, length, side), np.flip(part, 2))


def test_the_way_back_is_that_of_pytorch():
    """Are the three gradients those that PyTorch works out by itself?"""
    rng = np.random.default_rng(1)
    x, w, b = decimals(rng, 4, 3), decimals(rng, 3, 5), decimals(rng, 5)
    mask, dout = rng.integers(0, 2, (4, 5)) / 0.8, decimals(rng, 4, 5)
    tensors = [torch.tensor(each, requires_grad=True) for each in (x, w, b)]
    out = torch.relu(tensors[0] @ tensors[1] + tensors[2]) * torch.tensor(mask)
    wanted = torch.autograd.grad(out, tensors, torch.tensor(dout))
    for mine, other in zip(
        find("dropout_backward").model(dout, x, w, b, mask), wanted, strict=True
    ):
        assert_allclose(mine, other, rtol=1e-12, atol=1e-12)


def test_where_no_relu_closes_the_mean_is_one_pass():
    """Are both the same for a layer that is linear on all masks, and apart for one that is not?"""
    rng = np.random.default_rng(2)
    x, w = decimals(rng, 3, 4), decimals(rng, 4, 2)
    for drop in (0.1, 0.5, 0.7):
        mean, one_pass = find("average_over_masks").model(x, w, np.full(2, 99.0), drop)
        assert_allclose(mean, one_pass, rtol=1e-12, atol=1e-12)
        mean, one_pass = find("average_over_masks").model(x, w, np.zeros(2), drop)
        assert (mean > one_pass + 1e-3).any()  # the ReLU bends upwards
        assert (mean > one_pass - 1e-12).all()


def test_the_first_loss_is_pytorchs():
    """Is it the cross-entropy of all images, and half the squares times the decay?"""
    counts, b = np.array([3, 0, 5, 1]), np.array([0.5, 300.0, 301.0, -2.0])
    y = torch.tensor(np.repeat(np.arange(4), counts))
    scores = torch.tensor(np.tile(b, (len(y), 1)))
    weights = {"w1": np.array([[1.0, -2.0]]), "w2": np.array([[0.5], [3.0]])}
    data, penalty = find("initial_loss").model(counts, b, weights, 0.1)
    assert_allclose(data, torch.nn.functional.cross_entropy(scores, y).item(), rtol=1e-12)
    assert_allclose(penalty, 0.05 * (1 + 4 + 0.25 + 9), rtol=1e-12)


def test_trials_are_quantiles():
    """Does each draw choose that quantile of SciPy's log-uniform and uniform distributions?"""
    draws = np.random.default_rng(3).random((6, 2))
    low, high, log = np.array([1e-5, -3.0]), np.array([0.1, 4.0]), np.array([True, False])
    trials = find("log_uniform_trials").model(draws, low, high, log)
    assert_allclose(trials[:, 0], stats.loguniform(1e-5, 0.1).ppf(draws[:, 0]), rtol=1e-12)
    assert_allclose(trials[:, 1], stats.uniform(-3, 7).ppf(draws[:, 1]), rtol=1e-12)


def test_digits_of_the_test_are_a_pixel_off():
    """Is each a digit, shifted to one of eight sides, and are all eight there?"""
    (drawn,) = find("learn_shifted_digits").inputs(np.random.default_rng(4))
    train_x, _, test_x, _ = drawn.args
    known = load_digits_split()
    images = np.rint(16 * np.concatenate([known.x_train, known.x_test])[:, 0]).astype(int)
    pixels = {image.tobytes() for image in images}
    sides = set()
    for image in train_x:
        assert image[1:-1, 1:-1].tobytes() in pixels
    for image in test_x:
        cut = {(i, j): image[i : i + 8, j : j + 8] for i, j in np.ndindex(3, 3)}
        whole = {place: part for place, part in cut.items() if part.sum() == image.sum()}
        places = [place for place, part in whole.items() if part.tobytes() in pixels]
        assert len(places) == 1
        sides |= set(places)
    assert len(sides) == 8
    assert (1, 1) not in sides


def test_who_learns_from_images_as_they_are_earns_next_to_nothing():
    """Are nearest neighbours, without shifts, at the foot of the scale?"""
    for seed in range(3):
        (drawn,) = find("learn_shifted_digits").inputs(np.random.default_rng(seed))
        train_x, train_y, test_x, _ = drawn.args
        a, b = (x.reshape(len(x), -1).astype(float) for x in (train_x, test_x))
        nearest = np.argmin(np.sum(a**2, axis=1) - 2 * b @ a.T, axis=1)
        assert np.mean(train_y[nearest] == drawn.achieves.truth) < 0.55
