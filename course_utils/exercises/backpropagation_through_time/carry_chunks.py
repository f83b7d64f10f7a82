"""Learning chunk by chunk while the state flows on: `carry_chunks`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, gate_values, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import rnn


def carry_chunks(x, y, h0, wx, wh, b, size, rate):
    """Learn from chunks of `size` steps, one after the other: the last state, wx, wh, b.

    >>> x, y, zero = np.zeros((2, 1, 1)), -np.ones((2, 1, 1)), np.zeros((1, 1))
    >>> h, wx, wh, b = carry_chunks(x, y, zero, zero, zero, np.zeros(1), 1, 0.5)
    >>> h.round(3), wh.round(3), b.round(3)
    (array([[-0.462]]), array([[0.]]), array([-0.712]))
    """
    h = h0
    for start in range(0, len(x), size):
        x_chunk, y_chunk = x[start : start + size], y[start : start + size]
        states = [h]
        for x_t in x_chunk:
            states.append(np.tanh(x_t @ wx + states[-1] @ wh + b))
        dwx, dwh, db = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b)
        dh_next = np.zeros_like(h)  # what is to come has no say
        for t in reversed(range(len(x_chunk))):
            da = (states[t + 1] - y_chunk[t] + dh_next) * (1 - states[t + 1] ** 2)
            dwx += x_chunk[t].T @ da
            dwh += states[t].T @ da
            db += np.sum(da, axis=0)
            dh_next = da @ wh.T
        wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db
        h = states[-1]
    return h, wx, wh, b


def reference(x, y, h0, wx, wh, b, size, rate):
    """Run the two passes of the library on each chunk."""
    h = h0
    for start in range(0, len(x), size):
        chunk = slice(start, start + size)
        states, cache = rnn.rnn_forward(x[chunk], h, wx, wh, b)
        _, _, dwx, dwh, db = rnn.rnn_backward(states - y[chunk], cache)
        h = states[-1]
        wx, wh, b = (p - rate * d for p, d in zip((wx, wh, b), (dwx, dwh, db), strict=True))
    return h, wx, wh, b


def drawn(rng, T, N, D, M):
    """Draw inputs, targets and a network whose tanh is far from its ends."""
    x, y, h0 = (squashed_values(rng, *shape) for shape in [(T, N, D), (T, N, M), (N, M)])
    wx, wh, b = (squashed_values(rng, *shape) for shape in [(D, M), (M, M), (M,)])
    return x, y, h0, wx, wh, b


def wild(rng):
    """Draw sequences, chunks and rates of every kind."""
    while True:
        T, N, D, M, size = (int(number) for number in rng.integers(1, 5, 5))
        yield case("wild", *drawn(rng, T, N, D, M), size, float(gate_values(rng)))


def rate(rng):
    """Draw a rate from 0.1 to 0.3."""
    return int(rng.integers(10, 31)) / 100


def inputs(rng):
    """Draw few sequences, with chunks that do and do not come out even."""
    x, y, zero = np.zeros((2, 1, 1)), -np.ones((2, 1, 1)), np.zeros((1, 1))
    yield case("the example", x, y, zero, zero, zero, np.zeros(1), 1, 0.5)
    x, *rest = drawn(rng, 6, 3, 1, 2)
    yield case("two chunks of 3 steps", strided(x), *rest, 3, rate(rng))
    x, y, *rest = drawn(rng, 5, 2, 3, 2)
    yield case("the last chunk is shorter", x, np.asfortranarray(y), *rest, 2, rate(rng))
    yield case("chunks of one step", *drawn(rng, 3, 2, 1, 2), 1, rate(rng))
    yield case("one chunk", *drawn(rng, 3, 2, 4, 1), 3, rate(rng))
    yield case("a chunk longer than the sequence", *drawn(rng, 2, 1, 3, 2), 5, rate(rng))
    single = (array.astype(np.float32) for array in drawn(rng, 4, 2, 1, 2))
    yield case("float32", *single, 2, rate(rng))


EXERCISE = Exercise(
    carry_chunks,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("h", "wx", "wh", "b"),
    axes={
        "h": ("sequence", "unit"),
        "wx": ("feature", "unit"),
        "wh": ("unit of the old state", "unit of the new state"),
        "b": ("unit",),
    },
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "starts_each_chunk_from_zeros", {"states = [h]": "states = [h if start == 0 else 0 * h]"}
).says(
    "Each chunk of yours begins with a state of 0; only the gradient is cut at a border, and the "
    "state goes on."
)
mistake(
    "starts_each_chunk_from_h0",
    {"h = states[-1]": "last = states[-1]", "return h,": "return last,"},
).says(
    "Each chunk of yours begins with h0 again; it begins with the last state of the chunk before."
)
mistake("carries_the_first_state", {"h = states[-1]": "h = states[1]"}).says(
    "You carry the first state of a chunk on; the next chunk follows its last one."
)
mistake(
    "carries_the_gradient_on",
    {
        "h = h0": "h, dh_next = h0, np.zeros_like(h0)",
        "dh_next = np.zeros_like(h)  # what is to come has no say": "",
    },
).says(
    "A chunk of yours begins its way back with what was left from the chunk before; begin with 0, "
    "since nothing later has been seen."
)
mistake(
    "drops_the_short_chunk", {"range(0, len(x), size)": "range(0, len(x) - size + 1, size)"}
).says("You leave out steps at the end that do not fill a chunk; the last chunk may be shorter.")
mistake(
    "learns_at_the_end_only",
    {
        "h = h0": "h, new = h0, [wx, wh, b]",
        "wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db": (
            "grads = dwx, dwh, db\nnew = [p - rate * d for p, d in zip(new, grads, strict=True)]"
        ),
        "return h, wx, wh, b": "return h, *new",
    },
).says(
    "All your chunks run with the weights of the start; learn after each chunk, and run the next "
    "with what came of it."
)
mistake(
    "adds_gradients_of_all_chunks",
    {
        "h = h0": "h, dwx, dwh, db = h0, 0 * wx, 0 * wh, 0 * b",
        "dwx, dwh, db = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b)": "",
    },
).says(
    "Your gradients are never set back to 0, so each chunk is learned from again with the next "
    "one; start each chunk's sums anew."
)
mistake(
    "goes_uphill",
    {"wx - rate": "wx + rate", "wh - rate": "wh + rate", "b - rate": "b + rate"},
).says("You add the gradients to the weights; a step that lowers the loss goes against them.")
mistake(
    "pairs_each_first_step_with_h0",
    {"dwh += states[t].T @ da": "dwh += (states[t] if t else h0).T @ da"},
).says(
    "Your first step of each chunk is paired with h0 in dwh; it has read the state that was "
    "carried in."
)
mistake(
    "forgets_the_target", {"states[t + 1] - y_chunk[t] + dh_next": "states[t + 1] + dh_next"}
).says(
    "Your gradient with respect to a state is the state; the loss is half the square of h - y, so "
    "take y off."
)
mistake(
    "doubles_the_error",
    {"(states[t + 1] - y_chunk[t] + dh_next)": "(2 * (states[t + 1] - y_chunk[t]) + dh_next)"},
).says(
    "You take 2 (h - y) for the gradient of the loss; the loss has a half in front of the square."
)
mistake("looks_at_the_loss_alone", {" + dh_next)": ")"}).says(
    "Inside a chunk nothing of yours goes back in time; a state is read by the next step too."
)
mistake(
    "cuts_after_each_loss_of_a_chunk", {"dwh += states[t].T @ da": "dwh += states[t + 1].T @ da"}
).says("Your dwh pairs a step with the state that it made; pair it with the state that it read.")
mistake(
    "averages_over_the_chunk",
    {
        "rate * dwx": "rate * dwx / len(x_chunk)",
        "rate * dwh": "rate * dwh / len(x_chunk)",
        "rate * db": "rate * db / len(x_chunk)",
    },
).says("You divide by the number of steps in a chunk; the loss is a sum over its steps.")
mistake(
    "runs_the_step_before_learning_again",
    {"h = states[-1]": "h = np.tanh(x_chunk[-1] @ wx + states[-2] @ wh + b)"},
).says(
    "You work the last state out again with the new weights; carry the one that the chunk ended "
    "with."
)
mistake(
    "learns_in_place",
    {
        "wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db": (
            "wx -= rate * dwx\nwh -= rate * dwh\nb -= rate * db"
        )
    },
).says("Your -= writes into the weights of the caller; make new arrays of them.")
mistake(
    "averages_over_the_batch",
    {"states[t + 1] - y_chunk[t] +": "(states[t + 1] - y_chunk[t]) / len(h) +"},
).says("You divide by the number of sequences; the loss is a sum over the batch, not a mean.")
mistake(
    "averages_over_batch_and_chunk",
    {"states[t + 1] - y_chunk[t] +": ("(states[t + 1] - y_chunk[t]) / (len(h) * len(x_chunk)) +")},
).says(
    "You divide by the number of sequences and by that of the steps; the loss of a chunk is the "
    "sum over all of them."
)
mistake(
    "averages_over_all_numbers",
    {"states[t + 1] - y_chunk[t] +": "(states[t + 1] - y_chunk[t]) / y_chunk.size +"},
).says(
    "You take the mean of all squares of a chunk; the loss adds them up, over steps, sequences and "
    "units."
)
mistake(
    "halves_the_error",
    {"states[t + 1] - y_chunk[t] +": "(states[t + 1] - y_chunk[t]) / 2 +"},
).says("You take (h - y) / 2 for the gradient of the loss; half of a square has the slope h - y.")
mistake(
    "learns_within_the_pass",
    {
        "dwx, dwh, db = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b)": "",
        "dwx += x_chunk[t].T @ da": "wx = wx - rate * x_chunk[t].T @ da",
        "dwh += states[t].T @ da": "wh = wh - rate * states[t].T @ da",
        "db += np.sum(da, axis=0)": "b = b - rate * np.sum(da, axis=0)",
        "wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db": "",
    },
).says(
    "You change the weights at each step on the way back, so the rest of the way meets new ones; "
    "collect the gradients of the chunk, and learn once at its end."
)
mistake(
    "runs_the_chunk_again",
    {"h = states[-1]": "for x_t in x_chunk:\n    h = np.tanh(x_t @ wx + h @ wh + b)"},
).says(
    "You run each chunk again with the new weights and go on from its end; the next chunk begins "
    "with the state in which the first run ended."
)


@EXERCISE.whole_mistake(
    "Your gradients cross the border between chunks; cut there, as detach() does, so that a loss "
    "sees the steps of its own chunk only."
)
def does_not_detach(x, y, h0, wx, wh, b, size, rate):
    states = [h0]
    for start in range(0, len(x), size):
        end = min(start + size, len(x))
        for t in range(start, end):
            states.append(np.tanh(x[t] @ wx + states[-1] @ wh + b))
        dwx, dwh, db = np.zeros_like(wx), np.zeros_like(wh), np.zeros_like(b)
        dh_next = np.zeros_like(h0)
        for t in reversed(range(end)):
            loss = states[t + 1] - y[t] if t >= start else 0
            da = (loss + dh_next) * (1 - states[t + 1] ** 2)
            dwx += x[t].T @ da
            dwh += states[t].T @ da
            db += np.sum(da, axis=0)
            dh_next = da @ wh.T
        wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db
    return states[-1], wx, wh, b


@EXERCISE.right_answer
def multiplies_once_a_chunk(x, y, h0, wx, wh, b, size, rate):
    w = np.concatenate([wx, wh, b[None]])
    D, h = len(wx), h0
    for start in range(0, len(x), size):
        seen, states = [], []
        for x_t in x[start : start + size]:
            seen.append(np.hstack([x_t, h, np.ones_like(h[:, :1])]))
            h = np.tanh(seen[-1] @ w)
            states.append(h)
        h_all = np.array(states)
        errors, da, back = h_all - y[start : start + size], 1 - h_all * h_all, 0
        for t in range(len(states) - 1, -1, -1):
            da[t] *= errors[t] + back
            back = da[t] @ w[D:-1].T
        w = w - rate * np.tensordot(np.array(seen), da, axes=((0, 1), (0, 1)))
    return h, w[:D], w[D:-1], w[-1]


@EXERCISE.right_answer
def calls_itself_for_the_rest(x, y, h0, wx, wh, b, size, rate):
    def back(rows, h):
        """Return the last state, and the gradients with respect to h and to the weights."""
        if not rows:
            return h, 0 * h, 0 * wx, 0 * wh, 0 * b
        x_t, y_t = rows[0]
        new = np.tanh(b + x_t @ wx + h @ wh)
        last, by_new, dwx, dwh, db = back(rows[1:], new)
        da = (by_new + new - y_t) * (1 - np.square(new))
        return last, da @ wh.T, dwx + x_t.T @ da, dwh + h.T @ da, db + da.sum(axis=0)

    h, _, dwx, dwh, db = back(list(zip(x[:size], y[:size], strict=True)), h0)
    wx, wh, b = wx - rate * dwx, wh - rate * dwh, b - rate * db
    if len(x) <= size:
        return h, wx, wh, b
    return carry_chunks(x[size:], y[size:], h, wx, wh, b, size, rate)


@EXERCISE.right_answer
def works_on_copies(x, y, h0, wx, wh, b, size, rate):
    p = [wx.copy(), wh.copy(), b.copy()]
    T, h, start = len(x), h0, 0
    while start < T:
        stop = min(T, start + size)
        states = {start: h}
        for t in range(start, stop):
            states[t + 1] = np.tanh(np.einsum("nd,dm->nm", x[t], p[0]) + states[t] @ p[1] + p[2])
        grads = [np.zeros_like(each) for each in p]
        d = states[stop] - y[stop - 1]
        for t in range(stop - 1, start - 1, -1):
            da = d * (1 - states[t + 1] ** 2)
            for grad, read in zip(grads, (x[t], states[t]), strict=False):
                grad += np.einsum("ni,nm->im", read, da)
            grads[2] += da.sum(axis=0)
            if t > start:
                d = states[t] - y[t - 1] + da @ p[1].T
        for each, grad in zip(p, grads, strict=True):
            each -= rate * grad
        h, start = states[stop], stop
    return h, *p
