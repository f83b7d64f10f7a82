"""Call a student's function once, safely for the rest of the check."""

from __future__ import annotations

import contextlib
import copy
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np

from course_utils.checks.cases import Case, Changed, Outcome, Raised, Returned
from course_utils.checks.encode import copy_like

SECONDS = 5.0  # the longest that one call may take
TIMEOUT = "TimeLimit"  # the `kind` of a call that took longer


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
    except (Exception, SystemExit) as error:
        outcome = Raised(type(error).__name__, str(error))
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

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _copy(value: Any) -> Any:
    return copy_like(value) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray):
        return old.shape == new.shape and np.array_equal(old, new, equal_nan=old.dtype.kind == "f")
    return bool(old == new)
