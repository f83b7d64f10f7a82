"""Follow images up through a residual network, and the gradient down."""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from course_utils.models.resnet import ResNet


class ThroughDepth(NamedTuple):
    """What is measured behind the stem, and behind each block: lists of equal length."""

    signal: list[float]  # the root of the mean square of all numbers
    gradient: list[float]  # the norm of the gradient of the loss with respect to these numbers
    noise: list[float]  # see `through_depth`


def through_depth(
    network: ResNet, x: Tensor, y: Tensor, *, noise: float, generator: torch.Generator
) -> ThroughDepth:
    """Send images through a network as it trains, and measure behind each block.

    The third measure asks whether the network still tells images apart. Each image is sent a
    second time, with a little noise on its pixels. At 0 both copies give the same numbers. At 1
    they are as far from each other as two different images, on average over squares.

    Parameters
    ----------
    network : ResNet
        It is left as it was, running statistics included.
    x : (N, C, H, W)
    y : (N,)
    noise : float
        The standard deviation of what is added to each pixel.
    generator : torch.Generator
        From which the noise follows.
    """
    network = copy.deepcopy(network).train()
    volumes = list(network.volumes(x))
    loss = functional.cross_entropy(network.classify(volumes[-1]), y)
    gradients = torch.autograd.grad(loss, volumes)
    with torch.no_grad():
        added = noise * torch.randn(x.shape, generator=generator).to(x)
        others = network.volumes(x + added)
        apart = [_apart(one, other) for one, other in zip(volumes, others, strict=True)]
        signal = [volume.square().mean().sqrt().item() for volume in volumes]
    return ThroughDepth(signal, [gradient.norm().item() for gradient in gradients], apart)


def _apart(volumes: Tensor, others: Tensor) -> float:
    """Return how far copies are apart, if different images (N, ...) are at a distance of 1."""
    N = len(volumes)
    copies = (volumes - others).square().sum() / N
    # Over all pairs of different images, the mean of their squared distances:
    images = 2 * (volumes - volumes.mean(dim=0)).square().sum() / (N - 1)
    return (copies / images).sqrt().item()
