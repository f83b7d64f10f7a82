"""What cases are drawn from: decimals, arrays that tell, values of gates, stacks of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from course_utils.data.digits import load_digits_split
from course_utils.exercises.exercise import Exercise, Inputs, case

# The passes are written by hand: what differentiates by itself, or has them ready, is no answer.
HANDMADE = ("torch", "scipy", "jax")

# What the axes mean of the results of one step, and of the gradients on the way back through it.
STEP = {
    "h_next": ("sequence", "unit"),
    "c_next": ("sequence", "unit"),
    "gates": ("sequence", "gate: i f g o"),
}
STEP_BACK = {
    "dx": ("sequence", "feature"),
    "dh_prev": ("sequence", "unit"),
    "dc_prev": ("sequence", "unit"),
    "dwx": ("feature", "gate: i f g o"),
    "dwh": ("unit", "gate: i f g o"),
    "db": ("gate: i f g o",),
}


def decimals(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers with one decimal, from -2 to 2 without 0."""
    return rng.integers(1, 21, shape) * rng.choice([-1, 1], shape) / 10


def differing(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw such numbers so that no two are the same, forty at most.

    Where rows are few and short, two that are the same would hide that they were exchanged.
    """
    numbers = np.concatenate([np.arange(-20, 0), np.arange(1, 21)])
    return rng.choice(numbers, shape, replace=False) / 10


def gate_values(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw what a sigmoid might return: numbers with two decimals, from 0.05 to 0.95."""
    return rng.integers(5, 96, shape) / 100


def squashed_values(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw what a tanh might return: from -0.95 to 0.95, without what is near 0."""
    return gate_values(rng, *shape) * rng.choice([-1, 1], shape)


def with_thousands(b: np.ndarray, gates: int) -> np.ndarray:
    """Return biases in which two units of each gate have 1000 and -1000, in turn."""
    b = b.copy()
    b.reshape(gates, -1)[:, :2] = 1000 * np.resize([[1, -1], [-1, 1]], (gates, 2))
    return b


def small(
    drawn: Callable[..., tuple[Any, ...]], sizes: int
) -> Callable[[np.random.Generator], Iterator[Inputs]]:
    """Return wild inputs: what a function draws in so many sizes, of which each is 1 to 4."""

    def wild(rng: np.random.Generator) -> Iterator[Inputs]:
        while True:
            yield case("wild", *drawn(rng, *rng.integers(1, 5, sizes)))

    return wild


def showing(exercise: Exercise, names: str, draw: Callable[[], Inputs]) -> Inputs:
    """Draw the inputs of a case until these mistakes show on them, with blanks between names.

    Raises
    ------
    RuntimeError
        If some mistake shows on none of many draws.
    """
    left: set[str] = set()
    for _ in range(3000):
        inputs = draw()
        shown = exercise.cases_of([inputs]).cases[0].mistakes
        left = {name for name in names.split() if name not in shown}
        if not left:
            return inputs
    raise RuntimeError(f"{exercise.name}: {', '.join(sorted(left))} does not show on {inputs}")


# Kernels that slide.

# What slides a kernel by itself: no answer to an exercise that asks to write the sliding.
SLIDES = (
    "numpy.convolve", "numpy.correlate", "scipy.signal", "scipy.ndimage",
    "torch.nn.functional", "torch.conv1d", "torch.conv2d",
)  # fmt: skip


def size_for(
    kernel: int, windows: int, *, stride: int = 1, left: int = 0, pad: int = 0, dilation: int = 1
) -> int:
    """Return the size at which a kernel takes `windows` positions and leaves `left` pixels over."""
    return dilation * (kernel - 1) + 1 + stride * (windows - 1) + left - 2 * pad


def arrays(
    rng: np.random.Generator,
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    *,
    pad: int = 0,
    types: tuple[str, str] = ("float64", "float64"),
) -> tuple[np.ndarray, np.ndarray]:
    """Draw an input and kernels: whole numbers from -9 to 9 without 0, or tenths of them.

    They are drawn again until every kernel makes of the first window, with `pad` zeros around the
    input, a number of its own: neither the one that the kernel would make when turned round along
    some axes, nor its last product alone.
    """
    while True:
        x, w = (rng.integers(1, 10, s) * rng.choice([-1, 1], s) for s in (x_shape, w_shape))
        sides = [(0, 0)] * (x.ndim - 2) + [(pad, pad)] * min(2, x.ndim)
        padded = np.pad(x, sides)
        if all(_tells(padded, kernel) for kernel in w.reshape(-1, *w.shape[-x.ndim :])):
            # Tenths are no sums of powers of 2, so that float32 on the way shows in the result.
            x, w = (a if "int" in t else a / 10 for a, t in zip((x, w), types, strict=True))
            return x.astype(types[0]), w.astype(types[1])


def _tells(padded: np.ndarray, kernel: np.ndarray) -> bool:
    window = padded[tuple(slice(size) for size in kernel.shape)]
    axes = [axis for axis, size in enumerate(kernel.shape) if size > 1]
    turns = [turn for count in range(len(axes) + 1) for turn in combinations(axes, count)]
    sums = [np.sum(window * np.flip(kernel, turn)) for turn in turns]
    last = window.flat[-1] * kernel.flat[-1]
    return len(set(sums)) == len(turns) and (not axes or sums[0] != last)


# Digits.


def digits(
    rng: np.random.Generator, train: int, test: int, *, size: int, brightest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw digits to learn from and others to label: images, labels, images, labels.

    Each lies somewhere on a canvas of `size` pixels a side, in a light of its own: up to
    `brightest` is added to all its pixels.
    """
    known = load_digits_split()
    images = np.concatenate([known.x_train, known.x_test])[:, 0]
    labels = np.concatenate([known.y_train, known.y_test])
    chosen = rng.permutation(len(images))[: train + test]
    x = np.zeros((train + test, size, size), np.int64)
    for canvas, image in zip(x, images[chosen], strict=True):
        top, left = rng.integers(0, size - 7, 2)
        canvas[top : top + 8, left : left + 8] = np.rint(16 * image)
    x += rng.integers(0, brightest + 1, (len(x), 1, 1))
    y = labels[chosen]
    return x[:train], y[:train], x[train:], y[train:]


# Stacks of layers.

Stack = list[tuple[Any, ...]]

# What the probe of a network returns.
NETWORK = ("the output", "the parameters' shapes", "the random draws")
SCORES = {"the output": ("image", "class")}
VOLUMES = {"the output": ("image", "channel", "row", "column")}

# As in the paper, in two columns that see each other in the third convolution alone. The paper's
# 224 pixels do not come out even; 227 do.
ALEXNET: Stack = [
    ("conv", 96, 11, 4, 0, 1), ("pool", 3, 2),
    ("conv", 256, 5, 1, 2, 2), ("pool", 3, 2),
    ("conv", 384, 3, 1, 1, 1), ("conv", 384, 3, 1, 1, 2), ("conv", 256, 3, 1, 1, 2), ("pool", 3, 2),
    ("fc", 4096), ("fc", 4096), ("fc", 1000),
]  # fmt: skip


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
            K + stride * (size - 1) + min(over, stride - 1) - 2 * pad
            for size, over in zip(sizes, left, strict=True)
        ]
    return C, sizes[0], sizes[1]


# Residual blocks.


def residual_block(rng: np.random.Generator, N: int, D: int, M: int) -> tuple[np.ndarray, ...]:
    """Draw rows (N, D) and a block on them, of M hidden units, in which every ReLU matters.

    They are drawn again until each ReLU stops something and lets something through, far from 0 on
    both sides; a sum is above 0 whose branch is below, and a branch above 0 whose row is below. No
    scale is 1.
    """
    while True:
        drawn = _block(rng, N, D, M)
        x, w1, gamma1, beta1, w2, gamma2, beta2 = drawn
        before = _batch_norm(x @ w1, gamma1, beta1)
        branch = _batch_norm(np.maximum(before, 0) @ w2, gamma2, beta2)
        out = x + branch
        stopped = (before < 0).any() and (out < 0).any()
        through = (before > 0).any() and ((branch < 0) & (out > 0)).any()
        lowered = ((x < 0) & (branch > 0)).any()
        scaled = (gamma1 != 1).all() and (gamma2 != 1).all()
        clear = min(np.abs(before).min(), np.abs(out).min()) > 1e-3
        if stopped and through and lowered and scaled and clear:
            return drawn


def _block(rng: np.random.Generator, N: int, D: int, M: int) -> tuple[np.ndarray, ...]:
    first = decimals(rng, D, M), decimals(rng, M), decimals(rng, M)
    return decimals(rng, N, D), *first, decimals(rng, M, D), decimals(rng, D), decimals(rng, D)


def _batch_norm(a: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    result: np.ndarray = gamma * (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + 1e-5) + beta
    return result


def small_blocks(rng: np.random.Generator) -> Iterator[Inputs]:
    """Return wild inputs: blocks in which every size is 1 to 4, and rows at least 2."""
    while True:
        N, D, M = rng.integers(1, 5, 3)
        yield case("wild", *_block(rng, N + 1, D, M))


def small_blocks_back(rng: np.random.Generator) -> Iterator[Inputs]:
    """Return wild inputs for the way back through such blocks."""
    for each in small_blocks(rng):
        yield case("wild", decimals(rng, *each.args[0].shape), *each.args)
