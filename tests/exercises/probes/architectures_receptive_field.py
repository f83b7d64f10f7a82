"""Many small stacks of layers, about half of them to be refused, for `receptive_field`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.architectures_volumes import layer
from tests.exercises.probes.probe import probe


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        yield probe([layer(rng) for _ in range(rng.integers(0, 10))])


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"receptive_field": _probes}
