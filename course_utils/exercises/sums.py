"""Of which numbers a result is made, declared for an exercise on arrays."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from course_utils.checks import window_readings
from course_utils.checks.cases import Axis
from course_utils.checks.formula import at_points
from course_utils.checks.sums import SumProbe, Table, marks_of
from course_utils.checks.window_readings import WindowProbe

Function = Callable[..., Any]
Axes = Mapping[str, tuple[Axis, ...]]


@dataclass(frozen=True, eq=False)
class Sums:
    """How to read which numbers an answer multiplies; see :mod:`course_utils.checks.sums`.

    Attributes
    ----------
    arguments : mapping of str to (letters, shape, axes)
        For each argument that is an array what its indices are called, how long its axes are, and
        what these mean: ``{"x": ("yz", (4, 5), "row column")}``.
    results : mapping of str to str
        What the indices of each output are called.
    impulses : str
        Arguments of which one number is on at a time; better those that have fewer.
    draws : int
        Of the others; some more than there are numbers on which one number of the result hangs.
    fixed : mapping of str to object
        Arguments that are the same at each call, by the parameters' names.
    setting : str
        What is fixed, in words with which a sentence may begin.
    """

    arguments: Mapping[str, tuple[str, tuple[int, ...], str]]
    results: Mapping[str, str]
    impulses: str
    draws: int
    fixed: Mapping[str, Any] = field(default_factory=dict)
    setting: str = ""

    def probe(
        self, rng: np.random.Generator, answer: Function, axes: Axes, *, hidden: bool = False
    ) -> SumProbe:
        """Draw the numbers of a probe; parameters as in :meth:`.Formula.probe`."""
        words = {output: tuple(axis.name for axis in each) for output, each in axes.items()}
        known = _known(self, answer)
        return replace(
            known,
            axes={**known.axes, **words},
            seed=int(rng.integers(2**31)),
            right=functools.partial(_right, self, answer),
            marks=functools.partial(_marks, self, answer),
            told=hidden,
        )


@functools.cache
def _known(sums: Sums, answer: Function) -> SumProbe:
    """Return a probe with some numbers, and without what is right."""
    shapes = {name: shape for name, (_, shape, _) in sums.arguments.items()}
    results = at_points(answer, math.inf)(
        *(np.zeros((1, *shape)) for shape in shapes.values()), **sums.fixed
    )
    letters = {name: letters for name, (letters, _, _) in sums.arguments.items()} | {**sums.results}
    return SumProbe(
        shapes=shapes,
        impulses=tuple(sums.impulses.split()),
        draws=sums.draws,
        fixed=sums.fixed,
        outputs={o: part.shape[1:] for o, part in zip(sums.results, results, strict=True)},
        letters={name: tuple(each) for name, each in letters.items()},
        axes={name: tuple(words.split()) for name, (_, _, words) in sums.arguments.items()},
        setting=sums.setting,
        seed=0,
    )


@functools.cache
def _right(sums: Sums, answer: Function) -> Mapping[str, Table]:
    """Return what is right, which is the same whatever the numbers are."""
    probe = _known(sums, answer)
    tables = probe.tables(at_points(answer, math.inf)(*probe.stacked(), **probe.fixed))
    if not all(name in tables and tables[name].read.all() for name in probe.outputs):
        raise ValueError("the right answer is no such sum, or `draws` is too small for it")
    return tables


@functools.cache
def _marks(sums: Sums, answer: Function) -> Mapping[str, list[str]]:
    return {name: marks_of(name, table) for name, table in _right(sums, answer).items()}


@dataclass(frozen=True, eq=False)
class Windows:
    """How to read of which pixels an answer keeps the largest; see :mod:`.checks.window_readings`.

    Attributes
    ----------
    shape : tuple of int
        Of the images, the first argument.
    fixed : mapping of str to object
        Other arguments, by name.
    setting : str
        What they are, in words with which a sentence may begin.
    """

    shape: tuple[int, ...]
    fixed: Mapping[str, Any]
    setting: str

    def probe(
        self, rng: np.random.Generator, answer: Function, axes: Axes, *, hidden: bool = False
    ) -> WindowProbe:
        """Draw the numbers of a probe; parameters as in :meth:`.Formula.probe`."""
        (output,) = axes
        known = _known_windows(self, answer, output)
        return replace(
            known,
            seed=int(rng.integers(2**31)),
            right=functools.partial(_right_windows, self, answer, output),
            marks=lambda: window_readings.marks_of(_right_windows(self, answer, output)),
            told=hidden,
        )


@functools.cache
def _known_windows(asked: Windows, answer: Function, output: str) -> WindowProbe:
    (result,) = at_points(answer, math.inf)(np.zeros((1, *asked.shape)), **asked.fixed)
    return WindowProbe(asked.shape, output, result.shape[1:], asked.fixed, asked.setting, seed=0)


@functools.cache
def _right_windows(asked: Windows, answer: Function, output: str) -> np.ndarray:
    probe = _known_windows(asked, answer, output)
    found = probe.windows(at_points(answer, math.inf)(*probe.stacked(), **probe.fixed))
    if found is None or not found[1].all():
        raise ValueError("a number of the right answer is not the largest of some pixels")
    return found[0]
