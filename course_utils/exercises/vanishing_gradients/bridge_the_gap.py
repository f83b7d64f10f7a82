"""A plain recurrent network that recalls what came long ago: `bridge_the_gap`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, measured
from course_utils.exercises.vanishing_gradients.clip_by_global_norm import clip_by_global_norm
from course_utils.exercises.vanishing_gradients.orthogonal_start import orthogonal_start

LEVELS = ((0.35, 0.0), (0.8, 0.5), (0.95, 1.0))


def bridge_the_gap(train_x, train_y, test_x, seed):
    """Learn to recall the first input of a sequence; return the symbols of others, (K,).

    >>> x = np.zeros((2, 4, 2))
    >>> bridge_the_gap(x, np.array([0, 1, 2, 3]), x, 0).shape
    (4,)
    """
    rng = np.random.default_rng(seed)
    N, M, batch, steps = train_x.shape[1], 24, 30, 300
    p = {"wx": rng.normal(0, 0.6, (2, M)), "wh": orthogonal_start(rng.normal(size=(M, M)))}
    p |= {"b": np.zeros(M), "wo": rng.normal(0, 0.3, (M, 4)), "bo": np.zeros(4)}
    mean = {name: np.zeros_like(w) for name, w in p.items()}
    square = {name: np.zeros_like(w) for name, w in p.items()}

    def run(x):
        states = [np.zeros((x.shape[1], M))]
        for x_t in x:
            states.append(np.tanh(x_t @ p["wx"] + states[-1] @ p["wh"] + p["b"]))
        return states

    for step in range(1, steps + 1):
        chosen = rng.permutation(N)[:batch]
        x, y = train_x[:, chosen], train_y[chosen]
        states = run(x)
        odds = np.exp(states[-1] @ p["wo"] + p["bo"])
        error = odds / odds.sum(axis=1, keepdims=True) - np.eye(4)[y]
        error /= len(y)
        grads = {name: np.zeros_like(w) for name, w in p.items()}
        grads["wo"], grads["bo"] = states[-1].T @ error, error.sum(axis=0)
        dh = error @ p["wo"].T  # the last state alone is read
        for t in reversed(range(len(x))):
            da = dh * (1 - states[t + 1] ** 2)
            grads["wx"] += x[t].T @ da
            grads["wh"] += states[t].T @ da
            grads["b"] += da.sum(axis=0)
            dh = da @ p["wh"].T
        grads = clip_by_global_norm(grads, 1.0)
        rate = 0.006 * (1 - step / (steps + 1))
        for name, grad in grads.items():
            mean[name] = 0.9 * mean[name] + 0.1 * grad
            square[name] = 0.95 * square[name] + 0.05 * grad**2
            size = np.sqrt(square[name] / (1 - 0.95**step)) + 1e-8
            p[name] = p[name] - rate * mean[name] / (1 - 0.9**step) / size
    return np.argmax(run(test_x)[-1] @ p["wo"] + p["bo"], axis=1)


def inputs(rng):
    """Draw sequences that begin with one of four symbols; 40 steps of faint noise follow."""
    T, train, test = 41, 60, 60
    y = rng.permutation(np.arange(train + test) % 4)
    x = rng.integers(-1, 2, (T, train + test, 2)) / 10
    x[0] = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])[y]
    truth = y[train:].astype(float)  # so that 1.0 is as good as 1
    achieves = Achieves(truth, "accuracy", LEVELS)
    seed = int(rng.integers(1000))
    label = "60 sequences to learn from, 60 to recall"
    yield measured(label, achieves, x[:, :train], y[:train], x[:, train:], seed)


EXERCISE = Exercise(
    bridge_the_gap,
    points=4,
    inputs=inputs,
    axes={"the result": ("sequence",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("climbs_up", {"p[name] - rate": "p[name] + rate"}).says(
    "You add the gradients to the weights, and the loss rises; subtract."
)
mistake("learns_the_readout_alone", {"dh = error @": "dh = 0 * error @"}).says(
    "No gradient reaches your recurrent layer, so all it does is left to chance; send the error "
    "back through the steps."
)
mistake("shuffles_the_targets", {"train_y[chosen]": "train_y[:batch]"}).says(
    "Your targets do not belong to the sequences of the batch; choose the same of both."
)
mistake("forgets_the_state", {'states[-1] @ p["wh"] + ': ""}).says(
    "Your states do not read the one before, so the last knows the last input alone; give it the "
    "recurrent weights."
)
mistake("reads_the_state_too_early", {"run(test_x)[-1]": "run(test_x)[0]"}).says(
    "You read the state before the first step of the test sequences, where nothing has been read; "
    "read the last one."
)


@EXERCISE.right_answer
def keeps_its_weights_in_a_list(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    N, M, steps = train_x.shape[1], 24, 300
    q, r = np.linalg.qr(rng.normal(size=(M, M)))
    w = [
        rng.normal(0, 0.6, (2, M)),
        q * np.sign(np.diag(r)),
        np.zeros(M),
        rng.normal(0, 0.3, (M, 4)),
    ]
    means, sizes = ([np.zeros_like(each) for each in w] for _ in range(2))
    for step in range(steps):
        chosen = rng.choice(N, 30, replace=False)
        x, h = train_x[:, chosen], [np.zeros((30, M))]
        for x_t in x:
            h.append(np.tanh(x_t @ w[0] + h[-1] @ w[1] + w[2]))
        odds = np.exp(h[-1] @ w[3])
        error = odds / odds.sum(axis=1)[:, None]
        error[np.arange(30), train_y[chosen]] -= 1
        error /= 30
        grads = [np.zeros_like(each) for each in w[:3]] + [h[-1].T @ error]
        back = error @ w[3].T
        for t in range(len(x), 0, -1):
            back = back * (1 - h[t] ** 2)
            grads[0] += x[t - 1].T @ back
            grads[1] += h[t - 1].T @ back
            grads[2] += back.sum(axis=0)
            back = back @ w[1].T
        norm = np.sqrt(sum(np.sum(g**2) for g in grads))
        for each, m, v, g in zip(w, means, sizes, grads, strict=True):
            g = g * min(1, 1 / norm)
            m += 0.1 * (g - m)
            v += 0.05 * (g**2 - v)
            each -= 0.006 * (1 - step / steps) * m / (np.sqrt(v) + 1e-4)
    h = np.zeros((test_x.shape[1], M))
    for x_t in test_x:
        h = np.tanh(x_t @ w[0] + h @ w[1] + w[2])
    return (h @ w[3]).argmax(axis=1)


@EXERCISE.right_answer
def keeps_with_rectifiers(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    M = 20
    p = [rng.normal(0, 0.2, (2, M)), np.eye(M), np.zeros(M), rng.normal(0, 0.1, (M, 4))]
    sizes = [np.zeros_like(w) for w in p]

    def states(x):
        h = [np.zeros((x.shape[1], M))]
        for x_t in x:
            h.append(np.maximum(x_t @ p[0] + h[-1] @ p[1] + p[2], 0))
        return h

    for epoch in range(50):
        for chosen in rng.permutation(train_x.shape[1]).reshape(-1, 20):
            x, y = train_x[:, chosen], train_y[chosen]
            h = states(x)
            scores = h[-1] @ p[3]
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            error = (odds / odds.sum(axis=1, keepdims=True) - np.eye(4)[y]) / len(y)
            rows, back = [], error @ p[3].T
            for state in h[:0:-1]:
                rows.insert(0, back * (state > 0))
                back = rows[0] @ p[1].T
            da = np.array(rows)
            grads = [np.einsum("tnd,tnm->dm", x, da), np.einsum("tni,tnm->im", h[:-1], da)]
            grads += [da.sum(axis=(0, 1)), h[-1].T @ error]
            length = np.sqrt(sum((g * g).sum() for g in grads))
            for i, g in enumerate(grads):
                g = g / max(1.0, length)
                sizes[i] = 0.95 * sizes[i] + 0.05 * g**2
                p[i] = p[i] - 0.003 * (1 - epoch / 50) * g / (np.sqrt(sizes[i]) + 1e-4)
    return np.argmax(states(test_x)[-1] @ p[3], axis=1)
