"""Real-time recurrent learning: the gradient at every step, without looking back.

Back-propagation through time waits for the end and walks back. Here a second recurrence runs
beside the state and carries its *influence*: how each unit moves with each weight. Stack the
weights to `w = [wx; wh; b]` and what they meet to `z_t = [x_t, h_{t-1}, 1]`, with R = D + M + 1
rows. Then the influence of w[r, m] on the unit o is

    S_t[r, m, o] = (1 - h_t[o]^2) (sum_j S_{t-1}[r, m, j] wh[j, o] + (z_t[r] if o is m else 0))

and the gradient of a loss at step t is its gradient with respect to h_t times S_t: the weights
may learn at once. It is the same gradient, at another price. For each sample of the batch:

- *Memory.* The influence is R M² numbers, however long the sequence; about M³ if M is large. Back
  through time keeps T (D + M) numbers: less, until T is about M².
- *Work.* Each step multiplies R M rows of the influence by `wh`: R M³ multiply-adds, about M⁴.
  Back through time takes 2 (D + M) M for a step, about M².
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


def rtrl_step(
    x: Array, h: Array, influence: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array]:
    """Take one step with tanh, and carry the influence along.

    Parameters
    ----------
    x : (N, D)
        The inputs of one step.
    h : (N, M)
        The state before it.
    influence : (N, D + M + 1, M, M)
        `[n, r, m, o]` is the slope of unit o of `h` with respect to the weight [r, m] of
        `[wx; wh; b]`. Zeros at the start, because the initial state owes nothing to the weights.
    wx, wh, b : (D, M), (M, M), (M,)

    Returns
    -------
    h_next : (N, M)
        The state after the step.
    influence_next : (N, D + M + 1, M, M)
        Its slopes with respect to the weights, through this step and all before it.

    Raises
    ------
    ValueError
        If a shape does not fit those before it.

    References
    ----------
    :cite:`williams1989learning`.
    """
    size = require_shapes(x=(x, "N D"), h=(h, "N M"), wx=(wx, "D M"), wh=(wh, "M M"), b=(b, "M"))
    N, D, M = (size[letter] for letter in "NDM")
    if influence.shape != (N, D + M + 1, M, M):
        raise ValueError(
            f"influence must have shape (N, D + M + 1, M, M) = {(N, D + M + 1, M, M)}, "
            f"got {influence.shape}"
        )
    h_next = np.tanh(x @ wx + h @ wh + b)
    z = np.concatenate([x, h, np.ones_like(h[:, :1])], axis=1)  # (N, D + M + 1)
    influence_next = influence @ wh  # by way of the state before
    unit = np.arange(M)
    influence_next[:, :, unit, unit] += z[:, :, None]  # a weight acts at once on its own unit only
    influence_next *= (1 - h_next * h_next)[:, None, None, :]
    return h_next, influence_next


def rtrl_gradients(dh: Array, influence: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of the loss of this step, which are known as soon as the loss is.

    Parameters
    ----------
    dh : (N, M)
        Gradient of this step's loss with respect to its state.
    influence : (N, D + M + 1, M, M)
        The influence after the step.

    Returns
    -------
    dwx, dwh, db : (D, M), (M, M), (M,)
        Of this loss alone, through all steps so far.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the state.
    """
    require_shapes(influence=(influence, "N R M M"), dh=(dh, "N M"))
    M = dh.shape[1]
    dw = np.tensordot(influence, dh, axes=((0, 3), (0, 1)))  # (D + M + 1, M)
    return dw[: -M - 1], dw[-M - 1 : -1], dw[-1]


def rtrl(
    x: Array, h0: Array, wx: Array, wh: Array, b: Array, dh: Array
) -> tuple[Array, Array, Array]:
    """Run over a sequence and return the gradient of each step's loss, in the order of time.

    Parameters
    ----------
    x : (T, N, D)
        The sequence, time first.
    h0 : (N, M)
        The state before the first step.
    wx, wh, b : (D, M), (M, M), (M,)
    dh : (T, N, M)
        Gradient of each step's loss with respect to its state.

    Returns
    -------
    dwx, dwh, db : (T, D, M), (T, M, M), (T, M)
        One gradient for each loss. Summed over the first axis, they are those of
        back-propagation through time; used one by one, they teach at every step.

    Raises
    ------
    ValueError
        If a shape does not fit those before it.

    References
    ----------
    :cite:`williams1989learning`.
    """
    size = require_shapes(
        x=(x, "T N D"),
        h0=(h0, "N M"),
        wx=(wx, "D M"),
        wh=(wh, "M M"),
        b=(b, "M"),
        dh=(dh, "T N M"),
    )
    T, N, D, M = (size[letter] for letter in "TNDM")
    dtype = np.result_type(x, h0, wx, wh, b, np.float16)
    dwx, dwh, db = (np.empty((T, *shape), dtype) for shape in [(D, M), (M, M), (M,)])
    h = h0
    influence = np.zeros((N, D + M + 1, M, M), dtype)
    for t in range(T):
        h, influence = rtrl_step(x[t], h, influence, wx, wh, b)
        dwx[t], dwh[t], db[t] = rtrl_gradients(dh[t], influence)
    return dwx, dwh, db
