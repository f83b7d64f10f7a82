"""What cases are drawn from: short decimals, values of gates, stacks of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

# The passes are written by hand: what differentiates by itself, or has them ready, is no answer.
HANDMADE = ("torch", "scipy", "jax")


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers with one decimal, from -2 to 2 without 0."""
    return rng.integers(1, 21, shape) * rng.choice([-1, 1], shape) / 10


def differing(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw such numbers so that no two are the same, forty at most.

    Where rows are few and short, two that are the same would hide that they were exchanged.
    """
    numbers = np.concatenate([np.arange(-20, 0), np.arange(1, 21)])
    return rng.choice(numbers, shape, replace=False) / 10


def gate_values(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw what a sigmoid might return: numbers with two decimals, from 0.05 to 0.95."""
    return rng.integers(5, 96, shape) / 100


def squashed_values(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw what a tanh might return: from -0.95 to 0.95, without what is near 0."""
    return gate_values(rng, *shape) * rng.choice([-1, 1], shape)


# Stacks of layers.

Stack = list[tuple[Any, ...]]

# What the probe of a network returns.
NETWORK = ("the output", "the parameters' shapes", "the random draws")

# As in the paper, in two columns that see each other in the third convolution alone. The paper's
# 224 pixels do not come out even; 227 do.
ALEXNET: Stack = [
    ("conv", 96, 11, 4, 0, 1), ("pool", 3, 2),
    ("conv", 256, 5, 1, 2, 2), ("pool", 3, 2),
    ("conv", 384, 3, 1, 1, 1), ("conv", 384, 3, 1, 1, 2), ("conv", 256, 3, 1, 1, 2), ("pool", 3, 2),
    ("fc", 4096), ("fc", 4096), ("fc", 1000),
]  # fmt: skip


def image_for(
    layers: Stack, C: int, *, rows: int, columns: int, left: tuple[int, int] = (0, 0)
) -> tuple[int, int, int]:
    """Return the shape of the image of which the last volume has `rows` and `columns`.

    Each layer leaves `left` rows and columns over, or as many as its stride can leave.
    """
    sizes = [rows, columns]
    for kind, *numbers in reversed(layers):
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        sizes = [
            K + stride * (size - 1) + min(over, stride - 1) - 2 * pad
            for size, over in zip(sizes, left, strict=True)
        ]
    return C, sizes[0], sizes[1]
