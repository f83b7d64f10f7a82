"""Many small inputs of `lstm_step_backward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _steps_back(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        N, D, M = rng.integers(1, 5, 3).tolist()
        state, weights = (N, M), ((D, 4 * M), (M, 4 * M))
        yield probe(*arrays(rng, state, state, (N, D), state, state, *weights, (N, 4 * M)))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "lstm_step_backward": _steps_back
}
