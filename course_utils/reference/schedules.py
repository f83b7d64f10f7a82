"""Learning-rate schedules: how large the steps are, early and late in training.

A schedule is a pure function. The first two tell the rate from the number of the epoch, counted
from 0; the third from what was measured after each epoch.
"""

from __future__ import annotations

import math
from typing import NamedTuple


def step_decay(epoch: int, *, start: float, every: int, factor: float = 0.1) -> float:
    """Multiply the rate by `factor` after each `every` epochs: start factor^floor(epoch/every).

    Parameters
    ----------
    epoch : int
        Epochs done so far, at least 0.
    start : float
        Rate of the first epoch, positive.
    every : int
        Epochs with the same rate, at least 1.
    factor : float
        Positive, at most 1.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> [step_decay(epoch, start=8.0, every=2, factor=0.5) for epoch in range(5)]
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """
    _require_positive(start=start)
    _require_factor(factor)
    if epoch < 0:
        raise ValueError(f"epoch must be at least 0, got {epoch}")
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    return float(start * factor ** (epoch // every))


def cosine(epoch: int, *, start: float, epochs: int, end: float = 0.0) -> float:
    """Follow half a wave of a cosine from `start` down to `end`.

    The rate is end + (start - end) (1 + cos(pi epoch / epochs)) / 2.

    Parameters
    ----------
    epoch : int
        Epochs done so far, from 0 to `epochs`.
    start : float
        Rate of the first epoch, positive.
    epochs : int
        Epochs until the rate is `end`, at least 1.
    end : float
        At least 0, at most `start`.

    Raises
    ------
    ValueError
        If a number is out of range; also if `epoch` is beyond `epochs`, where the cosine would
        rise again.

    References
    ----------
    Equation 5 of :cite:`loshchilov2017sgdr`, without restarts.

    Examples
    --------
    >>> [round(cosine(epoch, start=1.0, epochs=4), 3) for epoch in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    _require_positive(start=start)
    if not 0 <= end <= start:
        raise ValueError(f"end must be from 0 to start ({start}), got {end}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if not 0 <= epoch <= epochs:
        raise ValueError(f"epoch must be from 0 to epochs ({epochs}), got {epoch}")
    return float(end + (start - end) * (1 + math.cos(math.pi * epoch / epochs)) / 2)


class PlateauState(NamedTuple):
    """The rate to use next, the best value so far, and the epochs since then without a better."""

    learning_rate: float
    best: float
    waited: int


def plateau_init(start: float) -> PlateauState:
    """Return the state of :func:`plateau` before anything is measured.

    Raises
    ------
    ValueError
        If `start`, the rate of the first epoch, is not positive.
    """
    _require_positive(start=start)
    return PlateauState(float(start), math.inf, 0)


def plateau(
    value: float, state: PlateauState, *, patience: int, factor: float = 0.1
) -> PlateauState:
    """Multiply the rate by `factor` when a value has stopped falling.

    An epoch is better if its value is below every value before. `patience` epochs that are not
    better are borne; the next one lowers the rate, and the count starts anew. The best value is
    kept.

    Parameters
    ----------
    value : float
        What was measured after the epoch; lower is better. For an accuracy, hand in its negative.
    state : PlateauState
        From :func:`plateau_init` or the epoch before.
    patience : int
        At least 0.
    factor : float
        Positive, at most 1.

    Raises
    ------
    ValueError
        If `value` is not a number, or a number is out of range.

    Examples
    --------
    >>> state = plateau_init(1.0)
    >>> for value in [5, 4, 4, 6, 3]: state = plateau(value, state, patience=1)
    >>> state
    PlateauState(learning_rate=0.1, best=3.0, waited=0)
    """
    _require_factor(factor)
    if patience < 0:
        raise ValueError(f"patience must be at least 0, got {patience}")
    if math.isnan(value):
        raise ValueError("value is not a number (NaN): the training has diverged; lower the rate")
    if value < state.best:
        return PlateauState(state.learning_rate, float(value), 0)
    if state.waited < patience:
        return state._replace(waited=state.waited + 1)
    return PlateauState(state.learning_rate * float(factor), state.best, 0)


def _require_positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be positive and finite, got {value}")


def _require_factor(factor: float) -> None:
    if not 0 < factor <= 1:
        raise ValueError(f"factor must be positive and at most 1, got {factor}")
