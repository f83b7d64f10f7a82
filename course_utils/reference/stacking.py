"""Recurrent layers on top of each other, in both directions, over sequences of unequal length.

A layer is a pair of functions: `forward(x, *params) -> h, cache` from (T, N, D) to (T, N, M), and
`backward(dh, cache) -> dx, *dparams`. What is made of layers here has the same form, so it is a
layer again. An option is bound beforehand::

    Layer(partial(gru_forward, reset="before"), gru_backward)
    Layer(partial(bidirectional_forward, layer=LSTM), bidirectional_backward)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.gru import gru_backward, gru_forward
from course_utils.reference.lstm import lstm_backward, lstm_forward
from course_utils.reference.mut import mut_backward, mut_forward
from course_utils.reference.peephole_lstm import peephole_lstm_backward, peephole_lstm_forward
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class Layer(NamedTuple):
    """A recurrent layer: its pass over a sequence, and back."""

    forward: Callable[..., tuple[Array, Any]]
    backward: Callable[..., tuple[Array, ...]]


class StackedCache(NamedTuple):
    """What :func:`stacked_backward` needs, from the bottom up."""

    layers: tuple[Layer, ...]
    caches: tuple[Any, ...]


class BidirectionalCache(NamedTuple):
    """What :func:`bidirectional_backward` needs."""

    layer: Layer
    turn: Array  # (T, N): the step that stands at step t once a sequence is turned round
    onward: Any  # the cache of the layer that runs forward
    reverse: Any


class HoldCache(NamedTuple):
    """What :func:`hold_last_backward` needs."""

    lengths: Array  # (N,)


def states_only(forward: Callable[..., Any], backward: Callable[..., Any]) -> Layer:
    """Make a layer of an LSTM, whose pass also returns the last cell.

    Parameters
    ----------
    forward, backward : callable
        Such as `lstm_forward` and `lstm_backward`.

    Returns
    -------
    Layer
        It returns the states alone; nothing after it reads the last cell, whose gradient is zero.
    """

    def layer_forward(x: Array, *params: Array) -> tuple[Array, Any]:
        (h, _), cache = forward(x, *params)
        return h, cache

    def layer_backward(dh: Array, cache: Any) -> tuple[Array, ...]:
        return backward(dh, np.zeros(dh.shape[1:], dh.dtype), cache)

    return Layer(layer_forward, layer_backward)


LSTM = states_only(lstm_forward, lstm_backward)
PEEPHOLE_LSTM = states_only(peephole_lstm_forward, peephole_lstm_backward)
GRU = Layer(gru_forward, gru_backward)
MUT1 = Layer(partial(mut_forward, variant=1), mut_backward)
MUT2 = Layer(partial(mut_forward, variant=2), mut_backward)
MUT3 = Layer(partial(mut_forward, variant=3), mut_backward)


def stacked_forward(
    x: Array, params: Sequence[Sequence[Array]], layers: Sequence[Layer]
) -> tuple[Array, StackedCache]:
    """Run layers on top of each other: each reads the states of the one below.

    Parameters
    ----------
    x : (T, N, D)
        What the lowest layer reads.
    params : sequence of sequences of array
        The parameters of each layer, from the bottom up, initial states included.
    layers : sequence of Layer
        From the bottom up.

    Returns
    -------
    h : (T, N, M)
        The states of the top layer.
    cache : StackedCache

    Raises
    ------
    ValueError
        If there is no layer, or not one group of parameters for each.

    References
    ----------
    Section 10.5 of :cite:`goodfellow2016deep`; :cite:`graves2013speech`.
    """
    if not layers:
        raise ValueError("layers must hold at least one layer")
    if len(params) != len(layers):
        raise ValueError(f"params must have one group a layer: {len(layers)}, got {len(params)}")
    h, caches = x, []
    for layer, group in zip(layers, params, strict=True):
        h, cache = layer.forward(h, *group)
        caches.append(cache)
    return h, StackedCache(tuple(layers), tuple(caches))


def stacked_backward(dh: Array, cache: StackedCache) -> tuple[Array, list[tuple[Array, ...]]]:
    """Pass gradients back through layers on top of each other.

    Parameters
    ----------
    dh : (T, N, M)
        The gradient with respect to the states of the top layer.
    cache : StackedCache

    Returns
    -------
    dx : (T, N, D)
    dparams : list of tuples of array
        The gradients of each layer's parameters, from the bottom up.
    """
    groups: list[tuple[Array, ...]] = []
    for layer, layer_cache in zip(reversed(cache.layers), reversed(cache.caches), strict=True):
        dh, *group = layer.backward(dh, layer_cache)
        groups.append(tuple(group))
    return dh, groups[::-1]


def bidirectional_forward(
    x: Array, *params: Array, layer: Layer, lengths: Array | None = None
) -> tuple[Array, BidirectionalCache]:
    """Read a sequence from both ends, with weights of its own for each direction.

    Parameters
    ----------
    x : (T, N, D)
    *params : array
        The parameters of the layer that runs forward, then those of the one that runs backward.
    layer : Layer
        What runs in each direction.
    lengths : (N,), optional
        How long each sequence is, T if not given. A shorter one is turned round within its
        length, so that the way back starts at its end and not in the padding.

    Returns
    -------
    h : (T, N, 2M)
        The states of both directions side by side, those of the way back at the step that they
        have read last. What stands in the padding has no meaning.
    cache : BidirectionalCache

    Raises
    ------
    ValueError
        If the number of parameters is odd, or a length is not within 1 to T.

    References
    ----------
    :cite:`schuster1997bidirectional`; section 10.3 of :cite:`goodfellow2016deep`.
    """
    if len(params) % 2:
        raise ValueError(f"params must be as many for each direction, got {len(params)} in all")
    T, N, _ = x.shape
    lengths = _require_lengths(np.full(N, T) if lengths is None else lengths, T, N)
    step = np.arange(T)[:, None]  # (T, 1)
    turn = np.where(step < lengths, lengths - 1 - step, step)  # (T, N); turning twice is nothing
    half = len(params) // 2
    h_onward, onward = layer.forward(x, *params[:half])
    h_reverse, reverse = layer.forward(_reorder(x, turn), *params[half:])
    h = np.concatenate([h_onward, _reorder(h_reverse, turn)], axis=2)
    return h, BidirectionalCache(layer, turn, onward, reverse)


def bidirectional_backward(dh: Array, cache: BidirectionalCache) -> tuple[Array, ...]:
    """Pass gradients back through both directions.

    Parameters
    ----------
    dh : (T, N, 2M)
        The gradient with respect to the states of both directions.
    cache : BidirectionalCache

    Returns
    -------
    dx : (T, N, D)
    *dparams : array
        The gradients of the parameters, in their order.
    """
    layer, turn, onward, reverse = cache
    dh_onward, dh_reverse = np.split(dh, 2, axis=2)
    dx, *dparams = layer.backward(dh_onward, onward)
    dx_reverse, *dparams_reverse = layer.backward(_reorder(dh_reverse, turn), reverse)
    return dx + _reorder(dx_reverse, turn), *dparams, *dparams_reverse


def hold_last_forward(h: Array, lengths: Array) -> tuple[Array, HoldCache]:
    """Let states stop changing at the end of their sequence.

    No step reads a later one, so a layer may run through the padding: its states up to the end
    are right, and those after are replaced here by the last that counts.

    Parameters
    ----------
    h : (T, N, M)
        The states of a layer; finite numbers in the padding too.
    lengths : (N,)
        How long each sequence is.

    Returns
    -------
    out : (T, N, M)
        As `h` up to the end of each sequence, then its last state. So `out[-1]` is the last state
        of each.
    cache : HoldCache

    Raises
    ------
    ValueError
        If a length is not within 1 to T.

    Examples
    --------
    >>> h = np.arange(6.0).reshape(3, 2, 1)
    >>> hold_last_forward(h, np.array([1, 2]))[0][:, :, 0].T
    array([[0., 0., 0.],
           [1., 3., 3.]])
    """
    T, N, _ = h.shape
    lengths = _require_lengths(lengths, T, N)
    read = np.minimum(np.arange(T)[:, None], lengths - 1)  # (T, N)
    return _reorder(h, read), HoldCache(lengths)


def hold_last_backward(dout: Array, cache: HoldCache) -> Array:
    """Add what comes back to the held states to the gradient of the last.

    Parameters
    ----------
    dout : (T, N, M)
    cache : HoldCache

    Returns
    -------
    dh : (T, N, M)
        Zero in the padding, so that a layer's backward pass starts at the end of each sequence.
    """
    lengths = cache.lengths
    T, N, _ = dout.shape
    inside = (np.arange(T)[:, None] < lengths)[:, :, None]  # (T, N, 1)
    dh = np.where(inside, dout, 0)
    held = np.where(inside, 0, dout).sum(axis=0)  # (N, M)
    dh[lengths - 1, np.arange(N)] += held
    return dh


def _reorder(x: Array, step: Array) -> Array:
    """Take for each step t and sequence n what stands at `step[t, n]`."""
    return np.take_along_axis(x, step[:, :, None], axis=0)


def _require_lengths(lengths: Array, T: int, N: int) -> Array:
    require_shapes(x=(np.empty((T, N, 0)), "T N D"), lengths=(lengths, "N"))
    if N and not (1 <= lengths.min() and lengths.max() <= T):
        raise ValueError(f"lengths must be within 1 to T = {T}, got {lengths}")
    return lengths
