"""A network that learns a small language: `learn_language`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, measured
from course_utils.exercises.recurrent_networks.rnn_forward import rnn_forward

LEVELS = ((0.5, 0.0), (0.7, 0.5), (0.76, 1.0))


def learn_language(train, test, seed):
    """Learn from streams of letters; return the letter that follows each stream of test, (K,).

    >>> train = np.array([[0], [1], [0], [1], [0], [1]])
    >>> learn_language(train, np.array([[0, 1], [1, 0]]), 0)
    array([0, 1])
    """
    rng = np.random.default_rng(seed)
    V, M, steps = 1 + train.max(), 32, 120
    wx, wh = rng.normal(0, 1, (V, M)), rng.normal(0, 0.8 / np.sqrt(M), (M, M))
    b, wy, by = np.zeros(M), np.zeros((M, V)), np.zeros(V)
    parameters = [wx, wh, b, wy, by]
    means, squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))

    def states(x):
        return rnn_forward(x, np.zeros((x.shape[1], M)), wx, wh, b)

    one_hot = np.eye(V)
    x, right = one_hot[train[:-1]], one_hot[train[1:]].reshape(-1, V)
    inputs = x.reshape(-1, V)
    for step in range(1, steps + 1):
        h = states(x)
        before = np.concatenate([np.zeros_like(h[:1]), h[:-1]]).reshape(-1, M)
        rows = h.reshape(-1, M)
        p = np.exp(rows @ wy + by)
        ds = (p / p.sum(axis=1, keepdims=True) - right) / len(p)
        da = ds @ wy.T * (1 - rows**2)  # the state before is taken as an input, as Elman did
        grads = [
            x.reshape(-1, V).T @ da,
            before.T @ da,
            da.sum(axis=0),
            rows.T @ ds,
            ds.sum(axis=0),
        ]
        rate = 0.03 * (1 - step / (steps + 1))
        for q, grad, mean, square in zip(parameters, grads, means, squares, strict=True):
            mean += 0.1 * (grad - mean)
            square += 0.01 * (grad**2 - square)
            q -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return np.argmax(states(one_hot[test])[-1] @ wy + by, axis=1)


def language(rng):
    """Draw four words of a language, (4, 5).

    A word has a first letter, the same letter twice, a last letter and a space. The last letters
    are the first ones in another order, so that it takes a memory of three steps to tell them.
    """
    space, middle, *first = rng.permutation(6)
    words = zip(first, np.roll(first, 1), strict=True)
    return np.array([(one, middle, middle, other, space) for one, other in words])


def streams(rng, words, T, N):
    """Draw pieces of texts in these words, (T, N), that begin anywhere."""
    texts = words[rng.integers(4, size=(N, T // 5 + 2))].reshape(N, -1)
    begins = rng.integers(5, size=N)
    return np.stack([text[i : i + T] for text, i in zip(texts, begins, strict=True)], axis=1)


def inputs(rng):
    """Draw a language, streams to learn from, and streams to continue by one letter."""
    words = language(rng)
    train, test = streams(rng, words, 40, 30), streams(rng, words, 13, 600)
    seed = int(rng.integers(1000))
    achieves = Achieves(test[-1], "accuracy", LEVELS)
    label = "30 streams of 40 letters to learn from, 600 of 12 to continue"
    yield measured(label, achieves, train, test[:-1], seed)


EXERCISE = Exercise(
    learn_language,
    points=5,
    inputs=inputs,
    axes={"the result": ("stream",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("walks_up_the_loss", {"q -= rate": "q += rate"}).says(
    "You add the gradient to the parameters, so that right letters get less likely; subtract it."
)
mistake("leaves_the_weights_alone", {"q -= rate * mean": "q -= 0 * mean"}).says(
    "Your weights never change; after each pass take a small part of the gradient off them."
)
mistake("repeats_the_letter", {"one_hot[train[1:]]": "one_hot[train[:-1]]"}).says(
    "You train your network to name the letter that it reads; its target is the next one."
)
mistake(
    "tells_what_came_before",
    {"one_hot[train[:-1]], one_hot[train[1:]]": "one_hot[train[1:]], one_hot[train[:-1]]"},
).says("Your inputs and targets are exchanged, so the network learns which letter came before.")
mistake(
    "forgets_what_it_read",
    {"return rnn_forward(x, np.zeros((x.shape[1], M)), wx, wh, b)": "return np.tanh(x @ wx + b)"},
).says("Your network sees the present letter alone; the words of this language take a memory.")
mistake(
    "reads_the_streams_at_random", {"states(one_hot[test])[-1]": "states(one_hot[test[::-1]])[-1]"}
).says("You read the streams of test from their ends; each is to be read from its first letter on.")
mistake("answers_by_the_least", {"np.argmax(states": "np.argmin(states"}).says(
    "You answer with the letter of the smallest logit; the largest one is the likeliest letter."
)
mistake("forgets_the_right_letter", {"- right)": "- 1 / V)"}).says(
    "Your gradient with respect to the logits does not know the targets; take the one-hot target "
    "off the shares."
)


@EXERCISE.right_answer
def draws_a_reservoir(train, test, seed):
    rng = np.random.default_rng(seed)
    V, M = 1 + train.max(), 60
    wx, wh = rng.normal(0, 0.7, (V, M)), rng.normal(0, 0.8 / M**0.5, (M, M))
    b = rng.normal(0, 0.3, M)

    def states(codes):
        return rnn_forward(np.eye(V)[codes], np.zeros((codes.shape[1], M)), wx, wh, b)

    h = states(train[:-1]).reshape(-1, M)
    wy = np.linalg.solve(h.T @ h + 0.1 * np.eye(M), h.T @ np.eye(V)[train[1:].ravel()])
    return (states(test)[-1] @ wy).argmax(axis=-1)


@EXERCISE.right_answer
def goes_back_through_time(train, test, seed):
    rng = np.random.default_rng(seed)
    V, M, T = 1 + train.max(), 24, 20
    p = {"w": rng.normal(0, 0.3, (V, M)), "u": 0.5 * np.eye(M), "b": np.zeros(M)}
    p |= {"v": rng.normal(0, 0.3, (M, V)), "c": np.zeros(V)}
    sizes = dict.fromkeys(p, 0.0)

    def run(codes):
        h = [np.zeros((codes.shape[1], M))]
        for row in codes:
            h.append(np.tanh(p["w"][row] + h[-1] @ p["u"] + p["b"]))
        return h

    for step in range(90):
        x = train[:T]
        h = run(x)
        grads = {name: np.zeros_like(each) for name, each in p.items()}
        back = np.zeros_like(h[0])
        for t in range(T - 1, -1, -1):
            s = np.exp(h[t + 1] @ p["v"] + p["c"])
            ds = s / s.sum(axis=1, keepdims=True) - np.eye(V)[train[t + 1]]
            ds /= x.size
            da = (back + ds @ p["v"].T) * (1 - h[t + 1] ** 2)
            grads["v"] += h[t + 1].T @ ds
            grads["c"] += ds.sum(axis=0)
            grads["w"] += np.eye(V)[x[t]].T @ da
            grads["u"] += h[t].T @ da
            grads["b"] += da.sum(axis=0)
            back = da @ p["u"].T
        for name, grad in grads.items():
            sizes[name] = 0.9 * sizes[name] + 0.1 * grad**2
            p[name] = p[name] - 0.03 * (1 - step / 90) * grad / (np.sqrt(sizes[name]) + 1e-5)
    return np.argmax(run(test)[-1] @ p["v"] + p["c"], axis=1)


@EXERCISE.right_answer
def reads_the_last_four(train, test, seed):
    counts = {}
    for t in range(4, len(train)):
        for before, code in zip(train[t - 4 : t].T, train[t], strict=True):
            counts.setdefault(tuple(before), np.zeros(1 + train.max()))[code] += 1
    return np.array([np.argmax(counts.get(tuple(stream), [0])) for stream in test[-4:].T])
