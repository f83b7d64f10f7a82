"""Are orientation histograms right? Planes of known slope and a loop over pixels are asked."""

from __future__ import annotations

import math

import numpy as np
import pytest

from course_utils.reference.orientation_histogram import hog, image_gradients, orientation_histogram


def plane(degrees, H=5, W=7):
    """Grey values that rise by 2 a pixel in one direction, counted from right to down."""
    i, j = np.mgrid[:H, :W]
    return 2 * (np.cos(np.deg2rad(degrees)) * j + np.sin(np.deg2rad(degrees)) * i)


def by_hand(image, bins):
    """Count pixel by pixel, with nothing but differences of two numbers."""
    H, W = image.shape
    counts = [0.0] * bins
    for i in range(H):
        for j in range(W):
            up, under = max(i - 1, 0), min(i + 1, H - 1)
            left, right = max(j - 1, 0), min(j + 1, W - 1)
            dy = (image[under, j] - image[up, j]) / (under - up)
            dx = (image[i, right] - image[i, left]) / (right - left)
            angle = math.degrees(math.atan2(dy, dx)) % 180
            counts[int(angle * bins // 180) % bins] += math.hypot(dx, dy)
    return counts


@pytest.mark.parametrize(("degrees", "bin_of"), [(10, 0), (50, 1), (100, 2), (170, 3), (190, 0)])
def test_a_plane_votes_for_one_bin(degrees, bin_of):
    """Does each pixel of a plane vote for its direction, with the slope as its weight?"""
    expected = np.zeros(4)
    expected[bin_of] = 2 * 5 * 7
    found = orientation_histogram(plane(degrees), bins=4)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("bins", [1, 8, 9])
def test_it_is_the_loop_over_pixels(bins):
    """Does a batch agree with a count pixel by pixel?"""
    images = np.random.default_rng(0).normal(size=(3, 4, 6))
    found = orientation_histogram(images, bins=bins)
    np.testing.assert_allclose(found, [by_hand(image, bins) for image in images], rtol=1e-12)


def test_a_direction_just_below_zero_has_a_bin():
    """Does an angle of -1e-20 degrees, which is 180 after the remainder, count as 0?"""
    image = np.array([[0.0, 1.0], [-1e-17, 1.0]])
    assert (np.rad2deg(np.arctan2(-1e-17, 1.0)) % 180) == 180
    np.testing.assert_allclose(orientation_histogram(image, bins=4), [4, 0, 0, 0])


@pytest.mark.parametrize(("cell", "step"), [(3, 1), (4, 2), (2, 2)])
def test_cells_are_histograms_of_windows(cell, step):
    """Does HOG list the histograms of its cells row by row, at length 1?"""
    image = np.random.default_rng(1).normal(size=(6, 8))
    down, right = image_gradients(image)
    angle = np.rad2deg(np.arctan2(down, right)) % 180
    expected = []
    for i in range(0, 6 - cell + 1, step):
        for j in range(0, 8 - cell + 1, step):
            window = np.s_[i : i + cell, j : j + cell]
            weights = np.hypot(down, right)[window]
            counts, _ = np.histogram(angle[window], bins=8, range=(0, 180), weights=weights)
            expected.extend(counts)
    found = hog(image, cell=cell, step=step)
    np.testing.assert_allclose(found, np.array(expected) / np.linalg.norm(expected))


def test_an_even_picture_stays_zero():
    """Is a picture without an edge all 0, beside one that has some?"""
    images = np.stack([np.full((4, 4), 0.7), plane(30, 4, 4)])
    found = hog(images)
    assert not found[0].any()
    assert np.linalg.norm(found[1]) == pytest.approx(1)


def test_what_does_not_fit_is_refused():
    """Are a cell that is too large, a step of 0 and no bins errors?"""
    with pytest.raises(ValueError, match="a cell of 5"):
        hog(np.ones((4, 6)), cell=5)
    with pytest.raises(ValueError, match="step 0"):
        hog(np.ones((4, 6)), step=0)
    with pytest.raises(ValueError, match="bins must be at least 1"):
        orientation_histogram(np.ones((4, 6)), bins=0)
