"""Many small inputs of `gradient_norm_ratio`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _ways_back(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        T, N, M = rng.integers(1, 5, 3).tolist()
        dh, h, wh = arrays(rng, (N, M), (T, N, M), (M, M))
        yield probe(dh * rng.choice([0, 1, 1, 1]), h / 2, wh)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "gradient_norm_ratio": _ways_back
}
