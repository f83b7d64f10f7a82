"""Draw a network's first weights so that signals keep their size from layer to layer."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import nn

Scheme = Literal["he", "xavier"]


def initialize_(
    module: nn.Module, *, generator: torch.Generator, scheme: Scheme = "he"
) -> nn.Module:
    """Draw the weights of all convolutions and linear layers anew, set biases to 0; return it.

    Parameters
    ----------
    module : nn.Module
    generator : torch.Generator
        From which the weights follow.
    scheme : {"he", "xavier"}
        The variance of a weight: 2 / fan in for layers before a ReLU, or 2 / (fan in + fan out).

    Raises
    ------
    ValueError
        If the scheme is unknown.

    References
    ----------
    Equation 10 of :cite:`he2015delving`; equation 12 of :cite:`glorot2010understanding`.
    """
    if scheme not in ("he", "xavier"):
        raise ValueError(f"scheme must be 'he' or 'xavier', got {scheme!r}")
    for layer in module.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        filters, *window = layer.weight.shape  # (F, C / groups, KH, KW) or (F, D)
        fan_in = math.prod(window)
        fan_out = filters * math.prod(window[1:])
        variance = 2 / fan_in if scheme == "he" else 2 / (fan_in + fan_out)
        nn.init.normal_(layer.weight, std=math.sqrt(variance), generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return module
