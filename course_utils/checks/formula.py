"""Read from outside what a function computes, where that is a sum of products of named factors.

A backward step of a cell is such a sum. With all sizes 1, and weights and incoming gradients at 0
but for a few, one product remains; what it is made of is read off its values at random points. The
logarithm of a product is a sum, so least squares give the exponent of each factor, and these have
to be whole. What does not come out like that is no such product, and nothing is said of it.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from course_utils.checks.clock import Allowance

Names = tuple[str, ...]
Powers = tuple[tuple[str, int], ...]

RESIDUAL = 1e-6  # of logarithms
NOTHING = 1e-12  # of what it is the difference of
LARGEST_EXPONENT = 4
LARGEST_WHOLE = 12  # in a constant, above or below the line
WORST_CONDITION = 1e5  # of the factors' logarithms; beyond it two say nearly the same
SMALLEST = 1e-3  # of a factor: a product with less is lost among what it is added to
SECONDS = 1.0  # that all calls may take together
DIGEST = 12  # characters


class Place(NamedTuple):
    """Where one product is looked for.

    Attributes
    ----------
    output : str
        A part of the result.
    entry : str
        Which of its numbers; empty where it is one number.
    at : str
        Which selector is on; empty for none.
    upstream : str
        Which incoming gradient is on; empty where there is none.
    """

    output: str
    entry: str
    at: str
    upstream: str


@dataclass(frozen=True)
class Product:
    """A constant times powers of factors; where the constant is 0 there are no factors.

    Attributes
    ----------
    constant : Fraction
    powers : tuple of (str, int)
        Factors and their exponents, none of which is 0.

    Examples
    --------
    >>> print(Product(Fraction(-2), (("f", 1), ("1 - g", 1), ("1 + g", 1), ("c", -1))))
    -2 f (1 - g^2) / c
    """

    constant: Fraction
    powers: Powers = ()

    def __str__(self) -> str:
        """Write the product as one would on paper."""
        above: list[str] = []
        below: list[str] = []
        for name, exponent in _joined_slopes(self.powers):
            base = f"({name})" if " " in name else name
            text = base if abs(exponent) == 1 else f"{base}^{abs(exponent)}"
            (above if exponent > 0 else below).append(text)
        size = abs(self.constant)
        if size != 1 or not above:
            above.insert(0, str(size))
        text = ("-" if self.constant < 0 else "") + " ".join(above)
        if below:
            text += f" / {below[0]}" if len(below) == 1 else f" / ({' '.join(below)})"
        return text

    @property
    def degree(self) -> int:
        """How many factors it has, each as often as it stands there."""
        return sum(abs(exponent) for _, exponent in self.powers)

    def times(self, other: Product) -> str | None:
        """Return which factors the other has besides, two at most; None if it is another."""
        powers = dict(other.powers)
        for name, exponent in self.powers:
            powers[name] = powers.get(name, 0) - exponent
        rest = [(name, exponent) for name, exponent in powers.items() if exponent]
        if self.constant != other.constant or len(rest) > 2 or any(n != 1 for _, n in rest):
            return None
        return str(Product(Fraction(1), tuple(rest))) if rest else ""


def _joined_slopes(powers: Powers) -> Iterator[tuple[str, int]]:
    """Yield factors and exponents, with 1 - s^2 for (1 - s)(1 + s)."""
    left = dict(powers)
    for name, _ in powers:
        slope = name.removeprefix("1 - ")
        joins = slope != name and " " not in slope
        other = f"1 + {slope}"
        both = min(left[name], left.get(other, 0)) if joins else 0
        if both > 0:
            yield f"{name}^2", both
            left[name] -= both
            left[other] -= both
        if left[name]:
            yield name, left[name]


@dataclass(frozen=True)
class Probe:
    """Points at which a function is called, and what its products may be made of there.

    Attributes
    ----------
    arguments : mapping of str to nested lists of str or int
        What stands in each argument, by name; a whole number stands for itself.
    values : mapping of str to (K,) array
        Each number at each point; also those that stand in no argument but may be factors.
    slopes : tuple of str
        Names `s` of which 1 - s and 1 + s are factors, too.
    upstream : tuple of str
        Incoming gradients, of which one is on at a time.
    selectors : mapping of str to tuple of tuple of str
        Where to look, and what must be on for it, in groups; the part of a result is read that is
        there only if every group is on.
    entries : mapping of str to tuple of str
        For each output, what its numbers are called.
    right : callable
        Returns for each place, in order, what :func:`mark` makes of the right product; "" where it
        is no product, and nothing is compared.
    told : bool
        Whether students are told what is right.
    """

    arguments: Mapping[str, Any]
    values: Mapping[str, np.ndarray]
    slopes: Names
    upstream: Names
    selectors: Mapping[str, tuple[Names, ...]]
    entries: Mapping[str, Names]
    right: Callable[[], Sequence[str]] = tuple
    told: bool = False

    @property
    def fixed(self) -> Mapping[str, Any]:
        """What is the same at every point, by name: nothing."""
        return {}

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where products are looked for."""
        return tuple(
            Place(output, entry, at, upstream)
            for upstream in self.upstream
            for at in ("", *self.selectors)
            for output, entries in self.entries.items()
            for entry in entries
        )

    def stacked(self) -> list[np.ndarray]:
        """Return each argument at all points of all settings, one after the other."""
        return [
            np.concatenate([self._argument(names, on) for on in self._settings])
            for names in self.arguments.values()
        ]

    def read(self, parts: Sequence[Any]) -> list[Product | None]:
        """Return the product at each place; None where what is there is no product.

        Parameters
        ----------
        parts : sequence
            Each output at all points of all settings; anything else tells nothing.
        """
        found = dict(zip(self.entries, parts, strict=False))
        tables = {
            output: self._table(found.get(output), len(entries))
            for output, entries in self.entries.items()
        }
        products: list[Product | None] = []
        for upstream in self.upstream:
            for at in ("", *self.selectors):
                fit = self._fits[upstream, at]
                for table, entries in zip(tables.values(), self.entries.values(), strict=True):
                    if table is None:
                        products += [None] * len(entries)
                        continue
                    terms = np.stack([s * table[on] for s, on in self._terms(upstream, at)])
                    products += map(fit, terms.sum(axis=0).T, np.abs(terms).max(axis=0).T)
        return products

    @property
    def _points(self) -> int:
        return len(next(iter(self.values.values())))

    @cached_property
    def _settings(self) -> dict[frozenset[str], int]:
        """What is on in each setting, and its place among them."""
        every = [
            on
            for upstream in self.upstream
            for at in ("", *self.selectors)
            for _, on in self._terms(upstream, at)
        ]
        return {on: place for place, on in enumerate(dict.fromkeys(every))}

    def _terms(self, upstream: str, at: str) -> Iterator[tuple[int, frozenset[str]]]:
        """Yield what is on for each result that is added or taken away, with its sign."""
        groups = self.selectors.get(at, ())
        for count in range(len(groups) + 1):
            for some in combinations(groups, count):
                yield (-1) ** (len(groups) - count), frozenset([upstream, *sum(some, ())])

    @cached_property
    def _switched(self) -> frozenset[str]:
        groups = [names for each in self.selectors.values() for names in each]
        return frozenset(self.upstream).union(*groups)

    def _argument(self, names: Any, on: frozenset[str]) -> np.ndarray:
        """Return an argument at every point: (K, ...)."""
        if isinstance(names, int):
            return np.full(self._points, names)
        if isinstance(names, str):
            value = self.values[names]
            return np.zeros_like(value) if names in self._switched - on else value
        return np.stack([self._argument(each, on) for each in names], axis=1)

    def _table(self, part: Any, count: int) -> dict[frozenset[str], np.ndarray] | None:
        """Return an output in each setting, (K, count); None if it is no table of numbers."""
        rows = self._points * len(self._settings)
        if not isinstance(part, np.ndarray) or part.dtype.kind not in "iuf":
            return None
        if not part.ndim or len(part) != rows or part.size != rows * count:
            return None
        numbers = part.astype(float).reshape(-1, self._points, count)
        return (
            dict(zip(self._settings, numbers, strict=True)) if np.isfinite(numbers).all() else None
        )

    @cached_property
    def factors(self) -> dict[str, np.ndarray]:
        """All that products may be made of, slopes beside what they are the slopes of."""
        factors: dict[str, np.ndarray] = {}
        for name, value in self.values.items():
            factors[name] = value
            if name in self.slopes:
                factors |= {f"1 - {name}": 1 - value, f"1 + {name}": 1 + value}
        return factors

    @cached_property
    def well_drawn(self) -> bool:
        """Whether the points tell every product from every other."""
        with np.errstate(divide="ignore"):
            return all(fit.condition < WORST_CONDITION for fit in self._fits.values())

    @cached_property
    def _fits(self) -> dict[tuple[str, str], _Fit]:
        fits = {}
        for upstream in self.upstream:
            for at in ("", *self.selectors):
                on = {upstream, *sum(self.selectors.get(at, ()), ())}
                known = {
                    n: v for n, v in self.factors.items() if n in on or n not in self._switched
                }
                fits[upstream, at] = _Fit(known)
        return fits


class _Fit:
    """Finds which product of factors a series of values is."""

    def __init__(self, factors: Mapping[str, np.ndarray]) -> None:
        self._names = list(factors)
        values = np.stack(list(factors.values()), axis=1)  # (K, F)
        self._negative = values < 0
        self._logs = np.column_stack([np.log(np.abs(values)), np.ones(len(values))])

    @property
    def condition(self) -> float:
        """How nearly two products are the same; infinite where a factor is too small to tell."""
        if self._logs.min() < math.log(SMALLEST):
            return math.inf
        return float(np.linalg.cond(self._logs))

    @cached_property
    def _solve(self) -> np.ndarray:
        return np.linalg.pinv(self._logs)

    def __call__(self, values: np.ndarray, of: np.ndarray) -> Product | None:
        """Return the product, if it is one.

        Parameters
        ----------
        values : (K,)
        of : (K,)
            How large the terms were that each value is the sum of.
        """
        if (np.abs(values) <= NOTHING * of).all():
            return Product(Fraction(0))
        if (values == 0).any():
            return None
        logs = np.log(np.abs(values))
        exponents = np.rint((self._solve @ logs)[:-1])
        if not (np.abs(exponents) <= LARGEST_EXPONENT).all():
            return None
        rest = logs - self._logs[:, :-1] @ exponents
        size = math.exp(np.median(rest))
        constant = Fraction(size).limit_denominator(LARGEST_WHOLE)
        if not 0 < constant <= LARGEST_WHOLE:
            return None
        if not (np.abs(rest - math.log(constant)) < RESIDUAL).all():
            return None
        minus = (self._negative @ (exponents % 2) % 2 == 1) != (values < 0)
        if minus.any() != minus.all():
            return None
        pairs = zip(self._names, exponents.astype(int).tolist(), strict=True)
        powers = tuple((name, exponent) for name, exponent in pairs if exponent)
        return Product(-constant if minus.any() else constant, powers)


def at_points(
    function: Callable[..., Any], seconds: float | None = None
) -> Callable[..., tuple[Any, ...]]:
    """Return a function that calls another at many points, and stacks each part of its results.

    Arguments that are given by name are the same at every point. A part that cannot be stacked is
    None. What it prints or warns of is not shown.

    Parameters
    ----------
    function : callable
    seconds : float, optional
        That all calls may take together; `SECONDS` if it is left out.

    Raises
    ------
    TimeoutError
        If all calls together take too long.
    """

    def stacked(*arguments: np.ndarray, **fixed: Any) -> tuple[Any, ...]:
        most = SECONDS if seconds is None else seconds
        allowance = Allowance(most)
        results = []
        silent = io.StringIO()
        with (
            contextlib.redirect_stdout(silent),
            contextlib.redirect_stderr(silent),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            for point in zip(*arguments, strict=True):
                here = (each.copy() if each.ndim else each.item() for each in point)
                result = function(*here, **copy.deepcopy(fixed))
                results.append(result if isinstance(result, tuple | list) else (result,))
                if allowance.left() <= 0:
                    raise TimeoutError(f"{len(arguments[0])} calls take more than {most:g} s")
        return tuple(map(_stack, zip(*results, strict=True)))

    return stacked


def _stack(parts: Sequence[Any]) -> np.ndarray | None:
    try:
        stacked = np.stack([np.asarray(part) for part in parts])
    except ValueError:  # not as many numbers at every point
        return None
    return stacked if stacked.dtype.kind in "iuf" else None


def mark(place: Place, product: Product, *, told: bool) -> str:
    """Return what stands for the right product: itself, or what only tells whether another is."""
    text = str(product)
    if told:
        return text
    return hashlib.sha256("\0".join([*place, text]).encode()).hexdigest()[:DIGEST]
