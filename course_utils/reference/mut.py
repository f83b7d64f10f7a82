"""MUT1, MUT2 and MUT3: the three cells that a search over ten thousand architectures kept.

All three have the parts of a gated recurrent unit, r, z and n, and end with
`h_next = z * n + (1 - z) * h`, where `n = tanh(p_n + (r * h) wh_n)`. They differ in what the parts
read, from the input (p, with a bias) and from the state:

======  =================  ==============  ==============  ========  =================
cell    p_r                p_z             p_n             r reads   z reads
======  =================  ==============  ==============  ========  =================
MUT1    x wx_r             x wx_z          tanh(x)         h wh_r    nothing
MUT2    x                  x wx_z          x wx_n          h wh_r    h wh_z
MUT3    x wx_r             x wx_z          x wx_n          h wh_r    tanh(h) wh_z
======  =================  ==============  ==============  ========  =================

Weights lie side by side in the order r, z, n, without those that a cell lacks. Where x comes
without a matrix it is added to M numbers, so MUT1 and MUT2 need inputs with D = M features.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gates import sigmoid
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]
Variant = Literal[1, 2, 3]
INPUT_PARTS = {1: 2, 2: 2, 3: 3}  # how many blocks of M columns wx has
STATE_PARTS = {1: 2, 2: 3, 3: 3}  # and wh


class Cell(NamedTuple):
    """What a step did after reading its input, all (N, M)."""

    h: Array  # before the step
    r: Array
    z: Array
    n: Array


class MUTStepCache(NamedTuple):
    """What :func:`mut_step_backward` needs."""

    x: Array  # (N, D)
    wx: Array  # (D, 2M) or (D, 3M)
    wh: Array  # (M, 2M) or (M, 3M)
    cell: Cell
    variant: Variant


class MUTCache(NamedTuple):
    """What :func:`mut_backward` needs."""

    x: Array  # (T, N, D)
    wx: Array  # (D, 2M) or (D, 3M)
    wh: Array  # (M, 2M) or (M, 3M)
    cells: tuple[Cell, ...]  # T of them
    h: Array  # (N, M), the last state
    variant: Variant


def mut_step_forward(
    x: Array, h: Array, wx: Array, wh: Array, b: Array, *, variant: Variant
) -> tuple[Array, MUTStepCache]:
    """Take one step of MUT1, MUT2 or MUT3.

    Parameters
    ----------
    x : (N, D)
        The input of this step; D = M in MUT1 and MUT2.
    h : (N, M)
        The state before the step.
    wx : (D, 2M) or (D, 3M)
        The input's weights: r and z in MUT1, z and n in MUT2, r, z and n in MUT3.
    wh : (M, 2M) or (M, 3M)
        The state's weights: r and n in MUT1, r, z and n in MUT2 and MUT3.
    b : (3M,)
        The biases of r, z and n.
    variant : {1, 2, 3}
        Which of the cells.

    Returns
    -------
    h_next : (N, M)
        The state after the step.
    cache : MUTStepCache

    Raises
    ------
    ValueError
        If the shapes do not fit together, D is not M where it must be, or there is no such cell.

    References
    ----------
    :cite:`jozefowicz2015empirical`.

    Examples
    --------
    >>> x, h, zero = np.array([[2.0]]), np.array([[7.0]]), np.zeros((1, 2))
    >>> new = np.array([0.0, 99.0, 0.0])  # z is 1, so the state is new: tanh(tanh(x))
    >>> mut_step_forward(x, h, zero, zero, new, variant=1)[0].round(4)
    array([[0.7461]])
    """
    _require(x, "N D", h, wx, wh, b, variant)
    h_next, cell = _cell_forward(_read_input(x, wx, b, variant), h, wh, variant)
    return h_next, MUTStepCache(x, wx, wh, cell, variant)


def mut_step_backward(dh: Array, cache: MUTStepCache) -> tuple[Array, Array, Array, Array, Array]:
    """Pass a gradient back through one step.

    Parameters
    ----------
    dh : (N, M)
        The gradient with respect to the state after the step.
    cache : MUTStepCache

    Returns
    -------
    dx : (N, D)
    dh_prev : (N, M)
        The gradient with respect to the state before the step.
    dwx, dwh, db
        The gradients with respect to the weights and the bias, shaped as they are.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the state.
    """
    x, wx, wh, cell, variant = cache
    require_shapes(h=(cell.h, "N M"), dh=(dh, "N M"))
    da, dh_prev = _cell_backward(dh, cell, wh, variant)
    dx, dwx = _read_input_backward(da, x, wx, variant)
    return dx, dh_prev, dwx, _state_weight_gradient(da, cell, variant), da.sum(axis=0)


def mut_forward(
    x: Array, h0: Array, wx: Array, wh: Array, b: Array, *, variant: Variant
) -> tuple[Array, MUTCache]:
    """Run MUT1, MUT2 or MUT3 over a sequence.

    Parameters
    ----------
    x : (T, N, D)
        The inputs of all steps; D = M in MUT1 and MUT2.
    h0 : (N, M)
        The state before the first step.
    wx, wh, b
        As in :func:`mut_step_forward`.
    variant : {1, 2, 3}
        Which of the cells.

    Returns
    -------
    h : (T, N, M)
        The state after each step.
    cache : MUTCache

    Raises
    ------
    ValueError
        As :func:`mut_step_forward`.

    References
    ----------
    As :func:`mut_step_forward`.
    """
    T, N, D, M = _require(x, "T N D", h0, wx, wh, b, variant)
    dtype = np.result_type(x, h0, wx, wh, b, np.float32)
    p = _read_input(x.reshape(T * N, D), wx, b, variant).reshape(T, N, 3 * M)
    out, cells = np.empty((T, N, M), dtype), []
    h = h0.astype(dtype)
    for t in range(T):
        h, cell = _cell_forward(p[t], h, wh, variant)
        cells.append(cell)
        out[t] = h
    return out, MUTCache(x, wx, wh, tuple(cells), h, variant)


def mut_backward(dh: Array, cache: MUTCache) -> tuple[Array, Array, Array, Array, Array]:
    """Pass gradients back through time.

    Parameters
    ----------
    dh : (T, N, M)
        The gradient with respect to the state after each step.
    cache : MUTCache

    Returns
    -------
    dx : (T, N, D)
    dh0 : (N, M)
    dwx, dwh, db
        The gradients with respect to the weights and the bias, shaped as they are.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.
    """
    x, wx, wh, cells, h, variant = cache
    T, N, D, M = *x.shape, h.shape[1]
    require_shapes(x=(x, "T N D"), h=(h, "N M"), dh=(dh, "T N M"))
    da = np.empty((T, N, 3 * M), h.dtype)
    dh_next = np.zeros_like(h)
    for t in reversed(range(T)):
        da[t], dh_next = _cell_backward(dh[t] + dh_next, cells[t], wh, variant)
    rows = da.reshape(T * N, 3 * M)  # steps share the weights, so a step is only more rows
    dx, dwx = _read_input_backward(rows, x.reshape(T * N, D), wx, variant)
    if not cells:
        return dx.reshape(x.shape), dh_next, dwx, np.zeros_like(wh), rows.sum(axis=0)
    all_steps = Cell(*(np.concatenate(part) for part in zip(*cells, strict=True)))  # (T*N, M) each
    dwh = _state_weight_gradient(rows, all_steps, variant)
    return dx.reshape(T, N, D), dh_next, dwx, dwh, rows.sum(axis=0)


def _read_input(x: Array, wx: Array, b: Array, variant: Variant) -> Array:
    """Return p: what r, z and n have from the input and the bias, (N, 3M)."""
    parts = {1: [x @ wx, np.tanh(x)], 2: [x, x @ wx], 3: [x @ wx]}[variant]
    return np.concatenate(parts, axis=1) + b


def _read_input_backward(dp: Array, x: Array, wx: Array, variant: Variant) -> tuple[Array, Array]:
    """Return the gradients with respect to x and wx."""
    M = dp.shape[1] // 3
    if variant == 1:
        direct, product = dp[:, 2 * M :] * (1 - np.tanh(x) ** 2), dp[:, : 2 * M]
    elif variant == 2:
        direct, product = dp[:, :M], dp[:, M:]
    else:
        direct, product = 0, dp
    return product @ wx.T + direct, x.T @ product


def _cell_forward(p: Array, h: Array, wh: Array, variant: Variant) -> tuple[Array, Cell]:
    """Turn what a step has from its input, (N, 3M), and the state into the next state."""
    M = h.shape[1]
    p_r, p_z, p_n = np.split(p, 3, axis=1)  # (N, M) each
    r = sigmoid(p_r + h @ wh[:, :M])
    z = sigmoid(p_z if variant == 1 else p_z + _seen_by_z(h, variant) @ wh[:, M : 2 * M])
    n = np.tanh(p_n + (r * h) @ wh[:, -M:])
    return z * n + (1 - z) * h, Cell(h, r, z, n)


def _cell_backward(dh: Array, cell: Cell, wh: Array, variant: Variant) -> tuple[Array, Array]:
    """Return the gradients with respect to the pre-activations, (N, 3M), and the state before."""
    h, r, z, n = cell
    M = h.shape[1]
    da_z = dh * (n - h) * z * (1 - z)
    da_n = dh * z * (1 - n**2)
    dscaled = da_n @ wh[:, -M:].T  # at r * h
    da_r = dscaled * h * r * (1 - r)
    dh_prev = dh * (1 - z) + dscaled * r + da_r @ wh[:, :M].T
    if variant == 2:
        dh_prev += da_z @ wh[:, M : 2 * M].T
    if variant == 3:
        dh_prev += da_z @ wh[:, M : 2 * M].T * (1 - np.tanh(h) ** 2)
    return np.concatenate([da_r, da_z, da_n], axis=1), dh_prev


def _state_weight_gradient(da: Array, cell: Cell, variant: Variant) -> Array:
    """Return the gradient with respect to wh."""
    da_r, da_z, da_n = np.split(da, 3, axis=1)
    parts = [cell.h.T @ da_r, _seen_by_z(cell.h, variant).T @ da_z, (cell.r * cell.h).T @ da_n]
    if variant == 1:
        del parts[1]  # z does not read the state
    return np.concatenate(parts, axis=1)


def _seen_by_z(h: Array, variant: Variant) -> Array:
    return np.tanh(h) if variant == 3 else h


def _require(
    x: Array, axes: str, h: Array, wx: Array, wh: Array, b: Array, variant: Variant
) -> tuple[int, int, int, int]:
    """Check the arguments and return T, N, D, M; T is 1 for a single step."""
    if variant not in INPUT_PARTS:
        raise ValueError(f"variant must be 1, 2 or 3, got {variant!r}")
    sizes = require_shapes(
        x=(x, axes), h=(h, "N M"), wx=(wx, f"D {INPUT_PARTS[variant]}M"),
        wh=(wh, f"M {STATE_PARTS[variant]}M"), b=(b, "3M"),
    )  # fmt: skip
    T, N, D, M = sizes.get("T", 1), sizes["N"], sizes["D"], sizes["M"]
    if variant != 3 and D != M:
        raise ValueError(
            f"x must have D = M features in MUT{variant}, which adds it to the state without a "
            f"matrix, got D = {D} and M = {M}; take MUT3 or project x to {M} features first"
        )
    return T, N, D, M
