"""Call a student's function, safely for the rest of the check."""

from __future__ import annotations

import contextlib
import copy
import inspect
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from course_utils.checks.cases import (
    SECONDS,
    Case,
    CaseSet,
    Changed,
    CodeLine,
    Outcome,
    Raised,
    Returned,
)
from course_utils.checks.clock import Allowance
from course_utils.checks.code_line import raised_in
from course_utils.checks.layout import copy_like
from course_utils.checks.probes import probed
from course_utils.checks.shortcuts import BLINDING, Watched, named_in
from course_utils.checks.wire import Foreign, WireError, as_sent

TIMEOUT = "TimeLimit"  # the `kind` of a call that took longer
GONE = "KernelDied"  # the `kind` of a call into another process that is there no more
NOT_SENT = "NotSent"  # the `kind` of a call whose result cannot be sent, be it too large
BLINDED = "Blinded"  # the `kind` of a call that kept the check from seeing what it called
MOST_MESSAGE = 1000  # characters of an exception's message


class Answer(ABC):
    """What a check asks: something that is called on cases, and comes to outcomes."""

    @abstractmethod
    def outcomes(self) -> list[Outcome | None]:
        """Say what the answer comes to on each case; None where it was not asked.

        Cases are asked in the order that their set says. Once a call is not back in time, only
        cases are asked that stand before its case, see :func:`left_to_ask`; and those that stand
        behind it count as not asked. So it does not depend on the order what such an answer is
        worth.
        """

    @abstractmethod
    def shortcuts(self) -> list[str]:
        """Return the forbidden functions that the answer was seen to call."""

    @abstractmethod
    def named(self) -> list[str]:
        """Return the forbidden functions that its code names, called or not."""


class StandIn(ABC):
    """Stands for a function that lives in another process."""

    @abstractmethod
    def answering(self, cases: CaseSet) -> Answer:
        """Return the answer that asks the other process."""


class LocalAnswer(Answer):
    """A function of this process.

    Parameters
    ----------
    function : callable
    cases : CaseSet
        Says which shortcuts are forbidden.
    """

    def __init__(self, function: Callable[..., Any], cases: CaseSet) -> None:
        self._function = Watched(probed(function, cases.probe), cases.forbidden)
        self._cases = cases
        self._used: list[str] = []
        self._named = _named_in_source(function, cases)

    def outcomes(self) -> list[Outcome | None]:
        """Call the function on copies of each case's arguments."""
        found: list[Outcome | None] = [None] * len(self._cases.cases)
        end = len(found)
        waiting = list(self._cases.asked)
        while waiting:
            place = waiting.pop(0)
            found[place] = outcome = self._outcome(self._cases.cases[place])
            if is_gone(outcome):
                end = place
                waiting = left_to_ask(waiting, end)
        return found[: end + 1] + [None] * (len(found) - end - 1)

    def shortcuts(self) -> list[str]:
        """Return what the function called."""
        return list(dict.fromkeys(self._used))

    def named(self) -> list[str]:
        """Return what was found in the function's source."""
        return self._named

    def _outcome(self, case: Case) -> Outcome:
        outcome = call(self._function, case, self._cases.seconds)
        used = self._function.used
        self._used += [name for name in used if name not in BLINDING]
        return settled(outcome, blinded=bool(set(used) & set(BLINDING)))


def answer_of(function: Callable[..., Any] | StandIn, cases: CaseSet) -> Answer:
    """Return what a check asks: a function of this process, or one that another one stands for."""
    if isinstance(function, StandIn):
        return function.answering(cases)
    return LocalAnswer(function, cases)


def settled(outcome: Outcome, *, blinded: bool = False) -> Outcome:
    """Return an outcome that can be compared: its value as it would arrive elsewhere.

    Parameters
    ----------
    outcome : Outcome
    blinded : bool
        Whether the call kept the check from seeing what it called.
    """
    if blinded:
        return Raised(BLINDED, "it sets a profile function, and the check needs that to itself")
    if not isinstance(outcome, Returned):
        return outcome
    try:
        return Returned(as_sent(outcome.value))
    except WireError as error:
        return Raised(NOT_SENT, str(error))


def is_gone(outcome: Outcome) -> bool:
    """Say whether a call did not come back, so that the next would not either."""
    return isinstance(outcome, Raised) and outcome.kind in (TIMEOUT, GONE)


def left_to_ask(waiting: Iterable[int], late: int) -> list[int]:
    """Return the places of cases that are still to be asked when the call at one did not come back.

    The first of all cases comes first: an answer that does not come back from there either, as most
    that never end, is worth nothing, and no other case need be waited for.
    """
    left = [place for place in waiting if place < late]
    return sorted(left, key=lambda place: place != min(left))


class TimeLimit(BaseException):
    """The call took too long. Not an Exception, so that `except Exception` does not stop it."""


def call(function: Callable[..., Any], case: Case, seconds: float = SECONDS) -> Outcome:
    """Call `function` on copies of a case's arguments.

    What it writes to stderr goes to stdout instead, because nbgrader gives no points to a test
    cell with anything on stderr.

    Returns
    -------
    Outcome
        What it returned or raised; an endless loop raises the kind `TIMEOUT`. A call that changed
        an argument came to that, whatever it returned: positions are "0", "1", keywords by name.
    """
    args, kwargs = copies(case.args, case.kwargs)
    outcome = attempt(function, args, kwargs, seconds)
    place = changed(case, args, kwargs)
    return outcome if place is None else Changed(place)


def copies(args: Iterable[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments that a function may change: arrays lie in memory as they did."""
    return [_copy(arg) for arg in args], {key: _copy(arg) for key, arg in kwargs.items()}


def attempt(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    seconds: float = SECONDS,
) -> Returned | Raised:
    """Call a function and say what it returned or raised."""
    try:
        with contextlib.redirect_stderr(sys.stdout), time_limit(seconds):
            return Returned(function(*args, **kwargs))
    except TimeLimit as error:
        return Raised(TIMEOUT, f"no answer after {seconds:g} s", line=_line(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Raised(type(error).__name__, _message(error), _bases(error), _line(error))


def changed(case: Case, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """Return which argument of a case is another one after a call: its position or its name."""
    if len(args) != len(case.args) or list(kwargs) != list(case.kwargs):
        raise ValueError(f"{len(args)} arguments for a case of {len(case.args)}")
    before = [*enumerate(case.args), *case.kwargs.items()]
    for (key, old), new in zip(before, [*args, *kwargs.values()], strict=True):
        if not _same(old, new):
            return str(key)
    return None


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the body after `seconds`, where the system has such an alarm.

    Time in which the body waits for a core does not count. There is no alarm on Windows and outside
    the main thread; there the body runs on.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    over = False
    complain = sys.unraisablehook

    def ring(number: int, frame: FrameType | None) -> None:
        if over:
            return
        if (left := allowance.left()) > 0:  # the machine was busy with something else
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.01), min(seconds, 1.0))
            return
        raise TimeLimit

    def lost(error: sys.UnraisableHookArgs) -> None:
        # A destructor and a callback of the garbage collector let nothing out that they raise. The
        # limit rings again; of this one there is nothing to say.
        if not issubclass(error.exc_type, TimeLimit):
            complain(error)

    allowance = Allowance(seconds)
    before = signal.signal(signal.SIGALRM, ring)
    sys.unraisablehook = lost
    # It rings again, because what it raises may be swallowed, by a destructor for one.
    signal.setitimer(signal.ITIMER_REAL, seconds, min(seconds, 1.0))
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = complain


def _bases(error: BaseException) -> tuple[str, ...]:
    """Return the names of the exception's bases that are Python's or NumPy's own."""
    own = ("builtins", "numpy")
    bases = type(error).__mro__[1:]
    return tuple(t.__name__ for t in bases if str(t.__module__).partition(".")[0] in own)


def _message(error: BaseException) -> str:
    try:
        with time_limit(SECONDS):
            return str(error)[:MOST_MESSAGE]
    except BaseException:  # of an exception of the student's own
        return ""


def _line(error: BaseException) -> CodeLine | None:
    try:
        with time_limit(SECONDS):
            return raised_in(error)
    except BaseException:  # of an exception of the student's own, or of what stands around it
        return None


def _named_in_source(function: Callable[..., Any], cases: CaseSet) -> list[str]:
    """Look for the names of shortcuts in the notebook's cells, or in the function's own source."""
    if not cases.forbidden:
        return []
    if isinstance(cells := _cells(function), list):
        return named_in([c for c in cells if isinstance(c, str)], cases.forbidden, cases.name)
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # an instance, a partial, or typed into a shell
        return []
    return named_in(source, cases.forbidden, cases.name)


def _cells(function: Callable[..., Any]) -> Any:
    """Return the cells that have run, if the function is of a notebook."""
    if getattr(function, "__module__", "") != "__main__":
        return None
    return getattr(sys.modules["__main__"], "In", None)


def _copy(value: Any) -> Any:
    return copy_like(value) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _same(old: Any, new: Any) -> bool:
    """Say whether an argument is still what it was, by types and numbers that are known."""
    if type(old) is not type(new):
        return isinstance(old, Foreign) and isinstance(new, Foreign) and _kind(old) == _kind(new)
    if isinstance(old, np.ndarray):
        if old.dtype != new.dtype or old.shape != new.shape:
            return False
        # NaN equals nothing, so it is looked for only where the quick look fails.
        return np.array_equal(old, new) or (
            old.dtype.kind in "fc" and np.array_equal(old, new, equal_nan=True)
        )
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict):
        same_keys = len(old) == len(new) and all(map(_same, old, new))
        return same_keys and all(map(_same, old.values(), new.values()))
    return bool(old == new) or bool(old != old and new != new)


def _kind(value: Any) -> str:
    return type(value).__name__
