"""Call a student's function, safely for the rest of the check."""

from __future__ import annotations

import contextlib
import copy
import inspect
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np

from course_utils.checks.cases import Case, CaseSet, Changed, Outcome, Raised, Returned
from course_utils.checks.layout import copy_like
from course_utils.checks.probes import probed
from course_utils.checks.shortcuts import used_in, watch

SECONDS = 5.0  # the longest that one call may take
TIMEOUT = "TimeLimit"  # the `kind` of a call that took longer
GONE = "KernelDied"  # the `kind` of a call into another process that is there no more


class Answer(ABC):
    """What a check asks: something that is called on cases, and comes to outcomes."""

    @abstractmethod
    def outcomes(self) -> list[Outcome]:
        """Say what the answer comes to on each case, up to the first from which it is not back."""

    @abstractmethod
    def shortcuts(self) -> list[str]:
        """Return the forbidden functions that the answer was seen to use."""


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
        self._function = probed(function, cases.probe)
        self._cases = cases
        self._used = _used_in_source(function, cases)

    def outcomes(self) -> list[Outcome]:
        """Call the function on copies of each case's arguments."""
        found = []
        with watch(self._cases.forbidden) as used:
            for case in self._cases.cases:
                found.append(call(self._function, case))
                if is_gone(found[-1]):
                    break
        self._used += used
        return found

    def shortcuts(self) -> list[str]:
        """Return what was found in the function's source, and what it called."""
        return list(dict.fromkeys(self._used))


def is_gone(outcome: Outcome) -> bool:
    """Say whether a call did not come back, so that the next would not either."""
    return isinstance(outcome, Raised) and outcome.kind in (TIMEOUT, GONE)


class TimeLimit(BaseException):
    """The call took too long. Not an Exception, so that `except Exception` does not stop it."""


def call(function: Callable[..., Any], case: Case) -> Outcome:
    """Call `function` on copies of a case's arguments.

    What it writes to stderr goes to stdout instead, because nbgrader gives no points to a test
    cell with anything on stderr.

    Returns
    -------
    Outcome
        What it returned or raised; an endless loop raises the kind `TIMEOUT`. A call that changed
        an argument came to that, whatever it returned: positions are "0", "1", keywords by name.
    """
    args = [_copy(arg) for arg in case.args]
    kwargs = {key: _copy(arg) for key, arg in case.kwargs.items()}
    outcome: Outcome
    try:
        with contextlib.redirect_stderr(sys.stdout), time_limit(SECONDS):
            outcome = Returned(function(*args, **kwargs))
    except TimeLimit:
        outcome = Raised(TIMEOUT, f"no answer after {SECONDS:g} s")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        outcome = Raised(type(error).__name__, _message(error))
    before = [*enumerate(case.args), *case.kwargs.items()]
    for (key, old), new in zip(before, [*args, *kwargs.values()], strict=True):
        if not _same(old, new):
            return Changed(str(key))
    return outcome


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the body after `seconds`, where the system has such an alarm.

    There is none on Windows and outside the main thread; there the body runs on.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    over = False

    def ring(number: int, frame: FrameType | None) -> None:
        if not over:
            raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    # It rings again, because what it raises may be swallowed, by a destructor for one.
    signal.setitimer(signal.ITIMER_REAL, seconds, min(seconds, 1.0))
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _message(error: BaseException) -> str:
    try:
        with time_limit(SECONDS):
            return str(error)
    except BaseException:  # of an exception of the student's own
        return ""


def _used_in_source(function: Callable[..., Any], cases: CaseSet) -> list[str]:
    """Look for shortcuts in the notebook's cells, or in the function's own source."""
    if not cases.forbidden:
        return []
    if isinstance(cells := _cells(function), list):
        return used_in(cells, cases.forbidden, function=cases.name)
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # an instance, a partial, or typed into a shell
        return []
    return used_in(source, cases.forbidden, function=cases.name)


def _cells(function: Callable[..., Any]) -> Any:
    """Return the cells that have run, if the function is of a notebook."""
    if getattr(function, "__module__", "") != "__main__":
        return None
    return getattr(sys.modules["__main__"], "In", None)


def _copy(value: Any) -> Any:
    return copy_like(value) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray):
        # NaN equals nothing, so it is looked for only where the quick look fails.
        return np.array_equal(old, new) or (
            old.dtype.kind == "f" and np.array_equal(old, new, equal_nan=True)
        )
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict):
        return list(old) == list(new) and all(_same(old[key], new[key]) for key in old)
    return bool(old == new)
