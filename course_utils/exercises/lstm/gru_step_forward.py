"""One step of a gated recurrent unit, in each of its conventions: `gru_step_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, with_thousands
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import gru


def gru_step_forward(x, h, wx, wh, bx, bh, *, update="keeps", reset="after"):
    """Take one step of a GRU; return h_next (N, M) and the gates r, z, n (N, 3M).

    >>> x, h, wx = np.zeros((1, 1)), np.array([[-2.0]]), np.zeros((1, 3))
    >>> wh, bx, bh = np.array([[0.0, 0.0, 1.0]]), np.zeros(3), np.array([0.0, 0.0, 2.0])
    >>> gru_step_forward(x, h, wx, wh, bx, bh)
    (array([[-1.]]), array([[0.5, 0.5, 0. ]]))
    >>> h_next, gates = gru_step_forward(x, h, wx, wh, bx, bh, reset="before")
    >>> h_next.round(3), gates.round(3)
    (array([[-0.619]]), array([[0.5  , 0.5  , 0.762]]))
    """

    def sigmoid(a):
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    if update not in {"keeps", "replaces"} or reset not in {"after", "before"}:
        raise ValueError(f"unknown option: update {update!r}, reset {reset!r}")
    x_r, x_z, x_n = np.split(x @ wx + bx, 3, axis=1)  # (N, M) each
    h_r, h_z, h_n = np.split(h @ wh + bh, 3, axis=1)
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    wh_n, bh_n = np.split(wh, 3, axis=1)[2], np.split(bh, 3)[2]
    seen = r * h_n if reset == "after" else (r * h) @ wh_n + bh_n
    n = np.tanh(x_n + seen)
    h_next = z * h + (1 - z) * n if update == "keeps" else (1 - z) * h + z * n
    return h_next, np.concatenate([r, z, n], axis=1)


def reference(x, h, wx, wh, bx, bh, *, update="keeps", reset="after"):
    """Take the step of the library, and show its gates side by side."""
    h_next, cache = gru.gru_step_forward(x, h, wx, wh, bx, bh, update=update, reset=reset)
    return h_next, np.concatenate([cache.r, cache.z, cache.n], axis=1)


def drawn(rng, N, D, M):
    """Draw inputs, states and a layer."""
    biases = decimals(rng, 3 * M), decimals(rng, 3 * M)
    weights = decimals(rng, D, 3 * M), decimals(rng, M, 3 * M)
    return decimals(rng, N, D), decimals(rng, N, M), *weights, *biases


def inputs(rng):
    """Draw steps in each convention, of few sequences with all sizes different."""
    x, w = np.zeros((1, 1)), np.array([[0.0, 0.0, 1.0]])
    yield case("the example", x, x - 2, np.zeros((1, 3)), w, np.zeros(3), 2 * w[0])
    x, *rest = drawn(rng, 4, 3, 2)
    yield case("as in PyTorch", np.asfortranarray(x), *rest)
    *rest, bh = drawn(rng, 2, 4, 3)
    yield case("z replaces, reset after", *rest, strided(bh), update="replaces", reset="after")
    yield case("z keeps, reset before", *drawn(rng, 5, 1, 3), reset="before")
    yield case("z replaces, reset before", *drawn(rng, 1, 3, 2), update="replaces", reset="before")
    yield case("one unit", *drawn(rng, 3, 2, 1), update="replaces")
    arrays = [array.astype(np.float32) for array in drawn(rng, 2, 5, 3)]
    yield case("float32, reset before", *arrays, update="keeps", reset="before")
    x, *rest = drawn(rng, 4, 3, 2)
    yield case("inputs of float32, all else of float64", x.astype(np.float32), *rest)
    x, *rest = drawn(rng, 3, 4, 2)
    yield case("inputs of int32", np.sign(x).astype(np.int32), *rest)
    *rest, bx, bh = drawn(rng, 2, 4, 3)
    yield case("biases of 1000 and -1000", *rest, with_thousands(bx, 3), bh)

    yield refused("an unknown word for update", *drawn(rng, 2, 4, 3), update="replace")
    yield refused("an unknown word for reset", *drawn(rng, 2, 4, 3), reset="inside")


EXERCISE = Exercise(
    gru_step_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("h_next", "gates"),
    axes={"h_next": ("sequence", "unit"), "gates": ("sequence", "gate: r z n")},
    forbidden=HANDMADE,
)
mistake = EXERCISE.mistake

mistake("exchanges_keeps_and_replaces", {'if update == "keeps"': 'if update == "replaces"'}).says(
    "Your update gate works the other way round; with keeps, z is the share of the old state, "
    "with replaces, that of the new."
)
mistake(
    "always_keeps",
    {'z * h + (1 - z) * n if update == "keeps" else (1 - z) * h + z * n': "z * h + (1 - z) * n"},
).says(
    "Your update gate keeps whatever the option says; with replaces, z is the share of the "
    "candidate and 1 - z that of the old state."
)
mistake("always_resets_after", {' if reset == "after" else (r * h) @ wh_n + bh_n': ""}).says(
    "Your reset gate always acts after the product with the weights; with before, it scales the "
    "state that goes into that product."
)
mistake("exchanges_after_and_before", {'reset == "after"': 'reset == "before"'}).says(
    "You have exchanged the two places of the reset gate; after means that it scales h wh_n + "
    "bh_n, before that it scales h."
)
mistake("never_resets", {"r * h_n if": "h_n if", "(r * h) @": "h @"}).says(
    "Your reset gate is worked out and then not used; it decides how much of the old state the "
    "candidate sees."
)
mistake("leaves_the_bias_outside", {"r * h_n if": "r * (h_n - bh_n) + bh_n if"}).says(
    "With reset after, your bias of the state stands outside of the bracket; r scales the whole "
    "of h wh_n + bh_n."
)
mistake("scales_the_bias_before", {"@ wh_n + bh_n": "@ wh_n + r * bh_n"}).says(
    "With reset before, you scale the bias too; r scales the state alone, and bh_n is added after "
    "the product."
)
mistake("resets_the_input_too", {"r * h_n if": "r * (x_n + h_n) - x_n if"}).says(
    "Your reset gate scales the input's share of the candidate too; it holds back the state only."
)
mistake(
    "orders_z_r_n",
    {"r = sigmoid": "z = sigmoid", "z = sigmoid": "r = sigmoid", "[r, z, n]": "[z, r, n]"},
).says(
    "You take the first columns for z and the next for r; the order is r, z, n, in the weights "
    "and in the gates that you return."
)
mistake("leaves_bh_out", {"h @ wh + bh": "h @ wh", "@ wh_n + bh_n": "@ wh_n"}).says(
    "You never add bh; each of the three parts has two biases, bx beside the input's weights and "
    "bh beside the state's."
)
mistake("squashes_n_into_0_1", {"np.tanh(x_n + seen)": "sigmoid(x_n + seen)"}).says(
    "Your candidate n goes through the sigmoid like a gate; it is a tanh, as the state lies "
    "between -1 and 1."
)
mistake("adds_the_whole_candidate", {"(1 - z) * n": "n", "z * n": "n"}).says(
    "You add the whole candidate to what is kept; the two shares make 1, so it gets what the old "
    "state leaves."
)
mistake("returns_what_goes_in", {"[r, z, n]": "[x_r + h_r, x_z + h_z, x_n + seen]"}).says(
    "You return what goes into r, z and n; the last part of the result is what comes out of "
    "sigmoid and tanh."
)
mistake("blends_in_place", {"h_next = z * h +": "h *= z\nh +=", "z * n": "z * n\nh_next = h"}).says(
    "You blend the candidate into the caller's own state; leave h as it is and make a new array."
)
mistake(
    "takes_any_word",
    {
        (
            'if update not in {"keeps", "replaces"} or reset not in {"after", "before"}:\n'
            '    raise ValueError(f"unknown option: update {update!r}, reset {reset!r}")'
        ): ""
    },
).says(
    "You take any unknown word for update or reset as one of the options; refuse what is neither."
)
mistake("scales_the_product_before", {"(r * h) @ wh_n": "r * (h @ wh_n)"}).says(
    "With reset before, you scale the product h wh_n; r scales the state, unit by unit, before it "
    "is multiplied by wh_n."
)
mistake(
    "returns_one_minus_z",
    {"[r, z, n]": '[r, z if update == "keeps" else 1 - z, n]'},
).says(
    "With replaces, you return 1 - z among the gates; z is what its sigmoid gives, in both "
    "conventions."
)
mistake("resets_by_the_input_alone", {"sigmoid(x_r + h_r)": "sigmoid(x_r)"}).says(
    "Your reset gate looks at the input alone; it reads the state as well, through wh and bh."
)
mistake("updates_by_the_input_alone", {"sigmoid(x_z + h_z)": "sigmoid(x_z)"}).says(
    "Your update gate looks at the input alone; it reads the state as well, through wh and bh."
)


@EXERCISE.right_answer
def makes_one_unit_at_a_time(x, h, wx, wh, bx, bh, *, update="keeps", reset="after"):
    if update not in {"keeps", "replaces"} or reset not in {"after", "before"}:
        raise ValueError("an unknown option")
    N, M = h.shape
    h_next = np.empty_like(h)
    gates = np.empty((N, 3, M), h.dtype)
    for n in range(N):
        for m in range(2 * M):
            a = np.sum(x[n] * wx[:, m]) + np.sum(h[n] * wh[:, m]) + bx[m] + bh[m]
            gates[n, m // M, m % M] = 0.5 * np.tanh(0.5 * a) + 0.5
        r, z = gates[n, 0], gates[n, 1]
        for m in range(M):
            k = 2 * M + m
            if reset == "after":
                seen = r[m] * (np.sum(h[n] * wh[:, k]) + bh[k])
            else:
                seen = np.sum(r * h[n] * wh[:, k]) + bh[k]
            candidate = np.tanh(np.sum(x[n] * wx[:, k]) + bx[k] + seen)
            gates[n, 2, m] = candidate
            new, old = (candidate, h[n, m]) if update == "keeps" else (h[n, m], candidate)
            h_next[n, m] = new + z[m] * (old - new)
    return h_next, gates.reshape(N, 3 * M)


@EXERCISE.right_answer
def puts_the_bias_into_the_product(x, h, wx, wh, bx, bh, *, update="keeps", reset="after"):
    if update not in {"keeps", "replaces"} or reset not in {"after", "before"}:
        raise ValueError("an unknown option")
    M = h.shape[1]

    def affine(inputs, weights, biases):
        ones = np.ones_like(inputs[:, :1])
        return np.hstack([inputs, ones]) @ np.vstack([weights, biases])

    from_x = affine(x, wx, bx)
    gates = 0.5 + np.tanh(0.5 * (from_x + affine(h, wh, bh))) / 2
    r, z = gates[:, :M], gates[:, M : 2 * M]
    last = wh[:, 2 * M :], bh[2 * M :]
    seen = r * affine(h, *last) if reset == "after" else affine(r * h, *last)
    n = gates[:, 2 * M :]
    n[:] = np.tanh(from_x[:, 2 * M :] + seen)
    return (z * h + (1 - z) * n if update == "keeps" else z * n + (1 - z) * h), gates


@EXERCISE.right_answer
def splits_into_nine(x, h, wx, wh, bx, bh, *, update="keeps", reset="after"):
    (wx_r, wx_z, wx_n), (wh_r, wh_z, wh_n) = (np.split(w, 3, axis=1) for w in (wx, wh))
    (bx_r, bx_z, bx_n), (bh_r, bh_z, bh_n) = (np.split(b, 3) for b in (bx, bh))
    r = np.exp(-np.logaddexp(0, -(x @ wx_r + bx_r + h @ wh_r + bh_r)))
    z = np.exp(-np.logaddexp(0, -(x @ wx_z + bx_z + h @ wh_z + bh_z)))
    if reset == "after":
        n = np.tanh(x @ wx_n + bx_n + r * (h @ wh_n + bh_n))
    elif reset == "before":
        n = np.tanh(x @ wx_n + bx_n + np.einsum("nk,km->nm", r * h, wh_n) + bh_n)
    else:
        raise ValueError("reset is after or before")
    if update == "keeps":
        h_next = z * h + (1 - z) * n
    elif update == "replaces":
        h_next = (1 - z) * h + z * n
    else:
        raise ValueError("update is keeps or replaces")
    return h_next, np.concatenate([r, z, n], axis=1)
