"""Rules that give each entry a step size of its own: AdaGrad, RMSProp, Adam, AdamW.

They divide the gradient by the root of what its squares have been, so that a flat direction gets
as long a step as a steep one. Dicts, types and signs are those of
:mod:`course_utils.reference.optimizers`. `epsilon` is always added to the root, not under it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_utils.reference.optimizers import (
    Array,
    Arrays,
    plain_number,
    require_alike,
    zeros_like,
)


class AdaGradState(NamedTuple):
    """`squares`: the sum of the squared gradients so far."""

    squares: Arrays


class RMSPropState(NamedTuple):
    """`squares`: a running mean of the squared gradients."""

    squares: Arrays


class AdamState(NamedTuple):
    """The number of steps so far, and running means of the gradients and of their squares."""

    steps: int
    first: Arrays
    second: Arrays


def adagrad_init(parameters: Arrays) -> AdaGradState:
    """Return the state before the first step of :func:`adagrad`."""
    return AdaGradState(zeros_like(parameters))


def rmsprop_init(parameters: Arrays) -> RMSPropState:
    """Return the state before the first step of :func:`rmsprop`."""
    return RMSPropState(zeros_like(parameters))


def adam_init(parameters: Arrays) -> AdamState:
    """Return the state before the first step of :func:`adam` or :func:`adamw`."""
    return AdamState(0, zeros_like(parameters), zeros_like(parameters))


def adagrad(
    parameters: Arrays,
    gradients: Arrays,
    state: AdaGradState,
    *,
    learning_rate: float,
    epsilon: float = 1e-10,
) -> tuple[dict[str, Array], AdaGradState]:
    """Divide each entry's step by the root of the sum of its squared gradients.

    s = s + dx^2, then x - learning_rate dx / (sqrt(s) + epsilon).

    Parameters
    ----------
    parameters, gradients : dict of arrays
        The same names, and for each name the same shape and floating type.
    state : AdaGradState
        What :func:`adagrad_init` or the step before returned.
    learning_rate : float
        At least 0.
    epsilon : float
        Positive, so that an entry whose gradient is 0 stays where it is.

    Returns
    -------
    new_parameters : dict of arrays
    new_state : AdaGradState

    Raises
    ------
    ValueError
        If names, shapes or types differ, or a number is out of range.

    References
    ----------
    :cite:`duchi2011adaptive`, with diagonal matrices.
    """
    require_alike(parameters, gradients=gradients, squares=state.squares)
    rate = plain_number("learning_rate", learning_rate)
    squares = {name: state.squares[name] + gradients[name] ** 2 for name in parameters}
    return _scaled_step(parameters, gradients, squares, rate, epsilon), AdaGradState(squares)


def rmsprop(
    parameters: Arrays,
    gradients: Arrays,
    state: RMSPropState,
    *,
    learning_rate: float,
    decay: float = 0.99,
    epsilon: float = 1e-8,
) -> tuple[dict[str, Array], RMSPropState]:
    """Divide each entry's step by the root of a running mean of its squared gradients.

    s = decay s + (1 - decay) dx^2, then x - learning_rate dx / (sqrt(s) + epsilon).

    Parameters
    ----------
    parameters, gradients, state, learning_rate, epsilon
        As in :func:`adagrad`; the state comes from :func:`rmsprop_init`.
    decay : float
        Share of the old mean that stays, from 0 to below 1.

    Returns and errors are those of :func:`adagrad`.

    References
    ----------
    :cite:`tieleman2012rmsprop`, a lecture: there is no paper.
    """
    require_alike(parameters, gradients=gradients, squares=state.squares)
    rate = plain_number("learning_rate", learning_rate)
    decay = plain_number("decay", decay, below=1)
    squares = _running_mean(state.squares, gradients, decay, power=2)
    return _scaled_step(parameters, gradients, squares, rate, epsilon), RMSPropState(squares)


def adam(
    parameters: Arrays,
    gradients: Arrays,
    state: AdamState,
    *,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[dict[str, Array], AdamState]:
    """Step along the mean gradient divided by the root of the mean squared gradient.

    m = beta1 m + (1 - beta1) dx and s = beta2 s + (1 - beta2) dx^2 start at zero, so after t
    steps they are too small by 1 - beta1^t and 1 - beta2^t. Both are divided by that:
    x - learning_rate m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon).

    Parameters
    ----------
    parameters, gradients, state, learning_rate, epsilon
        As in :func:`adagrad`; the state comes from :func:`adam_init`.
    beta1, beta2 : float
        Shares of the old means that stay, from 0 to below 1.

    Returns and errors are those of :func:`adagrad`.

    References
    ----------
    Algorithm 1 of :cite:`kingma2015adam`.
    """
    require_alike(parameters, gradients=gradients, first=state.first, second=state.second)
    rate = plain_number("learning_rate", learning_rate)
    beta1 = plain_number("beta1", beta1, below=1)
    beta2 = plain_number("beta2", beta2, below=1)
    t = state.steps + 1
    first = _running_mean(state.first, gradients, beta1, power=1)
    second = _running_mean(state.second, gradients, beta2, power=2)
    means = {name: m / (1 - beta1**t) for name, m in first.items()}
    squares = {name: s / (1 - beta2**t) for name, s in second.items()}
    new = _scaled_step(parameters, means, squares, rate, epsilon)
    return new, AdamState(t, first, second)


def adamw(
    parameters: Arrays,
    gradients: Arrays,
    state: AdamState,
    *,
    learning_rate: float,
    weight_decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[dict[str, Array], AdamState]:
    """Shrink the parameters by 1 - learning_rate weight_decay, then step as :func:`adam` does.

    An L2 penalty would pass through Adam's division, which shrinks parameters with large
    gradients less. Here all shrink at the same pace.

    Parameters
    ----------
    parameters, gradients, state, learning_rate, beta1, beta2, epsilon
        As in :func:`adam`; the state comes from :func:`adam_init`.
    weight_decay : float
        At least 0.

    Returns and errors are those of :func:`adagrad`.

    References
    ----------
    Algorithm 2 of :cite:`loshchilov2019decoupled`.
    """
    require_alike(parameters)  # before whole numbers are shrunk to others; `adam` checks the rest
    rate = plain_number("learning_rate", learning_rate)
    keep = 1 - rate * plain_number("weight_decay", weight_decay)
    shrunk = {name: keep * x for name, x in parameters.items()}
    return adam(
        shrunk, gradients, state,
        learning_rate=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon,
    )  # fmt: skip


def _running_mean(means: Arrays, values: Arrays, keep: float, *, power: int) -> dict[str, Array]:
    return {name: keep * mean + (1 - keep) * values[name] ** power for name, mean in means.items()}


def _scaled_step(
    parameters: Arrays, direction: Arrays, squares: Arrays, rate: float, epsilon: float
) -> dict[str, Array]:
    if not 0 < epsilon < np.inf:
        raise ValueError(f"epsilon must be positive and finite, got {epsilon}")
    return {
        name: x - rate * direction[name] / (np.sqrt(squares[name]) + float(epsilon))
        for name, x in parameters.items()
    }
