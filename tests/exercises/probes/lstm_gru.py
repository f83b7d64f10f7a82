"""Many small inputs of `gru_step_forward`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe


def _steps(rng: np.random.Generator) -> Iterator[Case]:
    updates = ["keeps", "replaces"] * 5 + ["keep", "after"]
    resets = ["after", "before"] * 5 + ["", "keeps"]
    for _ in range(2000):
        N, D, M = rng.integers(1, 5, 3).tolist()
        weights = (D, 3 * M), (M, 3 * M), (3 * M,), (3 * M,)
        options = {"update": str(rng.choice(updates)), "reset": str(rng.choice(resets))}
        yield probe(*arrays(rng, (N, D), (N, M), *weights), **options)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"gru_step_forward": _steps}
