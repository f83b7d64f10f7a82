"""The gradient through time as the double sum that it is, one term for each pair of steps.

The loss at step t depends on the weights through every step k up to t. The term of a pair is

    (dL_t / dh_t) (dh_t / dh_{t-1}) ... (dh_{k+1} / dh_k) (the weights' own effect on h_k)

and the gradient is the sum over t and over k <= t. The product of Jacobians counts every path from
h_k to h_t: one through each choice of a unit at each step between. The code is slow and plain. It
is here to be read, and to show which lags `t - k` matter; to train, use
:func:`~course_utils.reference.rnn.rnn_backward`, which shares the work between the terms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.rnn import RNNCache, activation_slope
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class PathTerms(NamedTuple):
    """The terms `[t, k]`: what the loss at step t says by way of step k; zero where k > t.

    Shapes: dx (T, T, N, D), dwx (T, T, D, M), dwh (T, T, M, M), db (T, T, M). There is one way to
    the initial state, through all steps, so dh0 (T, N, M) has one term for each loss.
    """

    dx: Array
    dh0: Array
    dwx: Array
    dwh: Array
    db: Array


def step_jacobian(cache: RNNCache, j: int) -> Array:
    """Return how the state after step j moves with the state before it.

    Parameters
    ----------
    cache : RNNCache
        What :func:`~course_utils.reference.rnn.rnn_forward` kept.
    j : int
        The step, from 0 to T - 1.

    Returns
    -------
    (N, M, M)
        For each sample the Jacobian, `[n, i, m]` the new unit i's slope with respect to the old m.

    Raises
    ------
    ValueError
        If there is no step j.

    References
    ----------
    Equation 5 of :cite:`pascanu2013difficulty`.
    """
    T = len(cache.x)
    if not 0 <= j < T:
        raise ValueError(f"j must be a step from 0 to {T - 1}, got {j}")
    slope = activation_slope(cache.states[j + 1], cache.activation)  # (N, M)
    return slope[:, :, None] * cache.wh.T


def lag_jacobian(cache: RNNCache, t: int, k: int) -> Array:
    """Return how the state after step t moves with the state after step k.

    Parameters
    ----------
    cache : RNNCache
    t, k : int
        Steps with -1 <= k <= t; k = -1 is the initial state.

    Returns
    -------
    (N, M, M)
        The product of the Jacobians of the steps t, t - 1, ..., k + 1; the identity if t is k.

    Raises
    ------
    ValueError
        If k is after t, or there is no such step.
    """
    T = len(cache.x)
    if not -1 <= k <= t < T:
        raise ValueError(f"need -1 <= k <= t < {T}, got t = {t} and k = {k}")
    _, N, M = cache.states.shape
    product = np.tile(np.eye(M, dtype=cache.states.dtype), (N, 1, 1))  # (N, M, M)
    for j in range(t, k, -1):
        product = product @ step_jacobian(cache, j)
    return product


def path_terms(dh: Array, cache: RNNCache) -> PathTerms:
    """Return every term of the double sum by itself.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient of each step's loss with respect to its state.
    cache : RNNCache
        What :func:`~course_utils.reference.rnn.rnn_forward` kept.

    Returns
    -------
    PathTerms
        About T^2 arrays of the weights' size: for short sequences.

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.

    References
    ----------
    Equations 3 to 5 of :cite:`pascanu2013difficulty`.
    """
    x, states, wx, _, activation = cache
    require_shapes(h=(states[1:], "T N M"), dh=(dh, "T N M"))
    T, N, D = x.shape
    M = wx.shape[1]
    shapes = [(T, T, N, D), (T, N, M), (T, T, D, M), (T, T, M, M), (T, T, M)]
    terms = PathTerms(*(np.zeros(shape, states.dtype) for shape in shapes))
    for t in range(T):
        terms.dh0[t] = np.einsum("ni,nim->nm", dh[t], lag_jacobian(cache, t, -1))
        for k in range(t + 1):
            dh_k = np.einsum("ni,nim->nm", dh[t], lag_jacobian(cache, t, k))  # (N, M)
            da_k = dh_k * activation_slope(states[k + 1], activation)
            terms.dx[t, k] = da_k @ wx.T
            terms.dwx[t, k] = x[k].T @ da_k
            terms.dwh[t, k] = states[k].T @ da_k  # the state that step k was fed with
            terms.db[t, k] = da_k.sum(axis=0)
    return terms


def path_sum(dh: Array, cache: RNNCache) -> tuple[Array, Array, Array, Array, Array]:
    """Add all terms up, which gives the gradients of back-propagation through time.

    Parameters
    ----------
    dh : (T, N, M)
        Gradient of each step's loss with respect to its state.
    cache : RNNCache

    Returns
    -------
    dx, dh0, dwx, dwh, db : (T, N, D), (N, M), (D, M), (M, M), (M,)

    Raises
    ------
    ValueError
        If `dh` has not the shape of the states.
    """
    dx, dh0, dwx, dwh, db = path_terms(dh, cache)
    both = (0, 1)
    # The input of step k is one array for each k, so its terms are summed over the losses only.
    return dx.sum(axis=0), dh0.sum(axis=0), dwx.sum(both), dwh.sum(both), db.sum(both)
