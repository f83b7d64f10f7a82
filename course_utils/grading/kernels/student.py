"""A student's kernel: forked from a warm process into a sandbox where that is possible."""

from __future__ import annotations

import contextlib
import functools
import math
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading.kernels import sandbox
from course_utils.grading.kernels.folders import new_folder
from course_utils.grading.kernels.kernel import STARTED, CellRun, Kernel, KernelsLost, error_output
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.kernels.student_part import write_student_part
from course_utils.grading.kernels.warm.process import (
    Forked,
    Lost,
    WarmProcess,
    can_fork,
    runner_command,
    start_runner,
    warm_process,
)

NAMESPACES = "namespaces"  # the best tier of isolation
REQUIRED = "required"  # the setting that asks for it
MODULES = ("numpy", "numpy.random", "matplotlib.pyplot", "course_utils.checks.answer")
TORCH = ("torch", "torch._dynamo")  # the second, because the first step of an optimizer wants it
MOST_RESTARTS = 5  # of a student's kernel, for one notebook
PROBES = 3  # kernels that are forked to see whether that works, if somebody ends them
BUSY = 4.0  # times its limit that a kernel waits for a core, from which the machine was too busy
TROUBLE = {
    "died": "the kernel died in this cell: does it call `exit`, or take too much memory?",
    "hung": "this cell could not be stopped, so its kernel was ended",
    "flooded": "this cell printed without end, so its kernel was ended",
}


@dataclass
class Ended:
    """How a body ended that had a limit, in seconds: whether its time ran out."""

    limit: float
    late: bool = False


class Student:
    """A student's kernel, and what it takes to start it anew where it was.

    Parameters
    ----------
    files : sequence of Path
        What lies beside the notebook.
    limits : Limits
    torch : bool
        Whether PyTorch is imported beforehand.
    end : float
        When all is to be over, by the monotonic clock.
    lost : collection of str
        Places in the notebook where a kernel of this student's was ended from outside before. If
        that happens again at the same place, it is the student's doing, as far as one can tell.

    Attributes
    ----------
    ended : list of str
        The places where it did.
    busy : list of str
        The places where time ran out while the kernel often had to wait for a core.
    """

    def __init__(
        self,
        files: Sequence[Path] = (),
        limits: Limits = DEFAULT_LIMITS,
        *,
        torch: bool = False,
        end: float = math.inf,
        lost: Collection[str] = (),
    ) -> None:
        self._files = files
        self._limits = limits
        self._torch = torch
        self._end = end
        self._lost = lost
        self.ended: list[str] = []
        self.busy: list[str] = []
        self._history: list[str] = []
        self._restarts = 0
        self._seconds = 60.0
        self.kernel = self._start("start")

    @property
    def left(self) -> float:
        """How many seconds there are until all is to be over."""
        return self._end - time.monotonic()

    def run(self, source: str, seconds: float, place: str = "a cell") -> list[NotebookNode]:
        """Run a cell; if the kernel is lost with it, start it anew without that cell.

        Raises
        ------
        KernelsLost
            If somebody ended the kernel, for the first time at that place.
        """
        ran = self._run(source, seconds, place)
        self._seconds = seconds
        if ran.trouble:
            self._restart(place)
            return [*ran.outputs, error_output("KernelDied", TROUBLE[ran.trouble])]
        if not ran.late:
            self._history.append(source)
        return ran.outputs

    def mend(self, place: str = "a test") -> None:
        """Start the kernel anew if it does not answer.

        Raises
        ------
        KernelsLost
            If somebody ended the kernel, for the first time at that place.
        """
        if not self.kernel.answers():
            self._judge_end(self.kernel.trouble(), place)
            self._restart(place)

    @contextlib.contextmanager
    def timed(self, limit: float, place: str) -> Iterator[Ended]:
        """Note it if time ran out in the body while others had the cores for most of it.

        Waiting does not count towards the limit, but has an end, too. So an endless loop runs out
        of time of its own, and nobody need look at it, however busy the machine is.
        """
        kernel = self.kernel
        before = kernel.waited()
        ended = Ended(limit)
        yield ended
        if ended.late and kernel.waited() - before > BUSY * ended.limit and place not in self.busy:
            self.busy.append(place)

    def close(self) -> None:
        """End the kernel."""
        self.kernel.stop()

    def _start(self, place: str) -> Kernel:
        seconds = min(STARTED, max(self.left, 1.0))
        try:
            return start_kernel(self._files, self._limits, self._torch, seconds)
        except (Lost, KernelsLost, RuntimeError) as error:  # nothing of the student's has run
            raise KernelsLost(place, f"no kernel could be started: {error}") from error

    def _run(self, source: str, seconds: float, place: str) -> CellRun:
        """Run a cell, and see whose doing it is if the kernel dies."""
        with self.timed(seconds, place) as ended:
            ran = self.kernel.run(source, min(seconds, self.left), most=self.left)
            ended.late = ran.late
        self._judge_end(ran.trouble, place)
        return ran

    def _judge_end(self, trouble: str, place: str) -> None:
        """Raise if the kernel was ended from outside, and was not before at that place."""
        if trouble == "died" and self.kernel.was_ended():
            if place not in self._lost:
                raise KernelsLost(place)
            self.ended.append(place)

    def _restart(self, place: str) -> None:
        """Start anew and run again what had run, while that works and there is time."""
        self.kernel.stop()
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            self._history = []
        self.kernel = self._start(place)
        for i, source in enumerate(self._history):
            if self.left <= 0:
                return
            if self._run(source, self._seconds, place).trouble:
                del self._history[i]
                self._restart(place)
                return


def tier(torch: bool = False) -> str:
    """Name the kind of isolation that students' kernels get here.

    "namespaces": each is forked into a world of its own, with a guardian that counts what all its
    processes take together. "sandbox": bubblewrap starts it, and each process has its limits.
    "none": it runs with the rights of whoever grades, and each process has its limits.
    """
    if not sandbox.available():
        return "none"
    return NAMESPACES if forks(torch) else "sandbox"


class NotIsolated(CourseError):
    """Isolation is required, and there is none."""


def require(isolation: str, torch: bool = False) -> None:
    """Refuse to go on without the first tier where `isolation` is "required".

    Raises
    ------
    NotIsolated
    """
    if isolation == REQUIRED and (got := tier(torch)) != NAMESPACES:
        raise NotIsolated(
            f"isolation is required, and what there is here is {got!r}: ask `course doctor`"
        )


def start_kernel(
    files: Sequence[Path], limits: Limits, torch: bool = False, seconds: float = STARTED
) -> Kernel:
    """Start a student's kernel in the best way that this machine has."""
    if forks(torch):
        return fork_kernel(files, limits, torch, seconds)
    return spawn_kernel(files, limits, seconds)


def fork_kernel(
    files: Sequence[Path], limits: Limits, torch: bool = False, seconds: float = STARTED
) -> Kernel:
    """Fork a student's kernel."""
    warm = warm_kernels(torch)
    isolated = sandbox.available()

    def start(folder: Path) -> Forked:
        (folder / "files").mkdir()
        for file in files:
            shutil.copy(file, folder / "files")
        return warm.fork(
            folder=str(folder),
            cwd=f"{sandbox.HOME}/work" if isolated else str(folder),
            env=environment(),
            limits=limits.as_request(),
        )

    return Kernel(warm.new_folder(), start, limits, own_folder=isolated, seconds=seconds)


def spawn_kernel(files: Sequence[Path], limits: Limits, seconds: float = STARTED) -> Kernel:
    """Start a student's kernel as a program."""

    def start(folder: Path) -> subprocess.Popen[bytes]:
        command = runner_command(folder)
        if sandbox.available():
            package = student_package()
            command = sandbox.sandboxed(
                folder, command, package=package, files=files, limits=limits
            )
        else:
            command = sandbox.limited(command, limits)
            for file in files:
                shutil.copy(file, folder)
        return start_runner(folder, command, environment())

    return Kernel(new_folder(), start, limits, seconds=seconds)


def environment() -> dict[str, str]:
    """Return the whole environment of a student's kernel."""
    return sandbox.environment(sandbox.PACKAGE if sandbox.available() else str(student_package()))


def forks(torch: bool = False) -> bool:
    """Say whether kernels can be forked here."""
    return not why_not_forked(torch)


@functools.cache
def why_not_forked(torch: bool = False) -> str:
    """Say why no kernel can be forked here, by forking one; nothing if one can."""
    if not can_fork():
        return "forking is safe on Linux only"
    why = ""
    for _ in range(PROBES):
        try:
            fork_kernel((), DEFAULT_LIMITS, torch).stop()
        except (Lost, KernelsLost) as error:  # that says nothing about this machine
            why = str(error)
        except CourseError as error:
            return str(error)
        except RuntimeError as error:  # in some containers nobody may mount a /proc
            said = warm_kernels(torch).said().strip().splitlines()
            return f"{error}: {said[-1]}" if said else str(error)
        else:
            return ""
    return why


def warm_kernels(torch: bool = False) -> WarmProcess:
    """Return the warm process from which this process's students get their kernels."""
    modules = (*MODULES, *TORCH) if torch else MODULES
    return warm_process(modules, str(student_package()), sandbox.available())


@functools.cache
def student_package() -> Path:
    """Write the student's part of the package to a folder that goes when this process ends."""
    folder = new_folder()
    write_student_part(folder)
    return folder
