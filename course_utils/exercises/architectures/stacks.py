"""Stacks of layers as the exercises write them, in plain tuples, counted by `layer_arithmetic`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_utils.layer_arithmetic import (
    Conv,
    Dense,
    Flatten,
    Layer,
    LayerCost,
    Pool,
    Shape,
    layer_costs,
)


def costs(
    x_shape: Shape, layers: Sequence[tuple[Any, ...]], *, bias: bool = True
) -> list[LayerCost]:
    """Count a stack, one row for each tuple.

    Parameters
    ----------
    x_shape : (C, H, W)
    layers : sequence of tuple
        ``("conv", F, K, stride, pad, groups)``, ``("pool", K, stride)`` or ``("fc", units)``.
    bias : bool
        Whether filters and units have a bias each.

    Raises
    ------
    ValueError
        If a layer is of another kind, or does not fit.
    """
    read: list[Layer] = []
    for kind, *numbers in layers:
        if kind == "conv":
            F, K, stride, pad, groups = numbers
            read.append(Conv(F, K, stride, pad, bias, groups))
        elif kind == "pool":
            read.append(Pool(*numbers))
        elif kind == "fc":
            (units,) = numbers
            read += [Flatten(), Dense(units, bias)]
        else:
            raise ValueError(f"expected 'conv', 'pool' or 'fc', got {kind!r}")
    return [row for row in layer_costs(read, x_shape) if not isinstance(row.layer, Flatten)]
