"""A network that learns from long streams, chunk by chunk: `learn_with_chunks`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.backpropagation_through_time.rnn_backward import rnn_backward
from course_utils.exercises.backpropagation_through_time.rtrl_step import rtrl_step
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.65, 0.0), (0.85, 0.5), (0.97, 1.0))


def learn_with_chunks(train_x, train_y, test_x, seed):
    """Learn to hold the last command of a stream; return what is held at each step, (T, K).

    >>> x = np.array([1, 0, -1, 0]).reshape(4, 1, 1)
    >>> learn_with_chunks(x, np.array([[1], [1], [-1], [-1]]), x, 0).shape
    (4, 1)
    """
    rng = np.random.default_rng(seed)
    (T, N, D), M, size = train_x.shape, 8, 10
    wx, wh = rng.normal(0, 0.5, (D, M)), rng.normal(0, 0.3, (M, M))
    b, wo = np.zeros(M), rng.normal(0, 0.3, M)
    parameters = [wx, wh, b, wo]
    means, squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))

    def run(x, h):
        states = []
        for x_t in x:
            h = np.tanh(x_t @ wx + h @ wh + b)
            states.append(h)
        return np.array(states)

    epochs, step = 5, 0
    steps = epochs * -(-T // size)
    for _ in range(epochs):
        h_last = np.zeros((N, M))
        for start in range(0, T, size):
            step += 1
            x, y = train_x[start : start + size], train_y[start : start + size]
            h = run(x, h_last)
            error = (h @ wo - y) / y.size
            _, _, dwx, dwh, db = rnn_backward(error[..., None] * wo, x, h_last, wx, wh, h)
            grads = [dwx, dwh, db, np.tensordot(error, h, axes=2)]
            rate = 0.03 * (1 - step / (steps + 1))
            for p, grad, mean, square in zip(parameters, grads, means, squares, strict=True):
                mean += 0.1 * (grad - mean)
                square += 0.01 * (grad**2 - square)
                p -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
            h_last = h[-1]  # its value alone: no gradient crosses the border
    return np.where(run(test_x, np.zeros((test_x.shape[1], M))) @ wo > 0, 1, -1)


def inputs(rng):
    """Draw streams of commands, one step in ten, and what is held."""
    T, train, test = 300, 20, 10
    x = rng.choice([-1, 0, 1], (T, train + test), p=[0.05, 0.9, 0.05])
    x[0] = rng.choice([-1, 1], train + test)
    y = x.copy()
    for t in range(1, T):
        y[t] = np.where(x[t] == 0, y[t - 1], x[t])
    truth = y[:, train:].astype(float)  # so that 1.0 is as good as 1
    achieves = Achieves(truth, "accuracy", LEVELS)
    seed = int(rng.integers(1000))
    label = "20 streams of 300 steps to learn from, 10 to follow"
    x = x[..., None]
    yield measured(label, achieves, x[:, :train], y[:, :train], x[:, train:], seed)


EXERCISE = Exercise(
    learn_with_chunks,
    points=4,
    inputs=inputs,
    axes={"the result": ("step", "stream")},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("climbs_the_hill", {"p -= rate": "p += rate"}).says(
    "Your parameters move along the gradient, and the loss rises; move them against it."
)
mistake("never_moves", {"p -= rate * mean": "p -= 0 * mean"}).says(
    "Your parameters stay where they began; subtract a part of each gradient after every chunk."
)
mistake("reads_no_state", {"x_t @ wx + h @ wh + b": "x_t @ wx + b"}).says(
    "Your network sees the input of a step alone; without the state before, it cannot hold a "
    "command."
)
mistake(
    "takes_the_first_targets_each_time", {"train_y[start : start + size]": "train_y[:size]"}
).says(
    "You compare every chunk with the targets of the first one; cut the targets where you cut the "
    "inputs."
)
mistake(
    "follows_no_border",
    {
        "run(test_x, np.zeros((test_x.shape[1], M)))": (
            "np.concatenate("
            "[run(part, np.zeros((part.shape[1], M))) for part in np.split(test_x, T // size)])"
        )
    },
).says(
    "You begin each chunk of the test with a state of 0, so what was held is lost at every border; "
    "carry the state on."
)
mistake("forgets_the_error", {"error[..., None] * wo": "np.zeros_like(h) + wo"}).says(
    "The gradient with respect to your states does not depend on the error; multiply what reads "
    "them by it."
)


@EXERCISE.right_answer
def divides_by_mean_squares(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    M, size = 6, 15
    p = {"wx": rng.normal(0, 0.5, (1, M)), "wh": 0.7 * np.eye(M), "b": np.zeros(M)}
    p |= {"wo": rng.normal(0, 0.3, M), "bo": np.zeros(())}
    squares = dict.fromkeys(p, 0.0)
    target = (train_y + 1) / 2
    for epoch in range(8):
        h = np.zeros((train_x.shape[1], M))
        for start in range(0, len(train_x), size):
            x, states = train_x[start : start + size], [h]
            for x_t in x:
                states.append(np.tanh(x_t @ p["wx"] + states[-1] @ p["wh"] + p["b"]))
            after = np.array(states[1:])
            logits = after @ p["wo"] + p["bo"]
            error = (0.5 + 0.5 * np.tanh(logits / 2) - target[start : start + size]) / logits.size
            back = rnn_backward(error[..., None] * p["wo"], x, h, p["wx"], p["wh"], after)
            by_wo = np.einsum("tn,tnm->m", error, after)
            for name, grad in zip(p, (*back[2:], by_wo, error.sum()), strict=True):
                squares[name] = 0.95 * squares[name] + 0.05 * grad**2
                step = grad / (np.sqrt(squares[name]) + 1e-4)
                p[name] = p[name] - 0.01 * (1 - epoch / 8) * step
            h = states[-1]
    h, held = np.zeros((test_x.shape[1], M)), []
    for x_t in test_x:
        h = np.tanh(x_t @ p["wx"] + h @ p["wh"] + p["b"])
        held.append(np.sign(h @ p["wo"] + p["bo"]))
    return np.array(held)


@EXERCISE.right_answer
def learns_at_each_step_with_rtrl(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    N, M = train_x.shape[1], 6
    w = np.concatenate([rng.normal(0, 0.5, (1, M)), 0.7 * np.eye(M), np.zeros((1, M))])
    wo = rng.normal(0, 0.3, M)
    size, size_out = 0.01, 0.01  # mean squares of the gradients
    for epoch in range(4):
        rate = 0.01 * (1 - epoch / 4)
        h, influence = np.zeros((N, M)), np.zeros((N, M + 2, M, M))
        for x_t, y_t in zip(train_x, train_y, strict=True):
            h, influence = rtrl_step(x_t, h, influence, w[:1], w[1:-1], w[-1])
            error = (h @ wo - y_t) / N
            dw = np.tensordot(influence, error[:, None] * wo, axes=((0, 3), (0, 1)))
            size, size_out = 0.99 * size + 0.01 * dw**2, 0.99 * size_out + 0.01 * (error @ h) ** 2
            w = w - rate * dw / (np.sqrt(size) + 1e-4)
            wo = wo - rate * (error @ h) / (np.sqrt(size_out) + 1e-4)
    h, held = np.zeros((test_x.shape[1], M)), []
    for x_t in test_x:
        h = np.tanh(x_t @ w[:1] + h @ w[1:-1] + w[-1])
        held.append(np.where(h @ wo < 0, -1, 1))
    return np.stack(held)
