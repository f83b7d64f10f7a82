"""What a check is made of: cases, what a call came to, and the set that belongs to an exercise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks.catch import Catches
from course_utils.checks.formula import Probe
from course_utils.checks.measure import check_levels
from course_utils.checks.sums import SumProbe
from course_utils.checks.window_readings import WindowProbe

SECONDS = 5.0  # the longest that one call may take, where an exercise does not give more


@dataclass(frozen=True)
class Returned:
    """A call that returned `value`."""

    value: Any


@dataclass(frozen=True)
class CodeLine:
    """A line of a student's code.

    Attributes
    ----------
    number : int
        In its cell, or in its file, from 1.
    text : str
    function : str
        The function in which it stands.
    caller : int
        The line of the checked function that led there; 0 if it stands in that function itself.
    """

    number: int
    text: str
    function: str
    caller: int = 0


@dataclass(frozen=True)
class Raised:
    """A call that raised an exception of the type named `kind`.

    Attributes
    ----------
    kind, message : str
    bases : tuple of str
        Names of the types of Python's and NumPy's own from which that type is derived.
    line : CodeLine or None
        Where in the student's code it was raised, if that is known.
    """

    kind: str
    message: str = ""
    bases: tuple[str, ...] = field(default=(), compare=False)
    line: CodeLine | None = field(default=None, compare=False)

    def is_a(self, kind: str) -> bool:
        """Say whether the exception is of a type, as `isinstance` would."""
        return kind in (self.kind, *self.bases)


@dataclass(frozen=True)
class Changed:
    """A call that changed an argument in place: `argument` is its position or its name."""

    argument: str


Outcome = Returned | Raised | Changed


@dataclass(frozen=True)
class Achieves:
    """What is asked for where predictions count for how good they are.

    Attributes
    ----------
    truth : array
        The labels or targets that the predictions are for. The answer never sees them.
    measure : str
        How the two are compared: "accuracy" or "mean squared error"; see :mod:`.measure`.
    levels : tuple of (float, float)
        What is achieved and the share of the points that it earns, with rising shares; straight
        lines join them. The last share is 1.

    Raises
    ------
    ValueError
        If the scale is none.
    """

    truth: np.ndarray
    measure: str
    levels: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Refuse a scale that is none."""
        check_levels(self.measure, self.levels)


Asked = Outcome | Achieves | Catches  # what a case may ask for


@dataclass(frozen=True)
class Axis:
    """What an axis of an output means.

    Attributes
    ----------
    name : str
        What one of its places is: "step", "sequence", "unit", "row".
    parts : tuple of str
        Names of equal blocks along the axis, as of gates; empty where places are numbered.
    """

    name: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One call of the student's function and what it must come to.

    Attributes
    ----------
    label : str
        What is special about the case, in a few words a student can read.
    args, kwargs
        Positional and keyword arguments.
    expected : Outcome, Achieves or Catches
        The value to return, the exception to raise, what predictions are measured against, or
        which mistakes are to be caught.
    mistakes : mapping of str to Outcome
        What each mistake comes to, where that differs from `expected`.
    weight : float
        Share of the points, relative to the other cases.
    """

    label: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    expected: Asked
    mistakes: Mapping[str, Outcome] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Timing:
    """A call on which a right answer is timed; see :mod:`course_utils.checks.pace`.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        The arguments that are arrays.
    options : mapping of str to Any
        The other arguments.
    see : str
        The section of the book that says how to be faster, from the folder `book` on:
        "convnet/pooling.html#backwards"; empty if there is none.
    scale : float
        How long the reference takes, in units of a small calculation.
    """

    shapes: Mapping[str, tuple[int, ...]]
    options: Mapping[str, Any] = field(default_factory=dict)
    see: str = ""
    scale: float = 0.0


@dataclass(frozen=True)
class CaseSet:
    """All cases of one exercise, with what is needed to judge and to explain.

    Attributes
    ----------
    name : str
        The exercise, which is also the name of the student's function.
    points : float
        Points for passing every case.
    parameters : tuple of str
        Names of the function's parameters, in order.
    outputs : tuple of str
        Names of the parts of the result; one name where there is one part.
    cases : tuple of Case
    sentences : mapping of str to str
        For each mistake, what a tutor would say.
    axes : mapping of str to tuple of Axis
        For outputs that are arrays, what their axes mean.
    witnesses : mapping of str to str
        For mistakes, the smallest inputs on which they show: "try `f(5, 2)`: 2, not 3".
    pictures : mapping of str to str
        For mistakes that a live picture of the book shows, its address in the setting
        of such a call, from the folder `book` on: "lstm/gates.html?f=0.5#try-it-out".
    rtol, atol : float
        Tolerances for real numbers; whole numbers must be equal.
    forbidden : tuple of str
        Dotted names of functions or modules that the answer must not use, because writing them
        is the exercise.
    kept : float
        Share of the points that an answer keeps if it uses one of them.
    probe : str
        How to turn the answer into a function of arrays; empty if it is one.
        See :mod:`course_utils.checks.probes`.
    seconds : float
        The longest that one call may take, without waiting for a core.
    hidden : bool
        Whether the numbers must stay out of reports.
    order : tuple of int
        The places of the cases in the order in which they are asked; as they stand if it is empty.
        Where the order is drawn, an answer learns nothing from how often it was called.
    formula : Probe, SumProbe or WindowProbe, optional
        How to read what an answer computes, where it is a sum of products.
    window : str
        What a window does that slides over `x`, where that makes the result: "correlation",
        "convolution" or "pooling"; see :mod:`course_utils.checks.window_picture`.
    timing : Timing, optional
        A larger call, on which a right answer is timed.
    learned : CaseSet, optional
        The cases that students have, with the mistakes that the course has learned from its own
        class; see :mod:`course_utils.checks.learned`.
    """

    name: str
    points: float
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    cases: tuple[Case, ...]
    sentences: Mapping[str, str]
    axes: Mapping[str, tuple[Axis, ...]] = field(default_factory=dict)
    witnesses: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    rtol: float = 1e-9
    atol: float = 1e-12
    forbidden: tuple[str, ...] = ()
    kept: float = 0.0
    probe: str = ""
    seconds: float = SECONDS
    hidden: bool = False
    order: tuple[int, ...] = ()
    formula: Probe | SumProbe | WindowProbe | None = None
    window: str = ""
    timing: Timing | None = None
    learned: CaseSet | None = None

    @property
    def measured(self) -> bool:
        """Whether what every case asks for counts by how much of it is achieved."""
        return all(isinstance(case.expected, Achieves | Catches) for case in self.cases)

    @property
    def asked(self) -> tuple[int, ...]:
        """The places of the cases in the order in which they are asked.

        An order may have been drawn for more cases, of which some were taken away: places that are
        no more are passed over.
        """
        count = len(self.cases)
        return tuple(place for place in self.order or range(count) if place < count)
