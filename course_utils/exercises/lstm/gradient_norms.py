"""How a gradient shrinks or grows on its way through a vanilla RNN: `gradient_norm_ratio`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, decimals, differing, squashed_values

Array = NDArray[np.floating]


def gradient_norm_ratio(dh: Array, h: Array, wh: Array) -> Array:
    """Return the norm of the loss by each state as a share of the norm by the last.

    Parameters
    ----------
    dh : (N, M)
        The loss by the last state.
    h : (T, N, M)
        The state after each step of ``h_t = tanh(x_t wx + h_{t-1} wh + b)``.
    wh : (M, M)
        All three arrays have one type.

    Returns
    -------
    (T,)
        Frobenius norms, of the gradient that reaches a state through the last one.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `dh` is 0 everywhere.
    """
    _, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M):
        raise ValueError(f"dh {dh.shape} and wh {wh.shape} do not fit states {h.shape}")
    if not dh.any():
        raise ValueError("a gradient of 0 has no ratio to anything")
    gradients = [dh]
    for after in h[:0:-1]:  # the steps that the gradient passes, the last one first
        slope = 1 - after * after
        gradients.append((gradients[-1] * slope) @ wh.T)
    norms = np.stack([np.sqrt(np.vdot(d, d)) for d in gradients[::-1]])
    return norms / norms[-1]


def _gradient_norm_ratio_cases(rng):
    def drawn(T, N, M):
        return decimals(rng, N, M), squashed_values(rng, T, N, M), differing(rng, M, M)

    dh, h, wh = drawn(4, 2, 3)
    dh[1, 2] = 0
    yield case("4 steps, 2 sequences, 3 units", dh, h, wh)
    dh, h, wh = drawn(5, 3, 2)
    yield case("small weights: it vanishes", dh, np.asfortranarray(h), wh / 10)
    dh, h, wh = drawn(3, 2, 4)
    yield case("large weights: it explodes", dh, h, strided(10 * wh))
    dh, h, wh = drawn(3, 4, 2)
    h[1] = np.sign(h[1])
    yield case("the second state is all 1 or -1", dh, h, wh)
    yield case("one step", *drawn(1, 2, 3))
    dh, h, wh = drawn(4, 1, 1)
    yield case("one sequence, one unit", 3 * dh, h, wh)  # its norm is not 1
    dh, h, wh = (array.astype(np.float32) for array in drawn(3, 4, 2))
    yield case("float32, 4 sequences", dh, h, wh)

    dh, h, wh = drawn(4, 2, 3)
    yield refused("a gradient of 0", np.zeros_like(dh), h, wh)
    yield refused("a gradient of one sequence for two", dh[:1], h, wh)
    yield refused("a gradient by all states", h, h, wh)
    yield refused("states of one sequence, with no batch axis", dh, h[:, 0], wh)
    yield refused("weights for fewer units", dh, h, wh[:, :2])
    yield refused("weights that lead to one unit", dh, h, wh[:1])


GRADIENT_NORM_RATIO = Exercise(
    "gradient_norm_ratio",
    2,
    gradient_norm_ratio,
    _gradient_norm_ratio_cases,
    outputs=("the ratios",),
    forbidden=HANDMADE,
)


@GRADIENT_NORM_RATIO.known_wrong(
    "On its way back the gradient meets the transpose of wh, and you multiply by wh as it is; "
    "for a unit of the old state, sum over the units that read it."
)
def multiplies_by_wh_itself(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "Your gradient passes through the weights only; "
    "each step back also meets the slope of tanh, which shrinks it where a state is near 1 or -1."
)
def leaves_the_slope_out(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for _ in range(T - 1):
        dh = dh @ wh.T
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You take 1 - h for the slope of tanh; written with its value h, that slope is 1 - h^2."
)
def takes_one_minus_h(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t]) @ wh.T
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You take the slope at the state before the step; "
    "the gradient comes down through the tanh that made the state after it."
)
def takes_the_slope_before(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t - 1] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You apply the slope after the product with the weights; going back, "
    "the tanh comes first, since it was the last thing that the step did."
)
def applies_the_slope_last(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh @ wh.T * (1 - h[t] ** 2)
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You take a norm for each sequence and average; "
    "the Frobenius norm is one root, of the squares of the whole batch together."
)
def averages_over_the_batch(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh, axis=1).mean()]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh, axis=1).mean())
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You return a ratio for each sequence; the norm of a gradient is one number for the whole "
    "batch, so the result has one entry for each step."
)
def keeps_the_batch(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh, axis=1)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh, axis=1))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong("You compare sums of squares; a norm is the root of such a sum.")
def forgets_the_root(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    sums = [np.sum(dh**2)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        sums.insert(0, np.sum(dh**2))
    return np.array(sums) / sums[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You divide each norm by that of the step after it; "
    "all of them are to be compared with the norm at the end."
)
def compares_neighbours(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms) / np.array([*norms[1:], norms[-1]])


@GRADIENT_NORM_RATIO.known_wrong("You return the norms themselves; divide them by the norm of dh.")
def returns_norms(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh))
    return np.array(norms)


@GRADIENT_NORM_RATIO.known_wrong(
    "Your entries come in the order in which you found them, from the last state back; "
    "the first entry belongs to the first step."
)
def starts_with_the_last(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.append(np.linalg.norm(dh))
    return np.array(norms) / norms[0]


@GRADIENT_NORM_RATIO.known_wrong(
    "You add dh again at every step, as if each state had a loss of its own; "
    "here the loss reads the last state alone."
)
def adds_dh_at_each_step(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms, d = [np.linalg.norm(dh)], dh
    for t in range(T - 1, 0, -1):
        d = dh + d * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(d))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "You take the largest singular value for the norm; "
    "the Frobenius norm is the root of the sum of all squares."
)
def takes_the_spectral_norm(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    norms = [np.linalg.norm(dh, 2)]
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        norms.insert(0, np.linalg.norm(dh, 2))
    return np.array(norms) / norms[-1]


@GRADIENT_NORM_RATIO.known_wrong(
    "Your ratios come as float64 even where the arrays are float32; "
    "give the new array the type of dh."
)
def makes_ratios_float64(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or not dh.any():
        raise ValueError("the shapes do not fit, or there is no gradient")
    ratios, start = np.ones(T), np.linalg.norm(dh)
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T
        ratios[t - 1] = np.linalg.norm(dh) / start
    return ratios


@GRADIENT_NORM_RATIO.known_right
def multiplies_jacobians(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M) or np.all(dh == 0):
        raise ValueError("the shapes do not fit, or there is no gradient")
    # One matrix for each sequence: how the last state moves with an earlier one.
    jacobians = np.broadcast_to(np.eye(M), (N, M, M))
    ratios = np.ones(T, dh.dtype)
    for t in range(T - 1, 0, -1):
        jacobians = np.einsum("km,nm,nmj->nkj", wh, 1 - h[t] ** 2, jacobians)
        ratios[t - 1] = np.linalg.norm(np.einsum("nkj,nj->nk", jacobians, dh))
        ratios[t - 1] /= np.linalg.norm(dh)
    return ratios


@GRADIENT_NORM_RATIO.known_right
def loops_over_sequences(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M):
        raise ValueError("the shapes do not fit")
    squares = np.zeros(T, dh.dtype)
    for n in range(N):
        d = dh[n]
        squares[T - 1] += d @ d
        for t in reversed(range(T - 1)):
            d = wh @ (d * (1 - h[t + 1, n]) * (1 + h[t + 1, n]))
            squares[t] += d @ d
    if not squares.any():
        raise ValueError("there is no gradient")
    return np.sqrt(squares / squares[T - 1])


@GRADIENT_NORM_RATIO.known_right
def keeps_all_gradients(dh, h, wh):
    T, N, M = h.shape
    if dh.shape != (N, M) or wh.shape != (M, M):
        raise ValueError("the shapes do not fit")
    if not np.any(dh):
        raise ValueError("there is no gradient")
    d = np.empty_like(h)
    d[T - 1] = dh
    for t in range(T - 2, -1, -1):
        d[t] = (d[t + 1] - d[t + 1] * h[t + 1] ** 2) @ wh.T
    norms = np.linalg.norm(d.reshape(T, N * M), axis=1)
    return norms / norms[T - 1]
