"""Read from outside of which pixels a function keeps the largest.

One pixel at a time is larger than all others: results that become that number have seen it. It is
accepted only where calls with other numbers come out as the largest of the pixels that were seen.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from course_utils.checks.formula import RESIDUAL
from course_utils.checks.probes import numbers
from course_utils.checks.sums import MARK

HIGH = 3.0  # where all else is negative
SHIFTS = (-2.0, 0.0, 2.0)  # of the numbers of the other calls: some are all negative, some positive

Shape = tuple[int, ...]


@dataclass(frozen=True)
class WindowProbe:
    """Calls of a function from which its windows are read.

    Attributes
    ----------
    shape : tuple of int
        Of the images, which have P pixels.
    output : str
        The result.
    output_shape : tuple of int
        It has O numbers.
    fixed : mapping of str to object
        Other arguments, by name.
    setting : str
        What they are, in words.
    seed : int
        From which the numbers follow.
    right : callable
        Returns of which pixels each number is the largest; (O, P) of bool.
    marks : callable
        Returns what stands for the right window of each number.
    told : bool
        Whether students are told what is right.
    """

    shape: Shape
    output: str
    output_shape: Shape
    fixed: Mapping[str, Any]
    setting: str
    seed: int
    right: Callable[[], np.ndarray] = field(repr=False, default=lambda: np.zeros((0, 0), bool))
    marks: Callable[[], Sequence[str]] = field(repr=False, default=tuple)
    told: bool = False

    def stacked(self) -> list[np.ndarray]:
        """Return the images at all calls."""
        return [self._images.reshape(-1, *self.shape)]

    def windows(self, parts: Sequence[Any]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return of which pixels each number is the largest, and where that is known.

        Parameters
        ----------
        parts : sequence
            The output at all calls; anything else tells nothing.

        Returns
        -------
        seen : (O, P) of bool
        read : (O,) of bool
        """
        part, images = parts[0] if len(parts) == 1 else None, self._images
        if not isinstance(part, np.ndarray) or part.dtype.kind not in "iuf":
            return None
        if part.shape != (len(images), *self.output_shape) or not np.isfinite(part).all():
            return None
        values, P = part.reshape(len(part), -1), images.shape[1]
        seen = values[:P].T == HIGH
        others = np.where(seen[:, None], images[None], -np.inf).max(axis=2)  # (O, R)
        close = np.abs(others - values.T, where=seen.any(axis=1)[:, None], out=others) < RESIDUAL
        return seen, seen.any(axis=1) & close.all(axis=1)

    def read(self, parts: Sequence[Any]) -> list[bool | None]:
        """Return True for each number whose window is read, None for every other."""
        found = self.windows(parts)
        if found is None:
            return [None] * math.prod(self.output_shape)
        return [True if each else None for each in found[1].tolist()]

    def wrong(self, seen: np.ndarray, read: np.ndarray) -> np.ndarray:
        """Return which numbers are known to be the largest of other pixels than they should."""
        if self.told:
            wrong: np.ndarray = (seen != self.right()).any(axis=1)
        else:
            pairs = zip(marks_of(seen), self.marks(), strict=True)
            wrong = np.array([mine != due for mine, due in pairs])
        return wrong & read

    def box(self, seen: np.ndarray) -> str | None:
        """Write the pixels of a window, (P,) of bool, as slices; None if it is no box."""
        indices = np.unravel_index(np.flatnonzero(seen), self.shape)
        ends = [(int(each.min()), int(each.max()) + 1) for each in indices]
        if math.prod(end - start for start, end in ends) != np.count_nonzero(seen):
            return None
        return ", ".join(f"{a}" if b == a + 1 else f"{a}:{b}" for a, b in ends)

    @cached_property
    def _images(self) -> np.ndarray:
        """The images, (R, P): first those of which one pixel is high."""
        P = math.prod(self.shape)
        low = numbers(self.seed, (P, P), 0) - 1.5
        np.fill_diagonal(low, HIGH)
        others = numbers(self.seed, (len(SHIFTS), P), 1) + np.array(SHIFTS)[:, None]
        return np.concatenate([low, others])


def window_readings(probe: WindowProbe, parts: Sequence[Any]) -> tuple[str, ...]:
    """Say of which pixels a number is the largest, if these are not the right ones."""
    found = probe.windows(parts)
    if found is None:
        return ()
    seen, read = found
    wrong = probe.wrong(seen, read)
    boxes = ((int(o), probe.box(seen[o])) for o in np.flatnonzero(wrong))
    first, box = next(((o, box) for o, box in boxes if box), (0, None))
    if box is None:
        return ()
    at = ", ".join(str(int(i)) for i in np.unravel_index(first, probe.output_shape))
    text = f"{probe.setting}, {probe.output} at `[{at}]` is the largest number of `x[{box}]`"
    if probe.told:
        text += f"; right is that of `x[{probe.box(probe.right()[first])}]`"
    several, of = int(wrong.sum()), len(read)
    least = "" if read.all() else "at least "
    count = (
        f"{least}{several} of its {of} numbers {'has' if several == 1 else 'have'} no right window"
    )
    return (f"{text[0].upper()}{text[1:]}. {count[0].upper()}{count[1:]}.",)


def marks_of(seen: np.ndarray) -> list[str]:
    """Return what stands for each of these windows, (O, P) of bool, and tells it from others."""
    return [
        hashlib.sha256(f"{o}\0{np.flatnonzero(row).tolist()}".encode()).hexdigest()[:MARK]
        for o, row in enumerate(seen)
    ]
