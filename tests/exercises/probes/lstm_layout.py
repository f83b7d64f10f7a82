"""Many small sets of weights, in all orders of the gates and some strange ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.lstm_spoil import arrays
from tests.exercises.probes.probe import probe

ORDERS = ["".join(letters) for letters in itertools.permutations("ifgo")]
STRANGE = ["", "ifg", "ifgg", "ifgoo", "IFGO", "ifco", "i"]


def _weights(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(2000):
        D, M = rng.integers(1, 5, 2).tolist()
        order = str(rng.choice(ORDERS if rng.random() < 0.8 else STRANGE))
        yield probe(*arrays(rng, (D, 4 * M), (M, 4 * M), (4 * M,)), order=order)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"gates_to_torch": _weights}
