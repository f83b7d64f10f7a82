"""Ending work early where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop(threading.Event):
    """Set when work is to end as soon as its state is whole.

    An interrupt that Python raises may come anywhere: within a database's transaction, or in what
    is called as objects go, where it is lost. So whoever works looks at this from time to time.
    """

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if it is set."""
        if self.is_set():
            raise KeyboardInterrupt

    @contextmanager
    def at_signals(self) -> Iterator[None]:
        """Be set by a Ctrl-C or a SIGTERM; the second one interrupts at once."""

        def end(number: int, frame: FrameType | None) -> None:
            self.check()
            self.set()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, end)
            for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
