"""Read from outside which numbers of its arguments a function multiplies and adds up.

A convolution, forward or backward, is such a sum: each number of the result is a sum of products of
a number of one argument and a number of another, times a constant. One side is fed with unit
impulses, the other with numbers that are nothing in particular. What a result becomes at one
impulse is linear in the other side, so that equations give the constants, and these have to be
simple fractions. All is accepted only where calls with other numbers come out as it predicts.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from course_utils.checks.formula import LARGEST_WHOLE, RESIDUAL, WORST_CONDITION
from course_utils.checks.probes import numbers

Shape = tuple[int, ...]

NOTHING = 1e-9  # of the largest result
CHECKS = 4  # calls whose results are predicted
MARK = 4  # digits that stand for what a number is multiplied by


@dataclass(frozen=True)
class Table:
    """What each number of an output is a sum of.

    Attributes
    ----------
    shape : tuple of int
        Of the output, which has O numbers.
    constants : (O, 1 + T, P + 1) array
        By what the product of a number with an impulse and of another one counts: the first of the
        1 + T is no impulse at all, the last of the P + 1 no other number.
    read : (O,) array of bool
        Where the output is such a sum; elsewhere nothing is known.
    """

    shape: Shape
    constants: np.ndarray
    read: np.ndarray


@dataclass(frozen=True)
class SumProbe:
    """Calls of a function from which its sums of products are read.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        The shape of each argument that is an array, in order.
    impulses : tuple of str
        Arguments of which one number is 1 at a time, and all others are 0.
    draws : int
        Of the other arguments; a result may hang on two fewer of their numbers.
    fixed : mapping of str to object
        What is the same at each call, by the parameters' names.
    outputs : mapping of str to tuple of int
        The shape of each output.
    letters : mapping of str to tuple of str
        What the indices of each argument and of each output are called.
    axes : mapping of str to tuple of str
        What they are, in words: ``("row", "column")``.
    setting : str
        What is fixed, and how large the kernels are, in words.
    seed : int
        From which the numbers follow.
    right : callable
        Returns what is right of each output, as a table.
    marks : callable
        Returns for each output and each of its numbers what :func:`marks_of` makes of a table.
    told : bool
        Whether students are told what is right.
    """

    shapes: Mapping[str, Shape]
    impulses: tuple[str, ...]
    draws: int
    fixed: Mapping[str, Any]
    outputs: Mapping[str, Shape]
    letters: Mapping[str, tuple[str, ...]]
    axes: Mapping[str, tuple[str, ...]]
    setting: str
    seed: int
    right: Callable[[], Mapping[str, Table]] = field(repr=False, default=dict)
    marks: Callable[[], Mapping[str, Sequence[str]]] = field(repr=False, default=dict)
    told: bool = False

    @cached_property
    def others(self) -> tuple[str, ...]:
        """The arguments that are not fed with impulses."""
        return tuple(name for name in self.shapes if name not in self.impulses)

    def stacked(self) -> list[np.ndarray]:
        """Return each argument at all calls, one after the other."""
        return [
            columns.reshape(-1, *self.shapes[name])
            for name, columns in zip(self.shapes, self._columns(), strict=True)
        ]

    def tables(self, parts: Sequence[Any]) -> dict[str, Table]:
        """Return what each output is a sum of; outputs of another shape are left out.

        Parameters
        ----------
        parts : sequence
            Each output at all calls; anything else tells nothing.
        """
        found = {}
        for (name, shape), part in zip(self.outputs.items(), parts, strict=False):
            if not isinstance(part, np.ndarray) or part.dtype.kind not in "iuf":
                continue
            if part.shape == (len(self._impulse), *shape) and np.isfinite(part).all():
                found[name] = self._table(part.astype(float).reshape(len(part), -1), shape)
        return found

    def read(self, parts: Sequence[Any]) -> list[bool | None]:
        """Return True for each number of an output that is read, None for every other."""
        tables = self.tables(parts)
        read: list[bool | None] = []
        for name, shape in self.outputs.items():
            known = tables[name].read.tolist() if name in tables else [False] * math.prod(shape)
            read += [True if each else None for each in known]
        return read

    def wrong(self, name: str, table: Table) -> np.ndarray:
        """Return where an output is known to be another sum than the right one: (O, 1 + T)."""
        if self.told:
            right = self.right()[name].constants
            wrong: np.ndarray = (table.constants != right).any(axis=2)
        else:
            rows = zip(marks_of(name, table), self.marks()[name], strict=True)
            wrong = np.array(
                [[a != b for a, b in zip(*map(_cut, row), strict=True)] for row in rows]
            )
        return wrong & table.read[:, None]

    def count(self, names: Sequence[str]) -> int:
        """Return how many numbers arguments have together."""
        return sum(math.prod(self.shapes[name]) for name in names)

    def number(self, names: Sequence[str], place: int) -> tuple[str, tuple[int, ...]]:
        """Return which number stands at a place among those of several arguments."""
        for name in names:
            if place < (size := math.prod(self.shapes[name])):
                index = np.unravel_index(place, self.shapes[name])
                return name, tuple(int(i) for i in index)
            place -= size
        raise IndexError(place)

    @cached_property
    def _impulse(self) -> np.ndarray:
        """What is fed with impulses, at each call: (R, T)."""
        T, P, K = self.count(self.impulses), self.count(self.others), self.draws
        generic = self._drawn(0, 1 + CHECKS, T)
        return np.concatenate(
            [
                np.zeros((K, T)),
                np.repeat(np.eye(T), K, axis=0),
                np.repeat(generic[:1], 1 + P, axis=0),
                generic[1:],
            ]
        )

    @cached_property
    def _other(self) -> np.ndarray:
        """What is not, at each call: (R, P)."""
        T, P, K = self.count(self.impulses), self.count(self.others), self.draws
        return np.concatenate(
            [
                np.tile(self._drawn(1, K, P), (1 + T, 1)),
                np.zeros((1, P)),
                np.eye(P),
                self._drawn(2, CHECKS, P),
            ]
        )

    def _drawn(self, place: int, rows: int, columns: int) -> np.ndarray:
        """Return numbers from 1 to 2, with either sign."""
        drawn = numbers(self.seed, (rows, columns), place)
        return drawn + np.where(drawn < 0, -1.0, 1.0)

    def _columns(self) -> list[np.ndarray]:
        columns: dict[str, np.ndarray] = {}
        for names, values in ((self.impulses, self._impulse), (self.others, self._other)):
            ends = np.cumsum([0, *(math.prod(self.shapes[name]) for name in names)])
            columns |= {n: values[:, a:b] for n, (a, b) in zip(names, pairwise(ends), strict=True)}
        return [columns[name] for name in self.shapes]

    def _table(self, values: np.ndarray, shape: Shape) -> Table:
        """Solve for the constants of an output: (R, size) values."""
        T, P, K = self.count(self.impulses), self.count(self.others), self.draws
        size = values.shape[1]
        scale = max(1.0, float(np.abs(values).max()))
        at = values[: K + T * K].reshape(1 + T, K, size).copy()
        at[1:] -= at[0]
        base, *single = values[K + T * K : K + T * K + 1 + P]
        hangs = np.abs(np.reshape(single, (P, size)) - base) > NOTHING * scale  # (P, size)
        constants, read = np.zeros((size, 1 + T, P + 1)), np.zeros(size, bool)
        for o in range(size):
            on = np.append(np.flatnonzero(hangs[:, o]), P)
            found = _solved(self._solver(tuple(on.tolist())), at[:, :, o].T, scale)
            if found is not None:
                constants[o][:, on] = found.T
                read[o] = True
        t, p = (
            _with_one(a[-CHECKS:], first)
            for a, first in ((self._impulse, True), (self._other, False))
        )
        predicted = np.einsum("ct,otp,cp->co", t, constants, p, optimize=True)
        read &= (np.abs(predicted - values[-CHECKS:]) < RESIDUAL * scale).all(axis=0)
        constants[~read] = 0
        return Table(shape, constants, read)

    @cached_property
    def _solvers(self) -> dict[tuple[int, ...], tuple[np.ndarray, np.ndarray] | None]:
        return {}

    def _solver(self, on: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return equations in some of the numbers, and what solves them; None for too many."""
        if on not in self._solvers:
            equations = _with_one(self._other[: self.draws], first=False)[:, list(on)]
            few = len(on) == 1 or len(on) + 1 < self.draws
            u, sizes, v = np.linalg.svd(equations, full_matrices=False)
            good = few and sizes[0] < WORST_CONDITION * sizes[-1]
            self._solvers[on] = (equations, v.T / sizes @ u.T) if good else None
        return self._solvers[on]


def _with_one(values: np.ndarray, first: bool) -> np.ndarray:
    one = np.ones((len(values), 1))
    return np.hstack([one, values] if first else [values, one])


def _solved(
    solver: tuple[np.ndarray, np.ndarray] | None, values: np.ndarray, scale: float
) -> np.ndarray | None:
    """Return the constants (S, 1 + T) that give values (K, 1 + T), if they are simple fractions."""
    if solver is None:
        return None
    equations, inverse = solver
    constants = _fractions(inverse @ values)
    if not (np.abs(equations @ constants - values) < RESIDUAL * scale).all():
        return None  # so it is where a constant is not a number
    return constants


def _fractions(values: np.ndarray) -> np.ndarray:
    """Return the simple fractions that numbers nearly are; NaN where they are none."""
    found = np.full(values.shape, np.nan)
    for below in range(1, LARGEST_WHOLE + 1):
        nearest = np.rint(values * below) / below
        hit = np.isnan(found) & (np.abs(nearest - values) < RESIDUAL)
        hit &= np.abs(nearest) <= LARGEST_WHOLE
        found[hit] = nearest[hit]
        if not np.isnan(found).any():
            break
    return found + 0.0  # no -0


def fraction(constant: float) -> str:
    """Write a constant as one would on paper."""
    return str(Fraction(constant).limit_denominator(LARGEST_WHOLE))


def marks_of(name: str, table: Table) -> list[str]:
    """Return for each number of an output one mark for each impulse, which tell it from others."""
    zero = np.zeros(table.constants.shape[2]).tobytes()
    marks = []
    for o, rows in enumerate(table.constants):
        texts = (b"" if row.tobytes() == zero else repr(_sparse(row)).encode() for row in rows)
        marks.append("".join(_mark(name, o, t, text) for t, text in enumerate(texts)))
    return marks


def _sparse(row: np.ndarray) -> list[tuple[int, str]]:
    return [(int(place), fraction(row[place])) for place in np.flatnonzero(row)]


def _mark(name: str, o: int, t: int, text: bytes) -> str:
    return hashlib.sha256(f"{name}\0{o}\0{t}\0".encode() + text).hexdigest()[:MARK]


def _cut(marks: str) -> list[str]:
    return [marks[place : place + MARK] for place in range(0, len(marks), MARK)]
