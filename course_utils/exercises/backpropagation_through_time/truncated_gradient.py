"""The gradient when each loss looks back a few steps: `truncated_gradient`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, squashed_values
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.live_picture import PATHS, Shown
from course_utils.reference import rnn, truncated_bptt


def truncated_gradient(dh, x, h0, wh, h, window):
    """Return dwx, dwh, db, where each loss sees `window` steps, its own among them.

    >>> x, h = np.array([[[1.0]], [[2.0]]]), np.array([[[0.5]], [[0.0]]])
    >>> dh, h0, wh = np.full((2, 1, 1), 4.0), np.array([[-1.0]]), np.array([[0.5]])
    >>> truncated_gradient(dh, x, h0, wh, h, 1)
    (array([[11.]]), array([[-1.]]), array([7.]))
    >>> truncated_gradient(dh, x, h0, wh, h, 2)
    (array([[12.5]]), array([[-2.5]]), array([8.5]))
    """
    if window < 1:
        raise ValueError(f"window must be positive, got {window}")
    T, _, M = h.shape
    dwx, dwh = np.zeros_like(x, shape=(x.shape[2], M)), np.zeros_like(wh)
    db = np.zeros_like(wh[0])
    for j in range(T):
        dh_k = dh[j]
        for k in range(j, max(j - window, -1), -1):
            da = dh_k * (1 - h[k] ** 2)
            before = h[k - 1] if k else h0
            dwx += x[k].T @ da
            dwh += before.T @ da
            db += np.sum(da, axis=0)
            dh_k = da @ wh.T
    return dwx, dwh, db


def reference(dh, x, h0, wh, h, window):
    """Let the window of the library slide."""
    wx = np.zeros((x.shape[2], len(wh)), x.dtype)
    cache = rnn.RNNCache(x, np.concatenate([h0[None], h]), wx, wh, "tanh")
    _, _, dwx, dwh, db = truncated_bptt.sliding_backward(dh, cache, window=window)
    return dwx, dwh, db


def drawn(rng, T, N, D, M):
    """Draw gradients, and a sequence with its states."""
    dh, x, h0 = decimals(rng, T, N, M), decimals(rng, T, N, D), squashed_values(rng, N, M)
    return dh, x, h0, differing(rng, M, M), squashed_values(rng, T, N, M)


def wild(rng):
    """Draw sequences and windows of every kind."""
    while True:
        yield case("wild", *drawn(rng, *rng.integers(1, 5, 4)), int(rng.integers(1, 7)))


def inputs(rng):
    """Draw few and short sequences, and windows below and above their length."""
    x, h = np.array([[[1.0]], [[2.0]]]), np.array([[[0.5]], [[0.0]]])
    dh, h0, wh = np.full((2, 1, 1), 4.0), np.array([[-1.0]]), np.array([[0.5]])
    yield case("the example", dh, x, h0, wh, h, 1)
    dh, *rest = drawn(rng, 5, 3, 1, 2)
    yield case("5 steps, a window of 2", strided(dh), *rest, 2)
    *rest, h = drawn(rng, 5, 1, 2, 3)
    yield case("5 steps, a window of 3", *rest, np.asfortranarray(h), 3)
    yield case("a window of 1", *drawn(rng, 4, 2, 3, 2), 1)
    yield case("a window as long as the sequence", *drawn(rng, 3, 2, 1, 2), 3)
    yield case("a window longer than the sequence", *drawn(rng, 3, 2, 4, 1), 5)
    yield case("one step", *drawn(rng, 1, 3, 2, 2), 2)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 4, 2, 3, 2)), 2)
    yield refused("a window of 0", *drawn(rng, 3, 2, 1, 2), 0)


def setting(dh, x, h0, wh, h, window):
    """Show which terms such a window leaves."""
    return None if window > len(x) else {"steps": len(x), "window": window, "cut": "sliding"}


EXERCISE = Exercise(
    truncated_gradient,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("dwx", "dwh", "db"),
    axes={
        "dwx": ("feature", "unit"),
        "dwh": ("unit of the old state", "unit of the new state"),
        "db": ("unit",),
    },
    forbidden=HANDMADE,
    wild=wild,
    picture=Shown(
        PATHS,
        setting,
        (
            "sees_one_step_more",
            "sees_one_step_less",
            "never_stops",
            "cuts_into_chunks",
            "keeps_the_last_window",
            "looks_back_from_the_last_loss",
        ),
    ),
)
mistake = EXERCISE.mistake

mistake("sees_one_step_more", {"max(j - window, -1)": "max(j - window - 1, -1)"}).says(
    "Each loss of yours sees window + 1 steps; its own step is one of the `window` steps."
)
mistake("sees_one_step_less", {"max(j - window, -1)": "max(j - window + 1, -1)"}).says(
    "Each loss of yours sees window - 1 steps; with a window of 1 it sees its own."
)
mistake("never_stops", {"max(j - window, -1)": "-1"}).says(
    "Your losses look back to the start; stop after `window` steps."
)
mistake("cuts_into_chunks", {"max(j - window, -1)": "j // window * window - 1"}).says(
    "You cut the sequence into chunks, so a loss at a border sees itself alone; here the window "
    "ends at each loss, wherever it stands."
)
mistake(
    "keeps_the_last_window", {"for j in range(T)": "for j in range(max(T - window, 0), T)"}
).says(
    "You use the losses of the last window alone; each loss of the sequence counts, and looks "
    "back from where it stands."
)
mistake("looks_back_from_the_last_loss", {"for j in range(T)": "for j in [T - 1]"}).says(
    "You look back from the last loss only; every step has one."
)
mistake("runs_past_the_start", {"max(j - window, -1)": "j - window"}).says(
    "Near the start your window reaches before step 0, where Python counts from the end; it stops "
    "at step 0."
)
mistake("forgets_h0", {"h[k - 1] if k else h0": "h[k - 1]"}).says(
    "For the first step you pair da with h[-1], the last state; it has read h0."
)
mistake("pairs_dwh_with_what_came_out", {"before.T @ da": "h[k].T @ da"}).says(
    "In dwh you use the state that step k made; the weights met the one that it read."
)
mistake("leaves_the_tanh_of_the_way_out", {"da @ wh.T": "dh_k @ wh.T"}).says(
    "From step to step you multiply by the transpose of wh alone; between them lies a tanh."
)
mistake("adds_the_losses_on_the_way", {"dh_k = da @ wh.T": "dh_k = da @ wh.T + dh[k - 1]"}).says(
    "On your way back from a loss you pick up those at earlier steps; each has a window of its "
    "own, so they count more than once."
)
mistake("goes_back_by_wh", {"da @ wh.T": "da @ wh"}).says(
    "You go back a step with wh where its transpose is due."
)
mistake("pairs_dwx_with_the_input_at_t", {"x[k].T @ da": "x[j].T @ da"}).says(
    "Your dwx uses the input at the loss's step j throughout; step k has read x[k]."
)
mistake("takes_means_for_db", {"np.sum(da": "np.mean(da"}).says(
    "Your db is a mean of da over the batch; add the sequences up, as the matrix products do."
)
mistake(
    "divides_by_the_window",
    {"return dwx, dwh, db": "return dwx / window, dwh / window, db / window"},
).says("You divide by the window; truncation leaves terms out and does not rescale the others.")
mistake("takes_no_window_for_none", {"window < 1": "window < 0"}).says(
    "You return zeros for a window of 0, with which nothing would ever learn; raise a ValueError."
)
mistake(
    "stops_the_whole_pass",
    {"for j in range(T)": "for j in [T - 1]", "dh_k = da @ wh.T": "dh_k = da @ wh.T + dh[k - 1]"},
).says(
    "You go back once, from the end, and stop after `window` steps, so the steps before get "
    "nothing; each loss has a window of its own."
)
mistake(
    "skips_losses_near_the_start", {"for j in range(T)": "for j in range(min(window, T) - 1, T)"}
).says(
    "You leave out the losses whose window would begin before step 0; those near the start count "
    "as well, with shorter windows."
)
mistake("waits_for_a_whole_window", {"for j in range(T)": "for j in range(window - 1, T)"}).says(
    "Your first loss is the one at step window - 1; each loss counts, also those whose window "
    "would reach before step 0."
)
mistake(
    "takes_the_slope_of_the_loss_alone",
    {"dh_k * (1 - h[k] ** 2)": "dh_k * (1 - h[k] ** 2) if k == j else dh_k"},
).says(
    "You multiply by the slope of tanh at the loss's own step and at no step further back; each "
    "step on the way has a slope of its own."
)
mistake(
    "begins_each_window_with_h0",
    {"h[k - 1] if k else h0": "h[k - 1] if k > max(j - window + 1, 0) else h0"},
).says(
    "You let the first step of each window read h0; truncation changes no state, so step k has "
    "read h[k - 1], and step 0 alone h0."
)
mistake("wraps_round_at_the_start", {"max(j - window, -1)": "j - min(window, T)"}).says(
    "You go the whole window back from early losses too; k below 0 means the end of the sequence "
    "to Python, so stop at step 0."
)


@EXERCISE.right_answer
def walks_all_losses_together(dh, x, h0, wh, h, window):
    if not window >= 1:
        raise ValueError("the window needs a step")
    (T, N, D), M = x.shape, len(wh)
    slope = 1 - h * h
    walkers, total = dh, dh
    for lag in range(1, min(window, T)):
        walkers = (walkers[1:] * slope[1 : T - lag + 1]) @ wh.T
        total = total + np.concatenate([walkers, np.zeros_like(dh[:lag])])
    rows = (total * slope).reshape(T * N, M)
    before = np.stack([h0, *h[:-1]]).reshape(T * N, M)
    return x.reshape(T * N, D).T @ rows, before.T @ rows, rows.sum(axis=0)


@EXERCISE.right_answer
def goes_back_anew_from_each_loss(dh, x, h0, wh, h, window):
    if window <= 0:
        raise ValueError("window must be 1 or more")
    states = [h0, *h]
    sums = [0, 0, 0]
    for j in range(len(h)):
        back, steps = dh[j], 0
        while steps < window and steps <= j:
            k = j - steps
            da = back - back * states[k + 1] ** 2
            parts = x[k].T @ da, states[k].T @ da, da.sum(axis=0)
            sums = [total + part for total, part in zip(sums, parts, strict=True)]
            back, steps = da @ wh.T, steps + 1
    return tuple(sums)


@EXERCISE.right_answer
def calls_itself(dh, x, h0, wh, h, window):
    def back(d, k, left):
        if k < 0 or left == 0:
            return np.zeros_like(x, shape=(x.shape[2], len(wh))), 0 * wh, 0 * wh[0]
        da = d * (1 - np.square(h[k]))
        dwx, dwh, db = back(da @ wh.T, k - 1, left - 1)
        before = h[k - 1] if k > 0 else h0
        return dwx + x[k].T @ da, dwh + before.T @ da, db + np.add.reduce(da)

    if window < 1:
        raise ValueError("a loss sees its own step at least")
    each = [back(dh[j], j, window) for j in range(len(h))]
    return tuple(sum(parts) for parts in zip(*each, strict=True))
