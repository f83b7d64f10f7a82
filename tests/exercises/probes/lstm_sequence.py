"""Many short sequences for `lstm_forward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _sequences(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        T, N, D, M = rng.integers(1, 5, 4).tolist()
        shapes = (T, N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,)
        yield probe(*arrays(rng, *shapes))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"lstm_forward": _sequences}
