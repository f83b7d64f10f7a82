"""One mask for all steps of a sequence: `variational_masks`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, squashed_values
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import rnn


def variational_masks(x, h0, wx, wh, b, ux, uh, drop):
    """Make masks of random numbers and run a network with them: mask_x, mask_h, h.

    >>> x, h0, wx = np.array([[[0.5]]]), np.array([[0.25, 1.0]]), np.array([[1.0, -1.0]])
    >>> wh, b = np.array([[-2.0, 2.0], [5.0, 5.0]]), np.zeros(2)
    >>> variational_masks(x, h0, wx, wh, b, np.array([[0.3]]), np.array([[0.2, 0.7]]), 0.5)
    (array([[2.]]), array([[2., 0.]]), array([[[0., 0.]]]))
    """
    if not 0 <= drop < 1:
        raise ValueError(f"drop must be at least 0 and below 1, got {drop}")
    keep = 1 - drop
    mask_x = (ux < keep).astype(x.dtype) / keep  # (N, D)
    mask_h = (uh < keep).astype(x.dtype) / keep  # (N, M)
    state, states = h0, []
    for x_t in x:
        state = np.tanh(x_t * mask_x @ wx + state * mask_h @ wh + b)
        states.append(state)
    return mask_x, mask_h, np.stack(states)


def reference(x, h0, wx, wh, b, ux, uh, drop):
    """Run each sequence through the library, with weights whose rows the masks have scaled."""
    if drop < 0 or drop >= 1:
        raise ValueError("drop is a probability below 1")
    masks = [np.where(u < 1 - drop, 1 / (1 - drop), 0).astype(x.dtype) for u in (ux, uh)]
    h = np.zeros((len(x), *h0.shape), x.dtype)
    for n, (row_x, row_h) in enumerate(zip(*masks, strict=True)):
        one = slice(n, n + 1)
        scaled = row_x[:, None] * wx, row_h[:, None] * wh
        h[:, one], _ = rnn.rnn_forward(x[:, one], h0[one], *scaled, b)
    return *masks, h


def drawn(rng, T, N, D, M, drop=0.25):
    """Draw a sequence, weights, and numbers from which each mask keeps some and drops some.

    Each mask has both in every sequence where it has room, and sequences differ.
    """
    x, h0 = decimals(rng, T, N, D), squashed_values(rng, N, M)
    weights = decimals(rng, D, M) / 2, differing(rng, M, M) / 2, decimals(rng, M) / 2
    while True:
        masks = [(10 * rng.integers(0, 10, shape) + 3) / 100 for shape in ((N, D), (N, M))]
        kept = [u < 1 - drop for u in masks]
        rows = all(k.any() and (drop == 0 or k.size == 1 or not k.all()) for k in kept)
        differ = N == 1 or drop == 0 or all((k != k[0]).any() for k in kept)
        if rows and differ and kept[1].any(axis=1).all():
            return x, h0, *weights, *masks, drop


def wild(rng):
    """Draw sequences of every size."""
    while True:
        T, N, D, M = rng.integers(1, 5, 4)
        x, h0, wx, wh, b, *_ = drawn(rng, T, N, D, M, 0)
        masks = [rng.integers(0, 20, shape) / 20 for shape in ((N, D), (N, M))]
        yield case("wild", x, h0, wx, wh, b, *masks, float(rng.choice([0.1, 0.25, 0.5])))


def inputs(rng):
    """Draw short sequences with some numbers dropped."""
    x, h0, wx = np.array([[[0.5]]]), np.array([[0.25, 1.0]]), np.array([[1.0, -1.0]])
    wh, b = np.array([[-2.0, 2.0], [5.0, 5.0]]), np.zeros(2)
    ux, uh = np.array([[0.3]]), np.array([[0.2, 0.7]])
    yield case("the example", x, h0, wx, wh, b, ux, uh, 0.5)
    x, *rest = drawn(rng, 3, 2, 3, 4)
    yield case("3 steps, 2 sequences", strided(x), *rest)
    x, h0, wx, wh, b, ux, uh, drop = drawn(rng, 3, 3, 2, 3, 0.2)
    yield case("drop 0.2", x, h0, wx, np.asfortranarray(wh), b, ux, uh, drop)
    x, h0, wx, wh, b, ux, uh, drop = drawn(rng, 2, 2, 3, 3)
    ux[0, 0], uh[:] = 0.75, [[0.13, 0.93, 0.53], [0.33, 0.53, 0.75]]
    yield case("numbers that are exactly 1 - drop", x, h0, wx, wh, b, ux, uh, drop)
    yield case("nothing dropped", *drawn(rng, 2, 2, 2, 3, 0))
    yield case("one step", *drawn(rng, 1, 3, 2, 3, 0.5))
    yield case("one sequence", *drawn(rng, 3, 1, 3, 2, 0.5))
    *arrays, drop = drawn(rng, 2, 3, 2, 3)
    yield case("float32", *(array.astype(np.float32) for array in arrays), drop)
    *arrays, _ = drawn(rng, 2, 2, 2, 2)
    yield refused("all dropped", *arrays, 1)
    yield refused("a negative share", *arrays, -0.25)


EXERCISE = Exercise(
    variational_masks,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("mask_x", "mask_h", "h"),
    axes={
        "mask_x": ("sequence", "feature"),
        "mask_h": ("sequence", "unit"),
        "h": ("step", "sequence", "unit"),
    },
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("keeps_what_is_dropped", {"(ux < keep)": "(ux < drop)", "(uh < keep)": "(uh < drop)"}).says(
    "You keep with the probability `drop`; a number is kept where u is below 1 - drop."
)
mistake("keeps_the_other_end", {"(ux < keep)": "(ux >= drop)", "(uh < keep)": "(uh >= drop)"}).says(
    "You keep where u is at least `drop`; that is as likely, but it is u < 1 - drop that is asked "
    "for."
)
mistake("keeps_the_border", {"(ux < keep)": "(ux <= keep)", "(uh < keep)": "(uh <= keep)"}).says(
    "You keep a unit whose u is exactly 1 - drop; only what is below is kept."
)
mistake(
    "does_not_scale_up",
    {
        "(ux < keep).astype(x.dtype) / keep": "(ux < keep).astype(x.dtype)",
        "(uh < keep).astype(x.dtype) / keep": "(uh < keep).astype(x.dtype)",
    },
).says(
    "Your masks hold zeros and ones; divide them by the probability to be kept, so that sums keep "
    "their mean."
)
mistake(
    "scales_by_keep",
    {
        "(ux < keep).astype(x.dtype) / keep": "(ux < keep).astype(x.dtype) * keep",
        "(uh < keep).astype(x.dtype) / keep": "(uh < keep).astype(x.dtype) * keep",
    },
).says("You multiply what is kept by the probability to be kept; divide by it.")
mistake("masks_the_new_state", {"state * mask_h @ wh + b)": "state @ wh + b) * mask_h"}).says(
    "You mask the state that comes out; the mask is on the state that the weights read, and `h` "
    "stays whole."
)
mistake("masks_after_the_weights", {"state * mask_h @ wh": "(state @ wh) * mask_h"}).says(
    "You mask the product with wh, which silences units that read; mask what they read."
)
mistake("masks_the_input_alone", {"state * mask_h @ wh": "state @ wh"}).says(
    "You leave the state without a mask; both the input and the state have one."
)
mistake("masks_the_state_alone", {"x_t * mask_x @ wx": "x_t @ wx"}).says(
    "You leave the input without a mask; both have one."
)
mistake(
    "leaves_h0_whole", {"state * mask_h @ wh": "(state * mask_h if states else state) @ wh"}
).says("You mask the state from the second step on; the first step reads h0 through the same mask.")
mistake(
    "masks_the_first_step_only",
    {"state * mask_h @ wh": "(state if states else state * mask_h) @ wh"},
).says(
    "You mask the state at the first step only; the mask is the same at every step, and is there "
    "at every step."
)
mistake(
    "keeps_the_mask_on_the_state",
    {"state = np.tanh(": "state = state * mask_h if len(states) else state\nstate = np.tanh("},
).says(
    "You mask the state once as you carry it on and once more as it is read; one mask is enough."
)
mistake(
    "has_one_mask_for_all_sequences",
    {
        "(uh < keep)": "np.tile(uh[:1] < keep, (len(uh), 1))",
        "(ux < keep)": "np.tile(ux[:1] < keep, (len(ux), 1))",
    },
).says("You use the mask of the first sequence for all; each sequence has its own.")
mistake(
    "rolls_the_mask",
    {"states.append(state)": "states.append(state)\nmask_h = np.roll(mask_h, 1, axis=1)"},
).says(
    "Your mask changes from step to step, and nothing that a unit holds survives that; it stays as "
    "it was drawn."
)
mistake("returns_the_last_state", {"np.stack(states)": "state"}).says(
    "You return the last state alone; the states of all steps are asked for, (T, N, M)."
)
mistake(
    "makes_masks_float64",
    {"(ux < keep).astype(x.dtype)": "(ux < keep)", "(uh < keep).astype(x.dtype)": "(uh < keep)"},
).says(
    "You divide truth values, which makes float64 masks whatever comes in; give them the type of x."
)
mistake(
    "drops_everything",
    {"0 <= drop < 1": "0 <= drop <= 1", "keep = 1 - drop": "keep = max(1 - drop, 1e-6)"},
).says("You take a drop of 1, of which nothing would be left; raise a ValueError.")
mistake("forgets_the_bias", {"mask_h @ wh + b)": "mask_h @ wh)"}).says(
    "Your pre-activation lacks b; add it to the two products."
)
mistake("returns_masked_states", {"states.append(state)": "states.append(state * mask_h)"}).says(
    "Your states are returned with the mask on them; it belongs to what the next step reads."
)
mistake("takes_a_negative_drop", {"0 <= drop < 1": "drop < 1"}).says(
    "You take a negative share to be dropped; a probability is at least 0, so raise a ValueError."
)
mistake("takes_drop_for_keep", {"keep = 1 - drop": "keep = drop"}).says(
    "You keep a number with the probability `drop`, and divide by it; `drop` is what goes, so it "
    "is 1 - drop both times."
)
mistake(
    "masks_once_more_at_each_step",
    {
        "x_t * mask_x @ wx + state * mask_h @ wh": (
            "x_t * mask_x ** (len(states) + 1) @ wx + state * mask_h ** (len(states) + 1) @ wh"
        )
    },
).says(
    "You multiply by each mask once more from step to step, so that what is kept grows; each step "
    "multiplies by it once."
)


@EXERCISE.right_answer
def scales_after_masking(x, h0, wx, wh, b, ux, uh, drop):
    if drop < 0 or drop >= 1:
        raise ValueError("no such probability")
    keep = 1 - drop
    T, (N, M) = len(x), h0.shape
    mask_x, mask_h = np.zeros_like(x[0]), np.zeros_like(h0)
    mask_x[ux < keep] = 1 / keep
    mask_h[uh < keep] = 1 / keep
    read = (x * mask_x) @ wx + b
    h = np.empty((T, N, M), dtype=h0.dtype)
    for t in range(T):
        h[t] = np.tanh(read[t] + (mask_h * (h[t - 1] if t else h0)) @ wh)
    return mask_x, mask_h, h


@EXERCISE.right_answer
def calls_itself(x, h0, wx, wh, b, ux, uh, drop):
    def mask(u):
        return np.where(u < 1 - drop, 1 / (1 - drop), 0).astype(wx.dtype)

    def run(h, t):
        if t == len(x):
            return []
        h = np.tanh((x[t] * mask(ux)).dot(wx) + (h * mask(uh)).dot(wh) + b)
        return [h, *run(h, t + 1)]

    if not (drop >= 0 and drop < 1):
        raise ValueError("drop out of range")
    return mask(ux), mask(uh), np.array(run(h0, 0))


@EXERCISE.right_answer
def masks_the_weights(x, h0, wx, wh, b, ux, uh, drop):
    keep = 1.0 - drop
    if keep <= 0 or keep > 1:
        raise ValueError("something has to be kept")
    mask_x = np.asarray(keep > ux, x.dtype) / keep
    mask_h = np.asarray(keep > uh, x.dtype) / keep
    sequences = []
    for n in range(x.shape[1]):
        state, states = h0[n], []
        for t in range(x.shape[0]):
            a = x[t, n] @ (mask_x[n, :, None] * wx) + state @ (mask_h[n, :, None] * wh) + b
            state = np.tanh(a)
            states.append(state)
        sequences.append(states)
    return mask_x, mask_h, np.swapaxes(np.array(sequences), 0, 1)
