"""The multilayer perceptron: dense layers with an activation function between them.

Layers are counted from 1 to L. Layer l computes its pre-activations a_l from the values h_{l-1}
of the layer before; h_0 is the input. The last layer has no activation function: a_L are the
scores. A delta is the gradient of the loss with respect to a_l, an array of its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from numpy.typing import NDArray

from course_utils.reference import activations
from course_utils.reference.dense import DenseCache, dense_backward, dense_forward

Array = NDArray[Any]
Activation = Literal["sigmoid", "tanh", "relu", "leaky_relu"]

_PASSES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sigmoid": (activations.sigmoid_forward, activations.sigmoid_backward),
    "tanh": (activations.tanh_forward, activations.tanh_backward),
    "relu": (activations.relu_forward, activations.relu_backward),
    "leaky_relu": (activations.leaky_relu_forward, activations.leaky_relu_backward),
}


class MLPCache(NamedTuple):
    """What :func:`mlp_backward` needs."""

    dense: list[DenseCache]  # of each of the L layers: its input h_{l-1} and its weights
    activated: list[Any]  # of each of the L - 1 hidden layers: the activation function's cache
    activation: Activation


class MLPGradients(NamedTuple):
    """Gradients of the loss: one array for each layer, from the first to the last."""

    dx: Array  # (N, D)
    weights: list[Array]
    biases: list[Array]
    deltas: list[Array]  # with respect to a_1 ... a_L, (N, units of the layer)


def mlp_forward(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    *,
    activation: Activation = "relu",
) -> tuple[Array, MLPCache]:
    """Send rows of features through L dense layers.

    Parameters
    ----------
    x : (N, D)
    weights : L arrays
        The first (D, M_1), the next (M_1, M_2), the last (M_{L-1}, K).
    biases : L arrays
        (M_1,), (M_2,) ... (K,).
    activation : {"relu", "sigmoid", "tanh", "leaky_relu"}
        Of the hidden layers.

    Returns
    -------
    scores : (N, K)
    cache : MLPCache

    Raises
    ------
    ValueError
        If there is no layer, or not one bias array for each weight array, or the activation
        function is unknown, or the sizes of two layers do not fit.

    References
    ----------
    Algorithm 6.3 of :cite:`goodfellow2016deep`.

    Examples
    --------
    >>> weights = [np.array([[2.0, 0.0], [0.0, -1.0]]), np.array([[1.0], [1.0]])]
    >>> mlp_forward(np.array([[1.0, 3.0]]), weights, [np.zeros(2), np.zeros(1)])[0]
    array([[2.]])
    """
    if not weights or len(weights) != len(biases):
        raise ValueError(
            f"weights and biases must have an array for each layer, at least one; "
            f"got {len(weights)} and {len(biases)}"
        )
    if activation not in _PASSES:
        raise ValueError(f"activation must be one of {', '.join(_PASSES)}, got {activation!r}")
    forward, _ = _PASSES[activation]
    dense, activated, h = [], [], x
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        a, before = dense_forward(h, w, b)  # (N, M_l)
        h, after = forward(a)
        dense.append(before)
        activated.append(after)
    scores, before = dense_forward(h, weights[-1], biases[-1])  # (N, K)
    return scores, MLPCache([*dense, before], activated, activation)


def mlp_backward(dscores: Array, cache: MLPCache) -> MLPGradients:
    """Carry a gradient from the scores back to the weights, the biases and the input.

    Parameters
    ----------
    dscores : (N, K)
        The delta of the last layer.
    cache : MLPCache

    Returns
    -------
    MLPGradients

    References
    ----------
    Algorithm 6.4 of :cite:`goodfellow2016deep`.
    """
    _, backward = _PASSES[cache.activation]
    delta, deltas, dws, dbs = dscores, [], [], []
    for layer in range(len(cache.dense) - 1, -1, -1):
        dh, dw, db = dense_backward(delta, cache.dense[layer])
        deltas.append(delta)
        dws.append(dw)
        dbs.append(db)
        if layer > 0:  # through the activation function of the layer below
            delta = backward(dh, cache.activated[layer - 1])  # (N, M_l)
    return MLPGradients(dh, dws[::-1], dbs[::-1], deltas[::-1])


def hidden_values(cache: MLPCache) -> list[Array]:
    """Return h_1 ... h_{L-1}, the values of the hidden layers, (N, M_l) each."""
    return [layer.x for layer in cache.dense[1:]]
