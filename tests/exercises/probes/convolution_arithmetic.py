"""Many small inputs of the exercises on convolution arithmetic, half of them to be refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from course_utils.checks.cases import Case
from tests.exercises.probes.probe import probe


def _sizes(rng: np.random.Generator) -> Iterator[Case]:
    ranges = range(-1, 6), range(-1, 5), range(-1, 4), range(-1, 4), range(-1, 4)
    for size, kernel, stride, pad, dilation in itertools.product(*ranges):
        yield probe(size, kernel, stride=stride, pad=pad, dilation=dilation)


def _kernels(rng: np.random.Generator) -> Iterator[Case]:
    for kernel, dilation in itertools.product(range(-6, 20), range(-5, 9)):
        yield probe(kernel, dilation=dilation)


def _borders(rng: np.random.Generator) -> Iterator[Case]:
    ranges = range(-1, 8), range(-1, 8), range(-1, 6), range(-1, 4)
    for size, kernel, stride, pad in itertools.product(*ranges):
        yield probe(size, kernel, stride=stride, pad=pad)


def _layers(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3000):
        C, H, W, F, depth, KH, KW = rng.integers(rng.choice([0, 1, 1]), 7, 7).tolist()
        depth = C if rng.random() < 0.9 else depth
        stride, pad = rng.integers(rng.choice([-1, 0, 1]), 4), rng.integers(-1, 4)
        yield probe((C, H, W), (F, depth, KH, KW), stride=int(stride), pad=int(pad))


def _filters(rng: np.random.Generator) -> Iterator[Case]:
    for sizes in itertools.product(range(5), repeat=4):
        yield from (probe(sizes, bias=bias) for bias in (True, False))


def _fields(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3000):
        C, H, W, units, KH, KW = rng.integers(rng.choice([-1, 0, 1, 1]), 6, 6).tolist()
        yield probe((C, H, W), units, (KH, KW))


def _numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    kind = rng.choice(["float64", "float32", "int64"])
    return rng.integers(-9, 10, shape).astype(kind)


def _steps(rng: np.random.Generator) -> dict[str, int]:
    return {"stride": int(rng.choice([1, 1, 2, 3, 0, -1])), "pad": int(rng.integers(-1, 4))}


def _arrays(
    rng: np.random.Generator, x_axes: int, w_axes: int, steps: Callable[..., dict[str, int]]
) -> Iterator[Case]:
    for _ in range(600):
        axes = x_axes, w_axes
        if rng.random() < 0.2:
            axes = x_axes + int(rng.integers(-1, 2)), w_axes + int(rng.integers(-1, 2))
        x_shape, w_shape = (tuple(rng.integers(1, 6, count).tolist()) for count in axes)
        if axes == (3, 4) and rng.random() < 0.9:
            w_shape = w_shape[0], x_shape[0], *w_shape[2:]
        yield probe(_numbers(rng, x_shape), _numbers(rng, w_shape), **steps(rng))


PROBES: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "output_size": _sizes,
    "same_padding": _kernels,
    "unread_border": _borders,
    "conv_output_shape": _layers,
    "conv_parameters": _filters,
    "conv_multiply_adds": _layers,
    "connection_counts": _fields,
    "correlate1d": lambda rng: _arrays(rng, 1, 2, _steps),
    "correlate2d": lambda rng: _arrays(rng, 2, 2, lambda rng: {}),
    "convolve2d": lambda rng: _arrays(rng, 3, 4, _steps),
}
