"""What cases are drawn from: whole numbers, sizes with a chosen remainder, arrays that tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np

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
    rng: np.random.Generator, x_shape: tuple[int, ...], w_shape: tuple[int, ...], *, pad: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw an input and kernels of whole numbers from -9 to 9 without 0, as float64.

    They are drawn again until every kernel makes of the first window, with `pad` zeros around the
    input, a number of its own: neither the one that the kernel would make when turned round along
    some axes, nor its last product alone.
    """
    while True:
        x, w = _numbers(rng, x_shape), _numbers(rng, w_shape)
        sides = [(0, 0)] * (x.ndim - 2) + [(pad, pad)] * min(2, x.ndim)
        padded = np.pad(x, sides)
        if all(_tells(padded, kernel) for kernel in w.reshape(-1, *w.shape[-x.ndim :])):
            return x, w


def _numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return (rng.integers(1, 10, shape) * rng.choice([-1, 1], shape)).astype(float)


def _tells(padded: np.ndarray, kernel: np.ndarray) -> bool:
    window = padded[tuple(slice(size) for size in kernel.shape)]
    axes = [axis for axis, size in enumerate(kernel.shape) if size > 1]
    turns = [turn for count in range(len(axes) + 1) for turn in combinations(axes, count)]
    sums = [np.sum(window * np.flip(kernel, turn)) for turn in turns]
    last = window.flat[-1] * kernel.flat[-1]
    return len(set(sums)) == len(turns) and (not axes or sums[0] != last)
