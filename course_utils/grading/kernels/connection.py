"""Talk to a kernel that is not trusted: requests go out, and nothing that comes is believed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from course_utils.checks.clock import Allowance
from course_utils.grading.kernels.warm.inside.runner import INTERRUPTS, REQUESTS

MOST_LINE = 16 * 2**20  # bytes; a longer one is passed over
CHUNK = 2**18  # bytes


def alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


class Connection:
    """The asker's end of a kernel's sockets; see :mod:`.warm.inside.runner` for what crosses them.

    Parameters
    ----------
    folder : Path
        The kernel's.

    Attributes
    ----------
    received : int
        How many bytes have come since the last request.
    gone : bool
        Whether the other side has closed its end, as it does when it dies.
    peer : int
        The process of the other side; 0 where the system does not tell.

    Raises
    ------
    OSError
        If nothing listens there.
    """

    def __init__(self, folder: Path) -> None:
        self.received = 0
        self.gone = False
        self._buffer = bytearray()
        self._skipping = False
        self._requests = _connected(folder / REQUESTS, socket.SOCK_STREAM)
        try:
            self._interrupts = _connected(folder / INTERRUPTS, socket.SOCK_DGRAM)
        except OSError:
            self._requests.close()
            raise
        self.peer = _peer(self._requests)

    def close(self) -> None:
        """Let go of the kernel."""
        self._requests.close()
        self._interrupts.close()

    def send(self, request: dict[str, Any], seconds: float = 5.0) -> bool:
        """Send a request and say whether it went out."""
        self.received = 0
        self._requests.settimeout(seconds)
        try:
            self._requests.sendall(json.dumps(request).encode() + b"\n")
        except TimeoutError:
            return False
        except OSError:
            self.gone = True
            return False
        return True

    def interrupt(self) -> None:
        """Interrupt what runs."""
        self._interrupts.settimeout(0)
        with contextlib.suppress(OSError):
            self._interrupts.send(b"now")

    def messages(
        self, seconds: float, most: float | None = None
    ) -> Iterator[dict[str, Any] | None]:
        """Yield what comes within a time: messages, and None where one was too long to take.

        What makes no sense is passed over. It ends early when the other side is gone. Time in which
        that waited for a core does not count, but `most` seconds by the clock are the end.
        """
        allowance = Allowance(seconds, self.peer, most)
        while True:
            yield from self._complete()
            self._requests.settimeout(max(allowance.left(), 0.0001))
            try:
                chunk = self._requests.recv(CHUNK)
            except TimeoutError:
                if allowance.left() > 0:
                    continue
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.gone = True
                return
            self.received += len(chunk)
            self._buffer += chunk
            if allowance.left() <= 0:
                return

    def _complete(self) -> Iterator[dict[str, Any] | None]:
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if self._skipping:
                self._skipping = False
                yield None
                continue
            with contextlib.suppress(ValueError, RecursionError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message
        if len(self._buffer) > MOST_LINE:
            self._buffer.clear()
            self._skipping = True


def held(path: Path, undo: contextlib.ExitStack) -> Path:
    """Hold on to what lies at a path, until `undo`, and return where it can be found meanwhile.

    So it stays the same whatever the other side does to the path: a link is not followed. That is
    Linux's; elsewhere there is no sandbox that it could guard, and the path itself is returned.
    """
    if not hasattr(os, "O_PATH"):
        return path
    handle = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    undo.callback(os.close, handle)
    return Path(f"/proc/self/fd/{handle}")


def _connected(path: Path, kind: socket.SocketKind) -> socket.socket:
    """Connect to a socket that lies at a path itself, and not at one that a link leads to."""
    with contextlib.ExitStack() as undo:
        place = held(path, undo)
        if not stat.S_ISSOCK(os.stat(place, follow_symlinks=place != path).st_mode):
            raise ConnectionRefusedError(f"{path} is no socket")
        connected = socket.socket(socket.AF_UNIX, kind)
        connected.settimeout(0)  # one who listens and takes nobody in is not waited for
        try:
            connected.connect(str(place))
        except OSError:
            connected.close()
            raise
        return connected


def _peer(connected: socket.socket) -> int:
    """Return the process that listens at the other end, as the system knows it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    size = struct.calcsize("3i")
    found = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int(struct.unpack("3i", found)[0])
