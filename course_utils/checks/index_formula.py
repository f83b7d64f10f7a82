"""Write a table of sums of products as one formula in indices, as `x[i + k, j + m] w[k, m]`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from course_utils.checks.sums import SumProbe, Table, fraction

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Index:
    """A whole number made of indices: ``2 i + k - 1``.

    Attributes
    ----------
    times : tuple of (str, int)
        Letters, each with its factor.
    plus : int
    """

    times: tuple[tuple[str, int], ...]
    plus: int = 0

    def __str__(self) -> str:
        """Write it as one would on paper."""
        text = ""
        for letter, factor in sorted(self.times, key=lambda each: each[1] < 0):
            sign = (" - " if factor < 0 else " + ") if text else ("-" if factor < 0 else "")
            text += f"{sign}{'' if abs(factor) == 1 else f'{abs(factor)} '}{letter}"
        if not text or (self.plus > 0 and text.startswith("-")):
            rest = f" - {text[1:]}" if text else ""  # `1 - k` rather than `-k + 1`
            return f"{self.plus}{rest}"
        return text + (f" {'-' if self.plus < 0 else '+'} {abs(self.plus)}" if self.plus else "")

    def at(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the number for values of the letters."""
        found = np.full(1, self.plus)
        for letter, factor in self.times:
            found = found + factor * values[letter]
        return found


@dataclass(frozen=True)
class Term:
    """A sum of products of which all have the same constant.

    Attributes
    ----------
    constant : float
    factors : dict of str to tuple of Index
        The arguments that are multiplied, in order, and their indices.
    over : tuple of str
        Letters over which it is summed.
    """

    constant: float
    factors: Mapping[str, tuple[Index, ...]]
    over: tuple[str, ...]

    def __str__(self) -> str:
        """Write it with its sum in words."""
        names = [f"{name}[{', '.join(map(str, at))}]" for name, at in self.factors.items()]
        size = "" if self.constant == 1 else "-" if self.constant == -1 else fraction(self.constant)
        product = " ".join(filter(None, [size.rstrip("-"), *names]))
        product = ("-" if size == "-" else "") + product
        text = f"`{product or fraction(self.constant)}`"
        return f"the sum over {listed(self.over)} of {text}" if self.over else text


def terms_of(probe: SumProbe, name: str, table: Table) -> tuple[Term, ...] | None:
    """Return a formula that gives exactly this table; None if there is none so simple."""
    if not table.read.all():
        return None
    groups = sorted(_groups(probe, table), key=lambda each: -bool(each[0]) - bool(each[1]))
    found = [_Fit(probe, name, table, *group).term() for group in groups]
    terms = [term for term in found if term is not None]
    return tuple(terms) if len(terms) == len(found) else None


def written(terms: Sequence[Term]) -> str:
    """Write a formula down."""
    return ", plus ".join(map(str, terms)) if terms else "`0`"


def _groups(probe: SumProbe, table: Table) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield which arguments are multiplied, "" for none, and what their products count."""
    ends_t = np.cumsum([0, 1, *(math.prod(probe.shapes[n]) for n in probe.impulses)])
    ends_p = np.cumsum([0, *(math.prod(probe.shapes[n]) for n in probe.others), 1])
    for t, one in enumerate(("", *probe.impulses)):
        for p, other in enumerate((*probe.others, "")):
            part = table.constants[:, ends_t[t] : ends_t[t + 1], ends_p[p] : ends_p[p + 1]]
            if part.any():
                yield one, other, part


class _Fit:
    """Finds the indices of one product.

    The indices of what is fed with impulses are a number, an index of the output, or a letter that
    is summed over; those of the other factor are made of such letters.
    """

    def __init__(
        self, probe: SumProbe, name: str, table: Table, one: str, other: str, part: np.ndarray
    ) -> None:
        self._probe, self._one, self._other, self._part = probe, one, other, part
        self._shape = table.shape
        places = np.nonzero(part)
        self._constants = part[places]
        shapes = table.shape, probe.shapes.get(one, ()), probe.shapes.get(other, ())
        self._o, self._t, self._p = (
            [np.asarray(i) for i in np.unravel_index(place, shape)] if shape else []
            for place, shape in zip(places, shapes, strict=True)
        )
        # What is known in each product: the indices of the output, then those that are summed over.
        self._known = dict(zip(probe.letters[name], self._o, strict=True))
        self._sizes: dict[str, int] = {}

    def term(self) -> Term | None:
        if not (self._constants == self._constants[0]).all():
            return None
        one = [self._given(axis) for axis in range(len(self._t))]
        other = [self._made(axis) for axis in range(len(self._p))]
        factors = {self._one: tuple(one), self._other: tuple(other)}
        ordered = {n: factors[n] for n in self._probe.shapes if n in factors}
        term = Term(float(self._constants[0]), ordered, tuple(self._sizes))
        return term if self._gives_all(one, other) else None

    def _given(self, axis: int) -> Index:
        values, name = self._t[axis], self._one
        if (values == values[0]).all() and self._probe.shapes[name][axis] > 1:
            return Index((), int(values[0]))
        for letter, known in self._known.items():
            if letter not in self._sizes and (values == known).all():
                return Index(((letter, 1),))
        return self._summed(name, axis, values)

    def _made(self, axis: int) -> Index:
        values = self._p[axis]
        letters = list(self._known)
        for some in chain.from_iterable(combinations(letters, count) for count in range(3)):
            columns = np.stack(
                [*(self._known[each] for each in some), np.ones(len(values))], axis=1
            )
            found, _, rank, _ = np.linalg.lstsq(columns, values, rcond=None)
            whole = np.rint(found).astype(int)
            if rank == columns.shape[1] and whole[:-1].all() and (columns @ whole == values).all():
                return Index(tuple(zip(some, whole[:-1].tolist(), strict=True)), int(whole[-1]))
        return self._summed(self._other, axis, values)

    def _summed(self, name: str, axis: int, values: np.ndarray) -> Index:
        """Take an index for one that is summed over."""
        letter = self._probe.letters[name][axis]
        while letter in self._known:
            letter += "'"
        self._known[letter] = values
        self._sizes[letter] = self._probe.shapes[name][axis]
        return Index(((letter, 1),))

    def _gives_all(self, one: Sequence[Index], other: Sequence[Index]) -> bool:
        """Say whether these indices make all products that are there, and no other."""
        sizes = (*self._shape, *self._sizes.values())
        grid = np.indices(sizes).reshape(len(sizes), -1)
        values = dict(zip(self._known, grid, strict=True))
        keys, inside = grid[: len(self._shape)], np.ones(grid.shape[1], bool)
        made = np.zeros(self._part.shape, int)
        places = [np.ravel_multi_index(list(keys), self._shape)] if self._shape else [0 * inside]
        for name, indices in ((self._one, one), (self._other, other)):
            shape = self._probe.shapes.get(name, ())
            at = [index.at(values) + np.zeros(grid.shape[1], int) for index in indices]
            for each, size in zip(at, shape, strict=True):
                inside &= (each >= 0) & (each < size)
            clipped = [each.clip(0, size - 1) for each, size in zip(at, shape, strict=True)]
            flat = np.ravel_multi_index(clipped, shape) if shape else np.zeros(grid.shape[1], int)
            places.append(flat)
        np.add.at(made, tuple(place[inside] for place in places), 1)
        return bool(((made == 1) == (self._part != 0)).all() and made.max() <= 1)


def listed(words: Sequence[str]) -> str:
    """Return words as a list: "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
