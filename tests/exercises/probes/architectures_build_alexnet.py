"""Networks of a few widths, some with images that do not fit, for `build_alexnet`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for divisor in (1, 2, 4, 8, 16):
        classes, N = rng.integers(1, [20, 4]).tolist()
        yield probe(classes, divisor, x_shape=(N, 3, 227, 227))
    for seed in range(4):
        classes, N = rng.integers(1, [20, 4]).tolist()
        yield probe(classes, 16, x_shape=(N, 3, 227, 227), seed=seed)
    for x_shape in ((1, 1, 227, 227), (1, 3, 224, 190), (1, 3, 9, 9), (1, 3, 290, 290)):
        yield probe(5, 16, x_shape=x_shape, seed=1)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"build_alexnet": _probes}
