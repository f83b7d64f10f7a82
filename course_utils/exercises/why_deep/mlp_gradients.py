"""The gradients of a network of any depth: `mlp_gradients`."""

from itertools import pairwise

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, showing
from course_utils.exercises.exercise import Exercise, case


def mlp_gradients(x, y, parameters):
    """Return the loss of a network, one number, and its gradients as a dict like `parameters`.

    >>> w1, w2 = np.array([[1.0], [1.0]]), np.array([[0.0, 0.0]])
    >>> parameters = {"w1": w1, "b1": np.zeros(1), "w2": w2, "b2": np.zeros(2)}
    >>> loss, gradients = mlp_gradients(np.array([[1.0, 2.0]]), np.array([1]), parameters)
    >>> gradients["w2"], gradients["b2"]
    (array([[ 1.5, -1.5]]), array([ 0.5, -0.5]))
    """
    N, L = len(x), len(parameters) // 2
    values = [x]  # what each layer reads
    for layer in range(1, L + 1):
        a = values[-1] @ parameters[f"w{layer}"] + parameters[f"b{layer}"]
        values.append(np.maximum(a, 0) if layer < L else a)
    scores = values.pop()  # (N, K)
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.mean(log_p[np.arange(N), y])
    delta = np.exp(log_p)
    delta[np.arange(N), y] -= 1
    delta = delta / N
    gradients = {}
    for layer in range(L, 0, -1):
        h = values[layer - 1]
        gradients[f"w{layer}"] = h.T @ delta
        gradients[f"b{layer}"] = np.sum(delta, axis=0)
        delta = delta @ parameters[f"w{layer}"].T * (h > 0)  # through the weights, then ReLU
    return loss, gradients


def network(rng, sizes):
    """Draw the weights and biases of layers of these sizes, the input's first."""
    parameters = {}
    for layer, (D, M) in enumerate(pairwise(sizes), start=1):
        parameters[f"w{layer}"] = decimals(rng, D, M)
        parameters[f"b{layer}"] = decimals(rng, M) / 2
    return parameters


def drawn(rng, N, *sizes, large=0, values=decimals):
    """Draw rows, their classes and a network, in which no ReLU decides by rounding.

    They are drawn again until in each hidden layer of at least two units a ReLU stops something,
    every layer gets some gradient, and no right class has all of the probability.
    """
    for attempt in range(5000):
        x, y = values(rng, N, sizes[0]), rng.integers(sizes[-1], size=N)
        parameters = network(rng, sizes)
        scale = max(1, len(sizes) - 2)
        if large:
            parameters[f"b{len(sizes) - 1}"] += large * (-1) ** np.arange(sizes[-1])
        h, clear, tells = x, True, True
        for layer in range(1, len(sizes) - 1):
            a = h @ parameters[f"w{layer}"] + parameters[f"b{layer}"]
            clear &= np.abs(a).min() > 1e-3
            tells &= N * a.shape[1] == 1 or ((a < 0).any() and (a > 0).any())
            h = np.maximum(a, 0)
        loss, gradients = mlp_gradients(x, y, parameters)
        strong = all(np.abs(each).max() > 1e-2 / scale for each in gradients.values())
        if clear and ((tells and strong) or attempt > 4000):
            return x, y, parameters
    raise RuntimeError(f"no network of the sizes {sizes} was found in which every layer learns")


def wild(rng):
    """Draw networks of one to three layers, of few units each."""
    while True:
        sizes = rng.integers(1, 5, rng.integers(2, 5))
        sizes[-1] = max(2, sizes[-1])
        yield case("wild", *drawn(rng, int(rng.integers(1, 5)), *map(int, sizes)))


RELU = (
    "forgets_relu forgets_relu_going_back has_relu_behind_the_last takes_the_sign_of_the_gradient"
)


def inputs(rng):
    """Draw small networks of one to four layers, until mistakes with ReLU show in each."""
    w1, w2 = np.array([[1.0], [1.0]]), np.array([[0.0, 0.0]])
    parameters = {"w1": w1, "b1": np.zeros(1), "w2": w2, "b2": np.zeros(2)}
    yield case("the example", np.array([[1.0, 2.0]]), np.array([1]), parameters)

    def shown(label, *sizes, change=lambda *args: args, **settings):
        names = RELU if len(sizes) < 5 else f"{RELU} leaves_deltas_to_the_loss"
        return showing(
            EXERCISE, names, lambda: case(label, *change(*drawn(rng, *sizes, **settings)))
        )

    def pixels(rng, *shape):
        return rng.integers(0, 4, shape).astype(np.int32)

    def turned_round(x, y, parameters):
        shuffled = {name: np.asfortranarray(parameters[name]) for name in reversed(parameters)}
        return x, y.astype(np.uint8), shuffled

    yield shown("2 layers", 3, 4, 5, 2, change=lambda x, *rest: (strided(x), *rest))
    yield shown("3 layers", 4, 2, 5, 4, 3)
    yield case("1 layer, which has no ReLU", *drawn(rng, 3, 4, 3))
    yield shown("4 layers", 5, 3, 4, 5, 4, 2)
    yield shown("as many units in each layer as rows", 3, 3, 3, 3, 3)
    yield shown("parameters in another order", 4, 3, 5, 3, change=turned_round)
    yield shown("one row", 1, 3, 4, 2)
    yield shown("one unit in each hidden layer", 6, 3, 1, 1, 4)
    yield shown("scores near 1000 and -1000", 4, 3, 4, 3, large=1000)
    yield shown("int32 features", 5, 3, 4, 3, values=pixels)


EXERCISE = Exercise(
    mlp_gradients,
    points=5,
    inputs=inputs,
    outputs=("loss", "gradients"),
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("forgets_relu_going_back", {" * (h > 0)  # through the weights, then ReLU": ""}).says(
    "Your deltas go through the weights alone; where ReLU returned 0 in the forward pass, no "
    "gradient passes."
)
mistake("forgets_relu", {"np.maximum(a, 0) if layer < L else a": "a"}).says(
    "Your layers have no ReLU between them in the forward pass, so that all of them are one linear "
    "layer."
)
mistake(
    "has_relu_behind_the_last", {"np.maximum(a, 0) if layer < L else a": "np.maximum(a, 0)"}
).says(
    "You take ReLU of the scores, too; softmax reads the last layer as it is, negative scores "
    "included."
)
mistake("multiplies_by_the_value", {"* (h > 0)": "* h"}).says(
    "You multiply by what ReLU returned; its slope is 1 where that is above 0, and 0 elsewhere."
)
mistake("takes_the_slope_of_tanh", {"(h > 0)": "(1 - h**2)"}).says(
    "You multiply by 1 - h^2, which is the slope of tanh; this network has ReLU."
)
mistake(
    "takes_the_sign_of_the_gradient",
    {" * (h > 0)  # through the weights, then ReLU": "\ndelta = np.maximum(delta, 0)"},
).says(
    "You take ReLU of the gradient; what counts is where the forward pass was above 0, not where "
    "the gradient is."
)
mistake("goes_forward_through_the_weights", {".T * (h > 0)": " * (h > 0)"}).says(
    "Your delta meets the weights as the forward pass does; going back, it meets their transpose."
)
mistake("forgets_the_mean", {"delta = delta / N": ""}).says(
    "Your gradients are those of a sum over the rows, but the loss is a mean; divide the first "
    "delta by N."
)
mistake("divides_twice", {"= h.T @ delta": "= h.T @ delta / N"}).says(
    "You divide the weights' gradients by the number of rows once more; the delta of the last "
    "layer has that factor already."
)
mistake("averages_the_biases", {"np.sum(delta, axis=0)": "np.mean(delta, axis=0)"}).says(
    "You average delta over the rows for a bias; the rows' shares add up."
)
mistake("adds_the_loss_up", {"-np.mean(log_p": "-np.sum(log_p"}).says(
    "You add the loss up over the rows; it is their mean, as the gradients are."
)
mistake("leaves_the_right_class_out", {"delta[np.arange(N), y] -= 1": ""}).says(
    "Your first delta is the probabilities; subtract 1 at each row's right class, or nothing says "
    "which one that is."
)
mistake("overflows", {"scores - np.max(scores, axis=1, keepdims=True)": "scores"}).says(
    "Large scores make exp infinite, and NaN goes back through all layers; subtract the largest "
    "score of each row."
)
mistake(
    "has_two_layers",
    {
        "range(1, L + 1)": "range(1, 3)",
        "layer < L": "layer < 2",
        "range(L, 0, -1)": "range(2, 0, -1)",
    },
).says(
    "Your network always has two layers; count those that `parameters` has, half as many as its "
    "keys."
)
mistake("stops_before_the_first", {"range(L, 0, -1)": "range(L, 1, -1)"}).says(
    "You stop before the first layer; it has weights and biases, too, and reads x."
)
mistake(
    "multiplies_all_by_the_input", {"= h.T @ delta": "= (h if layer > 1 else values[-1]).T @ delta"}
).says("The gradient of your first weights is made of the last layer's input; that layer read x.")
mistake(
    "leaves_deltas_to_the_loss",
    {
        'delta = delta @ parameters[f"w{layer}"].T * (h > 0)  # through the weights, then ReLU': (
            'if layer == L:\n    delta = delta @ parameters[f"w{layer}"].T * (h > 0)'
        )
    },
).says(
    "You hand the same delta on from the second-to-last layer down; each layer turns it into a new "
    "one."
)
mistake(
    "returns_steps", {"= h.T @ delta": "= -h.T @ delta", "= np.sum(delta": "= -np.sum(delta"}
).says(
    "You return gradients with a minus, the direction of a step; the gradient itself is asked for."
)
mistake(
    "takes_the_slope_of_softmax_again",
    {"delta = delta / N": "delta = delta * np.exp(log_p) * (1 - np.exp(log_p)) / N"},
).says(
    "You multiply the last delta by p (1 - p); with the cross-entropy behind softmax, it is the "
    "probabilities less 1 at the right class, over N."
)


@EXERCISE.right_answer
def goes_back_by_recursion(x, y, parameters):
    gradients = {}

    def through(h, layer):
        w, b = parameters[f"w{layer}"], parameters[f"b{layer}"]
        a = h @ w + b
        if f"w{layer + 1}" in parameters:
            loss, dh = through(a * (a > 0), layer + 1)
            da = np.where(a > 0, dh, 0)
        else:
            p = np.exp(a - a.max(axis=1)[:, None])
            p /= p.sum(axis=1)[:, None]
            target = np.eye(a.shape[1], dtype=a.dtype)[y]
            right = np.sum((a - a.max(axis=1)[:, None]) * target, axis=1)
            loss = np.mean(np.log(np.exp(a - a.max(axis=1)[:, None]).sum(axis=1)) - right)
            da = (p - target) / len(y)
        gradients[f"w{layer}"], gradients[f"b{layer}"] = h.T @ da, da.sum(axis=0)
        return loss, da @ w.T

    loss, _ = through(x, 1)
    return loss, gradients


@EXERCISE.right_answer
def goes_row_by_row(x, y, parameters):
    depth = sum(name.startswith("w") for name in parameters)
    gradients = {name: np.zeros_like(each) for name, each in parameters.items()}
    total = 0
    for row, right in zip(x, y, strict=True):
        read, a = [], row
        for k in range(depth):
            read.append(a if k == 0 else np.clip(a, 0, None))
            a = read[-1] @ parameters[f"w{k + 1}"] + parameters[f"b{k + 1}"]
        log_p = a - a.max() - np.log(np.exp(a - a.max()).sum())
        total -= log_p[right] / len(x)
        delta = np.exp(log_p)
        delta[right] -= 1
        for k in range(depth, 0, -1):
            gradients[f"w{k}"] += np.outer(read[k - 1], delta) / len(x)
            gradients[f"b{k}"] += delta / len(x)
            delta = (parameters[f"w{k}"] @ delta) * np.sign(np.maximum(read[k - 1], 0))
    return total, gradients


@EXERCISE.right_answer
def keeps_masks(x, y, parameters):
    L = max(int(name[1:]) for name in parameters)
    reads, masks, h = [], [], x
    for number in range(1, L):
        reads.append(h)
        a = np.dot(h, parameters["w" + str(number)]) + parameters["b" + str(number)]
        masks.append(a > 0)
        h = a * masks[-1]
    reads.append(h)
    scores = np.dot(h, parameters[f"w{L}"]) + parameters[f"b{L}"]
    log_sum = np.logaddexp.reduce(scores, axis=1)
    rows = np.arange(len(x))
    d = np.exp(scores - log_sum[:, None])
    d[rows, y] -= 1
    d /= len(x)
    gradients = {f"w{L}": reads[-1].T.dot(d), f"b{L}": d.sum(0)}
    for number in reversed(range(1, L)):
        d = masks[number - 1] * np.einsum("nk,mk->nm", d, parameters[f"w{number + 1}"])
        gradients[f"w{number}"] = np.einsum("nd,nm->dm", reads[number - 1], d)
        gradients[f"b{number}"] = d.sum(axis=0)
    return (log_sum - scores[rows, y]).mean(), gradients
