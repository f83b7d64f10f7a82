"""Many small stacks of layers, about half of them to be refused, for `layer_parameters`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.architectures_volumes import stacks
from tests.exercises.probes.probe import probe


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for x_shape, layers in stacks(rng):
        yield probe(x_shape, layers, bias=bool(rng.random() < 0.6))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"layer_parameters": _probes}
