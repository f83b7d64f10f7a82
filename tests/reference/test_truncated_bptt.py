"""Where is the gradient cut, and is it whole where it is not?"""

import itertools
import tracemalloc

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.reference.path_sum import path_terms
from course_utils.reference.rnn import rnn_backward, rnn_forward
from course_utils.reference.truncated_bptt import (
    chunked_backward,
    sliding_backward,
    stream_gradients,
)

FORMS = [chunked_backward, sliding_backward]


def arguments(T, N, D, M, *, seed=0, dtype=np.float64):
    """The arguments of `rnn_forward`."""
    rng = np.random.default_rng(seed)
    shapes = [(T, N, D), (N, M), (D, M), (M, M), (M,)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def passed(*size, seed=0, dtype=np.float64, activation="tanh"):
    """The states' gradient and the cache of a forward pass."""
    h, cache = rnn_forward(*arguments(*size, seed=seed, dtype=dtype), activation=activation)
    return np.random.default_rng(seed + 1).standard_normal(h.shape).astype(dtype), cache


def assert_gradients(got, wanted, tolerance=1e-11):
    """Are two sets of gradients equal but for rounding?"""
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("size", [(7, 3, 5, 4), (1, 3, 2, 5), (6, 1, 3, 2)])
@pytest.mark.parametrize("extra", [0, 3])
def test_a_window_over_everything_cuts_nothing(size, activation, extra):
    """Is it full back-propagation, for chunks to the last bit?"""
    dh, cache = passed(*size, activation=activation)
    full = rnn_backward(dh, cache)
    for got, wanted in zip(chunked_backward(dh, cache, window=size[0] + extra), full, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert_gradients(sliding_backward(dh, cache, window=size[0] + extra), full)


@pytest.mark.parametrize("window", [1, 2, 3, 5, 7])
def test_each_form_keeps_its_part_of_the_double_sum(window):
    """Do chunks keep the pairs of steps in one chunk, and sliding those less than p apart?"""
    dh, cache = passed(7, 3, 5, 4, seed=2)
    terms = path_terms(dh, cache)
    t, k = np.indices((7, 7))
    kept = {
        chunked_backward: t // window == k // window,
        sliding_backward: t - k < window,
    }
    for form, mask in kept.items():
        pick = mask[:, :, None]
        expected = (
            (terms.dx * pick[..., None]).sum(axis=0),
            terms.dh0[:window].sum(axis=0),  # the first p losses still see the initial state
            (terms.dwx * pick[..., None]).sum(axis=(0, 1)),
            (terms.dwh * pick[..., None]).sum(axis=(0, 1)),
            (terms.db * pick).sum(axis=(0, 1)),
        )
        assert_gradients(form(dh, cache, window=window), expected)


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_chunks_are_a_detached_state(window):
    """Is it what torch gives where the state is detached at each border?"""
    inputs = arguments(7, 3, 5, 4, seed=3)
    dh, cache = passed(7, 3, 5, 4, seed=3)
    leaves = [torch.tensor(value, requires_grad=True) for value in inputs]
    x, h, wx, wh, b = leaves
    states = []
    for t in range(7):
        h = h.detach() if t and t % window == 0 else h
        h = torch.tanh(x[t] @ wx + h @ wh + b)
        states.append(h)
    expected = torch.autograd.grad(torch.stack(states), leaves, torch.tensor(dh))
    assert_gradients(chunked_backward(dh, cache, window=window), [g.numpy() for g in expected])


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_sliding_is_a_detached_state_for_each_loss(window):
    """Is it what torch gives where each loss is run again from a detached state?"""
    x, _, *weights = arguments(7, 3, 5, 4, seed=4)
    dh, cache = passed(7, 3, 5, 4, seed=4)
    leaves = [torch.tensor(weight, requires_grad=True) for weight in weights]
    wx, wh, b = leaves
    loss = 0
    for t in range(7):
        first = max(0, t - window + 1)
        h = torch.tensor(cache.states[first])
        for x_k in torch.tensor(x[first : t + 1]):
            h = torch.tanh(x_k @ wx + h @ wh + b)
        loss = loss + (h * torch.tensor(dh[t])).sum()
    expected = [gradient.numpy() for gradient in torch.autograd.grad(loss, leaves)]
    assert_gradients(sliding_backward(dh, cache, window=window)[2:], expected)


def test_the_cut_biases_and_less_so_with_a_longer_window():
    """With weights that forget, does sliding come nearer with each step, never behind chunks?"""
    inputs = arguments(24, 4, 3, 5, seed=5)
    inputs[3] *= 0.7 / np.linalg.norm(inputs[3], 2)
    h, cache = rnn_forward(*inputs)
    dh = np.ones_like(h)
    full = rnn_backward(dh, cache)[3]
    error = {
        form: [np.linalg.norm(form(dh, cache, window=p)[3] - full) for p in (1, 2, 4, 8, 16)]
        for form in FORMS
    }
    assert np.all(np.diff(error[sliding_backward]) < 0)
    assert np.all(np.less(error[sliding_backward][1:], error[chunked_backward][1:]))


@pytest.mark.parametrize("lengths", [[7], [3, 3, 1], [1] * 7, [2, 5]])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_stream_sums_over_its_chunks(lengths, activation):
    """Are the gradients those of chunks cut at the same places, whatever their lengths?"""
    x, *rest = arguments(7, 3, 5, 4, seed=6)
    target = np.random.default_rng(7).standard_normal((7, 3, 4))
    borders = np.cumsum([0, *lengths])
    pieces = (x[start:end] for start, end in itertools.pairwise(borders))
    stream = stream_gradients(
        pieces, *rest, lambda start, h: h - target[start : start + len(h)], activation=activation
    )
    h, cache = rnn_forward(x, *rest, activation=activation)
    np.testing.assert_allclose(stream.h, h[-1], rtol=1e-12)
    terms = path_terms(h - target, cache)
    chunk = np.searchsorted(borders, np.arange(7), side="right")
    together = chunk[:, None] == chunk
    expected = [part[together].sum(axis=0) for part in (terms.dwx, terms.dwh, terms.db)]
    assert_gradients(stream[1:], expected)


def test_a_stream_of_nothing():
    """Does an empty stream give the state back and gradients of zero?"""
    _, h0, *weights = arguments(1, 3, 5, 4)
    stream = stream_gradients(iter([]), h0, *weights, lambda start, h: h)
    np.testing.assert_array_equal(stream.h, h0)
    assert not any(gradient.any() for gradient in stream[1:])


def test_the_memory_of_a_stream_does_not_grow():
    """Does a sequence sixteen times as long need less than a tenth more?"""
    _, h0, *weights = arguments(1, 8, 6, 32)
    peaks = []
    for count in (4, 4, 64):  # the first run warms up
        chunks = (np.full((10, 8, 6), 0.1) for _ in range(count))
        tracemalloc.start()
        stream_gradients(chunks, h0, *weights, lambda start, h: h)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2 * peaks[1]  # it would grow sixteenfold


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_layout_and_locks_do_not_matter(form, dtype):
    """Does the type stay, is nothing written, and is a second call the same?"""
    dh, cache = passed(7, 3, 5, 4, seed=8, dtype=dtype)
    expected = form(dh, cache, window=3)
    odd_dh = strided(dh)
    odd = cache._replace(x=strided(cache.x), states=strided(cache.states), wh=strided(cache.wh))
    for value in (*odd[:4], odd_dh):
        value.flags.writeable = False
    for _ in range(2):
        got = form(odd_dh, odd, window=3)
        assert all(gradient.dtype == dtype for gradient in got)
        assert_gradients(got, expected, 1e-3 if dtype == np.float32 else 1e-11)


def test_a_stream_keeps_single_precision():
    """Are a float32 stream's gradients float32?"""
    x, *rest = arguments(4, 3, 5, 4, dtype=np.float32)
    assert {part.dtype for part in stream_gradients([x], *rest, lambda start, h: h)} == {
        np.dtype(np.float32)
    }


@pytest.mark.parametrize("form", FORMS)
def test_bad_arguments_are_named(form):
    """Is a window without steps refused, and a `dh` that would broadcast?"""
    dh, cache = passed(7, 3, 5, 4)
    with pytest.raises(ValueError, match="window must be positive, got 0"):
        form(dh, cache, window=0)
    with pytest.raises(ValueError, match=r"dh must have shape \(T, N, M\) = "):
        form(dh[:1], cache, window=3)
    x, *rest = arguments(4, 3, 5, 4)
    with pytest.raises(ValueError, match=r"dh must have shape"):
        stream_gradients([x], *rest, lambda start, h: h[:1])


@pytest.mark.parametrize("backward", FORMS)
def test_no_steps_have_no_gradient(backward):
    """Is every gradient of a sequence without steps zero, and in the shape of its argument?"""
    dh, cache = passed(0, 3, 5, 4)
    shapes = [a.shape for a in arguments(0, 3, 5, 4)]
    got = backward(dh, cache, window=2)
    assert [d.shape for d in got] == shapes
    assert not any(d.any() for d in got)
