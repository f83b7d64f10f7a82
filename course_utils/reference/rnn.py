"""The simple recurrent network of Elman: one step, a whole sequence, and back through time.

Each step mixes the input with the state of the step before: `h_t = f(x_t wx + h_{t-1} wh + b)`.
Both products are one if the arrays are stacked, `[x_t, h_{t-1}] @ [wx; wh]`. They are kept apart
here, because the products with the inputs wait for nothing: all T of them are one large product.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]

FUNCTIONS: dict[str, Callable[..., Array]] = {"tanh": np.tanh, "relu": partial(np.maximum, 0)}


class StepCache(NamedTuple):
    """What one step backward needs: the step's arguments and its result, `h_next` (N, M)."""

    x: Array
    h: Array
    wx: Array
    wh: Array
    h_next: Array
    activation: str


class RNNCache(NamedTuple):
    """What a pass back through time needs; `states` (T + 1, N, M) starts with the initial one."""

    x: Array
    states: Array
    wx: Array
    wh: Array
    activation: str


def rnn_step_forward(
    x: Array, h: Array, wx: Array, wh: Array, b: Array, *, activation: str = "tanh"
) -> tuple[Array, StepCache]:
    """Take one step: mix the input with the state and squash.

    Parameters
    ----------
    x : (N, D)
        The inputs of one step.
    h : (N, M)
        The state before it.
    wx, wh, b : (D, M), (M, M), (M,)
        Weights from the input and from the state, and the bias.
    activation : {"tanh", "relu"}

    Returns
    -------
    h_next : (N, M)
        The state after the step, in the type to which NumPy promotes the arguments.
    cache : StepCache

    Raises
    ------
    ValueError
        If a shape does not fit those before it, or the activation is not one of the two.

    References
    ----------
    :cite:`elman1990finding`; equations 10.8 and 10.9 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> x, h, one = np.array([[1.0]]), np.array([[2.0]]), np.ones((1, 1))
    >>> rnn_step_forward(x, h, 3 * one, -one, np.zeros(1), activation="relu")[0]
    array([[1.]])
    """
    require_shapes(x=(x, "N D"), h=(h, "N M"), wx=(wx, "D M"), wh=(wh, "M M"), b=(b, "M"))
    a = x @ wx + h @ wh + b  # (N, M)
    h_next = _function(activation)(a)
    return h_next, StepCache(x, h, wx, wh, h_next, activation)


def rnn_step_backward(dh: Array, cache: StepCache) -> tuple[Array, Array, Array, Array, Array]:
    """Send a gradient back through one step.

    Parameters
    ----------
    dh : (N, M)
        Gradient at the state after the step, from the loss and from all later steps together.
    cache : StepCache

    Returns
    -------
    dx, dh_prev, dwx, dwh, db : (N, D), (N, M), (D, M), (M, M), (M,)
        Gradients at the input, the state before, the weights and the bias.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the state.
    """
    x, h, wx, wh, h_next, activation = cache
    require_shapes(h_next=(h_next, "N M"), dh=(dh, "N M"))
    da = dh * activation_slope(h_next, activation)  # (N, M)
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da, da.sum(axis=0)


def rnn_forward(
    x: Array, h0: Array, wx: Array, wh: Array, b: Array, *, activation: str = "tanh"
) -> tuple[Array, RNNCache]:
    """Run over a sequence and keep every state.

    Parameters
    ----------
    x : (T, N, D)
        The sequence, time first.
    h0 : (N, M)
        The state before the first step.
    wx, wh, b : (D, M), (M, M), (M,)
        Weights and bias, the same at each step.
    activation : {"tanh", "relu"}

    Returns
    -------
    h : (T, N, M)
        The state after each step, in the type to which NumPy promotes the arguments. The cache
        holds the same numbers, not a copy: do not write into them before the backward pass.
    cache : RNNCache

    Raises
    ------
    ValueError
        As :func:`rnn_step_forward`.

    References
    ----------
    :cite:`elman1990finding`; equations 10.8 and 10.9 of :cite:`goodfellow2016deep`.
    """
    size = require_shapes(
        x=(x, "T N D"), h0=(h0, "N M"), wx=(wx, "D M"), wh=(wh, "M M"), b=(b, "M")
    )
    T, N, D, M = (size[letter] for letter in "TNDM")
    squash = _function(activation)
    states = np.empty((T + 1, N, M), np.result_type(x, h0, wx, wh, b, np.float16))
    states[0] = h0
    # No input waits for a state, so one product serves all steps. It is written where the states
    # will be: each step finds its own share there.
    np.matmul(x.reshape(T * N, D), wx, out=states[1:].reshape(T * N, M))
    states[1:] += b
    for t in range(T):
        states[t + 1] += states[t] @ wh
        squash(states[t + 1], out=states[t + 1])
    return states[1:], RNNCache(x, states, wx, wh, activation)


def rnn_backward(dh: Array, cache: RNNCache) -> tuple[Array, Array, Array, Array, Array]:
    """Send the gradients of all states back through time.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient at each state, only from what reads that state directly: the losses, not the
        later steps.
    cache : RNNCache

    Returns
    -------
    dx, dh0, dwx, dwh, db : (T, N, D), (N, M), (D, M), (M, M), (M,)
        Gradients at the arguments of the forward pass.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.

    References
    ----------
    :cite:`werbos1990backpropagation`; section 10.2.2 of :cite:`goodfellow2016deep`.
    """
    x, states, wx, wh, activation = cache
    h = states[1:]
    require_shapes(h=(h, "T N M"), dh=(dh, "T N M"))
    da = activation_slope(h, activation)  # (T, N, M); times the gradient at h, it is that at a
    dh_next = np.zeros_like(states[0])
    for t in reversed(range(len(h))):
        da[t] *= dh[t] + dh_next  # the loss at t reads h_t, and so does step t + 1
        dh_next = da[t] @ wh.T
    dx, dwx, dwh, db = shared_gradients(da, x, states, wx)
    return dx, dh_next, dwx, dwh, db


def shared_gradients(
    da: Array, x: Array, states: Array, wx: Array
) -> tuple[Array, Array, Array, Array]:
    """Turn the gradients at all pre-activations into those at the inputs, weights and bias.

    Parameters
    ----------
    da : (T, N, M)
        Gradient at `a_t = x_t wx + h_{t-1} wh + b`, complete.
    x : (T, N, D)
    states : (T + 1, N, K)
        What each step was fed with from the step before, and the last result, which is not used.
        It is the states, and K is M, unless something else recurs.
    wx : (D, M)

    Returns
    -------
    dx, dwx, dwh, db : (T, N, D), (D, M), (K, M), (M,)
    """
    T, N, D = x.shape
    M = wx.shape[1]
    K = states.shape[2]
    rows = da.reshape(T * N, M)  # steps share the weights, so a step is only more rows
    dx = (rows @ wx.T).reshape(T, N, D)
    dwx = x.reshape(T * N, D).T @ rows
    dwh = states[:-1].reshape(T * N, K).T @ rows
    return dx, dwx, dwh, rows.sum(axis=0)


def activation_slope(h: Array, activation: str) -> Array:
    """Return the slope of the activation, told from its value: a new array, shaped like `h`."""
    if activation == "tanh":
        return 1 - h * h
    return (h > 0).astype(h.dtype)


def _function(activation: str) -> Callable[..., Array]:
    if activation not in FUNCTIONS:
        raise ValueError(f"activation must be 'tanh' or 'relu', got {activation!r}")
    return FUNCTIONS[activation]
