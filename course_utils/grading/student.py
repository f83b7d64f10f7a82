"""A student's kernel: forked from a warm process into a sandbox where that is possible."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading import sandbox
from course_utils.grading.folders import new_folder
from course_utils.grading.kernel import Kernel, error_output
from course_utils.grading.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.student_part import write_student_part
from course_utils.grading.warm.process import (
    Forked,
    WarmProcess,
    can_fork,
    runner_command,
    start_runner,
    warm_process,
)

MODULES = ("numpy", "numpy.random", "matplotlib.pyplot", "course_utils.checks.answer")
TORCH = ("torch", "torch._dynamo")  # the second, because the first step of an optimizer wants it
MOST_RESTARTS = 5  # of a student's kernel, for one notebook
TROUBLE = {
    "died": "the kernel died in this cell: does it call `exit`, or take too much memory?",
    "hung": "this cell could not be stopped, so its kernel was ended",
    "flooded": "this cell printed without end, so its kernel was ended",
}


class KernelsLost(RuntimeError):
    """Students' kernels have died because somebody ended the process that had forked them."""


class Student:
    """A student's kernel, and what it takes to start it anew where it was.

    Parameters
    ----------
    files : sequence of Path
        What lies beside the notebook.
    limits : Limits
    torch : bool
        Whether PyTorch is imported beforehand.
    """

    def __init__(
        self, files: Sequence[Path] = (), limits: Limits = DEFAULT_LIMITS, *, torch: bool = False
    ) -> None:
        self._files = files
        self._limits = limits
        self._torch = torch
        self._history: list[str] = []
        self._restarts = 0
        self._seconds = 60.0
        self.kernel = self._start()
        self._warm = warm_kernels(torch) if forks(torch) else None

    def run(self, source: str, seconds: float) -> list[NotebookNode]:
        """Run a cell; if the kernel is lost with it, start it anew without that cell.

        Raises
        ------
        KernelsLost
            If that is no fault of the student's.
        """
        ran = self.kernel.run(source, seconds)
        self._seconds = seconds
        if ran.trouble:
            self._restart()
            return [*ran.outputs, error_output("KernelDied", TROUBLE[ran.trouble])]
        if not ran.late:
            self._history.append(source)
        return ran.outputs

    def mend(self) -> None:
        """Start the kernel anew if it does not answer.

        Raises
        ------
        KernelsLost
            If that is no fault of the student's.
        """
        if not self.kernel.answers():
            self._restart()

    def close(self) -> None:
        """End the kernel."""
        self.kernel.stop()

    def _start(self) -> Kernel:
        return start_kernel(self._files, self._limits, self._torch)

    def _restart(self) -> None:
        """Start anew and run again what had run, while that works."""
        self.kernel.stop()
        if self._warm and self._warm.was_ended():
            raise KernelsLost("the process from which kernels are forked was ended")
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            self._history = []
        self.kernel = self._start()
        for i, source in enumerate(self._history):
            if self.kernel.run(source, self._seconds).trouble:
                del self._history[i]
                self._restart()
                return


def tier(torch: bool = False) -> str:
    """Name the kind of isolation that students' kernels get here.

    "namespaces": each is forked into a world of its own, with a guardian that counts what all its
    processes take together. "sandbox": bubblewrap starts it, and each process has its limits.
    "none": it runs with the rights of whoever grades, and each process has its limits.
    """
    if not sandbox.available():
        return "none"
    return "namespaces" if forks(torch) else "sandbox"


class NotIsolated(CourseError):
    """Isolation is required, and there is none."""


def require(isolation: str, torch: bool = False) -> None:
    """Refuse to go on without the first tier where `isolation` is "required".

    Raises
    ------
    NotIsolated
    """
    if isolation == "required" and (got := tier(torch)) != "namespaces":
        raise NotIsolated(
            f"isolation is required, and what there is here is {got!r}: ask `course doctor`"
        )


def start_kernel(files: Sequence[Path], limits: Limits, torch: bool = False) -> Kernel:
    """Start a student's kernel in the best way that this machine has."""
    if forks(torch):
        return fork_kernel(files, limits, torch)
    return spawn_kernel(files, limits)


def fork_kernel(files: Sequence[Path], limits: Limits, torch: bool = False) -> Kernel:
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

    return Kernel(warm.new_folder(), start, limits, own_folder=isolated)


def spawn_kernel(files: Sequence[Path], limits: Limits) -> Kernel:
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

    return Kernel(new_folder(), start, limits)


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
    try:
        fork_kernel((), DEFAULT_LIMITS, torch).stop()
    except CourseError as error:
        return str(error)
    except RuntimeError as error:  # in some containers nobody may mount a /proc
        said = warm_kernels(torch).said().strip().splitlines()
        return f"{error}: {said[-1]}" if said else str(error)
    return ""


def warm_kernels(torch: bool = False) -> WarmProcess:
    """Return the warm process from which this process's students get their kernels."""
    modules = (*MODULES, *TORCH) if torch else MODULES
    return warm_process("runner", modules, str(student_package()), sandbox.available())


@functools.cache
def student_package() -> Path:
    """Write the student's part of the package to a folder that goes when this process ends."""
    folder = new_folder()
    write_student_part(folder)
    return folder
