"""Many small inputs of `gru_step_backward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _steps_back(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        N, D, M = rng.integers(1, 5, 3).tolist()
        weights = (D, 3 * M), (M, 3 * M), (3 * M,)
        yield probe(*arrays(rng, (N, M), (N, D), (N, M), *weights, (N, 3 * M)))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "gru_step_backward": _steps_back
}
