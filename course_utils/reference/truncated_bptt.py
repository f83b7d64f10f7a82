"""Back-propagation through time that stops after a few steps, in three forms.

The state always flows on; only the gradient is cut. Two cuts are in use. With a window of p:

- *Chunks*: the sequence is cut into pieces of p steps, and no gradient crosses a border. It costs
  one pass, like the full gradient, but how far a loss looks back depends on where it stands: the
  first step of a chunk sees itself only, the last one sees p steps.
- *Sliding*: each loss sees the last p steps, its own among them, wherever it stands. It costs
  about p passes. In the double sum over losses t and steps k, it keeps the terms with
  `t - k < p`; written as a sum "from j - p", which has p + 1 terms, it is a window of p + 1.

Chunks keep a part of what sliding keeps, and sliding a part of the whole. With p = T both are the
whole. The third form, :func:`stream_gradients`, is chunks again, but run while the sequence comes
in: a chunk is let go once it is done with, so memory does not grow with the sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.rnn import (
    RNNCache,
    activation_slope,
    rnn_backward,
    rnn_forward,
    shared_gradients,
)
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class Stream(NamedTuple):
    """The last state (N, M), and the summed gradients (D, M), (M, M), (M,)."""

    h: Array
    dwx: Array
    dwh: Array
    db: Array


def chunked_backward(
    dh: Array, cache: RNNCache, *, window: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Send gradients back through time, but over no border between chunks.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient of each step's loss with respect to its state.
    cache : RNNCache
        What :func:`~course_utils.reference.rnn.rnn_forward` kept.
    window : int
        Steps in a chunk. The last chunk may be shorter.

    Returns
    -------
    dx, dh0, dwx, dwh, db : (T, N, D), (N, M), (D, M), (M, M), (M,)
        As :func:`~course_utils.reference.rnn.rnn_backward`, and equal to it if `window` is T or
        more. Only the first chunk reaches `h0`.

    Raises
    ------
    ValueError
        If `window` is not positive, or `dh` has not the shape of the states.

    References
    ----------
    :cite:`williams1990efficient`.
    """
    _require_window(window)
    require_shapes(h=(cache.states[1:], "T N M"), dh=(dh, "T N M"))
    T, N, D = cache.x.shape
    M = cache.wx.shape[1]
    dtype = cache.states.dtype
    dx = np.empty((T, N, D), dtype)
    dh0 = np.zeros((N, M), dtype)
    dwx, dwh, db = (np.zeros(shape, dtype) for shape in [(D, M), (M, M), (M,)])
    for start in range(0, T, window):
        part = slice(start, start + window)
        states = cache.states[start : start + window + 1]  # one more: the state carried in
        chunk = cache._replace(x=cache.x[part], states=states)
        dx[part], dcarried, *shared = rnn_backward(dh[part], chunk)
        if start == 0:
            dh0 = dcarried
        for total, gradient in zip((dwx, dwh, db), shared, strict=True):
            total += gradient
    return dx, dh0, dwx, dwh, db


def sliding_backward(
    dh: Array, cache: RNNCache, *, window: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Send the gradient of each loss back through the last `window` steps.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient of each step's loss with respect to its state.
    cache : RNNCache
        What :func:`~course_utils.reference.rnn.rnn_forward` kept.
    window : int
        Steps that each loss sees, its own among them.

    Returns
    -------
    dx, dh0, dwx, dwh, db : (T, N, D), (N, M), (D, M), (M, M), (M,)
        As :func:`~course_utils.reference.rnn.rnn_backward`, and equal to it but for rounding if
        `window` is T or more.

    Raises
    ------
    ValueError
        If `window` is not positive, or `dh` has not the shape of the states.

    References
    ----------
    :cite:`williams1990efficient`.
    """
    _require_window(window)
    x, states, wx, wh, activation = cache
    require_shapes(h=(states[1:], "T N M"), dh=(dh, "T N M"))
    T = len(dh)
    slope = activation_slope(states[1:], activation)  # (T, N, M)
    # All losses walk back together. After `lag` steps, row k is at step k, and comes from the loss
    # at k + lag. The loss that stands at step 0 leaves the sequence, so there is one row less.
    walkers = np.array(dh, states.dtype)
    total = walkers.copy()
    for lag in range(1, min(window, T)):
        walkers = (walkers[1:] * slope[1 : T - lag + 1]) @ wh.T  # (T - lag, N, M)
        total[: T - lag] += walkers
    da = total * slope
    dx, dwx, dwh, db = shared_gradients(da, x, states, wx)
    dh0 = da[0] @ wh.T if T else np.zeros_like(states[0])
    return dx, dh0, dwx, dwh, db


def stream_gradients(
    chunks: Iterable[Array],
    h0: Array,
    wx: Array,
    wh: Array,
    b: Array,
    loss_gradient: Callable[[int, Array], Array],
    *,
    activation: str = "tanh",
) -> Stream:
    """Sum gradients over a sequence that comes in chunks, and keep none of them.

    Parameters
    ----------
    chunks : iterable of (p, N, D)
        The sequence piece by piece, as from a file. The pieces may differ in length.
    h0 : (N, M)
        The state before the first step.
    wx, wh, b : (D, M), (M, M), (M,)
    loss_gradient : callable
        Is given the number of the chunk's first step and its states (p, N, M), and returns the
        gradient of their losses with respect to them, of the same shape.
    activation : {"tanh", "relu"}

    Returns
    -------
    Stream
        The last state, from which the next sequence may go on, and the sums of the gradients.

    Raises
    ------
    ValueError
        As :func:`~course_utils.reference.rnn.rnn_forward`, and if what `loss_gradient` returns
        has not the shape of the states.
    """
    h_last = h0
    dwx, dwh, db = (np.zeros_like(parameter) for parameter in (wx, wh, b))
    start = 0
    for x in chunks:
        h, cache = rnn_forward(x, h_last, wx, wh, b, activation=activation)
        _, _, *shared = rnn_backward(loss_gradient(start, h), cache)
        for total, gradient in zip((dwx, dwh, db), shared, strict=True):
            total += gradient
        h_last = cache.states[-1].copy()  # a view would keep the whole chunk alive
        start += len(x)
    return Stream(h_last, dwx, dwh, db)


def _require_window(window: int) -> None:
    if window < 1:
        raise ValueError(f"window must be positive, got {window}")
