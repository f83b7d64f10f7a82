"""Many small stacks of layers, about half of them to be refused, for `layer_volumes`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe

Layer = tuple[Any, ...]

KINDS = ["conv"] * 60 + ["pool"] * 30 + ["fc"] * 9 + ["norm"]  # of the last there is none


def layer(rng: np.random.Generator) -> Layer:
    """Draw a layer of small numbers, some of them out of range."""
    kind = str(rng.choice(KINDS))
    least = int(rng.random() < 0.97)
    F, K, stride = rng.integers(least, [7, 5, 4]).tolist()
    pad, groups = int(rng.integers(least - 1, 3)), int(rng.choice([least, 1, 2, 3]))
    if rng.random() < 0.9:
        F *= groups
    whole = (F, K, stride, pad, groups)
    return (kind, *{"conv": whole, "pool": whole[1:3], "fc": whole[:1], "norm": whole}[kind])


def stacks(rng: np.random.Generator) -> Iterator[tuple[tuple[int, ...], list[Layer]]]:
    """Yield shapes of images and stacks of one to three layers."""
    for _ in range(3000):
        C, H, W = rng.integers(int(rng.random() < 0.97), [5, 14, 14]).tolist()
        count = int(rng.integers(1, 4))
        yield (int(rng.choice([C, 6, 6, 12])), H, W), [layer(rng) for _ in range(count)]


def _probes(rng: np.random.Generator) -> Iterator[Case]:
    for x_shape, layers in stacks(rng):
        yield probe(x_shape, layers)


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {"layer_volumes": _probes}
