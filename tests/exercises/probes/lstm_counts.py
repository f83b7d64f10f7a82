"""LSTMs of few features, units and layers, some of which cannot be, for `lstm_parameters`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe


def _sizes(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3000):
        D, M, layers = rng.integers(rng.choice([0, 1, 1, 1]), 6, 3).tolist()
        bidirectional, peepholes = (rng.integers(2, size=2) == 1).tolist()
        biases = int(rng.choice([0, 1, 2, 0, 1, 2, -1, 3]))
        yield probe(
            D, M, layers=layers, bidirectional=bidirectional, peepholes=peepholes, biases=biases
        )


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"lstm_parameters": _sizes}
