"""What cases are drawn from: stacks of layers with chosen remainders, arrays of short decimals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.draw import size_for
from course_utils.exercises.exercise import Inputs, refused, whole

Stack = list[tuple[Any, ...]]

# What the probe of a network returns.
NETWORK = ("the output", "the parameters' shapes", "the random draws")

# As in the paper, in two columns that see each other in the third convolution alone. The paper's
# 224 pixels do not come out even; 227 do.
ALEXNET: Stack = [
    ("conv", 96, 11, 4, 0, 1), ("pool", 3, 2),
    ("conv", 256, 5, 1, 2, 2), ("pool", 3, 2),
    ("conv", 384, 3, 1, 1, 1), ("conv", 384, 3, 1, 1, 2), ("conv", 256, 3, 1, 1, 2), ("pool", 3, 2),
    ("fc", 4096), ("fc", 4096), ("fc", 1000),
]  # fmt: skip


def decimals(
    rng: np.random.Generator, shape: tuple[int, ...], *, largest: float = 2.0
) -> np.ndarray:
    """Draw numbers with one decimal from a quarter of `largest` to `largest`, of both signs."""
    sizes = rng.integers(int(2.5 * largest), int(10 * largest) + 1, shape)
    return sizes * rng.choice([-1, 1], shape) / 10


def image_for(
    layers: Stack, C: int, *, rows: int, columns: int, left: tuple[int, int] = (0, 0)
) -> tuple[int, int, int]:
    """Return the shape of the image of which the last volume has `rows` and `columns`.

    Each layer leaves `left` rows and columns over, or as many as its stride can leave.
    """
    sizes = [rows, columns]
    for kind, *numbers in reversed(layers):
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        sizes = [
            size_for(K, size, stride=stride, left=min(over, stride - 1), pad=pad)
            for size, over in zip(sizes, left, strict=True)
        ]
    return C, sizes[0], sizes[1]


def stacks(rng: np.random.Generator) -> Iterator[tuple[str, tuple[int, int, int], Stack]]:
    """Yield stacks that fit, each as a label, the shape of the image and the layers."""
    yield "AlexNet in two columns", (3, 227, 227), ALEXNET

    def unlike(count: int) -> list[int]:
        return [int(size) for size in rng.choice(np.arange(11, 40), count, replace=False)]

    C, K, rows = whole(rng, 2, 4), whole(rng, 4, 6), whole(rng, 2, 3)
    F, G, units, classes = unlike(4)
    lenet: Stack = [
        ("conv", F, K, 1, 0, 1),
        ("pool", 2, 2),
        ("conv", G, 3, 1, 0, 1),
        ("pool", 3, 2),
    ]
    x_shape = image_for(lenet, C, rows=rows, columns=rows + 2, left=(1, 0))
    yield "a LeNet, rows left over", x_shape, [*lenet, ("fc", units), ("fc", classes)]

    C, K, rows = whole(rng, 2, 4), whole(rng, 1, 2), whole(rng, 4, 5)
    F, G, units = unlike(3)
    vgg: Stack = [("conv", F, 3, 1, 1, 1), ("conv", G, 2 * K + 1, 1, K, 1), ("pool", 2, 2)]
    vgg += [("conv", F + G, 3, 1, 1, 1), ("pool", 2, 2)]
    x_shape = image_for(vgg, C, rows=rows, columns=rows - 2, left=(0, 1))
    yield "a VGG, columns left over", x_shape, [*vgg, ("fc", units)]

    # No height, width or kernel is a multiple of 2 or 3 where there are groups.
    F, G, J = whole(rng, 5, 8), whole(rng, 2, 3), whole(rng, 4, 6)
    layers: Stack = [("conv", 2 * F, whole(rng, 3, 4), 2, 1, 1), ("conv", 6 * G, 5, 1, 2, 2)]
    layers += [("conv", 3 * J, 7, 1, 3, 3)]
    yield "two groups, then three", image_for(layers, 3, rows=5, columns=7, left=(1, 1)), layers

    F, G = unlike(2)
    layers = [("conv", F, whole(rng, 5, 7), 3, 2, 1), ("conv", G, 4, 2, 1, 1)]
    x_shape = image_for(layers, whole(rng, 3, 5), rows=4, columns=3, left=(2, 1))
    yield "strides 3 and 2 leave both over", x_shape, layers

    layers = [("conv", whole(rng, 11, 30), whole(rng, 7, 9), 2, 2, 1)]
    x_shape = image_for(layers, whole(rng, 2, 5), rows=1, columns=whole(rng, 3, 5))
    layers += [("fc", whole(rng, 4, 9))]
    yield "a kernel as high as the padded input", x_shape, layers

    layers = [("pool", whole(rng, 3, 4), 2), ("pool", 1, 3)]
    x_shape = image_for(layers, whole(rng, 5, 9), rows=2, columns=3, left=(0, 1))
    yield "pools alone, the last with gaps", x_shape, layers

    C, H, W = whole(rng, 2, 3), whole(rng, 4, 5), whole(rng, 6, 9)
    yield "fully connected layers alone", (C, H, W), [("fc", units) for units in unlike(2)]

    layers = [("conv", 1, 1, 1, 0, 1), ("pool", 1, 1), ("fc", 1)]
    yield "one of everything on one row", (1, 1, whole(rng, 5, 9)), layers


def refused_stacks(rng: np.random.Generator) -> Iterator[Inputs]:
    """Yield cases of stacks that cannot be, each with one thing wrong."""
    C, F, H, units = 3 * whole(rng, 2, 4), 3 * whole(rng, 4, 7), whole(rng, 5, 6), whole(rng, 4, 9)
    W = H + whole(rng, 3, 5)
    x_shape = C, H, W
    keeps = ("conv", F, 3, 1, 1, 1)

    yield refused("a kernel too high", x_shape, [("conv", F, H + 3, 1, 1, 1)])
    yield refused("a kernel too wide", (C, W, H), [("conv", F, H + 3, 1, 1, 1)])
    yield refused("a pool too large for what it gets", x_shape, [keeps, ("pool", H + 1, 2)])
    yield refused("groups that do not divide the channels", (C + 1, H, W), [(*keeps[:5], 3)])
    yield refused("groups that do not divide the filters", x_shape, [("conv", F + 1, 3, 1, 1, 3)])
    yield refused("no groups", x_shape, [(*keeps[:5], 0)])
    yield refused("no filters", x_shape, [("conv", 0, 3, 1, 1, 1)])
    yield refused("a kernel of size 0", x_shape, [("conv", F, 0, 1, 1, 1)])
    yield refused("a convolution with a stride of 0", x_shape, [("conv", F, 3, 0, 1, 1)])
    yield refused("a negative padding", x_shape, [keeps, ("conv", F, 3, 1, -1, 1)])
    yield refused("a pool of size 0", x_shape, [keeps, ("pool", 0, 2)])
    yield refused("a pool with a stride of 0", x_shape, [("pool", 2, 0)])
    yield refused("a layer without units", x_shape, [keeps, ("fc", 0)])
    yield refused("a convolution after fc", x_shape, [("fc", units), ("conv", F, 1, 1, 0, 1)])
    yield refused("a pool after fc", x_shape, [keeps, ("fc", units), ("pool", 1, 1)])
    yield refused("an image without rows", (C, 0, W), [("conv", F, 3, 1, 2, 1)])
    yield refused("an image without channels", (0, H, W), [("fc", units)])
    yield refused("a kind of layer that there is not", x_shape, [keeps, ("norm", F, 3, 1, 1, 1)])
