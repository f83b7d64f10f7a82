"""What the training of a network keeps in memory."""

from __future__ import annotations

from typing import NamedTuple


class TrainingMemory(NamedTuple):
    """Bytes, by what they hold."""

    weights: int
    gradients: int
    state: int
    activations: int

    @property
    def total(self) -> int:
        """The sum of the four."""
        return self.weights + self.gradients + self.state + self.activations


def training_memory(
    weights: int, activations: int, *, batch: int, state: int = 2, number: int = 4
) -> TrainingMemory:
    """Count what must be kept until an update is done.

    Parameters
    ----------
    weights : int
        Weights and biases of the network.
    activations : int
        Numbers that its layers compute from one example.
    batch : int
        Examples in a batch.
    state : int
        Numbers that the optimizer remembers for each weight: 0 for plain descent, 1 for momentum,
        2 for Adam.
    number : int
        Bytes of a number, 4 for float32.

    Returns
    -------
    TrainingMemory

    Raises
    ------
    ValueError
        If one of them is negative, or `batch` or `number` is 0.

    Examples
    --------
    >>> training_memory(1000, 500, batch=10).total
    36000
    """
    given = {"weights": weights, "activations": activations, "state": state}
    for name, value in given.items():
        if value < 0:
            raise ValueError(f"{name} must be at least 0, got {value}")
    if batch < 1 or number < 1:
        raise ValueError(f"batch and number must be at least 1, got {batch} and {number}")
    each = weights * number
    return TrainingMemory(each, each, each * state, activations * batch * number)
