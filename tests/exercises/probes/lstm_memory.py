"""Many small inputs of `cell_weights`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _gates(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        T, M = rng.integers(1, 5, 2).tolist()
        i, f = (np.abs(array) / 2 for array in arrays(rng, (T, M), (T, M)))
        for gates in (i, f):
            if gates.size and rng.random() < 0.2:
                gates.flat[rng.integers(gates.size)] = rng.choice([-0.1, 1.1, -1e-9, 1 + 1e-6])
        yield probe(i, f)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"cell_weights": _gates}
