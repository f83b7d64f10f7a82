"""Where the weights of an LSTM's gates stand: here, in PyTorch, in one stacked matrix.

The cells of this package keep `wx` (D, 4M), `wh` (M, 4M) and `b` (4M,), with the gates side by side
in the order i, f, g, o. PyTorch keeps the transposes, in the same order, and two biases that are
added. Papers and lectures stack everything into one matrix, which multiplies a column (h; x) or
(x; h), and list the gates in orders of their own. A layout that is mixed up fits in shape, so
nothing complains: convert with these functions, and compare a forward pass.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]
First = Literal["h", "x"]

ORDER = "ifgo"


class TorchWeights(NamedTuple):
    """The four arrays of a `torch.nn.LSTMCell`, or of one layer of a `torch.nn.LSTM`."""

    weight_ih: Array  # (4M, D)
    weight_hh: Array  # (4M, M)
    bias_ih: Array  # (4M,)
    bias_hh: Array  # (4M,)


def reorder_gates(a: Array, order: str, to: str = ORDER) -> Array:
    """Bring the gates along the last axis into another order.

    Parameters
    ----------
    a : (..., 4M)
        Weights, biases or pre-activations, four blocks of M side by side.
    order, to : str
        The order in which they stand, and the one asked for: the letters i, f, g, o, once each.

    Returns
    -------
    (..., 4M)
        A new array.

    Raises
    ------
    ValueError
        If an order is not made of these letters, or the last axis does not split into four.

    Examples
    --------
    >>> reorder_gates(np.array([1, 2, 3, 4]), "ifog")
    array([1, 2, 4, 3])
    """
    _require_order(order)
    _require_order(to)
    if a.shape[-1] % 4:
        raise ValueError(f"the last axis must hold four gates of one size, got {a.shape}")
    blocks = dict(zip(order, np.split(a, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in to], axis=-1)


def to_stacked(wx: Array, wh: Array, *, order: str = ORDER, first: First = "h") -> Array:
    """Stack the weights into the one matrix of lectures, which multiplies a column (h; x).

    Parameters
    ----------
    wx : (D, 4M)
    wh : (M, 4M)
        In the order i, f, g, o.
    order : str
        The order of the gates in the result, from the top.
    first : {"h", "x"}
        What stands on top in the column that the matrix multiplies.

    Returns
    -------
    w : (4M, M + D)

    Raises
    ------
    ValueError
        If the shapes do not fit together, or an option is unknown.
    """
    require_shapes(wh=(wh, "M 4M"), wx=(wx, "D 4M"))
    _require_first(first)
    parts = (wh, wx) if first == "h" else (wx, wh)
    return reorder_gates(np.concatenate(parts), ORDER, order).T


def from_stacked(w: Array, *, order: str = ORDER, first: First = "h") -> tuple[Array, Array]:
    """Take the one matrix of lectures apart: the inverse of :func:`to_stacked`.

    Parameters
    ----------
    w : (4M, M + D)
    order, first : str
        As in :func:`to_stacked`.

    Returns
    -------
    wx : (D, 4M)
    wh : (M, 4M)

    Raises
    ------
    ValueError
        If there are not four gates, no columns are left for the input, or an option is unknown.
    """
    _require_first(first)
    rows = reorder_gates(w.T, order)  # (M + D, 4M)
    K, M = rows.shape[0], rows.shape[1] // 4
    if K <= M:
        raise ValueError(f"w must have more than M = {M} columns, for h and x, got {K}")
    wh, wx = (rows[:M], rows[M:]) if first == "h" else (rows[K - M :], rows[: K - M])
    return wx, wh


def to_torch(wx: Array, wh: Array, b: Array) -> TorchWeights:
    """Lay weights out as PyTorch does; all of the bias goes into the first of its two.

    Parameters
    ----------
    wx : (D, 4M)
    wh : (M, 4M)
    b : (4M,)
        In the order i, f, g, o.

    Returns
    -------
    TorchWeights
        New arrays, named as PyTorch names them, without the number of the layer.

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> to_torch(np.zeros((3, 8)), np.zeros((2, 8)), np.ones(8)).weight_ih.shape
    (8, 3)
    """
    require_shapes(wh=(wh, "M 4M"), wx=(wx, "D 4M"), b=(b, "4M"))
    return TorchWeights(wx.T.copy(), wh.T.copy(), b.copy(), np.zeros_like(b))


def from_torch(
    weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array
) -> tuple[Array, Array, Array]:
    """Read the weights of a PyTorch layer: the inverse of :func:`to_torch`, up to the split bias.

    Parameters
    ----------
    weight_ih : (4M, D)
    weight_hh : (4M, M)
    bias_ih, bias_hh : (4M,)

    Returns
    -------
    wx, wh, b : (D, 4M), (M, 4M), (4M,)
        New arrays.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    wx, wh = weight_ih.T.copy(), weight_hh.T.copy()
    transposes = {"weight_hh.T": (wh, "M 4M"), "weight_ih.T": (wx, "D 4M")}
    require_shapes(**transposes, bias_ih=(bias_ih, "4M"), bias_hh=(bias_hh, "4M"))
    return wx, wh, bias_ih + bias_hh


def _require_order(order: str) -> None:
    if sorted(order) != sorted(ORDER):
        raise ValueError(f"an order names the gates i, f, g, o once each, got {order!r}")


def _require_first(first: str) -> None:
    if first not in ("h", "x"):
        raise ValueError(f"first must be 'h' or 'x', got {first!r}")
