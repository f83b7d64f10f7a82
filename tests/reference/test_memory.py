"""Is the memory of training counted right? Arrays of PyTorch and a published number are asked."""

from __future__ import annotations

import pytest
import torch

from course_utils.reference.memory import training_memory

OPTIMIZERS = {
    "plain": (0, lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (1, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "adam": (2, lambda p: torch.optim.Adam(p, lr=0.1)),
}


def size(tensors):
    return sum(tensor.nbytes for tensor in tensors)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_what_pytorch_keeps(name):
    """Are weights, gradients, state and activations as many bytes as PyTorch's arrays?"""
    state, build = OPTIMIZERS[name]
    layers = [torch.nn.Linear(5, 7), torch.nn.Linear(7, 3)]
    parameters = [p for layer in layers for p in layer.parameters()]
    optimizer = build(parameters)
    h, kept = torch.randn(4, 5), []
    for layer in layers:
        h = layer(h)
        kept.append(h)
    h.sum().backward()
    optimizer.step()
    need = training_memory(5 * 7 + 7 + 7 * 3 + 3, 7 + 3, batch=4, state=state)
    assert need.weights == size(parameters)
    assert need.gradients == size(p.grad for p in parameters)
    remembered = [
        value
        for of_one in optimizer.state.values()
        for value in of_one.values()
        if torch.is_tensor(value) and value.dim() > 0
    ]
    assert need.state == size(remembered)
    assert need.activations == size(kept)
    assert need.total == sum(need)


def test_the_numbers_that_are_quoted():
    """Are 26 M weights and 16 M activations 168 MB forwards, and 2.464 GB with Adam on 32?"""
    need = training_memory(26 * 10**6, 16 * 10**6, batch=32)
    assert need.weights + need.activations // 32 == 168 * 10**6
    assert need.total == 2_464 * 10**6
    halves = training_memory(26 * 10**6, 16 * 10**6, batch=32, number=2)
    assert halves.total == need.total // 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": -1}, "weights must be at least 0"),
        ({"state": -1}, "state must be at least 0"),
        ({"batch": 0}, "batch and number must be at least 1"),
        ({"number": 0}, "batch and number must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    """Does the message name the number?"""
    with pytest.raises(ValueError, match=words):
        training_memory(**{"weights": 1, "activations": 1, "batch": 1} | given)
