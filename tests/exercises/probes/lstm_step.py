"""Many small inputs of `lstm_step_forward`, some with gates that are wide open or shut."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _steps(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        N, D, M = rng.integers(1, 5, 3).tolist()
        states = (N, D), (N, M), (N, M)
        *rest, b = arrays(rng, *states, (D, 4 * M), (M, 4 * M), (4 * M,))
        yield probe(*rest, b * rng.choice([1, 1, 1, 1000]))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"lstm_step_forward": _steps}
