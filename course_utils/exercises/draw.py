"""What cases of gated cells are drawn from: short decimals, gates, values of a tanh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Inputs, case

# The passes are written by hand: what differentiates by itself, or has them ready, is no answer.
HANDMADE = ("torch", "scipy", "jax")

# What the axes mean of the results of one step, and of the gradients on the way back through it.
STEP = {
    "h_next": ("sequence", "unit"),
    "c_next": ("sequence", "unit"),
    "gates": ("sequence", "gate: i f g o"),
}
STEP_BACK = {
    "dx": ("sequence", "feature"),
    "dh_prev": ("sequence", "unit"),
    "dc_prev": ("sequence", "unit"),
    "dwx": ("feature", "gate: i f g o"),
    "dwh": ("unit", "gate: i f g o"),
    "db": ("gate: i f g o",),
}


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


def with_thousands(b: np.ndarray, gates: int) -> np.ndarray:
    """Return biases in which two units of each gate have 1000 and -1000, in turn."""
    b = b.copy()
    b.reshape(gates, -1)[:, :2] = 1000 * np.resize([[1, -1], [-1, 1]], (gates, 2))
    return b


def small(
    drawn: Callable[..., tuple[Any, ...]], sizes: int
) -> Callable[[np.random.Generator], Iterator[Inputs]]:
    """Return wild inputs: what a function draws in so many sizes, of which each is 1 to 4."""

    def wild(rng: np.random.Generator) -> Iterator[Inputs]:
        while True:
            yield case("wild", *drawn(rng, *rng.integers(1, 5, sizes)))

    return wild
