"""Many small arrays, about half of them to be refused, for `local_response_norm`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(1500):
        axes = 4 if rng.random() < 0.9 else int(rng.integers(2, 7))
        size = int(rng.integers(0, 5)) * 2 + 1 if rng.random() < 0.6 else int(rng.integers(-5, 8))
        x = rng.integers(-30, 31, rng.integers(1, 5, axes)) / 10
        x = x.astype(rng.choice(["float64", "float32"]))
        alpha, beta, k = (rng.integers([0, -3, 1], [9, 9, 30]) / 10).tolist()
        yield probe(x, size=size, alpha=alpha, beta=beta, k=k)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "local_response_norm": _probes
}
