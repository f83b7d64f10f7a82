"""Arrays for the probes of recurrent cells: small ones, half of the time one of a wrong shape."""

from __future__ import annotations

import numpy as np


def arrays(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Draw an array of each shape; half of the time one has another shape."""
    changed = list(shapes)
    if rng.random() < 0.5:
        place = int(rng.integers(len(shapes)))
        changed[place] = _other(rng, shapes[place])
    return [rng.integers(-20, 21, shape) / 10 for shape in changed]


def _other(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape with another size on one axis, or with an axis more or less."""
    axis = int(rng.integers(len(shape)))
    before, size, after = shape[:axis], shape[axis], shape[axis + 1 :]
    match rng.integers(6):
        case 0:
            return *before, *after
        case 1:
            return *before, 1, size, *after
        case 2 | 3:
            return *before, 1, *after
        case 4:
            return *before, size + 1, *after
        case _:
            return *before, max(1, size - 1), *after
