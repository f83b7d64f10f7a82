"""Where PyTorch keeps the weights of an LSTM: `gates_to_torch`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference.gate_layout import reorder_gates, to_torch

# None of them reads the same in both directions: i, f, g, o to it, and it to i, f, g, o.
TURNS = ("fgio", "gifo", "ofig", "igof", "fogi", "gofi", "oifg")


def gates_to_torch(wx, wh, b, *, order="ifgo"):
    """Return weight_ih, weight_hh, bias_ih and bias_hh as torch.nn.LSTM keeps them.

    >>> wx, wh, b = np.array([[1, 2, 3, 4]]), np.array([[5, 6, 7, 8]]), np.array([9, 10, 11, 12])
    >>> weight_ih, weight_hh, bias_ih, bias_hh = gates_to_torch(wx, wh, b, order="fogi")
    >>> weight_ih.ravel(), bias_ih, bias_hh
    (array([4, 1, 3, 2]), array([12,  9, 11, 10]), array([0, 0, 0, 0]))
    """
    if sorted(order) != sorted("ifgo"):
        raise ValueError(f"order must name i, f, g and o once each, got {order!r}")
    M = len(wh)
    starts = [M * order.index(gate) for gate in "ifgo"]
    columns = np.concatenate([np.arange(M) + start for start in starts])
    return wx[:, columns].T, wh[:, columns].T, b[columns], np.zeros_like(b)


def reference(wx, wh, b, *, order="ifgo"):
    """Lay weights out with the functions of the library."""
    return to_torch(*(reorder_gates(array, order) for array in (wx, wh, b)))


def drawn(rng, D, M):
    """Draw weights for so many features and units."""
    return decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), differing(rng, 4 * M)


def inputs(rng):
    """Draw weights in orders that tell a reading from its reverse."""
    first, second, third, fourth = rng.choice(TURNS, 4, replace=False).tolist()
    row = np.arange(1, 5)
    yield case("the example", row[None], row[None] + 4, row + 8, order="fogi")
    yield case("in order", *drawn(rng, 3, 2))
    yield case("o before g", *drawn(rng, 2, 3), order="ifog")
    yield case("another order", *drawn(rng, 4, 3), order=first)
    wx, wh, b = drawn(rng, 3, 1)
    yield case("one unit, another order", np.asfortranarray(wx), wh, strided(b), order=second)
    yield case("one feature, from the last gate to the first", *drawn(rng, 1, 2), order="ogfi")
    arrays = [array.astype(np.float32) for array in drawn(rng, 5, 2)]
    yield case("float32, another order", *arrays, order=third)
    wx, wh, b = drawn(rng, 4, 2)
    mixed = wx.astype(np.float32), wh, (10 * b).astype(np.int32)
    yield case("one of float32, one of float64, biases of int32", *mixed, order=fourth)

    yield refused("g is there twice and o is not", *drawn(rng, 3, 2), order="ifgg")
    yield refused("five letters, g is there twice", *drawn(rng, 3, 2), order="ifgog")


EXERCISE = Exercise(
    gates_to_torch,
    points=2,
    inputs=inputs,
    reference=reference,
    outputs=("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
    axes={
        "weight_ih": ("gate: i f g o", "feature"),
        "weight_hh": ("gate: i f g o", "unit"),
        "bias_ih": ("gate: i f g o",),
        "bias_hh": ("gate: i f g o",),
    },
    forbidden=HANDMADE,
)
mistake = EXERCISE.mistake

mistake("keeps_columns", {".T, wh": ", wh", ".T, b": ", b"}).says(
    "You return the weights as they came; PyTorch multiplies from the other side, so each matrix "
    "must be transposed."
)
mistake(
    "ignores_order",
    {"np.concatenate([np.arange(M) + start for start in starts])": "np.arange(4 * M)"},
).says("You never use `order`; the blocks of columns must be brought into the order i, f, g, o.")
mistake("reads_order_backwards", {"order.index": '"ifgo".index', 'in "ifgo"': "in order"}).says(
    "You apply the order in the wrong direction; ask for each gate that PyTorch wants where it "
    "stands in `order`, not the reverse."
)
mistake("leaves_biases_in_place", {"b[columns]": "b.copy()"}).says(
    "You reorder the matrices and leave b as it was; its blocks belong to the same gates and move "
    "along."
)
mistake("leaves_wh_in_place", {"wh[:, columns]": "wh"}).says(
    "You reorder wx and forget wh; the state's weights have the same blocks of columns."
)
mistake("gives_both_the_bias", {"np.zeros_like(b)": "b[columns]"}).says(
    "You return b twice; PyTorch adds its two biases, so each unit would get twice its bias."
)
mistake("halves_the_bias", {", np.zeros_like(b)": " / 2, b[columns] / 2"}).says(
    "You split b into two halves; their sum is right, but here all of b goes into bias_ih and "
    "bias_hh stays 0."
)
mistake("returns_the_state_first", {"wx[:, columns]": "wh[:, columns]", "T, wh": "T, wx"}).says(
    "Your matrices have changed places; weight_ih, which reads the input, comes first."
)
mistake(
    "interleaves_gates",
    {
        "M *": "",
        "np.concatenate([np.arange(M) + start for start in starts])": (
            "np.array([4 * m + start for start in starts for m in range(M)])"
        ),
    },
).says(
    "You take the gates of one unit as neighbours; a gate's M columns lie together, gate after "
    "gate."
)
mistake("asks_for_i_f_o_g", {'in "ifgo"': 'in "ifog"'}).says(
    "Your rows come out as i, f, o, g; PyTorch has the candidate before the output gate."
)
mistake("makes_zeros_of_float64", {"np.zeros_like(b)": "np.zeros(4 * M)"}).says(
    "Your zeros are float64 beside weights of float32; make them like b."
)
mistake("accepts_any_order", {'sorted(order) != sorted("ifgo")': 'set(order) != set("ifgo")'}).says(
    "You take an order that names a gate too often; compare it with the four letters, each of "
    "them once."
)
mistake(
    "reshapes_instead_of_transposing",
    {
        "wx[:, columns].T, wh[:, columns].T": (
            "wx[:, columns].reshape(4 * M, -1), wh[:, columns].reshape(4 * M, -1)"
        )
    },
).says(
    "You reshape the matrices to the new shape, which keeps the numbers in their order; transpose "
    "them."
)
mistake(
    "leaves_square_blocks_untransposed",
    {"wh[:, columns].T": "np.concatenate([wh[:, start : start + M] for start in starts])"},
).says(
    "You stack the blocks of wh as they are; they fit, being square, but each of them must be "
    "transposed."
)
mistake(
    "regroups_columns_by_fours",
    {
        "M * order": "order",
        "np.concatenate([np.arange(M) + start for start in starts])": (
            "np.array([4 * m + start for m in range(M) for start in starts])"
        ),
    },
).says(
    "You reorder every four neighbouring columns; a gate has M columns side by side, and whole "
    "blocks change places."
)
mistake("reorders_rows_of_wh", {"wh[:, columns]": "wh[columns % M]"}).says(
    "In wh you reorder the rows; they stand for units of the state, and the gates are its columns."
)
mistake("turns_blocks_around", {" +": "[::-1] +"}).says(
    "You reverse the units within each block; moving a gate leaves its columns in their order."
)
mistake("puts_the_bias_last", {"b[columns], np": "np", "(b)": "(b), b[columns]"}).says(
    "Your biases have changed places; bias_ih comes before bias_hh and holds b."
)


@EXERCISE.right_answer
def joins_named_blocks(wx, wh, b, *, order="ifgo"):
    if sorted(order) != list("fgio"):
        raise ValueError(f"the order {order} does not name i, f, g and o once each")

    def rows(array):
        blocks = np.split(array.T, 4)
        return np.concatenate([blocks[order.index(gate)] for gate in "ifgo"])

    return rows(wx), rows(wh), rows(b), np.zeros(len(b), b.dtype)


@EXERCISE.right_answer
def copies_row_by_row(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
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


@EXERCISE.right_answer
def gives_gates_an_axis(wx, wh, b, *, order="ifgo"):
    D, M = len(wx), len(wh)
    if "".join(sorted(order)) != "fgio":
        raise ValueError("an order has the letters i, f, g, o")
    places = [order.find(gate) for gate in "ifgo"]
    ih = wx.reshape(D, 4, M)[:, places].reshape(D, 4 * M).T
    hh = wh.reshape(M, 4, M)[:, places].reshape(M, 4 * M).T
    bias = b.reshape(4, M)[places].ravel()
    return ih, hh, bias, bias - bias
