"""What cases of gated cells are drawn from: short decimals, gates, values of a tanh."""

from __future__ import annotations

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
