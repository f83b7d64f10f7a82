"""The gated recurrent unit in each of its conventions: one step, and a fast pass over a sequence.

Gates come in PyTorch's order, r, z, n, along the last axis of the weights. The papers differ in
two places, so each function names its choice:

=========  ==========  ==========================================
`update`   "keeps"     h_next = z * h + (1 - z) * n
           "replaces"  h_next = (1 - z) * h + z * n
`reset`    "after"     n = tanh(x wx_n + bx_n + r * (h wh_n + bh_n))
           "before"    n = tanh(x wx_n + bx_n + (r * h) wh_n + bh_n)
=========  ==========  ==========================================

PyTorch's unit is "keeps" and "after", the first paper's "keeps" and "before".
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gates import sigmoid
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]
Update = Literal["keeps", "replaces"]
Reset = Literal["after", "before"]


class GRUStepCache(NamedTuple):
    """What :func:`gru_step_backward` needs."""

    x: Array  # (N, D)
    h: Array  # (N, M), the state before the step
    wx: Array  # (D, 3M)
    wh: Array  # (M, 3M)
    r: Array  # (N, M), as z, n
    z: Array
    n: Array
    u: Array  # (N, M), what the reset gate scales: h wh_n + bh_n "after", h "before"
    update: Update
    reset: Reset


class GRUCache(NamedTuple):
    """What :func:`gru_backward` needs."""

    x: Array  # (T, N, D)
    wx: Array  # (D, 3M)
    wh: Array  # (M, 3M)
    gates: Array  # (T, 3, M, N): r, the share of the old state, n
    h: Array  # (M, T + 1, N), from h0 on
    u: Array  # (T, M, N), what the reset gate scales
    update: Update
    reset: Reset


def gru_step_forward(
    x: Array,
    h: Array,
    wx: Array,
    wh: Array,
    bx: Array,
    bh: Array,
    *,
    update: Update = "keeps",
    reset: Reset = "after",
) -> tuple[Array, GRUStepCache]:
    """Take one step of a GRU.

    Parameters
    ----------
    x : (N, D)
        The input of this step.
    h : (N, M)
        The state before the step.
    wx : (D, 3M)
        The input's weights for r, z, n.
    wh : (M, 3M)
        The state's weights.
    bx, bh : (3M,)
        The biases beside each of them. They differ in effect where `reset` is "after" only.
    update : {"keeps", "replaces"}
        Whether z is the share of the old state or of the new.
    reset : {"after", "before"}
        Whether r scales the state after the product with its weights or before.

    Returns
    -------
    h_next : (N, M)
        The state after the step.
    cache : GRUStepCache

    Raises
    ------
    ValueError
        If the shapes do not fit together, or an option is unknown.

    References
    ----------
    Equations 5 to 8 of :cite:`cho2014learning`; `torch.nn.GRU` for "after".

    Examples
    --------
    >>> x, h, wx, wh = (np.full(shape, 1.0) for shape in [(1, 1), (1, 1), (1, 3), (1, 3)])
    >>> shut = np.array([0.0, 99.0, 0.0])  # z is 1
    >>> gru_step_forward(x, h, wx, wh, shut, shut)[0].item()  # keeps the state, which is 1
    1.0
    """
    require_shapes(
        x=(x, "N D"), h=(h, "N M"), wx=(wx, "D 3M"), wh=(wh, "M 3M"), bx=(bx, "3M"), bh=(bh, "3M")
    )
    _require_options(update, reset)
    M = h.shape[1]
    x_r, x_z, x_n = np.split(x @ wx + bx, 3, axis=1)  # (N, M) each
    h_r, h_z = np.split(h @ wh[:, : 2 * M] + bh[: 2 * M], 2, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    wh_n, bh_n = wh[:, 2 * M :], bh[2 * M :]
    if reset == "after":
        u = h @ wh_n + bh_n
        n = np.tanh(x_n + r * u)
    else:
        u = h
        n = np.tanh(x_n + (r * u) @ wh_n + bh_n)
    h_next = z * h + (1 - z) * n if update == "keeps" else (1 - z) * h + z * n
    return h_next, GRUStepCache(x, h, wx, wh, r, z, n, u, update, reset)


def gru_step_backward(
    dh: Array, cache: GRUStepCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pass a gradient back through one step of a GRU.

    Parameters
    ----------
    dh : (N, M)
        The gradient with respect to the state after the step.
    cache : GRUStepCache

    Returns
    -------
    dx : (N, D)
    dh_prev : (N, M)
        The gradient with respect to the state before the step.
    dwx : (D, 3M)
    dwh : (M, 3M)
    dbx, dbh : (3M,)

    Raises
    ------
    ValueError
        If `dh` has not the shape of the state.
    """
    x, h, wx, wh, r, z, n, u, update, reset = cache
    require_shapes(h=(h, "N M"), dh=(dh, "N M"))
    M = h.shape[1]
    old, sign = (z, 1) if update == "keeps" else (1 - z, -1)
    wh_rz, wh_n = wh[:, : 2 * M], wh[:, 2 * M :]

    da_z = sign * dh * (h - n) * z * (1 - z)
    da_n = dh * (1 - old) * (1 - n**2)
    if reset == "after":
        dr, dh_n = da_n * u, da_n * r  # n's share of the gradient at h wh + bh
        dh_prev = dh_n @ wh_n.T
        dwh_n = h.T @ dh_n
    else:
        dscaled = da_n @ wh_n.T  # at r * h
        dr, dh_n = dscaled * u, da_n
        dh_prev = dscaled * r
        dwh_n = (r * u).T @ dh_n
    da_rz = np.concatenate([dr * r * (1 - r), da_z], axis=1)  # (N, 2M)
    dh_prev = dh_prev + dh * old + da_rz @ wh_rz.T
    da = np.concatenate([da_rz, da_n], axis=1)  # (N, 3M)
    dwh = np.concatenate([h.T @ da_rz, dwh_n], axis=1)
    dbh = np.concatenate([da_rz, dh_n], axis=1).sum(axis=0)
    return da @ wx.T, dh_prev, x.T @ da, dwh, da.sum(axis=0), dbh


def gru_forward(
    x: Array,
    h0: Array,
    wx: Array,
    wh: Array,
    bx: Array,
    bh: Array,
    *,
    update: Update = "keeps",
    reset: Reset = "after",
) -> tuple[Array, GRUCache]:
    """Run a GRU over a sequence.

    Parameters
    ----------
    x : (T, N, D)
        The inputs of all steps.
    h0 : (N, M)
        The state before the first step.
    wx : (D, 3M)
        The input's weights for r, z, n.
    wh : (M, 3M)
        The state's weights.
    bx, bh : (3M,)
        The biases beside each of them.
    update, reset : str
        As in :func:`gru_step_forward`.

    Returns
    -------
    h : (T, N, M)
        The state after each step.
    cache : GRUCache

    Raises
    ------
    ValueError
        If the shapes do not fit together, or an option is unknown.

    References
    ----------
    As :func:`gru_step_forward`.
    """
    sizes = require_shapes(
        x=(x, "T N D"), h0=(h0, "N M"), wx=(wx, "D 3M"), wh=(wh, "M 3M"),
        bx=(bx, "3M"), bh=(bh, "3M"),
    )  # fmt: skip
    _require_options(update, reset)
    T, N, D, M = (sizes[letter] for letter in "TNDM")
    dtype = np.result_type(x, h0, wx, wh, bx, bh, np.float32)

    # 1 - sigmoid(a) is sigmoid(-a), so a sign in the weights makes z the share of the old state
    # in both conventions.
    sign = np.repeat(np.array([1, 1 if update == "keeps" else -1, 1], dtype), M)  # (3M,)
    a = ((sign * wx).T @ x.reshape(T * N, D).T).reshape(3 * M, T, N)
    wh_t = np.ascontiguousarray((sign * wh).T)  # (3M, M)
    bh_n = bh[2 * M :, None]
    inside = np.concatenate([bx[: 2 * M] + bh[: 2 * M], bx[2 * M :]])
    if reset == "before":
        inside[2 * M :] += bh[2 * M :]
    a += (sign * inside)[:, None, None]

    gates = np.empty((T, 3, M, N), dtype)
    h = np.empty((M, T + 1, N), dtype)
    u = np.empty((T, M, N), dtype)
    h[:, 0] = h0.T
    for t in range(T):
        sigma = gates[t, :2].reshape(2 * M, N)
        np.matmul(wh_t[: 2 * M], h[:, t], out=sigma)
        sigma += a[: 2 * M, t]
        sigmoid(sigma, out=sigma)
        r, old, n = gates[t]
        if reset == "after":
            np.matmul(wh_t[2 * M :], h[:, t], out=u[t])
            u[t] += bh_n
            np.multiply(r, u[t], out=n)
        else:
            u[t] = h[:, t]
            np.matmul(wh_t[2 * M :], r * u[t], out=n)
        n += a[2 * M :, t]
        np.tanh(n, out=n)
        np.multiply(old, h[:, t] - n, out=h[:, t + 1])
        h[:, t + 1] += n
    out = h[:, 1:].transpose(1, 2, 0).copy()  # (T, N, M)
    return out, GRUCache(x, wx, wh, gates, h, u, update, reset)


def gru_backward(dh: Array, cache: GRUCache) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pass gradients back through time.

    Parameters
    ----------
    dh : (T, N, M)
        The gradient with respect to the state after each step.
    cache : GRUCache

    Returns
    -------
    dx : (T, N, D)
    dh0 : (N, M)
    dwx : (D, 3M)
    dwh : (M, 3M)
    dbx, dbh : (3M,)

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.
    """
    x, wx, wh, gates, h, u, update, reset = cache
    require_shapes(gates=(gates, "T G M N"), dh=(dh, "T N M"))
    T, _, M, N = gates.shape
    D = x.shape[2]
    sign = 1 if update == "keeps" else -1
    wh_rz, wh_n = wh[:, : 2 * M], wh[:, 2 * M :]
    # All steps of n, r, z and n's share of h wh + bh: rows :3M are at x wx, rows M: at h wh.
    da = np.empty((4, M, T, N), gates.dtype)
    da_n, da_r, da_z, dh_n = da
    dh_next = np.zeros((M, N), gates.dtype)  # from the step after
    for t in reversed(range(T)):
        r, old, n = gates[t]
        dh_t = dh_next + dh[t].T
        dh_next = dh_t * old
        dh_t -= dh_next  # dh (1 - old)
        da_z_t = np.multiply(dh_t * old, h[:, t] - n, out=da_z[:, t])
        da_z_t *= sign
        da_n_t = np.multiply(dh_t, 1 - n * n, out=da_n[:, t])
        if reset == "after":
            np.multiply(da_n_t * u[t], r * (1 - r), out=da_r[:, t])
            np.multiply(da_n_t, r, out=dh_n[:, t])
            dh_next += wh @ da[1:, :, t].reshape(3 * M, N)
        else:
            dscaled = wh_n @ da_n_t  # at r * h
            np.multiply(dscaled * u[t], r * (1 - r), out=da_r[:, t])
            dh_n[:, t] = da_n_t
            dh_next += wh_rz @ da[1:3, :, t].reshape(2 * M, N)
            dh_next += dscaled * r

    da_x, da_h = da[:3].reshape(3 * M, T * N), da[1:].reshape(3 * M, T * N)
    dx = (da_x.T @ np.roll(wx, M, axis=1).T).reshape(T, N, D)
    dwx, dbx = np.roll(x.reshape(T * N, D).T @ da_x.T, -M, axis=1), np.roll(da_x.sum(axis=1), -M)
    dwh, dbh = h[:, :T].reshape(M, T * N) @ da_h.T, da_h.sum(axis=1)
    if reset == "before":
        scaled = (gates[:, 0] * u).transpose(1, 0, 2).reshape(M, T * N)
        dwh[:, 2 * M :] = scaled @ da_h[2 * M :].T
    return dx, dh_next.T, dwx, dwh, dbx, dbh


def _require_options(update: str, reset: str) -> None:
    if update not in ("keeps", "replaces"):
        raise ValueError(f"update must be 'keeps' or 'replaces', got {update!r}")
    if reset not in ("after", "before"):
        raise ValueError(f"reset must be 'after' or 'before', got {reset!r}")
