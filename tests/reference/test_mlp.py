"""Is the multilayer perceptron right? PyTorch and central differences are asked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from course_utils.gradcheck import gradcheck
from course_utils.reference.mlp import hidden_values, mlp_backward, mlp_forward

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda a: torch.nn.functional.leaky_relu(a, 0.01),
}


def network(sizes, N=5, dtype=np.float64):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=pair).astype(dtype) for pair in pairwise(sizes)]
    biases = [rng.normal(size=M).astype(dtype) for M in sizes[1:]]
    return rng.normal(size=(N, sizes[0])).astype(dtype), weights, biases


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(3, 4), (3, 7, 2), (2, 5, 1, 6, 4)])
def test_all_gradients_are_pytorchs(sizes, activation):
    """Do scores, hidden values, deltas and gradients agree at each depth?"""
    x, weights, biases = network(sizes)
    dscores = np.random.default_rng(1).normal(size=(5, sizes[-1]))
    scores, cache = mlp_forward(x, weights, biases, activation=activation)
    found = mlp_backward(dscores, cache)

    leaves = [torch.tensor(array, requires_grad=True) for array in (x, *weights, *biases)]
    L = len(weights)
    h, sums, values = leaves[0], [], []
    for layer in range(L):
        sums.append(h @ leaves[1 + layer] + leaves[1 + L + layer])
        h = ACTIVATIONS[activation](sums[-1])
        values.append(h)
    asked = torch.autograd.grad(sums[-1], [*leaves, *sums], torch.tensor(dscores))
    ours = [scores, *hidden_values(cache), found.dx, *found.weights, *found.biases, *found.deltas]
    theirs = [sums[-1].detach(), *(value.detach() for value in values[:-1]), *asked]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-12, atol=1e-12)


def test_gradients_are_differences():
    """Do central differences give the gradients of input, weights and biases?"""
    x, weights, biases = network((3, 5, 4, 2))
    names = [f"w{layer}" for layer in (1, 2, 3)] + [f"b{layer}" for layer in (1, 2, 3)]

    def forward(x, *arrays):
        return mlp_forward(x, arrays[:3], arrays[3:], activation="tanh")

    def backward(dscores, cache):
        found = mlp_backward(dscores, cache)
        return found.dx, *found.weights, *found.biases

    inputs = {"x": x} | dict(zip(names, [*weights, *biases], strict=True))
    gradcheck(forward, backward, inputs, rng=np.random.default_rng(2))


def test_float32_stays():
    """Are all results in the precision of the inputs?"""
    x, weights, biases = network((3, 4, 2), dtype=np.float32)
    scores, cache = mlp_forward(x, weights, biases)
    found = mlp_backward(scores, cache)
    arrays = [scores, found.dx, *found.weights, *found.biases, *found.deltas]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("weights", "biases", "activation", "words"),
    [
        ([], [], "relu", "at least one"),
        ([np.ones((2, 2))], [], "relu", "got 1 and 0"),
        ([np.ones((2, 2))], [np.ones(2)], "step", "sigmoid"),
        ([np.ones((2, 3)), np.ones((2, 3))], [np.ones(3), np.ones(3)], "relu", "share D"),
    ],
)
def test_what_does_not_fit_is_refused(weights, biases, activation, words):
    """Does the message say what is asked for?"""
    with pytest.raises(ValueError, match=words):
        mlp_forward(np.ones((1, 2)), weights, biases, activation=activation)
