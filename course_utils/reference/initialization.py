"""Where weights start: at a scale, or with eigenvalues, at which signals neither fade nor grow.

Layers of a feed-forward network start at a scale that depends on their fans: `fan_in` counts
the inputs that one output sums over, `fan_out` the outputs that one input goes to. The
recurrent matrix of M hidden units is applied at each step, so its eigenvalues decide.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]

RECURRENT_STARTS = ("sRNN", "IRNN", "iRNN", "nRNN", "np-RNN", "np-tanhRNN", "oRNN", "gRNN")


class Fans(NamedTuple):
    """Inputs that an output sums over, and outputs that an input goes to."""

    fan_in: int
    fan_out: int


class RecurrentStart(NamedTuple):
    """A recurrent matrix of shape (M, M), and the nonlinearity that goes with it."""

    w: Array
    nonlinearity: Literal["relu", "tanh"]


def conv_fans(w_shape: tuple[int, int, int, int]) -> Fans:
    """Return the fans of a convolution layer with filters of shape (F, C, KH, KW).

    The stride is left out, as everybody does: an input goes to F KH KW outputs at stride 1.

    Raises
    ------
    ValueError
        If a size is below 1.

    Examples
    --------
    >>> conv_fans((16, 3, 5, 5))
    Fans(fan_in=75, fan_out=400)
    """
    F, C, KH, KW = w_shape
    _require_at_least_1(F=F, C=C, KH=KH, KW=KW)
    return Fans(fan_in=C * KH * KW, fan_out=F * KH * KW)


def xavier_uniform(
    shape: Shape,
    *,
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> Array:
    """Draw evenly from -a to a, where a = sqrt(6 / (fan_in + fan_out)).

    The variance is 2 / (fan_in + fan_out): between 1 / fan_in, which keeps the variance of
    signals on their way forward, and 1 / fan_out, which keeps that of gradients on their way back.

    Parameters
    ----------
    shape : tuple of int
        Of the weights, in any order of axes.
    fan_in, fan_out : int
        At least 1; those of a convolution come from :func:`conv_fans`.
    rng : numpy.random.Generator
        Where the numbers come from.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array of the given shape

    Raises
    ------
    ValueError
        If a fan is below 1.

    References
    ----------
    Equation 16 of :cite:`glorot2010understanding`.
    """
    _require_at_least_1(fan_in=fan_in, fan_out=fan_out)
    bound = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape).astype(dtype)


def xavier_normal(
    shape: Shape,
    *,
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> Array:
    """Draw from a normal distribution of variance 2 / (fan_in + fan_out).

    Parameters, returns, errors and reference are those of :func:`xavier_uniform`; the variance
    is that of equation 12.
    """
    _require_at_least_1(fan_in=fan_in, fan_out=fan_out)
    return (math.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal(shape)).astype(dtype)


def he_normal(
    shape: Shape, *, fan_in: int, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> Array:
    """Draw from a normal distribution of variance 2 / fan_in.

    A ReLU sets half of its inputs to zero and so halves their mean square; the 2 makes up for it.

    Parameters, returns and errors are those of :func:`xavier_uniform`.

    References
    ----------
    Equation 10 of :cite:`he2015delving`.
    """
    _require_at_least_1(fan_in=fan_in)
    return (math.sqrt(2 / fan_in) * rng.standard_normal(shape)).astype(dtype)


def orthogonal(
    rows: int, columns: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> Array:
    """Draw a matrix whose columns (or rows, if they are fewer) are orthonormal, all equally likely.

    The QR decomposition of a normal matrix gives an orthogonal Q. Which one of several depends
    on the algorithm; Q is drawn evenly (from the Haar measure) once the signs of its columns
    are turned so that the diagonal of R is positive.

    Parameters
    ----------
    rows, columns : int
        At least 1.
    rng, dtype
        As in :func:`xavier_uniform`.

    Returns
    -------
    (rows, columns)

    Raises
    ------
    ValueError
        If a size is below 1.

    References
    ----------
    :cite:`mezzadri2007generate` for the signs, :cite:`saxe2014exact` for the use in networks.
    """
    _require_at_least_1(rows=rows, columns=columns)
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diagonal(r))
    return (q if rows >= columns else q.T).astype(dtype)


def recurrent_start(
    name: str, M: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> RecurrentStart:
    """Draw one of eight starts of the recurrent matrix of M hidden units.

    ========== =================================================================================
    sRNN       evenly from -1/sqrt(M) to 1/sqrt(M), what PyTorch does by default
    IRNN       the identity: without input, a ReLU unit keeps its value
    iRNN       the identity times 0.01
    nRNN       a normal matrix divided by its spectral radius: that is 1 afterwards
    np-RNN     (I + R^T R / M), with normal R, divided by its largest eigenvalue: symmetric,
               positive definite, one eigenvalue 1, all others between 0 and 1
    np-tanhRNN the matrix of np-RNN, for tanh instead of ReLU
    oRNN       a random orthogonal matrix: it keeps lengths
    gRNN       normal with variance 1/M: the spectral radius goes to 1 as M grows
    ========== =================================================================================

    Capitals count: IRNN and iRNN differ. Of nRNN the largest eigenvalue may be one of a complex
    pair; then both have modulus 1.

    Parameters
    ----------
    name : str
        One of the table.
    M : int
        Hidden units, at least 1.
    rng, dtype
        As in :func:`xavier_uniform`.

    Returns
    -------
    RecurrentStart
        `w` of shape (M, M), and `nonlinearity`.

    Raises
    ------
    ValueError
        If the name is not in the table, or `M` is below 1.

    References
    ----------
    :cite:`le2015simple` for IRNN and iRNN; the table and np-RNN are those of
    :cite:`talathi2015improving`. Their sRNN is the network without a special start; its scale is
    chosen here.

    Examples
    --------
    >>> recurrent_start("iRNN", 2, rng=np.random.default_rng(0))
    RecurrentStart(w=array([[0.01, 0.  ],
           [0.  , 0.01]]), nonlinearity='relu')
    """
    _require_at_least_1(M=M)
    match name:
        case "sRNN":
            w = rng.uniform(-1 / math.sqrt(M), 1 / math.sqrt(M), (M, M))
        case "IRNN":
            w = np.eye(M)
        case "iRNN":
            w = 0.01 * np.eye(M)
        case "nRNN":
            w = rng.standard_normal((M, M))
            w = w / np.abs(np.linalg.eigvals(w)).max()
        case "np-RNN" | "np-tanhRNN":
            w = rng.standard_normal((M, M))
            w = np.eye(M) + w.T @ w / M
            w = w / np.linalg.eigvalsh(w)[-1]
        case "oRNN":
            w = orthogonal(M, M, rng=rng)
        case "gRNN":
            w = rng.standard_normal((M, M)) / math.sqrt(M)
        case _:
            known = ", ".join(RECURRENT_STARTS)
            raise ValueError(f"unknown start {name!r}; take one of {known} (capitals count)")
    return RecurrentStart(w.astype(dtype), "tanh" if name == "np-tanhRNN" else "relu")


def _require_at_least_1(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
