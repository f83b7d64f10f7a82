"""An exercise, declared once: what it asks, how it is checked, and how students get it wrong."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from course_utils.checks.call import call
from course_utils.checks.cases import (
    SECONDS,
    Achieves,
    Axis,
    Case,
    CaseSet,
    Changed,
    Outcome,
    Raised,
    Returned,
    Timing,
)
from course_utils.checks.catch import Catches
from course_utils.checks.diagnose import same_outcome
from course_utils.checks.formula import Probe
from course_utils.checks.probes import probed
from course_utils.checks.sums import SumProbe
from course_utils.checks.window_readings import WindowProbe
from course_utils.errors import did_you_mean
from course_utils.exercises.edits import (
    EditError,
    definition,
    edited,
    function_of,
    without_docstring,
)
from course_utils.exercises.formula import Formula
from course_utils.exercises.live_picture import Shown
from course_utils.exercises.sums import Sums, Windows

Function = Callable[..., Any]
REFUSED = 0.1  # the share of the points that all cases that ask for an error have together


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
        Share of the points, relative to the other cases that ask for a result.
    achieves : Achieves or Catches, optional
        What predictions are measured against, where they count for how good they are; or which
        mistakes the calls that the answer returns are to catch.
    """

    label: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    raises: str = ""
    weight: float = 1.0
    achieves: Achieves | Catches | None = None


def case(label: str, *args: Any, weight: float = 1.0, **kwargs: Any) -> Inputs:
    """Write a case as the call that it makes."""
    return Inputs(label, args, kwargs, weight=weight)


def measured(label: str, achieves: Achieves, *args: Any, **kwargs: Any) -> Inputs:
    """Write a case whose result counts for how good it is: no reference says what is right."""
    return Inputs(label, args, kwargs, achieves=achieves)


def refused(label: str, *args: Any, **kwargs: Any) -> Inputs:
    """Write a case whose inputs make no sense, so that they must raise a `ValueError`.

    Such cases share a tenth of an exercise's points.
    """
    return Inputs(label, args, kwargs, raises="ValueError")


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def axis(text: str) -> Axis:
    """Read what an axis means: ``"step"``, or ``"gate: i f g o"`` if it is made of such blocks."""
    name, _, parts = text.partition(": ")
    return Axis(name, tuple(parts.split()))


@dataclass
class Mistake:
    """A wrong answer that students give.

    Attributes
    ----------
    name : str
    function : callable
        The wrong answer.
    sentence : str
        What a good tutor would say to it, in one sentence.
    edits : dict of str to str
        What is wrong in it, as changes of the right answer `of`; empty where it is a structure of
        its own.
    of : str
        The right answer that is changed, by its name; empty for the model.
    """

    name: str
    function: Function
    sentence: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    of: str = ""

    def says(self, sentence: str) -> None:
        """Write down what a good tutor would say to it."""
        self.sentence = sentence


@dataclass
class Exercise:
    """One graded function.

    Attributes
    ----------
    model : callable
        The answer as a student would write it. Its name is the exercise's, its docstring is what
        students get, and the assignment's answer cell is made from it.
    points : float
    inputs : callable
        Given a random generator, yields the cases' inputs. The labels do not depend on it.
    reference : callable, optional
        What says what is right, where that is not the model itself.
    outputs : tuple of str
        Names of the parts of the result.
    axes : dict of str to tuple of str
        For outputs that are arrays, what their axes mean: ``("step", "sequence", "unit")``. An axis
        that is made of blocks names them: ``"gate: i f g o"``.
    rtol, atol : float
        Tolerances for real numbers, as in :func:`course_utils.checks.compare.compare`.
    forbidden : tuple of str
        Dotted names of functions or modules that an answer must not use.
    kept : float
        Share of the points that an answer keeps if it does.
    probe : str
        How to turn an answer into a function of arrays; see :mod:`course_utils.checks.probes`.
    seconds : float
        The longest that one call may take.
    measured : bool
        Whether answers count for what they achieve, in every case: see :func:`measured`.
    catches : str
        The exercise whose mistakes are to be caught by calls that answers return, if there is one;
        then they count for what they catch: see :func:`.catching.catching`.
    wild : callable, optional
        Given a random generator, yields further inputs as cases do, many and small, on which
        changes of a right answer are told from it; see :mod:`course_utils.authoring.prove`.
    formula : Formula, Sums or Windows, optional
        How to read what an answer computes: a sum of products of named factors, see
        :mod:`.exercises.formula`; of numbers of arrays, or their largest, see
        :mod:`.exercises.sums`.
    window : str
        What a window does that slides over `x`, where that makes the result: "correlation",
        "convolution" or "pooling". The other arguments have the names w or kernel, b, stride, pad.
    timed : Timing, optional
        A larger call on which right answers are timed beside the reference, where that works on
        whole arrays; the scale is measured when the cases are frozen.
    picture : Shown, optional
        The book's live picture that shows some of the mistakes; see :mod:`.live_picture`.
    mistakes : dict of str to Mistake
    right : dict of str to callable
        Right answers in other styles.
    """

    model: Function
    points: float
    inputs: Callable[[np.random.Generator], Iterable[Inputs]]
    reference: Function | None = None
    outputs: tuple[str, ...] = ("the result",)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rtol: float = 1e-9
    atol: float = 1e-12
    forbidden: tuple[str, ...] = ()
    kept: float = 0.0
    probe: str = ""
    seconds: float = SECONDS
    measured: bool = False
    catches: str = ""
    wild: Callable[[np.random.Generator], Iterable[Inputs]] | None = None
    formula: Formula | Sums | Windows | None = None
    window: str = ""
    timed: Timing | None = None
    picture: Shown | None = None
    mistakes: dict[str, Mistake] = field(default_factory=dict)
    right: dict[str, Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Measure answers that are to catch mistakes."""
        self.measured = self.measured or bool(self.catches)

    @property
    def name(self) -> str:
        """The student's function, the exercise's module and the grade_id of its test cell."""
        return self.model.__name__

    @property
    def reference_or_model(self) -> Function:
        """The function that says what is right."""
        return self.reference or self.model

    def mistake(self, name: str, edits: Mapping[str, str], *, of: str = "") -> Mistake:
        """Register a wrong answer: what is wrong, and nothing else. Then say the sentence to it.

        Parameters
        ----------
        name : str
        edits : dict of str to str
            Old texts of the model answer, without its docstring, and what stands there instead;
            see :func:`.edits.edited`.
        of : str
            Another right answer that is edited in place of the model.

        Raises
        ------
        EditError
            If an old text does not stand in the answer exactly once.
        """
        title = f"mistake {name} of {self.name}"
        if of and of not in self.right:
            raise EditError(
                f"{title}: no right answer {of!r} stands above; {did_you_mean(of, self.right)}"
            )
        base = self.right[of] if of else self.model
        try:
            source = edited(without_docstring(definition(base)), edits)
            function = function_of(source, self.model.__module__, title)
        except (EditError, SyntaxError) as error:
            raise EditError(f"{title}: {error}") from None
        return self._add(Mistake(name, function, edits=edits, of=of))

    def whole_mistake(self, sentence: str) -> Callable[[Function], Function]:
        """Register the decorated function as a wrong answer of another structure."""

        def register(function: Function) -> Function:
            self._add(Mistake(function.__name__, function, sentence))
            return function

        return register

    def right_answer(self, function: Function) -> Function:
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
        cases = self.cases_of(list(self.inputs(rng)), hidden=hidden)
        return replace(cases, formula=self.reading(rng, hidden=hidden))

    def reading(
        self, rng: np.random.Generator, *, hidden: bool = False
    ) -> Probe | SumProbe | WindowProbe | None:
        """Draw how an answer's products are read; None where it is no sum of products."""
        if self.formula is None:
            return None
        axes = {output: tuple(map(axis, self.axes[output])) for output in self.outputs}
        return self.formula.probe(rng, self.reference_or_model, axes, hidden=hidden)

    def cases_of(self, drawn: Sequence[Inputs], *, hidden: bool = False) -> CaseSet:
        """Work out what the reference comes to on these inputs; errors as in :meth:`cases`."""
        return CaseSet(
            name=self.name,
            points=self.points,
            parameters=self.parameters,
            outputs=self.outputs,
            cases=tuple(map(self._case, drawn, _weights(drawn))),
            axes={output: tuple(map(axis, axes)) for output, axes in self.axes.items()},
            sentences={mistake.name: mistake.sentence for mistake in self.mistakes.values()},
            rtol=self.rtol,
            atol=self.atol,
            forbidden=self.forbidden,
            kept=self.kept,
            probe=self.probe,
            seconds=self.seconds,
            window=self.window,
            hidden=hidden,
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's parameters, in order."""
        return tuple(inspect.signature(probed(self.reference_or_model, self.probe)).parameters)

    def _add(self, mistake: Mistake) -> Mistake:
        if mistake.name in self.mistakes:
            raise EditError(f"{self.name} has a mistake {mistake.name} already")
        self.mistakes[mistake.name] = mistake
        return mistake

    def _case(self, inputs: Inputs, weight: float) -> Case:
        if (inputs.achieves is not None) is not self.measured:
            raise RuntimeError(
                f"{self.name}, case {inputs.label!r}: all cases of a measured exercise, and of "
                "no other, are written with measured(...), or with catching(...)"
            )
        if inputs.achieves is not None:
            return Case(inputs.label, inputs.args, inputs.kwargs, inputs.achieves, weight=weight)
        asked = Case(inputs.label, inputs.args, inputs.kwargs, Raised(inputs.raises))
        expected = call(probed(self.reference_or_model, self.probe), asked, self.seconds)
        raised = expected.kind if isinstance(expected, Raised) else ""
        if isinstance(expected, Changed) or raised != inputs.raises:
            raise RuntimeError(
                f"{self.name}, case {inputs.label!r}: the reference came to {expected}, "
                f"but the case asks for {inputs.raises or 'a result'}"
            )
        expected = _plain_outcome(expected)
        mistakes = _Mistakes(self.mistakes, lambda name: self._mistake(name, asked, expected))
        return Case(inputs.label, inputs.args, inputs.kwargs, expected, mistakes, weight=weight)

    def _mistake(self, name: str, asked: Case, expected: Outcome) -> Outcome | None:
        """Return what a mistake comes to, unless that is what is expected."""
        function = probed(self.mistakes[name].function, self.probe)
        with warnings.catch_warnings():  # which are no outcome, whoever makes errors of them
            warnings.simplefilter("ignore")
            outcome = _plain_outcome(call(function, asked, self.seconds))
        same = same_outcome(expected, outcome, rtol=self.rtol, atol=self.atol)
        return None if same else outcome


def _weights(drawn: Sequence[Inputs]) -> Iterator[float]:
    """Yield what each case weighs: those that ask for an error share a tenth of the whole."""
    errors = sum(1 for inputs in drawn if inputs.raises)
    results = sum(inputs.weight for inputs in drawn if not inputs.raises)
    for inputs in drawn:
        yield results * REFUSED / (1 - REFUSED) / errors if inputs.raises else inputs.weight


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
    return Raised(outcome.kind, bases=outcome.bases) if isinstance(outcome, Raised) else outcome


def _plain(value: Any) -> Any:
    """Turn a NamedTuple into a tuple, a NumPy scalar into a number, and put arrays in order."""
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value).reshape(value.shape)  # which makes an axis of a number
    return value.item() if isinstance(value, np.generic) else value
