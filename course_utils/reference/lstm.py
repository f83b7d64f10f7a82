"""The long short-term memory cell: one step as in the textbook, and a fast pass over a sequence.

Gates come in PyTorch's order, i, f, g, o, along the last axis of the weights. The step functions
are the equations. The sequence functions compute the same numbers with less work: all steps read
the input in one product, and the state is kept with its features first, (M, N), so that a gate is
one block of memory.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gates import sigmoid
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class LSTMStepCache(NamedTuple):
    """What :func:`lstm_step_backward` needs."""

    x: Array  # (N, D)
    h: Array  # (N, M), the state before the step
    c: Array  # (N, M), the cell before the step
    wx: Array  # (D, 4M)
    wh: Array  # (M, 4M)
    i: Array  # (N, M), as f, g, o
    f: Array
    g: Array
    o: Array
    tanh_c: Array  # (N, M), of the cell after the step


class LSTMCache(NamedTuple):
    """What :func:`lstm_backward` needs."""

    x: Array  # (T, N, D)
    wx: Array  # (D, 4M)
    wh: Array  # (M, 4M)
    gates: Array  # (T, 4, M, N): i, f, g, o
    h: Array  # (M, T + 1, N), from h0 on
    c: Array  # (T + 1, M, N), from c0 on
    tanh_c: Array  # (T, M, N)


def lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[tuple[Array, Array], LSTMStepCache]:
    """Take one step of an LSTM.

    Parameters
    ----------
    x : (N, D)
        The input of this step.
    h, c : (N, M)
        The state and the cell before the step.
    wx : (D, 4M)
        The input's weights for i, f, g, o.
    wh : (M, 4M)
        The state's weights.
    b : (4M,)
        The biases, the two of PyTorch added.

    Returns
    -------
    (h_next, c_next) : pair of (N, M)
        The state and the cell after the step.
    cache : LSTMStepCache

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    :cite:`hochreiter1997lstm`, with the forget gate of :cite:`gers2000forget`.

    Examples
    --------
    >>> one = np.ones((1, 1)); wx = np.zeros((1, 4)); b = np.array([-999.0, 999.0, 0.0, -999.0])
    >>> (h, c), _ = lstm_step_forward(one, one, 7 * one, wx, wx, b)  # shut, keep, -, silent
    >>> h.item(), c.item()
    (0.0, 7.0)
    """
    require_shapes(
        x=(x, "N D"), h=(h, "N M"), c=(c, "N M"), wx=(wx, "D 4M"), wh=(wh, "M 4M"), b=(b, "4M")
    )
    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)  # (N, M) each
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    tanh_c = np.tanh(c_next)
    return (o * tanh_c, c_next), LSTMStepCache(x, h, c, wx, wh, i, f, g, o, tanh_c)


def lstm_step_backward(
    dh: Array, dc: Array, cache: LSTMStepCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pass gradients back through one step of an LSTM.

    Parameters
    ----------
    dh, dc : (N, M)
        The gradients with respect to the state and to the cell after the step.
    cache : LSTMStepCache

    Returns
    -------
    dx : (N, D)
    dh_prev, dc_prev : (N, M)
        The gradients with respect to the state and to the cell before the step.
    dwx : (D, 4M)
    dwh : (M, 4M)
    db : (4M,)

    Raises
    ------
    ValueError
        If an incoming gradient has not the shape of what it belongs to.
    """
    x, h, c, wx, wh, i, f, g, o, tanh_c = cache
    require_shapes(h=(h, "N M"), dh=(dh, "N M"), dc=(dc, "N M"))
    dc = dc + dh * o * (1 - tanh_c**2)  # the cell is read by the next step and by the state
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (N, 4M)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


def lstm_forward(
    x: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array
) -> tuple[tuple[Array, Array], LSTMCache]:
    """Run an LSTM over a sequence.

    Parameters
    ----------
    x : (T, N, D)
        The inputs of all steps.
    h0, c0 : (N, M)
        The state and the cell before the first step.
    wx : (D, 4M)
        The input's weights for i, f, g, o.
    wh : (M, 4M)
        The state's weights.
    b : (4M,)
        The biases.

    Returns
    -------
    (h, c) : (T, N, M) and (N, M)
        The state after each step, and the cell after the last.
    cache : LSTMCache

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    As :func:`lstm_step_forward`.
    """
    sizes = require_shapes(
        x=(x, "T N D"), h0=(h0, "N M"), c0=(c0, "N M"),
        wx=(wx, "D 4M"), wh=(wh, "M 4M"), b=(b, "4M"),
    )  # fmt: skip
    T, N, D, M = (sizes[letter] for letter in "TNDM")
    dtype = np.result_type(x, h0, c0, wx, wh, b, np.float32)

    a = np.matmul(wx.T, x.reshape(T * N, D).T, dtype=dtype)  # (4M, T*N)
    a += b[:, None]
    a = a.reshape(4 * M, T, N)
    wh_t = np.ascontiguousarray(wh.T, dtype)  # (4M, M)

    gates = np.empty((T, 4, M, N), dtype)
    h = np.empty((M, T + 1, N), dtype)
    c = np.empty((T + 1, M, N), dtype)
    tanh_c = np.empty((T, M, N), dtype)
    h[:, 0], c[0] = h0.T, c0.T
    for t in range(T):
        z = np.matmul(wh_t, h[:, t], out=gates[t].reshape(4 * M, N))
        z += a[:, t]
        i, f, g, o = gates[t]
        sigmoid(gates[t, :2], out=gates[t, :2])
        np.tanh(g, out=g)
        sigmoid(o, out=o)
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=h[:, t + 1])
    out = h[:, 1:].transpose(1, 2, 0).copy()  # (T, N, M)
    return (out, c[T].T.copy()), LSTMCache(x, wx, wh, gates, h, c, tanh_c)


def lstm_backward(
    dh: Array, dc: Array, cache: LSTMCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pass gradients back through time.

    Parameters
    ----------
    dh : (T, N, M)
        The gradient with respect to the state after each step.
    dc : (N, M)
        The gradient with respect to the cell after the last step.
    cache : LSTMCache

    Returns
    -------
    dx : (T, N, D)
    dh0, dc0 : (N, M)
    dwx : (D, 4M)
    dwh : (M, 4M)
    db : (4M,)

    Raises
    ------
    ValueError
        If an incoming gradient has not the shape of what it belongs to.
    """
    x, wx, wh, gates, h, c, tanh_c = cache
    require_shapes(gates=(gates, "T G M N"), dh=(dh, "T N M"), dc=(dc, "N M"))
    T, _, M, N = gates.shape
    D = x.shape[2]
    da = np.empty((4, M, T, N), gates.dtype)  # all steps, so that each product below is one
    dh_next = np.zeros((M, N), gates.dtype)  # from the step after
    dc_next = dc.T.astype(gates.dtype)
    for t in reversed(range(T)):
        i, f, g, o = gates[t]
        dh_t = dh_next + dh[t].T
        dh_t *= o
        dh_o = dh_t * tanh_c[t]
        dc_next += dh_t - dh_o * tanh_c[t]  # dh o (1 - tanh(c)^2)
        np.multiply(dc_next, g * i * (1 - i), out=da[0, :, t])
        np.multiply(dc_next, c[t] * f * (1 - f), out=da[1, :, t])
        np.multiply(dc_next, i * (1 - g * g), out=da[2, :, t])
        np.multiply(dh_o, 1 - o, out=da[3, :, t])
        dc_next *= f
        dh_next = wh @ da[:, :, t].reshape(4 * M, N)
    rows = da.reshape(4 * M, T * N)
    dx = (rows.T @ wx.T).reshape(T, N, D)
    dwx = x.reshape(T * N, D).T @ rows.T
    dwh = h[:, :T].reshape(M, T * N) @ rows.T
    return dx, dh_next.T, dc_next.T, dwx, dwh, rows.sum(axis=1)
