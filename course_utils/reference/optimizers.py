"""The rules that turn gradients into steps: descent, momentum, Nesterov's momentum.

Rules that scale each entry on its own are in :mod:`course_utils.reference.adaptive_optimizers`.

A rule is a function of parameters, gradients and a state, and returns new parameters and a new
state. Parameters and gradients are dicts from names to arrays. Nothing is changed in place, so
you can keep every step of a path, or try two rules from the same point.

- All rules go *down*: they subtract a multiple of the gradient.
- Every array keeps its type: float32 parameters stay float32.
- Weight decay in the sense of an L2 penalty is a change of the gradients, the same for every
  rule: hand in what :func:`with_weight_decay` returns.
- Two kinds of velocity are in use. In :func:`momentum` it sums up *gradients*, and the learning
  rate multiplies it outside. In the two Nesterov forms it is a *step*, with the learning rate
  inside. At a constant rate the two kinds give the same path; when the rate changes, a velocity
  with the rate inside remembers the old rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class SGDState(NamedTuple):
    """Nothing: plain descent remembers nothing."""


class MomentumState(NamedTuple):
    """`velocity`: the gradients so far, each step ago weighing `rho` times less."""

    velocity: Arrays


class NesterovState(NamedTuple):
    """`velocity`: the step before this one, without its correction, in units of the parameters."""

    velocity: Arrays


def sgd_init(parameters: Arrays) -> SGDState:
    """Return the state before the first step of :func:`sgd`."""
    return SGDState()


def momentum_init(parameters: Arrays) -> MomentumState:
    """Return the state before the first step of :func:`momentum`: at rest."""
    return MomentumState(zeros_like(parameters))


def nesterov_init(parameters: Arrays) -> NesterovState:
    """Return the state before the first step of either Nesterov form: at rest."""
    return NesterovState(zeros_like(parameters))


def sgd(
    parameters: Arrays, gradients: Arrays, state: SGDState, *, learning_rate: float
) -> tuple[dict[str, Array], SGDState]:
    """Step against the gradient: x - learning_rate dx.

    Parameters
    ----------
    parameters, gradients : dict of arrays
        The same names, and for each name the same shape and floating type.
    state : SGDState
        What :func:`sgd_init` or the step before returned.
    learning_rate : float
        At least 0.

    Returns
    -------
    new_parameters : dict of arrays
    new_state : SGDState

    Raises
    ------
    ValueError
        If names, shapes or types differ, or a number is out of range.

    References
    ----------
    :cite:`robbins1951stochastic`.

    Examples
    --------
    >>> x, dx = {"x": np.array([3.0])}, {"x": np.array([2.0])}
    >>> sgd(x, dx, sgd_init(x), learning_rate=0.5)
    ({'x': array([2.])}, SGDState())
    """
    require_alike(parameters, gradients=gradients)
    rate = plain_number("learning_rate", learning_rate)
    return {name: x - rate * gradients[name] for name, x in parameters.items()}, state


def momentum(
    parameters: Arrays,
    gradients: Arrays,
    state: MomentumState,
    *,
    learning_rate: float,
    rho: float = 0.9,
) -> tuple[dict[str, Array], MomentumState]:
    """Step along a velocity: v = rho v + dx, then x - learning_rate v.

    The learning rate is outside the velocity, as in PyTorch.

    Parameters
    ----------
    parameters, gradients, state, learning_rate
        As in :func:`sgd`; the state comes from :func:`momentum_init`.
    rho : float
        What is left of the velocity after a step, from 0 (that is :func:`sgd`) to below 1.

    Returns and errors are those of :func:`sgd`.

    References
    ----------
    :cite:`polyak1964some`; equations 1 and 2 of :cite:`sutskever2013importance`, where the rate is
    a part of the velocity.
    """
    require_alike(parameters, gradients=gradients, velocity=state.velocity)
    rate = plain_number("learning_rate", learning_rate)
    rho = plain_number("rho", rho, below=1)
    v = {name: rho * state.velocity[name] + gradients[name] for name in parameters}
    return {name: x - rate * v[name] for name, x in parameters.items()}, MomentumState(v)


def lookahead_point(
    parameters: Arrays, state: NesterovState, *, rho: float = 0.9
) -> dict[str, Array]:
    """Return x + rho v, the point whose gradient :func:`nesterov_lookahead` wants."""
    require_alike(parameters, velocity=state.velocity)
    rho = plain_number("rho", rho, below=1)
    return {name: x + rho * state.velocity[name] for name, x in parameters.items()}


def nesterov_lookahead(
    parameters: Arrays,
    gradients: Arrays,
    state: NesterovState,
    *,
    learning_rate: float,
    rho: float = 0.9,
) -> tuple[dict[str, Array], NesterovState]:
    """Step along a velocity corrected where it leads to: v = rho v - learning_rate dx, then x + v.

    Parameters
    ----------
    parameters, state, learning_rate, rho
        As in :func:`momentum`; the state comes from :func:`nesterov_init`.
    gradients : dict of arrays
        Taken not at `parameters`, but at :func:`lookahead_point` of them.

    Returns and errors are those of :func:`sgd`.

    References
    ----------
    :cite:`nesterov1983method`; equations 3 and 4 of :cite:`sutskever2013importance`.
    """
    v = _next_step(parameters, gradients, state, learning_rate, rho)
    return {name: x + v[name] for name, x in parameters.items()}, NesterovState(v)


def nesterov(
    parameters: Arrays,
    gradients: Arrays,
    state: NesterovState,
    *,
    learning_rate: float,
    rho: float = 0.9,
) -> tuple[dict[str, Array], NesterovState]:
    """Take the step of :func:`nesterov_lookahead`, told by the points where it takes gradients.

    Call x + rho v the parameters, and no look-ahead is needed: `gradients` are taken at
    `parameters`. With v' = rho v - learning_rate dx, the new parameters are
    x - rho v + (1 + rho) v'. That holds for any sequence of learning rates. PyTorch's rule has
    the rate outside the velocity and is the same at a constant rate.

    Parameters, returns and errors are those of :func:`momentum`; the state comes from
    :func:`nesterov_init`.

    References
    ----------
    Section 3.5 of :cite:`bengio2013advances`.
    """
    v = _next_step(parameters, gradients, state, learning_rate, rho)
    rho = float(rho)
    new = {
        name: x - rho * state.velocity[name] + (1 + rho) * v[name] for name, x in parameters.items()
    }
    return new, NesterovState(v)


def with_weight_decay(
    parameters: Arrays, gradients: Arrays, weight_decay: float
) -> dict[str, Array]:
    """Return dx + weight_decay x, the gradients with those of weight_decay/2 ||x||^2 added.

    Raises
    ------
    ValueError
        If names, shapes or types differ, or `weight_decay` is below 0.

    Examples
    --------
    >>> with_weight_decay({"x": np.array([3.0])}, {"x": np.array([2.0])}, 0.5)
    {'x': array([3.5])}
    """
    require_alike(parameters, gradients=gradients)
    decay = plain_number("weight_decay", weight_decay)
    return {name: gradients[name] + decay * x for name, x in parameters.items()}


def zeros_like(parameters: Arrays) -> dict[str, Array]:
    """Return zeros of the same names, shapes and types."""
    return {name: np.zeros_like(x) for name, x in parameters.items()}


def _next_step(
    parameters: Arrays, gradients: Arrays, state: NesterovState, learning_rate: float, rho: float
) -> dict[str, Array]:
    require_alike(parameters, gradients=gradients, velocity=state.velocity)
    rate = plain_number("learning_rate", learning_rate)
    rho = plain_number("rho", rho, below=1)
    return {name: rho * state.velocity[name] - rate * gradients[name] for name in parameters}


def require_alike(parameters: Arrays, **others: Arrays) -> None:
    """Raise a ValueError unless all dicts have the same names, shapes and floating types."""
    for name, x in parameters.items():
        if x.dtype.kind != "f":
            raise ValueError(f"parameter {name!r} must be of a floating type, got {x.dtype}")
    for kind, arrays in others.items():
        if arrays.keys() != parameters.keys():
            raise ValueError(
                f"{kind} must have the names of the parameters, "
                f"{sorted(parameters)}, got {sorted(arrays)}"
            )
        for name, x in parameters.items():
            a = arrays[name]
            if (a.shape, a.dtype) != (x.shape, x.dtype):
                raise ValueError(
                    f"{kind} of {name!r} must have shape {x.shape} and type {x.dtype}, "
                    f"got {a.shape} and {a.dtype}"
                )


def plain_number(name: str, value: float, *, below: float = np.inf) -> float:
    """Return `value` as a Python float, which leaves float32 arrays as they are.

    A NumPy float64 number would turn them into float64.

    Raises
    ------
    ValueError
        If `value` is not at least 0 and less than `below`.
    """
    if not 0 <= value < below:
        raise ValueError(f"{name} must be at least 0 and below {below}, got {value}")
    return float(value)
