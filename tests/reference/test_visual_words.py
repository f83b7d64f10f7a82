"""Are visual words right? scikit-learn, SciPy and PyTorch are asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from course_utils.reference.visual_words import bag_of_words, kmeans, nearest_word, patches


def test_patches_are_unfolded_windows():
    """Does PyTorch cut the same patches, in the same order?"""
    images = np.random.default_rng(0).normal(size=(2, 5, 7))
    columns = torch.nn.functional.unfold(torch.tensor(images)[:, None], 3)  # (N, 9, positions)
    np.testing.assert_array_equal(patches(images, 3), columns.numpy().transpose(0, 2, 1))


def test_the_nearest_word_is_scipys():
    """Is the word at the smallest distance found, and the first of equals?"""
    rng = np.random.default_rng(1)
    rows, words = rng.normal(size=(4, 50, 3)), rng.normal(size=(7, 3))
    expected = cdist(rows.reshape(-1, 3), words).argmin(axis=1).reshape(4, 50)
    np.testing.assert_array_equal(nearest_word(rows, words), expected)
    assert nearest_word(np.array([[1.0]]), np.array([[2.0], [0.0], [2.0]])) == [0]


@pytest.mark.parametrize("rounds", [1, 10])
def test_words_are_scikit_learns(rounds):
    """From the same first words, do both find the same ones?"""
    rows = np.random.default_rng(2).normal(size=(200, 4))
    first = rows[np.random.default_rng(3).choice(200, 6, replace=False)]
    theirs = KMeans(6, init=first, n_init=1, max_iter=rounds, tol=0, algorithm="lloyd")
    if rounds == 1:
        nearest = cdist(rows, first).argmin(axis=1)
        expected = np.array([rows[nearest == k].mean(axis=0) for k in range(6)])
    else:
        expected = theirs.fit(rows).cluster_centers_
    found = kmeans(rows, 6, rng=np.random.default_rng(3), rounds=rounds)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_word_without_rows_stays():
    """Does a word to which no row is nearest keep its place, without a warning?"""
    rows = np.array([[1.0], [1.0], [1.0], [5.0]])
    found = kmeans(rows, 4, rng=np.random.default_rng(0), rounds=3)
    np.testing.assert_array_equal(np.sort(found.ravel()), [1, 1, 1, 5])


def test_a_bag_counts():
    """Are shares those of a count, with the sum 1, in any order of the patches?"""
    rng = np.random.default_rng(4)
    rows, words = rng.normal(size=(3, 20, 5)), rng.normal(size=(8, 5))
    found = bag_of_words(rows, words)
    for image, shares in zip(rows, found, strict=True):
        nearest = cdist(image, words).argmin(axis=1)
        np.testing.assert_allclose(shares, np.bincount(nearest, minlength=8) / 20)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(bag_of_words(rows[:, rng.permutation(20)], words), found)


@pytest.mark.parametrize("K", [0, 4])
def test_more_words_than_rows_are_refused(K):
    """Does the message say how many there may be?"""
    with pytest.raises(ValueError, match="number of rows, 3"):
        kmeans(np.ones((3, 2)), K, rng=np.random.default_rng(0))
