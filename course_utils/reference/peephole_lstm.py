"""The LSTM with peepholes: gates that see the cell, each unit its own.

The gates i and f look at the cell before the step, o at the cell after it. The weights are
diagonal, one number for each unit, so a look is a product of elements. With peepholes of zero
this is the cell of :mod:`course_utils.reference.lstm`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gates import sigmoid
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class Cell(NamedTuple):
    """What a step did after its products, all (N, M)."""

    c: Array  # before the step
    c_next: Array
    tanh_c: Array  # of c_next
    i: Array
    f: Array
    g: Array
    o: Array


class PeepholeStepCache(NamedTuple):
    """What :func:`peephole_lstm_step_backward` needs."""

    x: Array  # (N, D)
    h: Array  # (N, M), the state before the step
    wx: Array  # (D, 4M)
    wh: Array  # (M, 4M)
    p_i: Array  # (M,), as p_f, p_o
    p_f: Array
    p_o: Array
    cell: Cell


class PeepholeCache(NamedTuple):
    """What :func:`peephole_lstm_backward` needs."""

    x: Array  # (T, N, D)
    h: Array  # (T + 1, N, M), from h0 on
    wx: Array  # (D, 4M)
    wh: Array  # (M, 4M)
    p_i: Array  # (M,), as p_f, p_o
    p_f: Array
    p_o: Array
    cells: tuple[Cell, ...]  # T of them


def peephole_lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array,
    p_i: Array, p_f: Array, p_o: Array,
) -> tuple[tuple[Array, Array], PeepholeStepCache]:  # fmt: skip
    """Take one step of an LSTM with peepholes.

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
        The biases.
    p_i, p_f, p_o : (M,)
        The peepholes: the weights with which a gate sees its unit's cell.

    Returns
    -------
    (h_next, c_next) : pair of (N, M)
        The state and the cell after the step.
    cache : PeepholeStepCache

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    :cite:`gers2000recurrent`; the notation is that of section II of :cite:`greff2017lstm`.
    """
    require_shapes(
        x=(x, "N D"), h=(h, "N M"), c=(c, "N M"), wx=(wx, "D 4M"), wh=(wh, "M 4M"), b=(b, "4M"),
        p_i=(p_i, "M"), p_f=(p_f, "M"), p_o=(p_o, "M"),
    )  # fmt: skip
    h_next, cell = _cell_forward(x @ wx + h @ wh + b, c, p_i, p_f, p_o)
    return (h_next, cell.c_next), PeepholeStepCache(x, h, wx, wh, p_i, p_f, p_o, cell)


def peephole_lstm_step_backward(
    dh: Array, dc: Array, cache: PeepholeStepCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array]:
    """Pass gradients back through one step of an LSTM with peepholes.

    Parameters
    ----------
    dh, dc : (N, M)
        The gradients with respect to the state and to the cell after the step.
    cache : PeepholeStepCache

    Returns
    -------
    dx : (N, D)
    dh_prev, dc_prev : (N, M)
        The gradients with respect to the state and to the cell before the step.
    dwx : (D, 4M)
    dwh : (M, 4M)
    db : (4M,)
    dp_i, dp_f, dp_o : (M,)

    Raises
    ------
    ValueError
        If an incoming gradient has not the shape of the state.
    """
    x, h, wx, wh, p_i, p_f, p_o, cell = cache
    require_shapes(h=(h, "N M"), dh=(dh, "N M"), dc=(dc, "N M"))
    da, dc_prev = _cell_backward(dh, dc, cell, p_i, p_f, p_o)
    dp = _peephole_gradients(da, cell)
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, da.sum(axis=0), *dp


def peephole_lstm_forward(
    x: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array,
    p_i: Array, p_f: Array, p_o: Array,
) -> tuple[tuple[Array, Array], PeepholeCache]:  # fmt: skip
    """Run an LSTM with peepholes over a sequence.

    Parameters
    ----------
    x : (T, N, D)
        The inputs of all steps.
    h0, c0 : (N, M)
        The state and the cell before the first step.
    wx, wh, b, p_i, p_f, p_o : (D, 4M), (M, 4M), (4M,), (M,), (M,), (M,)
        As in :func:`peephole_lstm_step_forward`.

    Returns
    -------
    (h, c) : (T, N, M) and (N, M)
        The state after each step, and the cell after the last.
    cache : PeepholeCache

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    As :func:`peephole_lstm_step_forward`.
    """
    sizes = require_shapes(
        x=(x, "T N D"), h0=(h0, "N M"), c0=(c0, "N M"),
        wx=(wx, "D 4M"), wh=(wh, "M 4M"), b=(b, "4M"),
        p_i=(p_i, "M"), p_f=(p_f, "M"), p_o=(p_o, "M"),
    )  # fmt: skip
    T, N, D, M = (sizes[letter] for letter in "TNDM")
    dtype = np.result_type(x, h0, c0, wx, wh, b, p_i, p_f, p_o, np.float32)
    a = (x.reshape(T * N, D) @ wx + b).reshape(T, N, 4 * M)  # no input waits for a state
    h = np.empty((T + 1, N, M), dtype)
    h[0], c, cells = h0, c0.astype(dtype), []
    for t in range(T):
        h[t + 1], cell = _cell_forward(a[t] + h[t] @ wh, c, p_i, p_f, p_o)
        c = cell.c_next
        cells.append(cell)
    return (h[1:].copy(), c.copy()), PeepholeCache(x, h, wx, wh, p_i, p_f, p_o, tuple(cells))


def peephole_lstm_backward(
    dh: Array, dc: Array, cache: PeepholeCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array]:
    """Pass gradients back through time.

    Parameters
    ----------
    dh : (T, N, M)
        The gradient with respect to the state after each step.
    dc : (N, M)
        The gradient with respect to the cell after the last step.
    cache : PeepholeCache

    Returns
    -------
    dx : (T, N, D)
    dh0, dc0 : (N, M)
    dwx : (D, 4M)
    dwh : (M, 4M)
    db : (4M,)
    dp_i, dp_f, dp_o : (M,)

    Raises
    ------
    ValueError
        If an incoming gradient has not the shape of what it belongs to.
    """
    x, h, wx, wh, p_i, p_f, p_o, cells = cache
    T, N, D = x.shape
    M = h.shape[2]
    require_shapes(h=(h[1:], "T N M"), dh=(dh, "T N M"), dc=(dc, "N M"))
    da = np.empty((T, N, 4 * M), h.dtype)
    dp = np.zeros((3, M), h.dtype)
    dh_next, dc_next = np.zeros_like(h[0]), dc.astype(h.dtype)
    for t in reversed(range(T)):
        da[t], dc_next = _cell_backward(dh[t] + dh_next, dc_next, cells[t], p_i, p_f, p_o)
        dh_next = da[t] @ wh.T
        dp += _peephole_gradients(da[t], cells[t])
    da = da.reshape(T * N, 4 * M)
    dx = (da @ wx.T).reshape(T, N, D)
    dwx = x.reshape(T * N, D).T @ da
    dwh = h[:T].reshape(T * N, M).T @ da
    return dx, dh_next, dc_next, dwx, dwh, da.sum(axis=0), *dp


def _cell_forward(a: Array, c: Array, p_i: Array, p_f: Array, p_o: Array) -> tuple[Array, Cell]:
    """Turn what a step has from its input and state, (N, 4M), and its cell into the next state."""
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)  # (N, M) each
    i, f, g = sigmoid(a_i + p_i * c), sigmoid(a_f + p_f * c), np.tanh(a_g)
    c_next = f * c + i * g
    o = sigmoid(a_o + p_o * c_next)  # sees the cell as it is now
    tanh_c = np.tanh(c_next)
    return o * tanh_c, Cell(c, c_next, tanh_c, i, f, g, o)


def _cell_backward(
    dh: Array, dc: Array, cell: Cell, p_i: Array, p_f: Array, p_o: Array
) -> tuple[Array, Array]:
    """Return the gradients with respect to the pre-activations, (N, 4M), and the cell before."""
    c, _, tanh_c, i, f, g, o = cell
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p_o  # by the next step, the state and the gate o
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    return np.concatenate([da_i, da_f, da_g, da_o], axis=1), dc * f + da_i * p_i + da_f * p_f


def _peephole_gradients(da: Array, cell: Cell) -> Array:
    """Return the gradient with respect to p_i, p_f and p_o, (3, M)."""
    da_i, da_f, _, da_o = np.split(da, 4, axis=1)
    seen = [da_i * cell.c, da_f * cell.c, da_o * cell.c_next]
    return np.stack([product.sum(axis=0) for product in seen])
