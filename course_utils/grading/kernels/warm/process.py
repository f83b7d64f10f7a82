"""The side of the warm process that asks: start it, have it fork, end it."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from course_utils.errors import CourseError
from course_utils.grading.kernels import sandbox
from course_utils.grading.kernels.folders import new_folder, remove

INSIDE = Path(__file__).parent / "inside"
READY_SECONDS = 120.0
REPLY_SECONDS = 20.0
LOOK = 0.5  # seconds between two looks at whether it still runs
MOST_REPLY = 2**16  # bytes
# What a kernel imports as it starts.
IMPORTED = (
    "matplotlib_inline.backend_inline", "IPython.core.completerlib", "IPython.core.logger", "pdb",
    "encodings.ascii",
)  # fmt: skip
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def can_fork() -> bool:
    """Say whether forking is safe here: on Linux. Elsewhere system libraries start threads."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def runner_command(folder: Path) -> list[str]:
    """Return the command that starts a kernel where it need not or cannot be forked."""
    return [sys.executable, "-P", str(INSIDE / "runner.py"), str(folder)]


def start_runner(folder: Path, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a kernel by a command, with `env` as its whole environment."""
    null = subprocess.DEVNULL
    return subprocess.Popen(
        command,
        env=env,
        cwd=folder,
        stdin=null,
        stdout=null,
        stderr=null,
        start_new_session=True,
    )


def by_signal(code: int) -> bool:
    """Say whether a program, or what it wraps, was ended by a signal."""
    return code < 0 or code > 128


class Lost(CourseError):
    """Somebody ended, or stopped, what forks kernels: no fault of whoever wants one."""


class Forked:
    """A kernel's guardian, as a small `Popen`.

    Parameters
    ----------
    pid, handle : int
        The process, and a file descriptor that stands for it and for no later one of its number.
    told : int
        A pipe at whose end it says how the kernel ended.

    Attributes
    ----------
    returncode : int or None
        What the kernel ended with, a signal below zero; that of SIGKILL if nobody could tell.
    limit : str
        Which limit the kernel was ended for, if it was.
    """

    def __init__(self, pid: int, handle: int, told: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.limit = ""
        self._handle = handle
        self._told = told

    def poll(self) -> int | None:
        """Return None while it runs."""
        if self.returncode is None:
            try:
                signal.pidfd_send_signal(self._handle, 0)
            except ProcessLookupError:
                self._note_end()
        return self.returncode

    def _note_end(self) -> None:
        """Read what the guardian said of the end; nothing, if it was killed itself."""
        with open(self._told, "rb") as pipe:
            said = pipe.read(MOST_REPLY)
        os.close(self._handle)
        killed: dict[str, Any] = {"code": -signal.SIGKILL, "limit": ""}
        ended = json.loads(said) if said else killed
        self.limit, self.returncode = ended["limit"], ended["code"]

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} still runs after {timeout:g} s")
            time.sleep(0.002)
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal; SIGINT and SIGTERM are passed on to the kernel."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended in this moment
                signal.pidfd_send_signal(self._handle, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, and with it the kernel and all that the kernel started."""
        self.send_signal(signal.SIGKILL)


class WarmProcess:
    """A process that has done its imports and forks kernels.

    Parameters
    ----------
    modules : tuple of str
        What it imports. What is not installed is left out.
    package : str
        A folder for the Python path, or nothing.
    isolated : bool
        Whether it, and so every kernel, lives in a sandbox.

    Raises
    ------
    CourseError
        If it does not start.
    """

    def __init__(self, modules: tuple[str, ...], package: str, isolated: bool) -> None:
        self.base = new_folder()
        self.isolated = isolated
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as this
        words = [str(theirs.fileno()), *IMPORTED, *modules]
        command = [sys.executable, "-P", str(INSIDE / "zygote.py"), *words]
        if isolated:
            shown = Path(package) if package else new_folder()
            command = sandbox.warm(self.base, INSIDE, words, package=shown)
        self._process = subprocess.Popen(
            command,
            env=sandbox.environment(sandbox.PACKAGE if isolated else package) | ONE_THREAD,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            cwd="/",
            start_new_session=True,  # a Ctrl-C is for whoever started this
        )
        theirs.close()
        try:
            threads = self._reply(READY_SECONDS)[0]["threads"]
            if threads != 1:
                raise CourseError(
                    f"the warm process has {threads} threads, so no kernel can be forked from it: "
                    f"one of {', '.join(modules)} starts them"
                )
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def new_folder(self) -> Path:
        """Make a folder for one kernel's sockets and messages."""
        folder = self.base / str(next(self._numbers))
        folder.mkdir(mode=0o700)
        return folder

    def fork(self, **request: Any) -> Forked:
        """Fork a kernel, as :mod:`.inside.zygote` is to be asked for it."""
        request = {"isolated": self.isolated, **request}
        with self._lock:
            try:
                self._control.send(json.dumps(request).encode())
                reply, handles = self._reply(REPLY_SECONDS)
            except (OSError, CourseError) as error:
                self._end()  # a late reply would be taken for the next one's
                raise Lost(f"the process from which kernels are forked is gone: {error}") from error
        if "error" in reply:
            raise CourseError(f"the warm process forked no kernel: {reply['error']}")
        return Forked(int(reply["pid"]), *handles)

    def said(self) -> str:
        """Return what it and its kernels wrote to stderr as they started."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def stop(self) -> None:
        """End it and its kernels, and remove their folders."""
        self._control.close()  # at which it goes
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._end()
        self._log.close()
        remove(self.base)

    def _end(self) -> None:
        """End it, and what it is wrapped in, also if it was stopped."""
        if self._process.returncode is None:  # until then nobody else has its number
            with contextlib.suppress(psutil.Error):
                for one in reversed(psutil.Process(self._process.pid).children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        one.kill()
            # What it had only begun to start is no child of it any more if it was killed.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _has_ended(self) -> bool:
        """Say whether it has ended, and leave its number to it."""
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._process.pid, look) is not None
        except ChildProcessError:  # it is known already
            return True

    def _reply(self, seconds: float) -> tuple[dict[str, Any], list[int]]:
        self._control.settimeout(LOOK)
        end = time.monotonic() + seconds
        while True:
            try:
                data, handles, _, _ = socket.recv_fds(self._control, MOST_REPLY, 2)
                break
            except TimeoutError as error:
                # Of a sandbox that is killed as it begins, what it began stays, and says nothing.
                if self._has_ended():
                    self._end()
                    raise Lost("it was ended") from error
                if time.monotonic() > end:
                    raise Lost(f"the warm process does not answer: {error}") from error
            except OSError as error:
                raise Lost(f"the warm process does not answer: {error}") from error
        if not data:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if by_signal(self._process.wait(5)):
                    raise Lost("it was ended")
            last = (self.said().strip().splitlines() or ["it said nothing"])[-1]
            raise CourseError(f"the warm process ended: {last}")
        return json.loads(data), list(handles)


_processes: dict[tuple[Any, ...], WarmProcess] = {}
_locks: defaultdict[tuple[Any, ...], threading.Lock] = defaultdict(threading.Lock)


def warm_process(modules: tuple[str, ...], package: str, isolated: bool) -> WarmProcess:
    """Return this process's warm process of that kind; start it if there is none that lives."""
    key = (os.getpid(), modules, package, isolated)
    with _locks[key]:  # one of another kind may start meanwhile
        if key in _processes and not _processes[key].alive:
            _processes.pop(key).stop()
        if key not in _processes:
            _processes[key] = WarmProcess(modules, package, isolated)
            atexit.register(_processes[key].stop)
        return _processes[key]
