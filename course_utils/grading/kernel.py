"""Run cells in a kernel that is not trusted, and come back whatever it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg

SHARED_MEMORY = "/dev/shm"
MOST_MESSAGE_BYTES = 16 * 2**20
MOST_WAITING = 50  # messages
INTERRUPTED = 2.0  # seconds that a kernel has to come back from an interrupt
QUIET = 0.3  # seconds without a message, after which a stopped cell prints no more
QUIET_AT_LAST = 5.0  # the longest to wait for that
STARTED = 60.0  # seconds that it has to start
MOST_OUTPUT_BYTES = 2**20  # of one cell, that are kept
FLOOD_BYTES = 256 * 2**20  # of one cell: more than this ends the kernel

Command = list[str]


def limited_context() -> zmq.Context[zmq.Socket[bytes]]:
    """Return a context whose sockets hold only so much of what others send."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MOST_MESSAGE_BYTES)
    context.setsockopt(zmq.RCVHWM, MOST_WAITING)
    return context


def alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


@dataclass
class Ran:
    """What came of a cell.

    Attributes
    ----------
    outputs : list of NotebookNode
    trouble : str
        Why the kernel cannot go on: "died", "hung" or "flooded"; empty if it can.
    late : bool
        Whether the cell was stopped because its time was over.
    """

    outputs: list[NotebookNode] = field(default_factory=list)
    trouble: str = ""
    late: bool = False


class _Manager(KernelManager):
    """A manager that starts the kernel by a command of ours."""

    def __init__(self, wrap: Callable[[Command], Command], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._wrap = wrap

    def format_kernel_cmd(self, extra_arguments: Command | None = None) -> Command:
        return self._wrap(super().format_kernel_cmd(extra_arguments))


class Kernel:
    """A Python kernel in a folder of its own.

    Parameters
    ----------
    env : dict of str to str
        Its whole environment.
    wrap : callable, optional
        Given the folder and the command that starts a kernel, returns the command to run instead.

    Attributes
    ----------
    folder : Path
        For sockets and messages; it goes with the kernel.
    """

    _client: BlockingKernelClient

    def __init__(
        self, env: dict[str, str], wrap: Callable[[Path, Command], Command] | None = None
    ) -> None:
        # Short, because a socket's path has at most 107 characters; in memory where there is such.
        memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="course-", dir=memory))
        self._context = limited_context()
        self._manager = _Manager(
            (lambda command: wrap(self.folder, command)) if wrap else (lambda command: command),
            kernel_name="python3",
            transport="ipc",
            ip=str(self.folder / "s"),
            connection_file=str(self.folder / "kernel.json"),
            context=self._context,
        )
        try:
            self._manager.start_kernel(
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=str(self.folder),
                extra_arguments=["--HistoryManager.hist_file=:memory:"],
            )
            self._connect()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The process of the kernel, or of what it is wrapped in."""
        return int(getattr(self._manager.provisioner, "pid", None) or 0)

    @property
    def connection(self) -> dict[str, Any]:
        """Where the kernel listens, and the key to its messages."""
        info: dict[str, Any] = {**self._manager.get_connection_info()}
        return {**info, "key": info["key"].decode()}

    def stop(self) -> None:
        """End the kernel and remove its folder."""
        if "_client" in vars(self):
            self._client.stop_channels()
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._context.destroy(linger=0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, code: str, seconds: float) -> Ran:
        """Run a cell for at most `seconds`, then interrupt it. Never raises.

        Outputs beyond a limit are dropped, with a line that says so.
        """
        ran = self._run(code, seconds)
        if ran.late and not ran.trouble:
            self._drain()
        return ran

    def _run(self, code: str, seconds: float) -> Ran:
        sent = self._client.execute(code, allow_stdin=False, stop_on_error=False)
        listener = _Listener(sent)
        if self._listen(listener, seconds):
            return listener.ran()
        if listener.flooded:
            return listener.ran("flooded")
        if not alive(self.pid):
            return listener.ran("died")
        listener.stop(seconds)
        interrupt = self._client.session.msg("interrupt_request", {})
        self._client.control_channel.send(interrupt)
        if self._listen(listener, INTERRUPTED):
            return listener.ran()
        return listener.ran("hung" if alive(self.pid) else "died")

    def answers(self) -> bool:
        """Say whether the kernel lives and runs what it is given."""
        sent = self._client.execute("", silent=True, store_history=False, allow_stdin=False)
        end = time.monotonic() + INTERRUPTED
        while alive(self.pid) and time.monotonic() < end:
            if self._message(self._client.shell_channel, sent, 0.2):
                return True
        return False

    def _connect(self) -> None:
        """Listen to the kernel, anew if it was listened to before."""
        if "_client" in vars(self):
            self._client.stop_channels()
        self._client = self._manager.client(context=self._context)
        self._client.start_channels(stdin=False, hb=False)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Wait until the kernel replies and its outputs are heard."""
        end = time.monotonic() + STARTED
        while time.monotonic() < end:
            if not alive(self.pid):
                raise RuntimeError("the kernel died as it started")
            sent = self._client.kernel_info()
            if self._message(self._client.shell_channel, sent, 1.0):
                # The first output may be missed, because a subscription takes a moment.
                for _ in range(20):
                    if self._message(self._client.iopub_channel, sent, 0.05):
                        return
                    sent = self._client.kernel_info()
        raise RuntimeError(f"the kernel did not start within {STARTED:g} s")

    def _listen(self, listener: _Listener, seconds: float) -> bool:
        """Hand messages to the listener until the cell is done; say whether it is."""
        end = time.monotonic() + seconds
        poller = zmq.Poller()
        channels = (self._client.iopub_channel, self._client.shell_channel)
        for channel in channels:
            poller.register(channel.socket, zmq.POLLIN)
        while (left := end - time.monotonic()) > 0 and not listener.flooded:
            ready = dict(poller.poll(int(1000 * min(left, 0.5)) + 1))
            if not ready and not alive(self.pid):
                return False
            for channel in channels:
                if channel.socket in ready:
                    listener.hear(_received(channel))
            if listener.done:
                return True
            if listener.replied and not ready:
                # The cell is over. What would say so came after a message that is too large to
                # take, which ended the connection.
                listener.lost()
                self._connect()
                return True
        return False

    def _drain(self) -> None:
        """Let pass what a stopped cell still prints; it would crowd out the next one's."""
        end = time.monotonic() + QUIET_AT_LAST
        while time.monotonic() < end and self._client.iopub_channel.socket.poll(QUIET * 1000):
            _received(self._client.iopub_channel)

    def _message(self, channel: Any, parent: str, seconds: float) -> bool:
        """Wait for a message that belongs to `parent`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if channel.socket.poll(left * 1000):
                message, _ = _received(channel)
                if _parent(message) == parent:
                    return True
        return False


class _Listener:
    """Collects the outputs of one cell."""

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._outputs: list[NotebookNode] = []
        self._bytes = 0
        self._late = False
        self._dropped = ""
        self._idle = self.replied = False

    @property
    def done(self) -> bool:
        return self._idle and self.replied

    @property
    def flooded(self) -> bool:
        return self._bytes > FLOOD_BYTES

    def lost(self) -> None:
        """Note that some output never came."""
        self._dropped = "a single output was too large"

    def hear(self, received: tuple[dict[str, Any], int]) -> None:
        """Take in a message; what is no message changes nothing but the count of bytes."""
        message, size = received
        self._bytes += size
        if _parent(message) != self._parent:
            return
        kind, content = message.get("msg_type"), message.get("content")
        if not isinstance(content, dict):
            return
        if kind == "execute_reply":
            self.replied = True
        elif kind == "status":
            self._idle = self._idle or content.get("execution_state") == "idle"
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._add(message)

    def stop(self, seconds: float) -> None:
        """Note that the time is over; what the cell says about its interruption does not count."""
        self._late = True
        says = f"the cell ran longer than {seconds:g} s"
        error = new_output(
            "error", ename="TimeLimit", evalue=says, traceback=[f"TimeLimit: {says}"]
        )
        self._outputs.append(error)

    def ran(self, trouble: str = "") -> Ran:
        outputs = list(self._outputs)
        if self._dropped:
            text = f"[the rest of this cell's output is left out: {self._dropped}]\n"
            outputs.append(new_output("stream", name="stdout", text=text))
        return Ran(outputs, trouble, self._late)

    def _add(self, message: dict[str, Any]) -> None:
        if self._late:
            return
        if self._bytes > MOST_OUTPUT_BYTES:
            self._dropped = f"it is more than {MOST_OUTPUT_BYTES / 2**20:g} MiB"
            return
        try:
            output = output_from_msg(message)
        except Exception:
            return  # a message that lacks what its kind must have
        last = self._outputs[-1] if self._outputs else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            self._outputs.append(output)


def _received(channel: Any) -> tuple[dict[str, Any], int]:
    """Read one message and its size; an empty one if it makes no sense."""
    try:
        parts = channel.socket.recv_multipart(zmq.NOBLOCK)
    except zmq.ZMQError:
        return {}, 0
    size = sum(map(len, parts))
    try:
        _, parts = channel.session.feed_identities(parts)
        message = channel.session.deserialize(parts)
    except Exception:
        # Anybody who can write to the kernel's sockets can send what is no message.
        return {}, size
    return (message if isinstance(message, dict) else {}), size


def _parent(message: dict[str, Any]) -> Any:
    header = message.get("parent_header")
    return header.get("msg_id") if isinstance(header, dict) else None
