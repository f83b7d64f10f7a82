"""Many short ways back for `lstm_backward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _ways_back(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        T, N, D, M = rng.integers(1, 5, 4).tolist()
        one, each = (N, M), (T, N, M)
        weights, left = ((D, 4 * M), (M, 4 * M)), (each, each, (T, N, 4 * M))
        yield probe(*arrays(rng, each, one, (T, N, D), one, one, *weights, *left))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"lstm_backward": _ways_back}
