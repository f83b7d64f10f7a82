"""An exercise, declared once: what it asks, how it is checked, and how students get it wrong."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks.call import call
from course_utils.checks.cases import Case, CaseSet, Changed, Outcome, Raised, Returned
from course_utils.checks.diagnose import same_outcome
from course_utils.checks.probes import probed

Function = Callable[..., Any]


@dataclass(frozen=True)
class Inputs:
    """The inputs of one case; the reference says what they must come to.

    Attributes
    ----------
    label : str
        What is special about the case, in a few words a student can read.
    args, kwargs
        Arguments of the call.
    raises : str
        Name of the exception that these inputs must raise; empty where a result is due.
    weight : float
        Share of the points, relative to the other cases.
    """

    label: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    raises: str = ""
    weight: float = 1.0


def case(label: str, *args: Any, raises: str = "", weight: float = 1.0, **kwargs: Any) -> Inputs:
    """Write a case as the call that it makes."""
    return Inputs(label, args, kwargs, raises, weight)


def refused(label: str, *args: Any, **kwargs: Any) -> Inputs:
    """Write a case whose inputs make no sense.

    There are many ways to make none, so such a case weighs a quarter of an ordinary one.
    """
    return case(label, *args, raises="ValueError", weight=0.25, **kwargs)


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


@dataclass
class Exercise:
    """One graded function.

    Attributes
    ----------
    name : str
        The exercise: the student's function and the grade_id of its test cell.
    points : float
    reference : callable
        The function that is right.
    inputs : callable
        Given a random generator, yields the cases' inputs. The labels do not depend on it.
    outputs : tuple of str
        Names of the parts of the result.
    rtol, atol : float
        Tolerances for real numbers, as in :func:`course_utils.checks.compare.compare`.
    forbidden : tuple of str
        Dotted names of functions or modules that an answer must not use.
    kept : float
        Share of the points that an answer keeps if it does.
    probe : str
        How to turn an answer into a function of arrays; see :mod:`course_utils.checks.probes`.
    wrong : dict of str to (callable, str)
        Known wrong answers, each with the one sentence that a good tutor would say.
    right : dict of str to callable
        Right answers in other styles.
    """

    name: str
    points: float
    reference: Function
    inputs: Callable[[np.random.Generator], Iterable[Inputs]]
    outputs: tuple[str, ...] = ("the result",)
    rtol: float = 1e-9
    atol: float = 1e-12
    forbidden: tuple[str, ...] = ()
    kept: float = 0.0
    probe: str = ""
    wrong: dict[str, tuple[Function, str]] = field(default_factory=dict)
    right: dict[str, Function] = field(default_factory=dict)

    def known_wrong(self, sentence: str) -> Callable[[Function], Function]:
        """Register the decorated function as a wrong answer, with its sentence."""

        def register(function: Function) -> Function:
            self.wrong[function.__name__] = (function, sentence)
            return function

        return register

    def known_right(self, function: Function) -> Function:
        """Register the decorated function as a right answer in another style."""
        self.right[function.__name__] = function
        return function

    def cases(self, rng: np.random.Generator, *, hidden: bool = False) -> CaseSet:
        """Draw the cases and work out what the reference comes to.

        What the wrong answers come to is worked out when it is asked for.

        Raises
        ------
        RuntimeError
            If the reference does not do what a case asks, so that the exercise is at fault.
        """
        return CaseSet(
            name=self.name,
            points=self.points,
            parameters=tuple(inspect.signature(probed(self.reference, self.probe)).parameters),
            outputs=self.outputs,
            cases=tuple(self._case(inputs) for inputs in self.inputs(rng)),
            sentences={name: sentence for name, (_, sentence) in self.wrong.items()},
            rtol=self.rtol,
            atol=self.atol,
            forbidden=self.forbidden,
            kept=self.kept,
            probe=self.probe,
            hidden=hidden,
        )

    def _case(self, inputs: Inputs) -> Case:
        asked = Case(inputs.label, inputs.args, inputs.kwargs, Raised(inputs.raises))
        expected = call(probed(self.reference, self.probe), asked)
        raised = expected.kind if isinstance(expected, Raised) else ""
        if isinstance(expected, Changed) or raised != inputs.raises:
            raise RuntimeError(
                f"{self.name}, case {inputs.label!r}: the reference came to {expected}, "
                f"but the case asks for {inputs.raises or 'a result'}"
            )
        expected = _plain_outcome(expected)
        mistakes = _Mistakes(self.wrong, lambda name: self._mistake(name, asked, expected))
        return Case(
            inputs.label, inputs.args, inputs.kwargs, expected, mistakes, weight=inputs.weight
        )

    def _mistake(self, name: str, asked: Case, expected: Outcome) -> Outcome | None:
        """Return what a known wrong answer comes to, unless that is what is expected."""
        function, _ = self.wrong[name]
        outcome = _plain_outcome(call(probed(function, self.probe), asked))
        same = same_outcome(expected, outcome, rtol=self.rtol, atol=self.atol)
        return None if same else outcome


class _Mistakes(Mapping[str, Outcome]):
    """What wrong answers come to, each worked out when somebody looks at it.

    Most answers are right, and then nobody asks what the wrong ones would have come to.
    """

    def __init__(self, names: Iterable[str], work: Callable[[str], Outcome | None]) -> None:
        self._names = list(names)
        self._work = functools.cache(work)

    def __getitem__(self, name: str) -> Outcome:
        outcome = self._work(name) if name in self._names else None
        if outcome is None:
            raise KeyError(name)
        return outcome

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._names if self._work(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _plain_outcome(outcome: Outcome) -> Outcome:
    """Drop what does not belong in a file: an exception's message, types of NumPy's own."""
    if isinstance(outcome, Returned):
        return Returned(_plain(outcome.value))
    return Raised(outcome.kind) if isinstance(outcome, Raised) else outcome


def _plain(value: Any) -> Any:
    """Turn a NamedTuple into a tuple and a NumPy scalar into a number."""
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value.item() if isinstance(value, np.generic) else value
