"""What an argument may be, said in a few words: "whole 1 to 9", "True or False", "array N 4M"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_SIDE = 6  # places along an axis, or along each of its equal blocks
MOST_DIGITS = 15  # of a number that is told
NUMBERS = (-10, 10)  # where an array's numbers lie, unless it is said
WHOLE = re.compile(r"whole (-?\d+) to (-?\d+)")
TRUTH = "True or False"
ARRAY = re.compile(r"array((?: \d*[A-Z])+)(?:, (-?\d+) to (-?\d+))?")


@dataclass(frozen=True)
class Allowed:
    """What an argument may be.

    Attributes
    ----------
    kind : str
        "whole", "truth" or "array".
    low, high : int
        The smallest and the largest number.
    axes : tuple of (int, str)
        Of an array: for each axis, how many equal blocks it has and a letter for their size.
        A letter is one size in all arguments of a call, from 1 to `MOST_SIDE`.
    """

    kind: str
    low: int = 0
    high: int = 1
    axes: tuple[tuple[int, str], ...] = ()

    @classmethod
    def read(cls, text: str) -> Allowed:
        """Read what an argument may be.

        Raises
        ------
        ValueError
            If that cannot be read.

        Examples
        --------
        >>> Allowed.read("array N 4M, -1 to 1").axes
        ((1, 'N'), (4, 'M'))
        """
        if text == TRUTH:
            return cls("truth")
        if found := WHOLE.fullmatch(text):
            return cls("whole", int(found[1]), int(found[2]))
        if found := ARRAY.fullmatch(text):
            low, high = map(int, found.groups()[1:]) if found[2] else NUMBERS
            axes = tuple((int(word[:-1] or 1), word[-1]) for word in found[1].split())
            return cls("array", low, high, axes)
        raise ValueError(
            f"{text!r} does not say what an argument may be: write 'whole 1 to 9', "
            f"'{TRUTH}', 'array N 4M' or 'array N M, -1 to 1'"
        )

    def __str__(self) -> str:
        """Say it in a sentence: "must be ..."."""
        if self.kind == "truth":
            return TRUTH
        if self.kind == "whole":
            return f"a whole number from {self.low} to {self.high}"
        letters = [f"{blocks if blocks > 1 else ''}{letter}" for blocks, letter in self.axes]
        shape = f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"
        return f"an array of shape {shape} with numbers from {self.low} to {self.high}"

    def fault(self, value: Any, sizes: dict[str, int]) -> str:
        """Say what an argument that is not allowed is instead; nothing if it is allowed.

        Parameters
        ----------
        value
            Of plain types, as :func:`.wire.as_sent` returns it.
        sizes : dict of str to int
            The sizes that letters have in this call so far; those of new ones are added.
        """
        if self.kind == "truth":
            fine = isinstance(value, bool | np.bool_)
            return "" if fine else f"it is {_kind(value)}"
        if self.kind == "whole":
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                return f"it is {_kind(value)}"
            text = str(value)
            shown = text if len(text) < MOST_DIGITS else "far from that"
            return "" if self.low <= int(value) <= self.high else f"it is {shown}"
        return self._fault_of_array(value, sizes)

    def _fault_of_array(self, value: Any, sizes: dict[str, int]) -> str:
        if not isinstance(value, np.ndarray):
            return f"it is {_kind(value)}"
        if value.dtype.kind not in "iuf":
            return f"it holds {value.dtype}"
        if value.ndim != len(self.axes):
            return f"it has {value.ndim} {'axis' if value.ndim == 1 else 'axes'}"
        for size, (blocks, letter) in zip(value.shape, self.axes, strict=True):
            if size % blocks or not 1 <= size // blocks <= MOST_SIDE:
                return f"its shape is {value.shape}, and {letter} goes from 1 to {MOST_SIDE}"
            if sizes.setdefault(letter, size // blocks) != size // blocks:
                return f"its shape is {value.shape}, and elsewhere {letter} is {sizes[letter]}"
        if not np.isfinite(value).all():
            return "it holds NaN or infinity"
        return "" if self.low <= value.min() and value.max() <= self.high else "it holds others"

    def plain(self, value: Any) -> Any:
        """Return an argument that is allowed, as a Python number or an array of float64."""
        if self.kind == "array":
            return np.array(value, np.float64)
        return bool(value) if self.kind == "truth" else int(value)

    def draw(self, rng: np.random.Generator, sizes: dict[str, int]) -> Any:
        """Draw an argument that is allowed, and sizes for letters that have none."""
        if self.kind != "array":
            drawn = int(rng.integers(self.low, self.high + 1))
            return bool(drawn) if self.kind == "truth" else drawn
        for _, letter in self.axes:
            sizes.setdefault(letter, int(rng.integers(1, MOST_SIDE + 1)))
        shape = [blocks * sizes[letter] for blocks, letter in self.axes]
        return rng.uniform(self.low, self.high, shape)


def letters(allowed: Iterable[Allowed]) -> list[str]:
    """Return the letters of the sizes, each once."""
    return list(dict.fromkeys(letter for one in allowed for _, letter in one.axes))


def _kind(value: Any) -> str:
    """Name what a value is, with its article."""
    if value is None:
        return "None"
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"an {name}" if name[:1].lower() in tuple("aeio") else f"a {name}"
