"""Time that a process has had: that in which it waited for a core does not count.

On a busy machine a limit in seconds would be the neighbours' to use up. Linux knows how long each
process was ready to run and did not get to; elsewhere all time counts.
"""

from __future__ import annotations

import os
import time

MOST_WAIT = 10.0  # times the limit: however busy the machine is, a wait has an end


def waited(process: int | str = "thread-self") -> float:
    """Return for how many seconds a process, its first thread, has waited for a core so far."""
    try:
        file = os.open(f"/proc/{process}/schedstat", os.O_RDONLY)  # before every call: quickly
        try:
            return int(os.read(file, 100).split()[1]) / 1e9
        finally:
            os.close(file)
    except (OSError, ValueError, IndexError):
        return 0.0


class Allowance:
    """The seconds that a process is given from now on.

    Parameters
    ----------
    seconds : float
        Without those in which it waits for a core.
    process : int or str
        By its name in /proc.
    most : float, optional
        The longest by the clock on the wall; else `MOST_WAIT` times as long.
    """

    def __init__(
        self, seconds: float, process: int | str = "thread-self", most: float | None = None
    ) -> None:
        self._seconds = seconds
        self._process = process
        self._most = MOST_WAIT * seconds if most is None else most
        self._start = time.monotonic()
        self._waited = waited(process)

    def left(self) -> float:
        """Return how many seconds are left, at the soonest."""
        gone = time.monotonic() - self._start
        # Who asks every time that it has run out sees the waits, without looking all the time.
        had = (
            gone - max(0.0, waited(self._process) - self._waited) if gone > self._seconds else gone
        )
        return min(self._seconds - had, self._most - gone)
