"""The arithmetic of a whole network: shapes, costs and receptive fields, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from course_utils.arithmetic import (
    conv_multiply_adds,
    conv_output_shape,
    conv_parameters,
    output_size,
)
from course_utils.tables import Table


class Conv(NamedTuple):
    """A convolution layer with square filters; `stride` and `pad` are in pixels.

    With `groups` the channels and the filters are split into so many parts, and a filter sees only
    the channels of its own part, as in the two columns of AlexNet.
    """

    filters: int
    kernel: int
    stride: int = 1
    pad: int = 0
    bias: bool = True
    groups: int = 1


class Pool(NamedTuple):
    """A pooling layer with square windows, of the maximum or the mean."""

    kernel: int
    stride: int
    pad: int = 0


class Flatten(NamedTuple):
    """A volume laid out as one vector."""


class Dense(NamedTuple):
    """A fully connected layer."""

    units: int
    bias: bool = True


Layer: TypeAlias = Conv | Pool | Flatten | Dense
Shape: TypeAlias = tuple[int, ...]


class ReceptiveField(NamedTuple):
    """What one output sees of the input, along one axis, in pixels of the input.

    Output `i` sees no pixel outside `start + i * jump` ... `start + i * jump + size - 1`. A
    `start` below 0 lies in the padding. Without padding that is exact: the first and the last
    of these pixels are seen.
    """

    size: int
    jump: int
    start: int


class LayerCost(NamedTuple):
    """One row of the table: what a layer makes of one input, and what that costs.

    `shape` is that of the output, `memory` its size in bytes. `field` is None once a dense layer
    or a flattening has left no rows and columns.
    """

    layer: Layer
    shape: Shape
    parameters: int
    multiply_adds: int
    memory: int
    field: ReceptiveField | None


def layer_costs(
    layers: Sequence[Layer], x_shape: Shape, *, bytes_per_number: int = 4
) -> list[LayerCost]:
    """Follow one input through a network, and count.

    Parameters
    ----------
    layers : sequence of Conv, Pool, Flatten, Dense
        In the order in which they are applied. Layers that cost next to nothing and keep the
        shape, such as ReLU, are left out.
    x_shape : (C, H, W) or (D,)
        Shape of one input, without the batch.
    bytes_per_number : int
        4 for float32, 8 for float64.

    Returns
    -------
    list of LayerCost
        One for each layer. Multiply-adds are those of
        :func:`~course_utils.arithmetic.conv_multiply_adds`; pooling and flattening have none.

    Raises
    ------
    ValueError
        If a layer cannot take what the one before makes; the error names it by its place,
        counted from 0 as in `layers`.

    Examples
    --------
    >>> costs = layer_costs([Conv(6, 5), Pool(2, 2), Flatten(), Dense(10)], (3, 32, 32))
    >>> [row.shape for row in costs], costs[1].field
    ([(6, 28, 28), (6, 14, 14), (1176,), (10,)], ReceptiveField(size=6, jump=2, start=0))
    """
    if len(x_shape) not in (1, 3) or min(x_shape) < 1:
        raise ValueError(f"x_shape must be (C, H, W) or (D,) of sizes from 1, got {x_shape}")
    if bytes_per_number < 1:
        raise ValueError(f"bytes_per_number must be at least 1, got {bytes_per_number}")
    field = ReceptiveField(size=1, jump=1, start=0) if len(x_shape) == 3 else None
    costs = []
    for place, layer in enumerate(layers):
        try:
            shape, parameters, multiply_adds = _cost(layer, x_shape)
        except ValueError as error:
            raise ValueError(f"layer {place}, {layer}: {error}") from error
        field = _widen(field, layer)
        memory = bytes_per_number * math.prod(shape)
        costs.append(LayerCost(layer, shape, parameters, multiply_adds, memory, field))
        x_shape = shape
    return costs


def cost_table(costs: Sequence[LayerCost]) -> Table:
    """Put costs into a table, with a last line of sums.

    Examples
    --------
    >>> print(cost_table(layer_costs([Conv(6, 5), Pool(2, 2)], (3, 32, 32))))
    layer  output   parameters  multiply-adds   bytes  field  jump
    Conv   6x28x28         456        352,800  18,816      5     1
    Pool   6x14x14           0              0   4,704      6     2
    sum                    456        352,800  23,520
    """
    rows: list[list[object]] = []
    for cost in costs:
        field = (cost.field.size, cost.field.jump) if cost.field else ("", "")
        shape = "x".join(map(str, cost.shape))
        numbers = cost.parameters, cost.multiply_adds, cost.memory
        rows.append([type(cost.layer).__name__, shape, *numbers, *field])
    sums = (
        sum(column)
        for column in (
            [cost.parameters for cost in costs],
            [cost.multiply_adds for cost in costs],
            [cost.memory for cost in costs],
        )
    )
    rows.append(["sum", "", *sums, "", ""])
    headings = ["layer", "output", "parameters", "multiply-adds", "bytes", "field", "jump"]
    return Table(headings, rows)


def _cost(layer: Layer, x_shape: Shape) -> tuple[Shape, int, int]:
    """Return the shape of the output, the parameters and the multiply-adds of one layer."""
    match layer:
        case Conv(filters, kernel, stride, pad, bias, groups):
            C, H, W = _volume(x_shape)
            if groups < 1 or C % groups or filters % groups:
                raise ValueError(
                    f"groups must divide the {C} channels and the {filters} filters, got {groups}"
                )
            seen = (C // groups, H, W)  # by one filter
            w_shape = (filters, C // groups, kernel, kernel)
            return (
                conv_output_shape(seen, w_shape, stride=stride, pad=pad),
                conv_parameters(w_shape, bias=bias),
                conv_multiply_adds(seen, w_shape, stride=stride, pad=pad),
            )
        case Pool(kernel, stride, pad):
            C, H, W = _volume(x_shape)
            if pad >= kernel > 0:
                raise ValueError(f"pad must be below the kernel ({kernel}), got {pad}")
            HO = output_size(H, kernel, stride=stride, pad=pad)
            WO = output_size(W, kernel, stride=stride, pad=pad)
            return (C, HO, WO), 0, 0
        case Flatten():
            return (math.prod(x_shape),), 0, 0
        case Dense(units, bias):
            if len(x_shape) != 1:
                raise ValueError(f"its input has shape {x_shape}; put a Flatten() before it")
            if units < 1:
                raise ValueError(f"units must be at least 1, got {units}")
            weights = units * x_shape[0]
            return (units,), weights + units * bool(bias), weights
    raise ValueError("expected Conv, Pool, Flatten or Dense")


def _volume(x_shape: Shape) -> tuple[int, int, int]:
    if len(x_shape) != 3:
        raise ValueError(f"its input has shape {x_shape}, but it needs (C, H, W)")
    C, H, W = x_shape
    return C, H, W


def _widen(field: ReceptiveField | None, layer: Layer) -> ReceptiveField | None:
    """Return the receptive field after one more layer."""
    if field is None or not isinstance(layer, Conv | Pool):
        return None
    return ReceptiveField(
        size=field.size + (layer.kernel - 1) * field.jump,
        jump=field.jump * layer.stride,
        start=field.start - layer.pad * field.jump,
    )
