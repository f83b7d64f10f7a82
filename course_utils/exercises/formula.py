"""What a result is made of, declared for an exercise whose answer is a sum of products."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from course_utils.checks.cases import Axis
from course_utils.checks.formula import Probe, Product, at_points, mark

Function = Callable[..., Any]
Axes = Mapping[str, tuple[Axis, ...]]

MORE = 8  # points than there are factors: nothing fits so many by chance

DRAWS = 1000  # of points, until they tell all products apart


@dataclass(frozen=True)
class Formula:
    """How to read what an answer computes; see :mod:`course_utils.checks.formula`.

    Attributes
    ----------
    arguments : mapping of str to nested lists of str or int
        What stands in each argument where all sizes are 1, by name: ``[["i", "f", "g", "o"]]``. A
        whole number stands for itself.
    numbers : mapping of str to callable
        How numbers are drawn, for names with blanks between them: ``{"i f o": gate_values}``.
    factors : mapping of str to callable
        What else products may be made of, as functions of numbers by name; an argument may hold it,
        too.
    slopes : str
        Names `s` of which 1 - s and 1 + s are factors as well, and so 1 - s^2.
    upstream : str
        Incoming gradients by name, of which one is on at a time.
    selectors : mapping of str to tuple of str
        Where to look, in words, and the names that must be on for it, in groups: what is read is
        the part of the result that is there only if every group is on. What is in no selector is
        always on.
    entries : mapping of str to tuple of str
        What the numbers of an output are called, where its axes do not say it.
    tells : "nowhere", "feedback" or "everywhere"
        Where students read what is right; what they have they always read.
    """

    arguments: Mapping[str, Any]
    numbers: Mapping[str, Callable[[np.random.Generator, int], np.ndarray]]
    factors: Mapping[str, Function] = field(default_factory=dict)
    slopes: str = ""
    upstream: str = ""
    selectors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tells: Literal["nowhere", "feedback", "everywhere"] = "nowhere"

    def probe(
        self, rng: np.random.Generator, answer: Function, axes: Axes, *, hidden: bool = False
    ) -> Probe | None:
        """Draw points for a probe; what is right there is worked out when somebody asks.

        They are drawn again until no two products are nearly the same at them.

        Parameters
        ----------
        rng : Generator
        answer : callable
            The right one.
        axes : dict of str to tuple of Axis
            What the axes of each output mean, in their order.
        hidden : bool
            Whether it is for feedback.

        Raises
        ------
        ValueError
            If two factors are nearly the same, or one depends on what may be off.
        """
        told = self.tells == "everywhere" or (self.tells == "feedback" and hidden)
        for _ in range(DRAWS):
            probe = self._drawn(rng, axes, told=told)
            if probe.well_drawn:
                marks = functools.partial(right_marks, probe, answer)
                return replace(probe, right=functools.cache(marks))
        if hidden:  # whoever is graded loses a hint, and no points
            return None
        raise ValueError(f"two products of {', '.join(probe.factors)} are nearly the same")

    def _drawn(self, rng: np.random.Generator, axes: Axes, *, told: bool) -> Probe:
        groups = [" ".join(each).split() for each in self.selectors.values()]
        switched = {*self.upstream.split()}.union(*groups)
        names = {name for each in self.numbers for name in each.split()}
        factors = len(names - switched) + len(self.factors) + 2 * len(self.slopes.split())
        count = factors + 1 + max(map(len, groups), default=0) + MORE
        values = {n: draw(rng, count) for each, draw in self.numbers.items() for n in each.split()}
        for name, function in self.factors.items():
            needs = inspect.signature(function).parameters
            if off := sorted(switched & set(needs)):
                raise ValueError(f"the factor {name} depends on {off[0]}, which may be off")
            values[name] = function(**{each: values[each] for each in needs})
        return Probe(
            arguments=self.arguments,
            values=values,
            slopes=tuple(self.slopes.split()),
            upstream=tuple(self.upstream.split()) or ("",),
            selectors={
                place: tuple(tuple(group.split()) for group in groups)
                for place, groups in self.selectors.items()
            },
            entries={o: self.entries.get(o) or _entries(each) for o, each in axes.items()},
            told=told,
        )


def right_marks(probe: Probe, answer: Function) -> tuple[str, ...]:
    """Return what stands for the right product at each place of a probe; "" where it is none."""
    pairs = zip(probe.places, products(probe, answer), strict=True)
    return tuple(mark(place, has, told=probe.told) if has else "" for place, has in pairs)


def products(probe: Probe, answer: Function) -> Sequence[Product | None]:
    """Return what an answer computes at each place of a probe; None where it is no product.

    It is one of the course's own, which has all the time that a busy machine may need.
    """
    return probe.read(at_points(answer, math.inf)(*probe.stacked()))


def _entries(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Name the numbers of an output whose sizes are all 1 but for an axis of blocks."""
    return tuple(f"{axis.name} {part}" for axis in axes for part in axis.parts) or ("",)
