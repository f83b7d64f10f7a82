"""What gated cells share: the sigmoid of a gate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sigmoid(a: Array) -> Array:
    """Squash pre-activations into (0, 1), as a shifted and halved tanh that cannot overflow.

    Parameters
    ----------
    a : (...)

    Returns
    -------
    (...)
        1 / (1 + exp(-a)), in the type of `a`.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * np.tanh(0.5 * a) + 0.5
