"""Where notebooks run: a process of this machine, or a dask cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace

from course_utils.errors import CourseError
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.stop import Stop
from course_utils.grading.batch.task import Task, run_task
from course_utils.grading.judge.notebook import Judged
from course_utils.grading.kernels.kernel import MOST_LOST, STARTED, KernelsLost
from course_utils.grading.kernels.student import NotIsolated

TRIES = 2
CONNECTED = 10.0  # seconds in which a scheduler must answer
SPARE = 2 * STARTED  # seconds that a task has beyond its notebook's own
NOTICED = 0.1  # seconds after which somebody who waits sees that he is to stop


@dataclass(frozen=True)
class Done:
    """A task and what became of it: an outcome, or why there is none, or where its kernel died."""

    task: Task
    judged: Judged | None
    why: str = ""
    lost: str = ""

    def is_final(self, tried: int) -> bool:
        """Say whether it counts, or is to be tried again, alone."""
        if self.lost:
            return len(self.task.lost) + 1 >= MOST_LOST
        return tried >= TRIES or not (self.judged is None or self.judged.faults or self.judged.busy)


class Workers:
    """Runs tasks, several at a time; one that fails through no fault of its own is tried again.

    Parameters
    ----------
    jobs : int
        How many at a time.
    scheduler : str
        Address of a dask scheduler; empty for a process of this machine.
    host : Host, optional
        Such a process, if there is one already. It may end with these workers.
    stop : Stop, optional
        Looked at before each task and while they run.
    """

    def __init__(
        self, jobs: int, scheduler: str = "", host: Host | None = None, stop: Stop | None = None
    ) -> None:
        self._jobs = jobs
        self._scheduler = scheduler
        self._there = host
        self._stop = stop or Stop()
        self._executor: Executor | None = None
        self._close: Callable[[], None] = lambda: None
        self._began: dict[Future[Judged], float] = {}

    def run(self, tasks: Iterator[Task]) -> Generator[Done, None, None]:
        """Yield each task as it is done. No more are taken from `tasks` than can start soon."""
        running: dict[Future[Judged], tuple[Task, int]] = {}
        again: list[tuple[Task, int]] = []
        try:
            while True:
                # What killed a host is not known, so those that were in it run one at a time.
                while again and not running:
                    task, tried = again.pop(0)
                    running[self._start(task)] = task, tried + 1
                while not again and len(running) <= self._jobs and (new := next(tasks, None)):
                    running[self._start(new)] = new, 1
                if not running:
                    return
                self._stop.check()
                self._leave_behind(running)
                for future in wait(running, NOTICED, FIRST_COMPLETED).done:
                    self._stop.check()
                    task, tried = running.pop(future)
                    done = self._outcome(future, task)
                    if done.is_final(tried):
                        yield done
                    elif done.lost:
                        again.append((replace(task, lost=(*task.lost, done.lost)), tried - 1))
                    else:
                        again.append((task, tried))
        finally:
            self.stop()

    def stop(self) -> None:
        """Let go of the workers; those of this machine end, and with them what they run."""
        if self._executor is not None:
            self._executor = None
            self._close()

    def _start(self, task: Task) -> Future[Judged]:
        if self._executor is None:
            if self._scheduler:
                self._executor, self._close = self._cluster()
            else:
                self._executor, self._close = self._host()
        try:
            return self._executor.submit(run_task, task)
        except BrokenExecutor:
            self.stop()
            return self._start(task)

    def _outcome(self, future: Future[Judged], task: Task) -> Done:
        try:
            return Done(task, future.result())
        except BrokenExecutor:
            return Done(task, None, "a worker was killed, or did not come to an end")
        except KernelsLost as error:
            return Done(task, None, str(error), lost=error.place)
        except NotIsolated:
            raise  # every other would be refused, too
        except Exception as error:
            return Done(task, None, f"{type(error).__name__}: {error}")

    def _leave_behind(self, running: dict[Future[Judged], tuple[Task, int]]) -> None:
        """End this machine's worker if a task takes longer there than it may."""
        if not isinstance(self._executor, Host):
            return  # a cluster may have others' work to do first, and looks after its workers
        for future, (task, _) in list(running.items())[: self._jobs]:  # the others wait for these
            began = self._began.setdefault(future, time.monotonic())
            if time.monotonic() - began > task.rules.notebook_seconds + SPARE:
                self._executor.kill()
        self._began = {future: self._began[future] for future in self._began if future in running}

    def _host(self) -> tuple[Executor, Callable[[], None]]:
        host, self._there = self._there or Host(self._jobs), None
        return host, host.shutdown

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
