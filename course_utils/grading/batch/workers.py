"""Where notebooks run: processes of this machine, or a dask cluster."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from course_utils.errors import CourseError
from course_utils.grading.batch.task import Ran, Task, run_task
from course_utils.grading.student import NotIsolated

TRIES = 2
ENDED = 5.0  # seconds that a worker has to clean up
CONNECTED = 10.0  # seconds in which a scheduler must answer


@dataclass(frozen=True)
class Done:
    """A task and what became of it: an outcome, or why there is none."""

    task: Task
    ran: Ran | None
    why: str = ""


class Workers:
    """Runs tasks, several at a time; one that fails through no fault of its own is tried again.

    Parameters
    ----------
    jobs : int
        How many at a time.
    scheduler : str
        Address of a dask scheduler; empty for processes of this machine.
    """

    def __init__(self, jobs: int, scheduler: str = "") -> None:
        self._jobs = jobs
        self._scheduler = scheduler
        self._executor: Executor | None = None
        self._close: Callable[[], None] = lambda: None

    def run(self, tasks: Iterator[Task]) -> Generator[Done, None, None]:
        """Yield each task as it is done. No more are taken from `tasks` than can start soon."""
        running: dict[Future[Ran], tuple[Task, int]] = {}
        again: list[Task] = []
        try:
            while True:
                # What broke a pool is not known, so those that were in it run one at a time.
                while again and not running:
                    task = again.pop(0)
                    running[self._start(task)] = task, TRIES
                while not again and len(running) <= self._jobs and (new := next(tasks, None)):
                    running[self._start(new)] = new, 1
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task, tried = running.pop(future)
                    done = self._outcome(future, task)
                    if (done.ran is None or done.ran.faults) and tried < TRIES:
                        again.append(task)
                    else:
                        yield done
        finally:
            self.stop()

    def stop(self) -> None:
        """Let go of the workers; those of this machine end, and with them what they run."""
        if self._executor is not None:
            self._executor = None
            self._close()

    def _start(self, task: Task) -> Future[Ran]:
        if self._executor is None:
            if self._scheduler:
                self._executor, self._close = self._cluster()
            else:
                self._executor, self._close = self._processes()
        try:
            return self._executor.submit(run_task, task)
        except BrokenProcessPool:
            self.stop()
            return self._start(task)

    def _outcome(self, future: Future[Ran], task: Task) -> Done:
        try:
            return Done(task, future.result())
        except BrokenProcessPool:
            return Done(task, None, "a worker was killed")
        except NotIsolated:
            raise  # every other would be refused, too
        except Exception as error:
            return Done(task, None, f"{type(error).__name__}: {error}")

    def _processes(self) -> tuple[Executor, Callable[[], None]]:
        # Spawned, because what this process has open is none of theirs.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(self._jobs, context, _begin_worker)

        def close() -> None:
            # What still runs is not waited for: nobody wants it any more.
            processes = list((executor._processes or {}).values())
            for process in processes:
                process.terminate()
            end = time.monotonic() + ENDED
            for process in processes:
                process.join(max(0.0, end - time.monotonic()))
                process.kill()
            # One that was ended as it sent a result leaves half of it. Whoever waits for the rest
            # is told that none will come once this end is closed, too.
            with contextlib.suppress(OSError, AttributeError):
                executor._result_queue._writer.close()  # type: ignore[attr-defined]  # no public way
            executor.shutdown(cancel_futures=True)

        return executor, close

    def _cluster(self) -> tuple[Executor, Callable[[], None]]:
        try:
            from distributed import Client
        except ImportError:
            raise CourseError(
                "--scheduler needs dask: install it with `pip install filters-and-memory[cluster]`"
            ) from None
        try:
            client = Client(self._scheduler, timeout=CONNECTED)
        except OSError as error:
            raise CourseError(f"no dask scheduler answers at {self._scheduler}: {error}") from error
        self._jobs = max(1, sum(client.nthreads().values()))
        executor: Executor = client.get_executor(pure=False, retries=0)

        def close() -> None:
            executor.shutdown(wait=False)
            client.close()

        return executor, close


def _begin_worker() -> None:
    """Make a worker leave Ctrl-C to its parent, go when it is told to, and not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _leave())
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        parent.join()
        _leave()

    threading.Thread(target=follow, daemon=True).start()


def _leave() -> None:
    """End this process at once, but not without its kernels and folders."""
    atexit._run_exitfuncs()
    os._exit(0)
