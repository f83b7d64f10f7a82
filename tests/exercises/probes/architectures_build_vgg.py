"""Short configurations and small images, about half of them to be refused, for `build_vgg`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe

ENTRIES: list[int | float | str] = [1, 2, 3, 4, 5, 6, "M", "M", "M", "M"] * 4
STRANGE: list[int | float | str] = [0, -1, 1.5, "P", "m"]


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    entries = [*ENTRIES, *STRANGE]
    for seed in range(300):
        count = int(rng.integers(0, 7))
        configuration = [entries[i] for i in rng.integers(0, len(entries), count)]
        C, H, W, hidden, classes, N = rng.integers(1, [4, 12, 12, 5, 5, 4]).tolist()
        yield probe(configuration, (C, H, W), hidden, classes, x_shape=(N, C, H, W), seed=seed)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"build_vgg": _probes}
