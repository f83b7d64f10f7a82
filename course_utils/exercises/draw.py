"""What cases are drawn from: sizes with a chosen remainder, arrays that tell, values of gates."""

from __future__ import annotations

from itertools import combinations

import numpy as np

# The passes are written by hand: what differentiates by itself, or has them ready, is no answer.
HANDMADE = ("torch", "scipy", "jax")


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
