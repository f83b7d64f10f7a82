"""Blocks of few filters and volumes of few pixels, for `build_inception`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for seed in range(200):
        C, N, H, W = rng.integers(1, [5, 4, 8, 8]).tolist()
        # All differ, so that each parameter is known by its shape; some volumes do not fit.
        filters = (rng.permutation(8)[:6] + 1).tolist()
        channels = C + int(rng.random() < 0.1)
        yield probe(C, *filters, x_shape=(N, channels, H, W), seed=seed)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"build_inception": _probes}
