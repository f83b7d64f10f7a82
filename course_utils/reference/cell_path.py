"""The gradients of an LSTM's cells, and the part of each that never left the cells.

A gradient that goes back from one cell to the cell before has two ways: straight, times the forget
gate, or around, by way of the hidden state and the four gates that read it through `wh`. Only the
straight way is the constant error carousel. A norm adds up both, so it does not say which of them
brought what arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.reference.lstm import LSTMStepCache, lstm_step_backward
from course_utils.reference.shapes import require_shapes

Array = NDArray[Any]


class CellGradients(NamedTuple):
    """Gradients of the loss with respect to the cell after each step, (T, N, M) both."""

    full: Array
    along: Array  # the part that came from cell to cell only


def cell_gradients(dc: Array, steps: Sequence[LSTMStepCache]) -> CellGradients:
    """Send a gradient back from the last cell, and follow the part that stays in the cells.

    Parameters
    ----------
    dc : (N, M)
        The gradient of the loss with respect to the last cell; nothing else is read by the loss.
    steps : T caches
        What :func:`~course_utils.reference.lstm.lstm_step_forward` kept at each step.

    Returns
    -------
    CellGradients
        `along[t]` is `dc` times the forget gates of all steps after `t`.

    Raises
    ------
    ValueError
        If there is no step, or `dc` has not the shape of the cells.

    References
    ----------
    The part along the cells is what :cite:`hochreiter1997lstm` keep, whose forget gates are 1.
    """
    if not steps:
        raise ValueError("there must be at least one step")
    require_shapes(c=(steps[-1].c, "N M"), dc=(dc, "N M"))
    full = np.empty((len(steps), *dc.shape), np.result_type(dc, steps[-1].f))
    along = np.empty_like(full)
    dh, left = np.zeros_like(dc), dc
    for t in reversed(range(len(steps))):
        step = steps[t]
        full[t] = dc + dh * step.o * (1 - step.tanh_c**2)  # the next cell and the state read it
        along[t] = left
        _, dh, dc, *_ = lstm_step_backward(dh, dc, step)
        left = left * step.f
    return CellGradients(full, along)
