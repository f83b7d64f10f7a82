"""Leaky integration: units that keep part of their state, so that they can move slowly.

`h_t = (1 - rate) h_{t-1} + rate tanh(x_t wx + h_{t-1} wh + b)`. A unit forgets what it held like
`(1 - rate)^t`, with a time constant of about `1 / rate` steps. At rate 1 it is a plain unit. The
first term is also a road back through time on which a gradient shrinks no faster than that.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.rnn import shared_gradients
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class LeakyStepCache(NamedTuple):
    """What one step backward needs; `candidate` (N, M) is what the step would move to."""

    x: Array
    h: Array
    wx: Array
    wh: Array
    rate: Array
    candidate: Array


class LeakyCache(NamedTuple):
    """What a pass back through time needs: states (T + 1, N, M) and candidates (T, N, M)."""

    x: Array
    states: Array
    wx: Array
    wh: Array
    rate: Array
    candidates: Array


def leaky_step_forward(
    x: Array, h: Array, wx: Array, wh: Array, b: Array, rate: Array | float
) -> tuple[Array, LeakyStepCache]:
    """Move each unit part of the way to its new value.

    Parameters
    ----------
    x : (N, D)
        The inputs of one step.
    h : (N, M)
        The state before it.
    wx, wh, b : (D, M), (M, M), (M,)
        Weights from the input and from the state, and the bias.
    rate : (M,) or ()
        How much of the way, above 0 and at most 1: for each unit, or one number for all.

    Returns
    -------
    h_next : (N, M)
        The state after the step, in the type to which NumPy promotes the arguments.
    cache : LeakyStepCache

    Raises
    ------
    ValueError
        If a shape does not fit those before it, or a rate is not above 0 and at most 1.

    References
    ----------
    :cite:`jaeger2007optimization`; section 10.9.2 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> still, full = np.zeros((1, 1)), np.array([[8.0]])
    >>> leaky_step_forward(still, full, still, still, np.zeros(1), 0.25)[0]
    array([[6.]])
    """
    size = require_shapes(x=(x, "N D"), h=(h, "N M"), wx=(wx, "D M"), wh=(wh, "M M"), b=(b, "M"))
    rate = _checked(rate, size["M"], np.result_type(x, h, wx, wh, b, rate, np.float16))
    candidate = np.tanh(x @ wx + h @ wh + b)  # (N, M)
    h_next = (1 - rate) * h + rate * candidate
    return h_next, LeakyStepCache(x, h, wx, wh, rate, candidate)


def leaky_step_backward(
    dh: Array, cache: LeakyStepCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Send a gradient back through one step.

    Parameters
    ----------
    dh : (N, M)
        Gradient at the state after the step.
    cache : LeakyStepCache

    Returns
    -------
    dx, dh_prev, dwx, dwh, db, drate : (N, D), (N, M), (D, M), (M, M), (M,), (M,) or ()
        Gradients at the arguments of the forward step.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the state.
    """
    x, h, wx, wh, rate, candidate = cache
    require_shapes(candidate=(candidate, "N M"), dh=(dh, "N M"))
    da = dh * rate * (1 - candidate * candidate)  # (N, M)
    dh_prev = (1 - rate) * dh + da @ wh.T  # what was kept, and what was mixed in again
    drate = _by_rate(dh * (candidate - h), rate)
    return da @ wx.T, dh_prev, x.T @ da, h.T @ da, da.sum(axis=0), drate


def leaky_forward(
    x: Array, h0: Array, wx: Array, wh: Array, b: Array, rate: Array | float
) -> tuple[Array, LeakyCache]:
    """Run over a sequence and keep every state.

    Parameters
    ----------
    x : (T, N, D)
        The sequence, time first.
    h0 : (N, M)
        The state before the first step.
    wx, wh, b : (D, M), (M, M), (M,)
        Weights and bias, the same at each step.
    rate : (M,) or ()
        As in :func:`leaky_step_forward`.

    Returns
    -------
    h : (T, N, M)
        The state after each step. The cache holds the same numbers, not a copy.
    cache : LeakyCache

    Raises
    ------
    ValueError
        As :func:`leaky_step_forward`.
    """
    size = require_shapes(
        x=(x, "T N D"), h0=(h0, "N M"), wx=(wx, "D M"), wh=(wh, "M M"), b=(b, "M")
    )
    T, N, D, M = (size[letter] for letter in "TNDM")
    dtype = np.result_type(x, h0, wx, wh, b, rate, np.float16)
    rate = _checked(rate, M, dtype)
    states = np.empty((T + 1, N, M), dtype)
    states[0] = h0
    candidates = np.empty((T, N, M), dtype)
    np.matmul(x.reshape(T * N, D), wx, out=candidates.reshape(T * N, M))  # for all steps at once
    candidates += b
    for t in range(T):
        candidates[t] += states[t] @ wh
        np.tanh(candidates[t], out=candidates[t])
        states[t + 1] = (1 - rate) * states[t] + rate * candidates[t]
    return states[1:], LeakyCache(x, states, wx, wh, rate, candidates)


def leaky_backward(dh: Array, cache: LeakyCache) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Send the gradients of all states back through time.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient at each state from what reads it directly, not from later steps.
    cache : LeakyCache

    Returns
    -------
    dx, dh0, dwx, dwh, db, drate : (T, N, D), (N, M), (D, M), (M, M), (M,), (M,) or ()
        Gradients at the arguments of the forward pass.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.
    """
    x, states, wx, wh, rate, candidates = cache
    require_shapes(h=(states[1:], "T N M"), dh=(dh, "T N M"))
    total = np.empty_like(candidates)  # (T, N, M), gradient at each state, later steps included
    da = rate * (1 - candidates * candidates)
    dh_next = np.zeros_like(states[0])
    for t in reversed(range(len(candidates))):
        total[t] = dh[t] + dh_next
        da[t] *= total[t]
        dh_next = (1 - rate) * total[t] + da[t] @ wh.T
    dx, dwx, dwh, db = shared_gradients(da, x, states, wx)
    return dx, dh_next, dwx, dwh, db, _by_rate(total * (candidates - states[:-1]), rate)


def _checked(rate: Array | float, M: int, dtype: Any) -> Array:
    rate = np.asarray(rate, dtype)
    if rate.shape not in {(), (M,)}:
        raise ValueError(f"rate must be a number or have shape (M,) = ({M},), got {rate.shape}")
    if not np.all((rate > 0) & (rate <= 1)):
        raise ValueError(f"rate must be above 0 and at most 1, got {rate}")
    return rate


def _by_rate(slopes: Array, rate: Array) -> Array:
    """Sum over all that shared a rate: steps and samples, and the units if it is one number."""
    return slopes.sum(axis=tuple(range(slopes.ndim - rate.ndim)))
