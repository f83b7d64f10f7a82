"""Has each start the property that defines it?"""

import math
import re

import numpy as np
import pytest
import scipy.stats
import torch

from course_utils.reference.initialization import (
    RECURRENT_STARTS,
    conv_fans,
    he_normal,
    orthogonal,
    recurrent_start,
    xavier_normal,
    xavier_uniform,
)

SHAPE = (40, 30, 3, 5)
FANS = conv_fans(SHAPE)
LIKELY = 0.01  # a right sampler fails one seed in a hundred; the seed is fixed


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("shape", [(16, 3, 5, 2), (1, 1, 1, 1), (2, 7, 1, 3)])
def test_fans_are_pytorchs(shape):
    """Are both fans of a convolution those that PyTorch computes?"""
    fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert tuple(conv_fans(shape)) == fans


def test_xavier_uniform_is_even_up_to_its_bound():
    """Do a million weights look evenly drawn from -a to a (Kolmogorov-Smirnov)?"""
    w = xavier_uniform(SHAPE, fan_in=FANS.fan_in, fan_out=FANS.fan_out, rng=rng())
    bound = math.sqrt(6 / (450 + 600))
    assert w.shape == SHAPE
    assert 0.999 * bound < np.abs(w).max() < bound
    even = scipy.stats.uniform(-bound, 2 * bound)
    assert scipy.stats.kstest(w.ravel(), even.cdf).pvalue > LIKELY


def assert_normal(w, variance):
    """Compare with a normal distribution, and the mean square by a chi-square bound."""
    assert scipy.stats.kstest(w.ravel(), scipy.stats.norm(0, math.sqrt(variance)).cdf).pvalue > (
        LIKELY
    )
    low, high = scipy.stats.chi2(w.size).interval(1 - LIKELY)
    assert low < np.sum(w**2) / variance < high


def test_xavier_normal_has_its_variance():
    """Is the variance 2 / (fan_in + fan_out)?"""
    w = xavier_normal(SHAPE, fan_in=FANS.fan_in, fan_out=FANS.fan_out, rng=rng())
    assert w.shape == SHAPE
    assert_normal(w, 2 / (450 + 600))


def test_he_has_its_variance():
    """Is the variance 2 / fan_in?"""
    w = he_normal(SHAPE, fan_in=FANS.fan_in, rng=rng())
    assert w.shape == SHAPE
    assert_normal(w, 2 / 450)


def test_xavier_uniform_has_the_variance_of_xavier_normal():
    """Do bound and variance belong together: a^2 / 3 = 2 / (fan_in + fan_out)?"""
    w = xavier_uniform((500, 400), fan_in=400, fan_out=500, rng=rng())
    assert np.var(w) == pytest.approx(2 / 900, rel=0.01)


def test_he_keeps_the_mean_square_through_twenty_relu_layers():
    """Is a signal as large after 20 layers as before, where Xavier loses half at each?"""
    generator = rng()
    kept = lost = generator.standard_normal((50, 400))
    for _ in range(20):
        he = he_normal((400, 400), fan_in=400, rng=generator)
        xavier = xavier_normal((400, 400), fan_in=400, fan_out=400, rng=generator)
        kept, lost = np.maximum(kept @ he, 0), np.maximum(lost @ xavier, 0)
    assert 0.5 < np.mean(kept**2) < 2
    assert 2**-21 < np.mean(lost**2) < 2**-19


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (5, 5), (7, 3), (3, 7), (1, 4)])
def test_orthogonal_is_orthogonal(rows, columns):
    """Are the columns orthonormal, or the rows if they are fewer?"""
    w = orthogonal(rows, columns, rng=rng())
    assert w.shape == (rows, columns)
    gram = w.T @ w if rows >= columns else w @ w.T
    np.testing.assert_allclose(gram, np.eye(min(rows, columns)), atol=1e-13)


def test_orthogonal_is_drawn_evenly():
    """Is each entry of a 3 x 3 rotation even on [-1, 1] (Archimedes), with both determinants?"""
    generator = rng()
    matrices = np.stack([orthogonal(3, 3, rng=generator) for _ in range(2000)])
    even = scipy.stats.uniform(-1, 2)
    for i in range(3):
        for j in range(3):
            assert scipy.stats.kstest(matrices[:, i, j], even.cdf).pvalue > LIKELY / 9
    traces = np.trace(matrices, axis1=1, axis2=2)
    assert abs(traces.mean()) < 3 / math.sqrt(2000)  # of variance 1 for the Haar measure
    assert 0.9 < traces.var() < 1.1
    assert abs(np.linalg.det(matrices).mean()) < 3 / math.sqrt(2000)


def start(name, M=60):
    return recurrent_start(name, M, rng=rng()).w


def test_srnn_is_pytorchs_default():
    """Is the plain start even up to 1/sqrt(M), which is PyTorch's bound?"""
    w = start("sRNN")
    bound = 1 / math.sqrt(60)
    even = scipy.stats.uniform(-bound, 2 * bound)
    assert scipy.stats.kstest(w.ravel(), even.cdf).pvalue > LIKELY
    theirs = torch.nn.RNN(4, 60).weight_hh_l0.detach().numpy()
    assert np.abs(theirs).max() <= bound
    assert 0.99 * bound < np.abs(theirs).max()
    assert np.abs(w).max() <= bound


def test_irnn_keeps_and_its_small_form_forgets():
    """Are the two the identity and 0.01 of it?"""
    np.testing.assert_array_equal(start("IRNN"), np.identity(60))
    np.testing.assert_array_equal(start("iRNN"), np.identity(60) / 100)


def test_nrnn_has_spectral_radius_one():
    """Is the largest modulus 1, and is that of all eigenvalues but one or a pair below 1?"""
    w = start("nRNN")
    moduli = np.sort(np.abs(np.linalg.eigvals(w)))
    assert moduli[-1] == pytest.approx(1, abs=1e-12)
    assert moduli[-3] < 1 - 1e-6
    entries = w.ravel() / w.std()
    assert scipy.stats.kstest(entries, scipy.stats.norm.cdf).pvalue > LIKELY


@pytest.mark.parametrize("name", ["np-RNN", "np-tanhRNN"])
def test_np_rnn_is_positive_definite_with_largest_eigenvalue_one(name):
    """Is it symmetric, with eigenvalues between 0 and 1, of which one only is 1?"""
    w = start(name)
    np.testing.assert_allclose(w, w.T, atol=1e-15)
    eigenvalues = np.linalg.eigvalsh(w)
    assert eigenvalues[0] > 0.15  # (1 + 0) / (1 + 4) for large M (Marchenko and Pastur)
    assert eigenvalues[0] == pytest.approx(1 / 5, rel=0.1)
    assert eigenvalues[-1] == pytest.approx(1, abs=1e-12)
    assert eigenvalues[-2] < 1 - 1e-6


def test_ornn_keeps_lengths():
    """Is a vector as long after 100 steps as before?"""
    h = rng().standard_normal(60)
    after = np.linalg.matrix_power(start("oRNN"), 100) @ h
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(h), rel=1e-12)


def test_grnn_is_normal_with_variance_one_over_m():
    """Is the variance 1/M, and so the spectral radius near 1, but the largest stretch near 2?"""
    w = start("gRNN", 300)
    assert_normal(w, 1 / 300)
    assert np.abs(np.linalg.eigvals(w)).max() == pytest.approx(1, rel=0.1)
    assert np.linalg.norm(w, 2) == pytest.approx(2, rel=0.1)


def test_the_table_has_every_start():
    """Are the names those of the table in the docstring, in its order?"""
    table = recurrent_start.__doc__.split("==\n")[1]
    assert tuple(re.findall(r"^ *(\S*RNN) ", table, re.MULTILINE)) == RECURRENT_STARTS


@pytest.mark.parametrize("name", RECURRENT_STARTS)
def test_the_nonlinearity_is_that_of_the_table(name):
    """Does tanh go with np-tanhRNN only, whose matrix is that of np-RNN?"""
    expected = "tanh" if name == "np-tanhRNN" else "relu"
    assert recurrent_start(name, 3, rng=rng()).nonlinearity == expected
    np.testing.assert_array_equal(start("np-RNN"), start("np-tanhRNN"))


@pytest.mark.parametrize("M", [1, 2, 5])
@pytest.mark.parametrize("name", RECURRENT_STARTS)
def test_small_networks_have_a_start(name, M):
    """Is there a finite square matrix even for one unit, the same for the same seed?"""
    w = recurrent_start(name, M, rng=rng(3)).w
    assert w.shape == (M, M)
    assert np.isfinite(w).all()
    np.testing.assert_array_equal(w, recurrent_start(name, M, rng=rng(3)).w)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_what_was_asked_for(dtype):
    """Are weights of the type asked for, in every start?"""
    for name in RECURRENT_STARTS:
        assert recurrent_start(name, 4, rng=rng(), dtype=dtype).w.dtype == dtype
    assert xavier_uniform((2, 3), fan_in=2, fan_out=3, rng=rng(), dtype=dtype).dtype == dtype
    assert xavier_normal((2, 3), fan_in=2, fan_out=3, rng=rng(), dtype=dtype).dtype == dtype
    assert he_normal((2, 3), fan_in=2, rng=rng(), dtype=dtype).dtype == dtype
    assert orthogonal(2, 3, rng=rng(), dtype=dtype).dtype == dtype


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: conv_fans((0, 1, 1, 1)), "F must be at least 1"),
        (lambda: conv_fans((1, 0, 1, 1)), "C must be at least 1"),
        (lambda: conv_fans((1, 1, 0, 1)), "KH must be at least 1"),
        (lambda: conv_fans((1, 1, 1, 0)), "KW must be at least 1"),
        (lambda: xavier_uniform((2,), fan_in=0, fan_out=1, rng=rng()), "fan_in must be"),
        (lambda: xavier_uniform((2,), fan_in=1, fan_out=0, rng=rng()), "fan_out must be"),
        (lambda: xavier_normal((2,), fan_in=0, fan_out=1, rng=rng()), "fan_in must be"),
        (lambda: xavier_normal((2,), fan_in=1, fan_out=0, rng=rng()), "fan_out must be"),
        (lambda: he_normal((2,), fan_in=0, rng=rng()), "fan_in must be at least 1, got 0"),
        (lambda: orthogonal(0, 3, rng=rng()), "rows must be"),
        (lambda: orthogonal(3, 0, rng=rng()), "columns must be"),
        (lambda: recurrent_start("IRNN", 0, rng=rng()), "M must be at least 1"),
        (lambda: recurrent_start("irnn", 3, rng=rng()), "unknown start 'irnn'.*IRNN, iRNN"),
    ],
)
def test_bad_input_is_refused_by_name(call, names):
    """Does the error say which argument is wrong?"""
    with pytest.raises(ValueError, match=names):
        call()
