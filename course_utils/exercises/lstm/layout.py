"""Where PyTorch keeps the weights of an LSTM: `gates_to_torch`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, decimals, differing
from course_utils.reference.gate_layout import reorder_gates, to_torch

Array = NDArray[np.floating]

# Orders that are not undone by themselves, so that it shows in which direction they are read.
TURNS = ("fgio", "gifo", "ofig", "igof", "fogi", "gofi", "oifg")


def gates_to_torch(
    wx: Array, wh: Array, b: Array, *, order: str = "ifgo"
) -> tuple[Array, Array, Array, Array]:
    """Lay weights out as PyTorch does, with :func:`reorder_gates` and :func:`to_torch`.

    Parameters
    ----------
    wx, wh, b : (D, 4M), (M, 4M), (4M,)
    order : str
        The gates to which the columns belong.

    Returns
    -------
    weight_ih, weight_hh, bias_ih, bias_hh : (4M, D), (4M, M), (4M,), (4M,)
        With rows for i, f, g, o.

    Raises
    ------
    ValueError
        If `order` does not name the four gates, or the shapes do not fit together.
    """
    if not b.ndim:
        raise ValueError("b has no axis")
    return to_torch(*(reorder_gates(array, order) for array in (wx, wh, b)))


def _cases(rng):
    def drawn(D, M):
        return decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), differing(rng, 4 * M)

    first, second, third = rng.choice(TURNS, 3, replace=False).tolist()
    yield case("in order", *drawn(3, 2))
    yield case("o before g", *drawn(2, 3), order="ifog")
    yield case("another order", *drawn(4, 3), order=first)
    wx, wh, b = drawn(3, 1)
    yield case("one unit, another order", np.asfortranarray(wx), wh, strided(b), order=second)
    yield case("one feature, from the last gate to the first", *drawn(1, 2), order="ogfi")
    arrays = [array.astype(np.float32) for array in drawn(5, 2)]
    yield case("float32, another order", *arrays, order=third)

    wx, wh, b = drawn(3, 2)
    yield refused("a gate is missing", wx, wh, b, order="ifo")
    yield refused("a gate is named twice", wx, wh, b, order="ifgoi")
    yield refused("an unknown gate", wx, wh, b, order="ifzo")
    yield refused("wx for three units, wh for two", decimals(rng, 3, 12), wh, b)
    yield refused("wh with a row too many", wx, decimals(rng, 3, 8), b)
    yield refused("one bias a unit", wx, wh, b[:2])
    yield refused("biases with two axes", wx, wh, b[None])
    yield refused("a single number for all biases", wx, wh, np.array(0.5))
    yield refused("wx with no feature axis", wx[0], wh, b)


GATES_TO_TORCH = Exercise(
    "gates_to_torch",
    2,
    gates_to_torch,
    _cases,
    outputs=("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
    forbidden=HANDMADE,
)


@GATES_TO_TORCH.known_wrong(
    "You return the weights as they came; PyTorch multiplies from the other side, so each matrix "
    "must be transposed."
)
def keeps_columns(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns], wh[:, columns], b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You never use `order`; the blocks of columns must be brought into the order i, f, g, o."
)
def ignores_order(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.arange(4 * M)
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You apply the order in the wrong direction; ask for each gate that PyTorch wants where it "
    "stands in `order`, not the reverse."
)
def reads_order_backwards(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * "ifgo".index(gate) for gate in order])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You reorder the matrices and leave b as it was; its blocks belong to the same gates and move "
    "along."
)
def leaves_biases_in_place(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b.copy(), np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You reorder wx and forget wh; the state's weights have the same blocks of columns."
)
def leaves_wh_in_place(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh.T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "In wh you reorder the rows; they stand for units of the state, and the gates are its columns."
)
def reorders_rows_of_wh(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[columns % M].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You return b twice; PyTorch adds its two biases, so each unit gets double of what it should."
)
def gives_both_the_bias(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], b[columns]


@GATES_TO_TORCH.known_wrong(
    "You split b into two halves; their sum is right, but here all of b goes into bias_ih and "
    "bias_hh stays 0."
)
def halves_the_bias(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns] / 2, b[columns] / 2


@GATES_TO_TORCH.known_wrong(
    "Your biases have changed places; bias_ih comes before bias_hh and holds b."
)
def puts_the_bias_last(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, np.zeros_like(b), b[columns]


@GATES_TO_TORCH.known_wrong(
    "Your matrices have changed places; weight_ih, which reads the input, comes first."
)
def returns_the_state_first(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wh[:, columns].T, wx[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You take the gates of one unit as neighbours; a gate's M columns lie together, gate after "
    "gate."
)
def interleaves_gates(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.array([4 * m + order.index(gate) for gate in "ifgo" for m in range(M)])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "Your rows come out as i, f, o, g; PyTorch has the candidate before the output gate."
)
def asks_for_i_f_o_g(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifog"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You reverse the units within each block; moving a gate leaves its columns in their order."
)
def turns_blocks_around(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M)[::-1] + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong("Your zeros are float64 beside weights of float32; make them like b.")
def makes_zeros_of_float64(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros(4 * M)


@GATES_TO_TORCH.known_wrong(
    "You take an order that names a gate too often; compare it with the four letters, each of "
    "them once."
)
def accepts_any_order(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_wrong(
    "You cut blocks out of whatever arrays come in; when the weights are for another number of "
    "units, columns are lost, so check the shapes."
)
def accepts_any_weights(wx, wh, b, *, order="ifgo"):
    M = len(wh)
    if sorted(order) != sorted("ifgo"):
        raise ValueError("no such order")
    columns = np.concatenate([np.arange(M) + M * order.index(gate) for gate in "ifgo"])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


@GATES_TO_TORCH.known_right
def joins_named_blocks(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != list("fgio"):
        raise ValueError(f"the order {order} does not name i, f, g and o once each")

    def rows(array):
        blocks = np.split(array.T, 4)
        return np.concatenate([blocks[order.index(gate)] for gate in "ifgo"])

    return rows(wx), rows(wh), rows(b), np.zeros(4 * M, b.dtype)


@GATES_TO_TORCH.known_right
def copies_row_by_row(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if sorted(order) != sorted("ifgo"):
        raise ValueError("an order names the four gates")
    weight_ih = np.empty_like(wx, shape=(4 * M, D))
    weight_hh = np.empty_like(wh, shape=(4 * M, M))
    bias_ih = np.empty_like(b)
    for row in range(4 * M):
        gate, unit = divmod(row, M)
        column = order.index("ifgo"[gate]) * M + unit
        weight_ih[row] = wx[:, column]
        weight_hh[row] = wh[:, column]
        bias_ih[row] = b[column]
    return weight_ih, weight_hh, bias_ih, 0 * bias_ih


@GATES_TO_TORCH.known_right
def gives_gates_an_axis(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit together")
    if "".join(sorted(order)) != "fgio":
        raise ValueError("an order has the letters i, f, g, o")
    places = [order.find(gate) for gate in "ifgo"]
    ih = wx.reshape(D, 4, M)[:, places].reshape(D, 4 * M).T
    hh = wh.reshape(M, 4, M)[:, places].reshape(M, 4 * M).T
    bias = b.reshape(4, M)[places].ravel()
    return ih, hh, bias, bias - bias
