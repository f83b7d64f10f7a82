"""What may stand in one place of an argument: a truth, a word, a number, an array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_SIDE = 6  # places along an axis, or along each of its equal blocks
MOST_DIGITS = 15  # of a number that is told
NUMBERS = (-10, 10)  # where an array's numbers lie, unless it is said
TRUTH = "True or False"
DTYPES = {"number": ("iuf", np.float64), "whole": ("iu", np.int64), "truth": ("b", np.bool_)}

Sizes = dict[str, int]


class Allowed(ABC):
    """What an argument may be."""

    @abstractmethod
    def __str__(self) -> str:
        """Say it in a sentence: "must be ..."."""

    @abstractmethod
    def fault(self, value: Any, sizes: Sizes) -> str:
        """Say what an argument that is not allowed is instead; nothing if it is allowed.

        Parameters
        ----------
        value
            Of plain types, as :func:`.wire.as_sent` returns it.
        sizes : dict of str to int
            The sizes that letters have in this call so far; those of new ones are added.
        """

    @abstractmethod
    def plain(self, value: Any) -> Any:
        """Return an argument that is allowed, of Python's types or an array of 64 bits."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, sizes: Sizes) -> Any:
        """Draw an argument that is allowed, and sizes for letters that have none."""

    def brief(self) -> str:
        """Say it as a part of something else."""
        return str(self)

    def resembles(self, value: Any) -> bool:
        """Say whether a value that is not allowed may be meant for this."""
        return False

    def alike(self, values: Sequence[Any]) -> list[str]:
        """Say what is so friendly in all of these that mistakes may hide behind it."""
        return []


@dataclass(frozen=True)
class Truth(Allowed):
    """True or False."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        return TRUTH

    def fault(self, value: Any, sizes: Sizes) -> str:
        """Say what a value that is not allowed is instead."""
        return "" if isinstance(value, bool | np.bool_) else f"it is {kind_of(value)}"

    def plain(self, value: Any) -> bool:
        """Return it as Python's or NumPy's own."""
        return bool(value)

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> bool:
        """Draw one."""
        return bool(rng.integers(2))


@dataclass(frozen=True)
class Word(Allowed):
    """A word."""

    word: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return repr(self.word)

    def fault(self, value: Any, sizes: Sizes) -> str:
        """Say what a value that is not allowed is instead."""
        if isinstance(value, str):
            return "" if value == self.word else "it is another word"
        return f"it is {kind_of(value)}"

    def plain(self, value: Any) -> str:
        """Return it as Python's or NumPy's own."""
        return self.word

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> str:
        """Draw one."""
        return self.word


@dataclass(frozen=True)
class Scalar(Allowed):
    """A number from `low` to `high`, both included."""

    whole: bool
    low: int
    high: int

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"a {'whole ' * self.whole}number from {self.brief()}"

    def brief(self) -> str:
        """Say it as a part of something else."""
        return f"{self.low} to {self.high}"

    def fault(self, value: Any, sizes: Sizes) -> str:
        """Say what a value that is not allowed is instead."""
        kinds = int | np.integer if self.whole else int | float | np.integer | np.floating
        if isinstance(value, bool) or not isinstance(value, kinds):
            return f"it is {kind_of(value)}"
        text = str(value)
        shown = text if len(text) < MOST_DIGITS else "far from that"
        return "" if self.low <= value <= self.high else f"it is {shown}"

    def plain(self, value: Any) -> float:
        """Return it as Python's or NumPy's own."""
        return int(value) if self.whole else float(value)

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> float:
        """Draw one."""
        if self.whole:
            return int(rng.integers(self.low, self.high + 1))
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Array(Allowed):
    """An array.

    Attributes
    ----------
    axes : tuple of (int, str)
        For each axis, how many equal blocks it has and a letter for their size. A letter is one
        size in all arguments of a call, from 1 to `MOST_SIDE`.
    holds : str
        "number", "whole" or "truth".
    low, high : int
        The smallest and the largest number.
    least : dict of str to int
        The smallest size of letters for which 1 is too small.
    """

    axes: tuple[tuple[int, str], ...]
    holds: str = "number"
    low: int = NUMBERS[0]
    high: int = NUMBERS[1]
    least: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in a sentence."""
        letters = [f"{blocks if blocks > 1 else ''}{letter}" for blocks, letter in self.axes]
        shape = f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"
        numbers = f"with {'whole ' * (self.holds == 'whole')}numbers from {self.low} to {self.high}"
        least = "".join(f", {letter} at least {size}" for letter, size in self.least.items())
        return (
            f"an array of shape {shape} {'of truths' if self.holds == 'truth' else numbers}{least}"
        )

    def fault(self, value: Any, sizes: Sizes) -> str:
        """Say what a value that is not allowed is instead."""
        if not isinstance(value, np.ndarray):
            return f"it is {kind_of(value)}"
        if value.dtype.kind not in DTYPES[self.holds][0]:
            return f"it holds {value.dtype}"
        if value.ndim != len(self.axes):
            return f"it has {value.ndim} {'axis' if value.ndim == 1 else 'axes'}"
        for size, (blocks, letter) in zip(value.shape, self.axes, strict=True):
            least = self.least.get(letter, 1)
            if size % blocks or not least <= size // blocks <= MOST_SIDE:
                return f"its shape is {value.shape}, and {letter} goes from {least} to {MOST_SIDE}"
            if sizes.setdefault(letter, size // blocks) != size // blocks:
                return f"its shape is {value.shape}, and elsewhere {letter} is {sizes[letter]}"
        if not np.isfinite(value).all():
            return "it holds NaN or infinity"
        return "" if self.low <= value.min() and value.max() <= self.high else "it holds others"

    def plain(self, value: Any) -> np.ndarray:
        """Return it as Python's or NumPy's own."""
        return np.array(value, DTYPES[self.holds][1])

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> np.ndarray:
        """Draw one."""
        for _, letter in self.axes:
            sizes.setdefault(letter, int(rng.integers(self.least.get(letter, 1), MOST_SIDE + 1)))
        shape = [blocks * sizes[letter] for blocks, letter in self.axes]
        if self.holds == "number":
            return rng.uniform(self.low, self.high, shape)
        return self.plain(rng.integers(self.low, self.high + 1, shape))

    def resembles(self, value: Any) -> bool:
        """Say whether it may be meant."""
        return isinstance(value, np.ndarray) and value.ndim == len(self.axes)

    def alike(self, values: Sequence[Any]) -> list[str]:
        """Say what all of these have in common."""
        one = "value" if self.holds == "truth" else "number"
        flat = all((value == value.flat[0]).all() for value in values)
        return [f"holds one {one} only"] if flat else []

    def sizes(self, value: np.ndarray) -> Sizes:
        """Return the sizes that letters have in an array that is allowed."""
        pairs = zip(value.shape, self.axes, strict=True)
        return {letter: size // blocks for size, (blocks, letter) in pairs}


def kind_of(value: Any) -> str:
    """Name what a value is, with its article."""
    if value is None:
        return "None"
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"an {name}" if name[:1].lower() in tuple("aeio") else f"a {name}"
