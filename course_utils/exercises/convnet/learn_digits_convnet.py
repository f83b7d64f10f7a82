"""Digits, learned by a ConvNet of one's own layers: `learn_digits_convnet`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.convnet.batch_norm_backward import batch_norm_backward
from course_utils.exercises.convnet.batch_norm_forward import batch_norm_forward
from course_utils.exercises.convnet.conv2d_backward import conv2d_backward
from course_utils.exercises.convnet.conv2d_forward import conv2d_forward
from course_utils.exercises.convnet.max_pool2d_backward import max_pool2d_backward
from course_utils.exercises.convnet.max_pool2d_forward import max_pool2d_forward
from course_utils.exercises.draw import HANDMADE, digits
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.3, 0.0), (0.5, 0.5), (0.7, 1.0))


def learn_digits_convnet(train_x, train_y, test_x, seed):
    """Learn from labelled digits and label others: (N,), whole numbers from 0 to 9.

    >>> x = np.zeros((2, 9, 9), int)
    >>> x[0, 2:7, 4] = x[1, 4, 2:7] = 16
    >>> learn_digits_convnet(x, np.array([1, 7]), x, 0)
    array([1, 7])
    """
    rng = np.random.default_rng(seed)
    x, other = (images[:, None] / 16 for images in (train_x, test_x))
    F, K, steps, batch = 8, 4, 80, min(32, len(x))
    w, b = rng.normal(0, 0.3, (F, 1, K, K)), np.zeros(F)
    gamma, beta, mean, var = np.ones(F), np.zeros(F), np.zeros(F), np.ones(F)
    wo, bo = rng.normal(0, 0.1, (F * 9, 10)), np.zeros(10)  # 3 x 3 pixels are left of each map
    parameters = [w, b, gamma, beta, wo, bo]
    means, squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))

    def forward(x, training):
        a = conv2d_forward(x, w, b)  # (N, F, 6, 6)
        z, *running = batch_norm_forward(a, gamma, beta, mean, var, training=training)
        pooled = max_pool2d_forward(np.maximum(z, 0), (2, 2), stride=2)  # (N, F, 3, 3)
        rows = pooled.reshape(len(x), -1)
        return a, z, rows, rows @ wo + bo, running

    for step in range(1, steps + 1):
        chosen = rng.choice(len(x), batch, replace=False)
        a, z, rows, scores, (mean, var) = forward(x[chosen], training=True)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        dscores = (shares - np.eye(10)[train_y[chosen]]) / batch
        dpooled = (dscores @ wo.T).reshape(batch, F, 3, 3)
        dz = max_pool2d_backward(dpooled, np.maximum(z, 0), (2, 2), stride=2) * (z > 0)
        da, dgamma, dbeta = batch_norm_backward(dz, a, gamma)
        _, dw, db = conv2d_backward(da, x[chosen], w)
        grads = [dw, db, dgamma, dbeta, rows.T @ dscores, dscores.sum(axis=0)]
        rate = 0.05 * (1 - step / (steps + 1))
        for p, grad, m, square in zip(parameters, grads, means, squares, strict=True):
            m += 0.1 * (grad - m)
            square += 0.01 * (grad**2 - square)
            p -= rate * m / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    *_, scores, _ = forward(other, training=False)
    return np.argmax(scores, axis=1)


def inputs(rng):
    """Draw which digits are to learn from, and where each lies."""
    train_x, train_y, test_x, truth = digits(rng, 400, 200, size=9, brightest=0)
    seed = int(rng.integers(1000))
    label = "400 digits to learn from, 200 to label"
    achieves = Achieves(truth, "accuracy", LEVELS)
    yield measured(label, achieves, train_x, train_y, test_x, seed)


EXERCISE = Exercise(
    learn_digits_convnet,
    points=4,
    inputs=inputs,
    axes={"the result": ("image",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("climbs", {"p -= rate": "p += rate"}).says(
    "You go up the gradient, and the loss grows; what lowers it is a step against the gradient."
)
mistake("forgets_the_labels", {"shares - np.eye(10)[train_y[chosen]]": "shares - 0.1"}).says(
    "Your gradient with respect to the scores never sees the labels; subtract 1 from the share of "
    "the right one."
)
mistake("labels_the_digits_it_learned_from", {"forward(other, ": "forward(x[: len(other)], "}).says(
    "You label the digits that you have learned from; those of test_x are asked for."
)
mistake("keeps_the_first_running_statistics", {"(mean, var) = forward": "_ = forward"}).says(
    "Your running statistics stay at 0 and 1, so that evaluation normalizes by numbers that no "
    "image has; keep what each training step returns."
)


@EXERCISE.right_answer
def descends_with_momentum(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    x, other = train_x[:, None] / 8 - 0.6, test_x[:, None] / 8 - 0.6
    weights = [rng.normal(0, 0.3, (10, 1, 4, 4)), np.zeros(10)]
    weights += [rng.normal(0, 0.1, (90, 10)), np.zeros(10)]
    speed = [0 * each for each in weights]

    def scores_of(images):
        w, b, wo, bo = weights
        maps = np.maximum(conv2d_forward(images, w, b), 0)
        rows = max_pool2d_forward(maps, (2, 2), stride=2).reshape(len(images), 90)
        return maps, rows, rows @ wo + bo

    for step in range(150):
        chosen = rng.integers(0, len(x), 25)
        maps, rows, scores = scores_of(x[chosen])
        d = np.exp(scores - scores.max(axis=1)[:, None])
        d = d / d.sum(axis=1)[:, None]
        d[np.arange(25), train_y[chosen]] -= 1
        dmaps = (d @ weights[2].T).reshape(25, 10, 3, 3)
        dmaps = max_pool2d_backward(dmaps, maps, (2, 2), stride=2) * (maps > 0)
        grads = *conv2d_backward(dmaps, x[chosen], weights[0])[1:], rows.T @ d, d.sum(axis=0)
        for weight, v, grad in zip(weights, speed, grads, strict=True):
            v *= 0.9
            v -= 0.08 / 25 * (1 - step / 150) * grad
            weight += v
    return scores_of(other)[2].argmax(axis=1)


@EXERCISE.right_answer
def keeps_layers_in_a_dict(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    x, other = (np.asarray(a, float)[:, None] / 16 for a in (train_x, test_x))
    p = {"w": rng.normal(0, 0.3, (12, 1, 3, 3)), "b": np.zeros(12)}
    p |= {"gamma": np.ones(12), "beta": np.zeros(12)}
    p |= {"wo": rng.normal(0, 0.1, (12 * 9, 10)), "bo": np.zeros(10)}
    size = dict.fromkeys(p, 1e-8)
    running = np.zeros(12), np.ones(12)

    def forward(images, training):
        a = conv2d_forward(images, p["w"], p["b"], stride=1)
        kind = {"training": training, "momentum": 0.2}
        z, *new = batch_norm_forward(a, p["gamma"], p["beta"], *running, **kind)
        rows = max_pool2d_forward(z.clip(0), (3, 3), stride=2).reshape(len(images), -1)
        return a, z, rows, rows @ p["wo"] + p["bo"], new

    for epoch in range(6):
        for chosen in np.array_split(rng.permutation(len(x)), 12):
            a, z, rows, scores, running = forward(x[chosen], True)
            d = np.exp(scores - scores.max(axis=1, keepdims=True))
            d = d / d.sum(axis=1, keepdims=True) - np.eye(10)[train_y[chosen]]
            d /= len(chosen)
            dz = (d @ p["wo"].T).reshape(len(chosen), 12, 3, 3)
            dz = max_pool2d_backward(dz, z.clip(0), (3, 3), stride=2) * (z > 0)
            da, dgamma, dbeta = batch_norm_backward(dz, a, p["gamma"])
            _, dw, db = conv2d_backward(da, x[chosen], p["w"])
            grads = dw, db, dgamma, dbeta, rows.T @ d, d.sum(axis=0)
            for name, grad in zip(p, grads, strict=True):
                size[name] = 0.95 * size[name] + 0.05 * grad**2
                p[name] = p[name] - 0.02 * (1 - epoch / 7) * grad / (np.sqrt(size[name]) + 1e-6)
    return forward(other, False)[3].argmax(axis=1)
