"""The way back through a step of a gated recurrent unit: `gru_step_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, gate_values, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import gru


def gru_step_backward(dh, x, h, wx, wh, bh, gates):
    """Go back through a step of PyTorch's GRU: dx, dh_prev, dwx, dwh, dbx, dbh.

    >>> dh, x, h = np.array([[1.0]]), np.zeros((1, 1)), np.array([[2.0]])
    >>> wx, wh, bh = np.array([[1.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 1.0]]), np.ones(3)
    >>> gates = np.array([[0.5, 0.5, 0.0]])
    >>> dx, dh_prev, dwx, dwh, dbx, dbh = gru_step_backward(dh, x, h, wx, wh, bh, gates)
    >>> dx, dh_prev, dbx, dbh
    (array([[3.375]]), array([[0.75]]), array([0.375, 0.5  , 0.5  ]), array([0.375, 0.5  , 0.25 ]))
    """
    r, z, n = np.split(gates, 3, axis=1)  # (N, M) each
    _, _, h_n = np.split(h @ wh + bh, 3, axis=1)  # what r scales
    da_n = dh * (1 - z) * (1 - n**2)
    da_r = da_n * h_n * r * (1 - r)
    da_z = dh * (h - n) * z * (1 - z)
    # r stands between h wh + bh and the candidate, so the two sides part there.
    da_x = np.concatenate([da_r, da_z, da_n], axis=1)  # (N, 3M), at x wx + bx
    da_h = np.concatenate([da_r, da_z, da_n * r], axis=1)  # at h wh + bh
    dh_prev = dh * z + da_h @ wh.T
    return da_x @ wx.T, dh_prev, x.T @ da_x, h.T @ da_h, da_x.sum(axis=0), da_h.sum(axis=0)


def reference(dh, x, h, wx, wh, bh, gates):
    """Go back through the step of the library."""
    r, z, n = np.split(gates, 3, axis=1)
    u = np.split(h @ wh + bh, 3, axis=1)[-1]
    cache = gru.GRUStepCache(x, h, wx, wh, r, z, n, u, "keeps", "after")
    return gru.gru_step_backward(dh, cache)


def drawn(rng, N, D, M):
    """Draw a gradient, and a step with its gates."""
    dh, h = decimals(rng, N, M), decimals(rng, N, M)
    r, z, n = gate_values(rng, N, M), gate_values(rng, N, M), squashed_values(rng, N, M)
    weights = decimals(rng, D, 3 * M), decimals(rng, M, 3 * M), decimals(rng, 3 * M)
    return dh, decimals(rng, N, D), h, *weights, np.concatenate([r, z, n], axis=1)


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    one, wx, wh = np.ones((1, 1)), np.array([[1.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 1.0]])
    gates = np.array([[0.5, 0.5, 0.0]])
    yield case("the example", one, 0 * one, 2 * one, wx, wh, np.ones(3), gates)
    dh, *rest = drawn(rng, 4, 3, 2)
    yield case("4 sequences, 3 features, 2 units", strided(dh), *rest)
    *rest, gates = drawn(rng, 2, 1, 3)
    yield case("2 sequences, one feature, 3 units", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 3, 2, 1))
    *rest, gates = drawn(rng, 3, 2, 2)
    gates.reshape(3, 3, 2)[0] = [[0, 1], [1, 0], [-1, 1]]
    yield case("some gates shut, some wide open", *rest, gates)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 5, 2, 3)))


FORMULA = Formula(
    arguments={
        "dh": [["dh"]], "x": [["x"]], "h": [["h"]], "wx": [["wx_r", "wx_z", "wx_n"]],
        "wh": [["wh_r", "wh_z", "wh_n"]], "bh": ["bh_r", "bh_z", "bh_n"],
        "gates": [["r", "z", "n"]],
    },
    numbers={
        "dh x h": decimals, "r z": gate_values, "n": squashed_values,
        "wx_r wx_z wx_n wh_r wh_z wh_n bh_r bh_z bh_n": decimals,
    },
    factors={"h - n": lambda h, n: h - n},
    slopes="r z n",
    upstream="dh",
    selectors={
        "gate r": ("wx_r wh_r",), "gate z": ("wx_z wh_z",), "gate n": ("wx_n",),
        "by way of wh_n": ("wh_n",), "gate r, by way of wh_n": ("wx_r wh_r", "wh_n"),
        "by way of bh_n": ("bh_n",), "gate r, by way of bh_n": ("wx_r wh_r", "bh_n"),
    },
)  # fmt: skip


EXERCISE = Exercise(
    gru_step_backward,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dh_prev", "dwx", "dwh", "dbx", "dbh"),
    axes={
        "dx": ("sequence", "feature"),
        "dh_prev": ("sequence", "unit"),
        "dwx": ("feature", "gate: r z n"),
        "dwh": ("unit", "gate: r z n"),
        "dbx": ("gate: r z n",),
        "dbh": ("gate: r z n",),
    },
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake("forgets_the_path_through_z", {"dh * z + ": ""}).says(
    "Your dh_prev holds what comes back through the weights only; the state also goes on "
    "directly, as z * h, so dh * z belongs to it."
)
mistake("passes_dh_on_unscaled", {"dh * z": "dh"}).says(
    "You hand dh to the old state as it is; on that direct path the state is scaled by z."
)
mistake(
    "exchanges_z_and_one_minus_z",
    {"dh * (1 - z)": "dh * z", "h - n": "n - h", "prev = dh * z": "prev = dh * (1 - z)"},
).says(
    "You go back through (1 - z) * h + z * n; in this exercise z keeps, h_next = z * h + (1 - z) "
    "* n."
)
mistake("forgets_z_in_da_n", {"z) * (1 - ": ""}).says(
    "Your gradient with respect to the candidate has the whole of dh; in h_next the candidate "
    "counts with 1 - z only."
)
mistake("forgets_n_in_da_z", {"dh * (h - n)": "dh * h"}).says(
    "Your gradient with respect to z has h but no n; z scales the old state up and the candidate "
    "down, so it meets the difference of the two."
)
mistake("takes_n_minus_h", {"h - n": "n - h"}).says(
    "The sign of your gradient with respect to z is wrong; where z grows, the new state moves "
    "towards h and away from n."
)
mistake(
    "keeps_r_out_of_the_state",
    {"np.concatenate([da_r, da_z, da_n * r], axis=1)  # at h wh + bh": "da_x"},
).says(
    "You use the same gradients on both sides; on the state's side the candidate's one also meets "
    "r, which scales h wh_n + bh_n."
)
mistake("brings_r_to_the_input", {"[da_r, da_z, da_n]": "[da_r, da_z, da_n * r]"}).says(
    "You scale the candidate's gradient by r on the input's side as well; r holds back the "
    "state's share only."
)
mistake("takes_r_for_a_constant", {"da_n * h_n * r * (1 - r)": "np.zeros_like(da_n)"}).says(
    "Your gradient with respect to the reset gate is 0; r depends on x and h too, and what it "
    "scales is h wh_n + bh_n."
)
mistake("forgets_bh_in_da_r", {"np.split(h @ wh + bh,": "np.split(h @ wh,"}).says(
    "Your reset gate meets h wh_n without the bias; r scales the whole bracket, bh_n included."
)
mistake("takes_one_minus_n", {"n**2": "n"}).says(
    "For the candidate's slope you take 1 - n; n is a tanh, and its slope is 1 - n^2."
)
mistake("leaves_slopes_of_r_and_z_out", {" * r * (1 - r)": "", "n) * z * (1 - z": "n"}).says(
    "Your gradients with respect to r and z stop at the gates; both are sigmoids, so multiply by "
    "r (1 - r) and by z (1 - z)."
)
mistake(
    "goes_back_through_reset_before",
    {
        "da_r = da_n * h_n * r": (
            "M = h.shape[1]\nscaled = da_n @ wh[:, 2 * M :].T\nda_r = scaled * h * r"
        ),
        "da_n * r]": "da_n]",
        "dh_prev = dh * z + da_h @ wh.T": (
            "dh_prev = dh * z + scaled * r + da_h[:, : 2 * M] @ wh[:, : 2 * M].T\n"
            "dwh = np.hstack([h.T @ da_h[:, : 2 * M], (r * h).T @ da_n])"
        ),
        "h.T @ da_h,": "dwh,",
    },
).says(
    "You go back through (r * h) wh_n; in this exercise r scales the product h wh_n + bh_n, after "
    "the weights."
)
mistake("joins_z_r_n", {"da_r = da_n": "da_z = da_n", "da_z = dh": "da_r = dh"}).says(
    "You put the gradients beside each other as z, r, n; the columns of the weights come as r, z, "
    "n."
)
mistake("averages_bias_gradients", {"da_x.sum": "da_x.mean", "da_h.sum": "da_h.mean"}).says(
    "You take the mean over the batch for the biases; all sequences share them, so their "
    "gradients add up."
)
mistake("scales_dh_in_place", {"dh_prev = dh * z": "dh *= z\ndh_prev = dh"}).says(
    "You multiply the caller's own dh by z, and it stays so after the call; make a new array for "
    "the product."
)


@EXERCISE.right_answer
def takes_one_sequence_at_a_time(dh, x, h, wx, wh, bh, gates):
    N, M = h.shape
    dx, dh_prev, dwx, dwh, dbx, dbh = (np.zeros_like(a) for a in (x, h, wx, wh, bh, bh))
    for k in range(N):
        r, z, n = gates[k].reshape(3, M)
        through_n = (1 - n * n) * (dh[k] - z * dh[k])
        through_r = r * (1 - r) * (h[k] @ wh + bh)[2 * M :] * through_n
        through_z = z * (1 - z) * dh[k] * (h[k] - n)
        by_x = np.concatenate([through_r, through_z, through_n])
        by_h = np.concatenate([through_r, through_z, r * through_n])
        dx[k], dh_prev[k] = wx @ by_x, wh @ by_h + z * dh[k]
        dwx += np.outer(x[k], by_x)
        dwh += np.outer(h[k], by_h)
        dbx += by_x
        dbh += by_h
    return dx, dh_prev, dwx, dwh, dbx, dbh


@EXERCISE.right_answer
def sums_with_einsum(dh, x, h, wx, wh, bh, gates):
    N, M = h.shape
    r, z, n = gates.reshape(N, 3, M).transpose(1, 0, 2)
    u = np.einsum("nk,km->nm", h, wh[:, 2 * M :]) + bh[2 * M :]
    da = np.stack([u, h - n, np.ones_like(h)])  # (3, N, M), for r, z, n
    da *= np.stack([r * (1 - r), z * (1 - z), 1 - n**2]) * dh
    da[::2] *= 1 - z
    da[0] *= 1 - n**2
    by_x = da.transpose(1, 0, 2).reshape(N, 3 * M)
    by_h = by_x.copy()
    by_h[:, 2 * M :] *= r
    dx, dh_prev = np.einsum("nk,dk->nd", by_x, wx), np.einsum("nk,mk->nm", by_h, wh) + z * dh
    dwx, dwh = np.einsum("nd,nk->dk", x, by_x), np.einsum("nm,nk->mk", h, by_h)
    return dx, dh_prev, dwx, dwh, np.einsum("nk->k", by_x), np.einsum("nk->k", by_h)


@EXERCISE.right_answer
def goes_back_line_by_line(dh, x, h, wx, wh, bh, gates):
    M = h.shape[1]
    r, z, n = gates[:, :M], gates[:, M : 2 * M], gates[:, 2 * M :]
    by_x, by_h = np.empty_like(gates), np.empty_like(gates)
    # h_next = z * h + (1 - z) * n
    dz, dn, dh_prev = dh * h - dh * n, dh - dh * z, dh * z
    # n = tanh(x_n + r * h_n)
    by_x[:, 2 * M :] = dn * (1 + n) * (1 - n)
    dr = by_x[:, 2 * M :] * (h @ wh[:, 2 * M :] + bh[2 * M :])
    by_h[:, 2 * M :] = by_x[:, 2 * M :] * r
    # r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    by_x[:, : 2 * M] = np.hstack([dr, dz]) * gates[:, : 2 * M] * (1 - gates[:, : 2 * M])
    by_h[:, : 2 * M] = by_x[:, : 2 * M]
    # x_r, x_z, x_n = x wx + bx and h_r, h_z, h_n = h wh + bh
    dh_prev += by_h @ wh.T
    return by_x @ wx.T, dh_prev, x.T @ by_x, h.T @ by_h, by_x.sum(axis=0), by_h.sum(axis=0)
