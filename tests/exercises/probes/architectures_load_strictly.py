"""Small checkpoints, about half of which do not fit, for `load_strictly`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe

NAMES = ["a.weight", "a.bias", "b.weight", "b.bias"]
SHAPES = [(2,), (3,), (1,), (2, 3), (3, 2), (1, 3), (6,)]
TYPES = [np.float64, np.float64, np.float32, np.int64]


def array(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw small whole numbers, as one of three types."""
    return rng.integers(-9, 10, shape).astype(TYPES[rng.integers(len(TYPES))])


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        names = rng.permutation(NAMES)[: rng.integers(0, 5)].tolist()
        shapes = {name: SHAPES[rng.integers(len(SHAPES))] for name in names}
        own = {name: array(rng, shape) for name, shape in shapes.items()}
        if names and rng.random() < 0.2:
            shapes[names[0]] = SHAPES[rng.integers(len(SHAPES))]
        if rng.random() < 0.2:
            shapes[str(rng.choice(NAMES))] = (2,)
        if shapes and rng.random() < 0.2:
            del shapes[str(rng.choice(list(shapes)))]
        order = rng.permutation(list(shapes)).tolist()
        yield probe(own, {name: array(rng, shapes[name]) for name in order})


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"load_strictly": _probes}
