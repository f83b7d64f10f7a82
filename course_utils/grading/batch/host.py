"""A process of this machine in which functions run, several at a time, in its threads.

The work is in the kernels, which are processes of their own. So threads are enough here, and what
is expensive to start, the process with its imports from which kernels are forked, is there once.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

ENDED = 5.0  # seconds that a host has to clean up
BEAT = 1.0  # seconds between two signs of life
SILENT = 30  # times as long without one, and a host that does not end was stopped


class Host(Executor):
    """Runs functions in another process, each in a thread.

    If that process is killed, or stopped for long, all that ran there comes to a `BrokenExecutor`,
    and so does what is submitted afterwards.

    Parameters
    ----------
    jobs : int
        How many at a time.
    """

    def __init__(self, jobs: int) -> None:
        # Spawned, because what this process has open is none of its.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, jobs), daemon=True)
        self._lock = threading.Lock()
        self._running: dict[int, Future[Any]] = {}
        self._count = 0
        self._gone = False
        with contextlib.suppress(OSError):  # it was killed as it started, which the reader learns
            self._process.start()
        theirs.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a function called over there; it and its arguments must be picklable."""
        future: Future[Any] = Future()
        with self._lock:
            if self._gone:
                raise BrokenExecutor("the host was killed")
            self._count += 1
            self._running[self._count] = future
            future.set_running_or_notify_cancel()
            with contextlib.suppress(OSError):  # then the reader, too, learns that it is gone
                self._connection.send((self._count, fn, args, kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the process, and with it what still runs: nobody wants it any more."""
        self._process.terminate()
        self._process.join(ENDED)
        self._process.kill()
        self._process.join()
        self._reader.join()
        self._connection.close()

    def kill(self) -> None:
        """End the process at once: it does not come to an end by itself."""
        self._process.kill()

    def _read(self) -> None:
        """Hand results to those who wait for them, until no more can come."""
        silent = 0  # beats, counted and not timed: this process, too, may have been stopped
        while True:
            try:
                if not self._connection.poll(BEAT):
                    silent += 1
                    if silent > SILENT:
                        self.kill()
                    continue
                silent = 0
                number, sent = self._connection.recv()
            except (EOFError, OSError):
                break
            if not number:
                continue
            try:
                result, error = pickle.loads(sent)
            except Exception as failed:  # some exceptions can be sent, but not made anew
                result, error = None, RuntimeError(f"what came back cannot be read: {failed!r}")
            with self._lock:
                future = self._running.pop(number)
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        with self._lock:
            self._gone = True
            lost, self._running = self._running, {}
        for future in lost.values():
            future.set_exception(BrokenExecutor("the host was killed"))


def preload(module: str) -> None:
    """Import a module that will be needed."""
    with kept():
        importlib.import_module(module)


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Have Python not look for garbage in what is made here: modules, which stay to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _serve(connection: Connection, jobs: int) -> None:
    """Run what comes until nobody is left who sends it. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _leave())
    lock = threading.Lock()

    def run(
        number: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        result, failed = None, None
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            failed = error
        try:
            sent = pickle.dumps((result, failed))
        except Exception as error:
            sent = pickle.dumps((None, RuntimeError(f"it cannot be sent: {failed or error!r}")))
        with lock, contextlib.suppress(OSError):
            connection.send((number, sent))

    def live() -> None:
        with contextlib.suppress(OSError):
            while True:
                with lock:
                    connection.send((0, b""))
                time.sleep(BEAT)

    threading.Thread(target=live, daemon=True).start()
    pool = ThreadPoolExecutor(jobs)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pool.submit(run, *connection.recv())
    _leave()


def _leave() -> None:
    """End this process at once, but not without its kernels and folders."""
    atexit._run_exitfuncs()
    os._exit(0)
