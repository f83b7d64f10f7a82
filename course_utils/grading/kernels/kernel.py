"""Run cells in a kernel that is not trusted, and come back whatever it does."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from course_utils.checks.clock import waited
from course_utils.grading.kernels.connection import Connection, alive
from course_utils.grading.kernels.folders import remove
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits

INTERRUPTED = 2.0  # seconds that a kernel has to come back from an interrupt
MOST_LOST = 3  # times that a notebook is run and its kernels are lost
STARTED = 60.0  # seconds that it has to start
ENDED = 10.0  # seconds that a process takes to end, at most
FLOOD_BYTES = 256 * 2**20  # of one cell: more than this ends the kernel
KEYS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
NOTHING = ["builtins", "bool", ""]  # a call that is quick
# By these the system ends a program for what the program does itself.
OWN_SIGNALS = {
    signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS,
    signal.SIGTRAP, signal.SIGXCPU, signal.SIGXFSZ,
}  # fmt: skip


class KernelsLost(RuntimeError):
    """A kernel was ended, and not by what ran in it.

    Parameters
    ----------
    place : str
        What ran there, or was about to.
    why : str
    """

    def __init__(self, place: str, why: str = "a kernel was ended from outside") -> None:
        super().__init__(place, why)
        self.place = place

    def __str__(self) -> str:
        """Say why, and where."""
        place, why = self.args
        return f"{why} ({place})"


class Process(Protocol):
    """What is asked of a kernel's process: a part of `subprocess.Popen`."""

    pid: int
    returncode: int | None

    def kill(self) -> None:
        """End it."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""


@dataclass
class CellRun:
    """What came of a cell.

    Attributes
    ----------
    outputs : list of NotebookNode
    trouble : str
        Why the kernel cannot go on: "died", "hung" or "flooded"; empty if it can.
    late : bool
        Whether the cell was stopped because its time was over.
    returned : object
        What a function that was called returned, as it says; None if it did not.
    """

    outputs: list[NotebookNode] = field(default_factory=list)
    trouble: str = ""
    late: bool = False
    returned: Any = None


class Kernel:
    """A Python kernel in a folder of its own.

    Parameters
    ----------
    folder : Path
        For sockets and messages; it goes with the kernel.
    start : callable
        Starts :mod:`.warm.inside.runner` there and returns its process.
    limits : Limits
    own_folder : bool
        Whether it has a folder of its own in the place of this one.
    seconds : float
        That it has to start.

    Attributes
    ----------
    folder : Path
        For sockets and messages, as this process sees it.

    Raises
    ------
    KernelsLost
        If somebody ends the kernel as it starts.
    RuntimeError
        If the kernel does not start.
    """

    def __init__(
        self,
        folder: Path,
        start: Callable[[Path], Process],
        limits: Limits = DEFAULT_LIMITS,
        *,
        own_folder: bool = False,
        seconds: float = STARTED,
    ) -> None:
        self._most_output = limits.output_kib * 2**10
        self._number = 0
        with contextlib.ExitStack() as undo:
            undo.callback(remove, folder)
            self._process = start(folder)
            undo.callback(self._end)
            self.folder = Path(f"/proc/{self.pid}/root{folder}") if own_folder else folder
            self._connection = self._connected(seconds)
            undo.callback(self._connection.close)
            self._undo = undo.pop_all()

    @property
    def pid(self) -> int:
        """The process of the kernel, or of what it is wrapped in."""
        return self._process.pid

    def stop(self) -> None:
        """End the kernel and remove its folder."""
        self._undo.close()

    def _end(self) -> None:
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired, TimeoutError):
            self._process.wait(ENDED)

    def was_ended(self) -> bool:
        """Say whether the kernel has died by a signal that nothing in it had the system send.

        So dies what is ended from outside. What ran there may have sent such a signal to itself,
        but only where it is not the first process of its world.
        """
        try:
            code = self._process.wait(INTERRUPTED)
        except (subprocess.TimeoutExpired, TimeoutError):
            return False  # it has let go of its socket, and lives
        if isinstance(self._process, subprocess.Popen) and code > 128:
            code = 128 - code  # what it is wrapped in tells a signal so
        return code < 0 and -code not in OWN_SIGNALS and not getattr(self._process, "limit", "")

    def waited(self) -> float:
        """Return for how many seconds it has waited for a core, while others had it."""
        return waited(self._connection.peer)

    def run(self, code: str, seconds: float, most: float | None = None) -> CellRun:
        """Run a cell for at most `seconds`, then interrupt it. Never raises.

        Outputs beyond a limit are dropped, with a line that says so.

        Parameters
        ----------
        code : str
        seconds : float
            Time in which others have the cores does not count, for much longer.
        most : float, optional
            The longest by the clock.
        """
        return self._do({"cell": code}, seconds, most)

    def call(
        self,
        module: str,
        function: str,
        argument: Any,
        seconds: float,
        most: float | None = None,
    ) -> CellRun:
        """Call a function over there, as :meth:`run` runs a cell.

        What it returns comes with the word that it is done, so that no output can drown it.
        """
        return self._do({"call": [module, function, argument]}, seconds, most)

    def _do(self, request: dict[str, Any], seconds: float, most: float | None) -> CellRun:
        listener = _Listener(self._most_output)
        if not self._asked(request):
            return listener.ran(self.trouble())
        if self._listen(listener, seconds, most):
            return listener.ran()
        if self._connection.received > FLOOD_BYTES:
            return listener.ran("flooded")
        if self._is_gone():
            return listener.ran("died")
        listener.stop(seconds)
        self._connection.interrupt()
        if self._listen(listener, INTERRUPTED):
            return listener.ran()
        return listener.ran(self.trouble())

    def answers(self) -> bool:
        """Say whether the kernel lives and does what it is asked to."""
        answered = self._asked({"call": NOTHING}) and self._listen(_Listener(0), INTERRUPTED)
        return answered and alive(self.pid)  # one whose guardian was killed dies in this moment

    def _asked(self, request: dict[str, Any]) -> bool:
        """Send a request and say whether it went out.

        Its number is below 0: those from 1 on are of the judges' own questions.
        """
        self._number -= 1
        return self._connection.send({**request, "number": self._number})

    def _is_gone(self) -> bool:
        return self._connection.gone or not alive(self.pid)

    def trouble(self) -> str:
        """Say why it does not answer: "died" or "hung"."""
        return "died" if self._is_gone() else "hung"

    def _connected(self, seconds: float) -> Connection:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                return Connection(self.folder)
            except OSError:
                if not alive(self.pid):
                    if self.was_ended():
                        raise KernelsLost("start") from None
                    raise RuntimeError("the kernel died as it started") from None
                time.sleep(0.002)
        raise RuntimeError(f"the kernel did not start within {seconds:g} s")

    def _listen(self, listener: _Listener, seconds: float, most: float | None = None) -> bool:
        """Hand messages to the listener until the cell is done; say whether it is.

        A word that anything else is done, which a cell may send itself, is passed over.
        """
        for message in self._connection.messages(seconds, most):
            if message is None:
                listener.lost()
            elif message.get("number") == self._number:
                listener.returned = message.get("returned")
                return True
            elif "output" in message:
                listener.hear(message.get("output"), self._connection.received)
            if self._connection.received > FLOOD_BYTES:
                return False
        return False


class _Listener:
    """Collects the outputs of one cell."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._outputs: list[NotebookNode] = []
        self._late = False
        self._dropped = ""
        self.returned: Any = None

    def lost(self) -> None:
        """Note that some output was not taken."""
        self._dropped = self._dropped or "a single output was too large"

    def hear(self, output: Any, size: int) -> None:
        """Take in an output; what is none changes nothing. `size` is of all so far, in bytes."""
        if self._late or not isinstance(output, dict):
            return
        if size > self._most:
            self._dropped = f"it is more than {self._most / 2**20:g} MiB"
            return
        try:
            # Half of a pair of surrogates is no text that a file could hold.
            content = json.loads(json.dumps(output, ensure_ascii=False).encode(errors="replace"))
            keys = ("output_type", *KEYS[content["output_type"]])
            made = nbformat.from_dict({key: content[key] for key in keys})
            nbformat.validate(_notebook_with(made))
        except Exception:
            return  # it lacks what its kind must have
        if not isinstance(made.get("text", ""), str):
            return
        last = self._outputs[-1] if self._outputs else None
        if last and made.output_type == "stream" and last.get("name") == made.name:
            last.text += made.text
        else:
            self._outputs.append(made)

    def stop(self, seconds: float) -> None:
        """Note that the time is over; what the cell says about its interruption does not count."""
        self._late = True
        self._outputs.append(error_output("TimeLimit", f"the cell ran longer than {seconds:g} s"))

    def ran(self, trouble: str = "") -> CellRun:
        outputs = list(self._outputs)
        if self._dropped:
            text = f"[the rest of this cell's output is left out: {self._dropped}]\n"
            outputs.append(new_output("stream", name="stdout", text=text))
        return CellRun(outputs, trouble, self._late, self.returned)


def _notebook_with(output: NotebookNode) -> dict[str, Any]:
    """Return a notebook of one output: whole notebooks are validated ten times quicker."""
    cell: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": ""}
    cells = [cell | {"execution_count": None, "outputs": [output]}]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def error_output(name: str, says: str) -> NotebookNode:
    """Return an output that shows an error without a trace."""
    return new_output("error", ename=name, evalue=says, traceback=[f"{name}: {says}"])
