"""Check a backward pass against central differences, and name the place where they part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class GradientError(AssertionError):
    """An analytic gradient that differs from the numeric one."""


def gradcheck(
    forward: Callable[..., tuple[Any, Any]],
    backward: Callable[..., Any],
    inputs: Mapping[str, Array],
    *,
    rng: np.random.Generator,
    directions: int = 5,
    step: float = 1e-6,
    rtol: float = 1e-6,
    time_axis: Mapping[str, int] | None = None,
) -> None:
    """Compare the gradients of a pass with central differences along random directions.

    The outputs are contracted with random numbers, which makes a scalar loss whose gradient the
    backward pass must give. Each input is moved along random directions of length 1; where the two
    slopes differ, each element is moved by itself to name the worst.

    Parameters
    ----------
    forward : callable
        Takes the inputs in order and returns an output, or a tuple of outputs, and a cache.
    backward : callable
        Takes a gradient for each output, then the cache, and returns a gradient for each input, in
        order: an array if there is one input, else a tuple.
    inputs : mapping of str to array
        The inputs by name, all float64.
    rng : numpy.random.Generator
        Draws the loss and the directions.
    directions : int
        How many directions to try for each input.
    step : float
        How far to move, in the units of the inputs.
    rtol : float
        Largest difference, relative to the larger of the two slopes and the scale of rounding.
    time_axis : mapping of str to int, optional
        For inputs with one, the axis that is time, to be named in the message.

    Raises
    ------
    GradientError
        If a gradient has the wrong shape or type, or differs. The message names the input, the
        index and, where there is one, the time step.
    ValueError
        If an input is not float64, or a pass changes an input or an incoming gradient in place.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> rng = np.random.default_rng(0)
    >>> gradcheck(lambda x: (x**2, x), lambda dout, x: 2 * dout * x, {"x": x}, rng=rng)
    >>> gradcheck(lambda x: (x**2, x), lambda dout, x: dout * x, {"x": x}, rng=rng)
    Traceback (most recent call last):
    course_utils.gradcheck.GradientError: the gradient with respect to x is wrong, most at [0]: ...
    """
    for name, value in inputs.items():
        if value.dtype != np.float64:
            raise ValueError(f"{name} must be float64 for differences, got {value.dtype}")
    inputs = {name: _read_only(value) for name, value in inputs.items()}
    out, cache = forward(*inputs.values())
    douts = tuple(_read_only(rng.standard_normal(np.shape(part))) for part in _tuple(out))
    gradients = _tuple(backward(*douts, cache))
    if len(gradients) != len(inputs):
        raise GradientError(f"{len(inputs)} inputs, but {len(gradients)} gradients")

    def loss(name: str, value: Array) -> tuple[float, float]:
        """Return the loss with one input replaced, and the size of the terms that make it."""
        moved = [value if key == name else other for key, other in inputs.items()]
        parts = [part * dout for part, dout in zip(_tuple(forward(*moved)[0]), douts, strict=True)]
        return sum(float(p.sum()) for p in parts), sum(float(np.abs(p).sum()) for p in parts)

    def slope(name: str, direction: Array) -> tuple[float, float]:
        """Return the loss's slope along a direction, and how far rounding may have moved it."""
        value = inputs[name]
        high, size = loss(name, value + step * direction)
        low, _ = loss(name, value - step * direction)
        return (high - low) / (2 * step), size * np.finfo(np.float64).eps / step

    for (name, value), gradient in zip(inputs.items(), gradients, strict=True):
        _require_like(name, gradient, value)
        for _ in range(directions):
            direction = rng.standard_normal(value.shape)
            direction /= max(float(np.linalg.norm(direction)), np.finfo(np.float64).tiny)
            numeric, rounding = slope(name, direction)
            analytic = float((gradient * direction).sum())
            scale = max(abs(numeric), abs(analytic))
            error = abs(numeric - analytic)
            if not (np.isfinite(error) and error <= rtol * scale + 10 * rounding):
                axis = (time_axis or {}).get(name)
                raise GradientError(_place(name, value, gradient, slope, axis))


def _place(
    name: str,
    value: Array,
    gradient: Array,
    slope: Callable[[str, Array], tuple[float, float]],
    time_axis: int | None,
) -> str:
    """Find the element whose gradient is most wrong and describe it."""
    numeric = np.empty_like(value)
    for index in np.ndindex(value.shape):
        direction = np.zeros_like(value)
        direction[index] = 1
        numeric[index], _ = slope(name, direction)
    error = np.abs(gradient - numeric)
    error = np.where(np.isnan(error), np.inf, error)
    worst = tuple(int(i) for i in np.unravel_index(int(error.argmax()), value.shape))
    when = "" if time_axis is None else f" (step {worst[time_axis]})"
    return (
        f"the gradient with respect to {name} is wrong, most at {list(worst)}{when}: "
        f"analytic {gradient[worst]:.6g}, numeric {numeric[worst]:.6g}"
    )


def _require_like(name: str, gradient: Any, value: Array) -> None:
    """Raise a GradientError unless a gradient is an array like the input."""
    if not isinstance(gradient, np.ndarray | np.floating):
        raise GradientError(f"the gradient with respect to {name} is {gradient!r}, not an array")
    if gradient.shape != value.shape:
        raise GradientError(
            f"the gradient with respect to {name} has shape {gradient.shape}, "
            f"but {name} has {value.shape}"
        )
    if gradient.dtype != value.dtype:
        raise GradientError(
            f"the gradient with respect to {name} is {gradient.dtype}, but {name} is float64"
        )


def _read_only(value: Array) -> Array:
    """Return a copy that raises an error when a pass tries to change it."""
    copy = np.array(value)
    copy.flags.writeable = False
    return copy


def _tuple(value: Any) -> tuple[Any, ...]:
    """Return a pass's result as a tuple of its parts."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)
