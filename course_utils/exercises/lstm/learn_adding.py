"""The adding problem, learned with the two passes: `learn_adding`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, measured
from course_utils.exercises.lstm.lstm_backward import lstm_backward
from course_utils.exercises.lstm.lstm_forward import lstm_forward

LEVELS = ((0.15, 0.0), (0.05, 0.5), (0.015, 1.0))


def learn_adding(train_x, train_y, test_x, seed):
    """Learn to add the two marked numbers of a sequence; return the sums of others, (K,).

    >>> x = np.zeros((2, 1, 2))
    >>> learn_adding(x, np.array([0.5]), x, 0).shape
    (1,)
    """
    rng = np.random.default_rng(seed)
    T, N, D = train_x.shape
    M, batch, steps = 8, min(N, 40), 240
    wx, wh = rng.normal(0, 0.3, (D, 4 * M)), rng.normal(0, 0.2, (M, 4 * M))
    b = np.repeat([0.0, 1.0, 0.0, 0.0], M)  # a forget gate that begins open
    wo, bo = rng.normal(0, 0.3, M), np.full(1, train_y.mean())
    parameters = [wx, wh, b, wo, bo]
    means, squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))
    for step in range(1, steps + 1):
        chosen = rng.choice(N, batch, replace=False)
        x, y, zero = train_x[:, chosen], train_y[chosen], np.zeros((batch, M))
        h, c, gates = lstm_forward(x, zero, zero, wx, wh, b)
        error = 2 * (h[-1] @ wo + bo - y) / batch
        dh = np.zeros_like(h)
        dh[-1] = np.outer(error, wo)  # the last state alone is read
        _, _, _, dwx, dwh, db = lstm_backward(dh, zero, x, zero, zero, wx, wh, h, c, gates)
        grads = [dwx, dwh, db, h[-1].T @ error, error.sum()]
        rate = 0.03 * (1 - step / (steps + 1))
        for p, grad, mean, square in zip(parameters, grads, means, squares, strict=True):
            mean += 0.1 * (grad - mean)
            square += 0.01 * (grad**2 - square)
            p -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    zero = np.zeros((test_x.shape[1], M))
    h, _, _ = lstm_forward(test_x, zero, zero, wx, wh, b)
    return h[-1] @ wo + bo


def inputs(rng):
    """Draw sequences of 8 numbers from 0 to 1, two of which are marked."""
    T, train, test = 8, 300, 150
    x = np.zeros((T, train + test, 2))
    x[..., 0] = rng.integers(0, 101, (T, train + test)) / 100
    for sequence in range(train + test):
        x[rng.choice(T, 2, replace=False), sequence, 1] = 1
    y = np.sum(x[..., 0] * x[..., 1], axis=0).round(2)
    achieves = Achieves(y[train:], "mean squared error", LEVELS)
    seed = int(rng.integers(1000))
    label = "300 sequences to learn from, 150 to add up"
    yield measured(label, achieves, x[:, :train], y[:train], x[:, train:], seed)


EXERCISE = Exercise(
    learn_adding,
    points=4,
    inputs=inputs,
    axes={"the result": ("sequence",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("climbs", {"p -= rate": "p += rate"}).says(
    "You go up the gradient, and the error grows; what lowers it is a step against the gradient."
)
mistake("learns_the_output_alone", {"[dwx, dwh, db,": "[0 * dwx, 0 * dwh, 0 * db,"}).says(
    "You learn the weights of the output alone; the layer has to learn, too, what to keep."
)
mistake("reads_the_first_state", {"dh[-1] = np.outer": "dh[0] = np.outer"}).says(
    "You send the error into the first state; the sum is read off the last one, so its gradient "
    "enters at dh[-1]."
)
mistake(
    "never_sees_the_marks",
    {
        "T, N, D = train_x.shape": (
            "train_x, test_x = (x * [1, 0] for x in (train_x, test_x))\nT, N, D = train_x.shape"
        )
    },
).says("You hand the numbers on without their marks; then nothing tells which two are to be added.")


@EXERCISE.right_answer
def descends_with_momentum(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    D, M = 2, 10
    weights = [rng.normal(0, 0.3, s) for s in ((D, 4 * M), (M, 4 * M), 4 * M, M)]
    weights[2][M : 2 * M] += 1
    speed = [0 * w for w in weights]
    mean = train_y.mean()

    def predict(x):
        wx, wh, b, wo = weights
        zero = np.zeros((x.shape[1], M))
        states = lstm_forward(x, zero, zero, wx, wh, b)
        return states[0][-1] @ wo + mean, states, zero

    for step in range(300):
        chosen = rng.choice(len(train_y), 40, replace=False)
        x, y = train_x[:, chosen], train_y[chosen]
        out, (h, c, gates), zero = predict(x)
        error = (out - y) / len(y)
        dh = np.concatenate([0 * h[:-1], (error[:, None] * weights[3])[None]])
        *_, dwx, dwh, db = lstm_backward(dh, zero, x, zero, zero, *weights[:2], h, c, gates)
        grads = dwx, dwh, db, error @ h[-1]
        norm = np.sqrt(sum(np.sum(g**2) for g in grads))
        for w, v, g in zip(weights, speed, grads, strict=True):
            v *= 0.9
            v -= 0.4 * (1 - step / 300) * g * min(1, 1 / norm)
            w += v
    return predict(test_x)[0]


@EXERCISE.right_answer
def scales_each_step_by_its_size(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    M = 12
    p = {"wx": rng.normal(0, 0.3, (2, 4 * M)), "wh": rng.normal(0, 0.2, (M, 4 * M))}
    p |= {"b": np.zeros(4 * M), "wo": rng.normal(0, 0.2, M), "bo": np.array(train_y.mean())}
    p["b"][M : 2 * M] = 1
    size = dict.fromkeys(p, 0.0)
    for epoch in range(40):
        order = rng.permutation(len(train_y)).reshape(-1, 30)
        for chosen in order:
            x, zero = train_x[:, chosen], np.zeros((len(chosen), M))
            h, c, gates = lstm_forward(x, zero, zero, p["wx"], p["wh"], p["b"])
            error = (h[-1] @ p["wo"] + p["bo"] - train_y[chosen]) / len(chosen)
            dh = np.zeros_like(h)
            dh[-1] = error[:, None] * p["wo"]
            back = lstm_backward(dh, zero, x, zero, zero, p["wx"], p["wh"], h, c, gates)
            grads = dict(zip(p, (*back[3:], h[-1].T @ error, error.sum()), strict=True))
            for name, grad in grads.items():
                size[name] = 0.9 * size[name] + 0.1 * grad**2
                p[name] = p[name] - 0.01 * (1 - epoch / 40) * grad / (np.sqrt(size[name]) + 1e-6)
    zero = np.zeros((test_x.shape[1], M))
    return lstm_forward(test_x, zero, zero, p["wx"], p["wh"], p["b"])[0][-1] @ p["wo"] + p["bo"]
