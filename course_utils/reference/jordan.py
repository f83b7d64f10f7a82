"""The recurrent network of Jordan: a step remembers what the network said, not what it thought.

`h_t = tanh(x_t wx + y_{t-1} wy + b)` and `y_t = h_t wo + bo`. All that a step knows of the past has
to pass through the K numbers of the output. That is a narrow memory, but it can be told the truth:
where targets are known, they can be fed in place of the outputs. This is teacher forcing. No step
then waits for another, and there is no way back through time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.rnn import shared_gradients
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class JordanCache(NamedTuple):
    """What the passes back need; `fed` (T + 1, N, K) is what came back, `h` (T, N, M)."""

    x: Array
    fed: Array
    h: Array
    wx: Array
    wy: Array
    wo: Array


def jordan_forward(
    x: Array, y0: Array, wx: Array, wy: Array, b: Array, wo: Array, bo: Array
) -> tuple[Array, JordanCache]:
    """Run over a sequence, each step fed with the output of the one before.

    Parameters
    ----------
    x : (T, N, D)
        The sequence, time first.
    y0 : (N, K)
        The output before the first step.
    wx, wy, b : (D, M), (K, M), (M,)
        Weights from the input and from the last output to the hidden units, and their bias.
    wo, bo : (M, K), (K,)
        Weights from the hidden units to the outputs, and their bias.

    Returns
    -------
    y : (T, N, K)
        The output of each step, in the type to which NumPy promotes the arguments. The cache
        holds the same numbers, not a copy: do not write into them before the backward pass.
    cache : JordanCache

    Raises
    ------
    ValueError
        If a shape does not fit those before it.

    References
    ----------
    :cite:`jordan1986serial`; figure 10.4 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> one, none = np.ones((1, 1)), np.zeros(1)
    >>> jordan_forward(np.zeros((3, 1, 1)), one, one, 0 * one, none, one, none + 5)[0].ravel()
    array([5., 5., 5.])
    """
    T, N, D, M, K = _sizes(x, wx, wy, b, wo, bo, y0=(y0, "N K"))
    dtype = np.result_type(x, y0, wx, wy, b, wo, bo, np.float16)
    fed = np.empty((T + 1, N, K), dtype)
    fed[0] = y0
    h = np.empty((T, N, M), dtype)
    np.matmul(x.reshape(T * N, D), wx, out=h.reshape(T * N, M))  # for all steps at once
    h += b
    for t in range(T):
        h[t] += fed[t] @ wy
        np.tanh(h[t], out=h[t])
        fed[t + 1] = h[t] @ wo + bo
    return fed[1:], JordanCache(x, fed, h, wx, wy, wo)


def jordan_backward(
    dy: Array, cache: JordanCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Send the gradients of all outputs back through time.

    Parameters
    ----------
    dy : (T, N, K)
        Gradient at each output from its loss, not from the next step, which reads it too.
    cache : JordanCache

    Returns
    -------
    dx, dy0, dwx, dwy, db, dwo, dbo : as the arguments of the forward pass
        Their gradients.

    Raises
    ------
    ValueError
        If `dy` has not the shape of the outputs.
    """
    x, fed, h, wx, wy, wo = cache
    require_shapes(y=(fed[1:], "T N K"), dy=(dy, "T N K"))
    total = np.empty_like(fed[1:])  # (T, N, K), gradient at each output, the next step included
    da = 1 - h * h  # (T, N, M); times the gradient at h, it is that at the pre-activation
    dy_next = np.zeros_like(fed[0])
    for t in reversed(range(len(h))):
        total[t] = dy[t] + dy_next
        da[t] *= total[t] @ wo.T
        dy_next = da[t] @ wy.T
    dx, dwx, dwy, db = shared_gradients(da, x, fed, wx)
    return dx, dy_next, dwx, dwy, db, *_readout_gradients(total, h)


def forced_forward(
    x: Array, fed: Array, wx: Array, wy: Array, b: Array, wo: Array, bo: Array
) -> tuple[Array, JordanCache]:
    """Run over a sequence by teacher forcing: each step is told what the last output was.

    Parameters
    ----------
    x : (T, N, D)
        The sequence, time first.
    fed : (T, N, K)
        What each step takes for the last output: `y0`, then all targets but the last.
    wx, wy, b, wo, bo : (D, M), (K, M), (M,), (M, K), (K,)
        As in :func:`jordan_forward`.

    Returns
    -------
    y : (T, N, K)
        The output of each step.
    cache : JordanCache

    Raises
    ------
    ValueError
        If a shape does not fit those before it.

    References
    ----------
    :cite:`williams1989learning`; section 10.2.1 of :cite:`goodfellow2016deep`.
    """
    T, N, D, M, K = _sizes(x, wx, wy, b, wo, bo, fed=(fed, "T N K"))
    a = x.reshape(T * N, D) @ wx + fed.reshape(T * N, K) @ wy + b  # time is only more rows
    h = np.tanh(a).reshape(T, N, M)
    y = h @ wo + bo
    return y, JordanCache(x, np.concatenate([fed, y[T - 1 :]]), h, wx, wy, wo)


def forced_backward(
    dy: Array, cache: JordanCache
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Send gradients back through each step by itself.

    Parameters
    ----------
    dy : (T, N, K)
        Gradient at each output.
    cache : JordanCache

    Returns
    -------
    dx, dfed, dwx, dwy, db, dwo, dbo : as the arguments of the forward pass
        Their gradients.

    Raises
    ------
    ValueError
        If `dy` has not the shape of the outputs.
    """
    x, fed, h, wx, wy, wo = cache
    require_shapes(y=(fed[1:], "T N K"), dy=(dy, "T N K"))
    da = dy @ wo.T * (1 - h * h)  # (T, N, M)
    dx, dwx, dwy, db = shared_gradients(da, x, fed, wx)
    return dx, da @ wy.T, dwx, dwy, db, *_readout_gradients(dy, h)


def _readout_gradients(dy: Array, h: Array) -> tuple[Array, Array]:
    T, N, M = h.shape
    K = dy.shape[2]
    rows = dy.reshape(T * N, K)
    return h.reshape(T * N, M).T @ rows, rows.sum(axis=0)


def _sizes(
    x: Array, wx: Array, wy: Array, b: Array, wo: Array, bo: Array, **last: tuple[Array, str]
) -> tuple[int, ...]:
    size = require_shapes(
        x=(x, "T N D"),
        **last,
        wx=(wx, "D M"),
        wy=(wy, "K M"),
        b=(b, "M"),
        wo=(wo, "M K"),
        bo=(bo, "K"),
    )
    return tuple(size[letter] for letter in "TNDMK")
