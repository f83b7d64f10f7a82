"""Classes from features whose scales differ by 10,000: `learn_with_adam`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.65, 0.0), (0.72, 0.5), (0.8, 1.0))


def learn_with_adam(train_x, train_y, test_x, seed):
    """Learn three classes from features of very different scales; return those of others, (K,).

    >>> x = np.array([[0.01, 100.0], [-0.01, 100.0], [0.0, -100.0]])
    >>> learn_with_adam(x, np.array([0, 1, 2]), x, 0)
    array([0, 1, 2])
    """
    D, steps = train_x.shape[1], 1000
    p = {"w": np.zeros((D, 3)), "b": np.zeros(3)}
    mean = {name: np.zeros_like(w) for name, w in p.items()}
    square = {name: np.zeros_like(w) for name, w in p.items()}
    for step in range(1, steps + 1):
        scores = train_x @ p["w"] + p["b"]
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        dscores = (shares - np.eye(3)[train_y]) / len(train_y)
        grads = {"w": train_x.T @ dscores, "b": dscores.sum(axis=0)}
        rate = 1 - step / (steps + 1)  # falls from 1 to 0
        for name, grad in grads.items():
            mean[name] = 0.9 * mean[name] + 0.1 * grad
            square[name] = 0.999 * square[name] + 0.001 * grad**2
            size = np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8
            p[name] = p[name] - rate * mean[name] / (1 - 0.9**step) / size
    return np.argmax(test_x @ p["w"] + p["b"], axis=1)


def inputs(rng):
    """Draw ten features, of which none tells the class alone, in units from 0.01 to 100."""
    train, test = 300, 150
    powers = rng.permutation([0, 0, 0, 1, 1, 2, 2, 3, 3, 4])
    while True:
        z = np.rint(100 * rng.standard_normal((train + test, len(powers))))
        y = np.argmax(z @ rng.standard_normal((len(powers), 3)), axis=1)
        if np.bincount(y, minlength=3).min() >= 90:
            break
    x = z / 10.0 ** (4 - powers)
    truth = y[train:].astype(float)  # so that 1.0 is as good as 1
    achieves = Achieves(truth, "accuracy", LEVELS)
    label = "300 rows to learn from, 150 to tell the class of"
    seed = int(rng.integers(1000))
    yield measured(label, achieves, x[:train], y[:train], x[train:], seed)


EXERCISE = Exercise(
    learn_with_adam,
    points=4,
    inputs=inputs,
    axes={"the result": ("row",)},
    forbidden=(*HANDMADE, "sklearn", "numpy.linalg"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("goes_uphill", {"p[name] - rate": "p[name] + rate"}).says(
    "Your steps go with the gradient, so the loss rises; subtract them."
)
mistake(
    "has_one_rate_for_all",
    {"rate * mean[name] / (1 - 0.9**step) / size": "0.001 * rate * mean[name]"},
).says(
    "All weights share one rate, so those of small features hardly move; divide by the root of "
    "the mean square."
)
mistake(
    "is_far_too_careful",
    {"rate = 1 - step": "rate = 0.0001 * (1 - step", "(steps + 1)  #": "(steps + 1))  #"},
).says(
    "Your rate is so small that the weights of small features never get large; Adam's steps are "
    "about as long as the rate."
)
mistake("mixes_up_the_targets", {"np.eye(3)[train_y]": "np.eye(3)[np.sort(train_y)]"}).says(
    "Your targets do not belong to the rows; keep both in the same order."
)
mistake("has_no_labels", {"shares - np.eye(3)[train_y]": "shares - 1 / 3"}).says(
    "The gradient of your scores does not know the classes; subtract 1 from the share of the "
    "right one."
)
mistake("lets_the_rate_die", {"rate = 1 - step / (steps + 1)": "rate = 0.5**step"}).says(
    "You halve the rate at every step, and after twenty nothing moves any more; let it fall over "
    "the whole training."
)


@EXERCISE.right_answer
def keeps_one_array_of_weights(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    N = len(train_x)
    x = np.hstack([train_x, np.ones((N, 1))])
    w = rng.normal(0, 0.01, (x.shape[1], 3))
    m, s, steps = np.zeros_like(w), np.zeros_like(w), 2000
    for t in range(steps):
        odds = np.exp(x @ w - np.max(x @ w, axis=1)[:, None])
        odds /= odds.sum(axis=1)[:, None]
        odds[np.arange(N), train_y] -= 1
        grad = x.T @ odds / N
        m += 0.1 * (grad - m)
        s += 0.01 * (grad**2 - s)
        w -= 0.7 * (1 - t / steps) * m / (np.sqrt(s) + 1e-9)
    return (test_x @ w[:-1] + w[-1]).argmax(axis=1)


@EXERCISE.right_answer
def brings_features_to_one_scale(train_x, train_y, test_x, seed):
    scale = train_x.std(axis=0)
    x, targets = train_x / scale, np.eye(3)[train_y]
    w, v = np.zeros((x.shape[1], 3)), 0.0
    for _ in range(600):
        odds = np.exp(x @ w - np.max(x @ w, axis=1, keepdims=True))
        v = 0.9 * v + x.T @ (odds / odds.sum(axis=1, keepdims=True) - targets) / len(x)
        w = w - 0.5 * v
    return np.argmax(test_x / scale @ w, axis=1)


@EXERCISE.right_answer
def takes_small_batches(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    w, b = np.zeros((train_x.shape[1], 3)), np.zeros(3)
    states = [[np.zeros_like(w), np.zeros_like(w)], [np.zeros(3), np.zeros(3)]]
    t, epochs = 0, 200
    for epoch in range(epochs):
        for chosen in rng.permutation(len(train_x)).reshape(-1, 60):
            t += 1
            x = train_x[chosen]
            scores = x @ w + b
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            error = odds / odds.sum(axis=1, keepdims=True) - np.eye(3)[train_y[chosen]]
            steps = []
            for state, grad in zip(states, (x.T @ error, error.sum(axis=0)), strict=True):
                state[0] = 0.9 * state[0] + 0.1 * grad
                state[1] = 0.99 * state[1] + 0.01 * grad * grad
                corrected = (state[1] / (1 - 0.99**t)) ** 0.5
                steps.append(state[0] / (1 - 0.9**t) / (corrected + 1e-8))
            w, b = (
                each - (1 - epoch / epochs) * step for each, step in zip((w, b), steps, strict=True)
            )
    return np.argmax(test_x @ w + b, axis=1)
