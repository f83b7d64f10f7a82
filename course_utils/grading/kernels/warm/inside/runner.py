"""Run cells for whoever asks on a socket: the student's end of a kernel, and the judge's.

This file runs alone, as a program or in a process forked from the warm one. It is IPython's shell
with a socket in place of a terminal, which starts in a tenth of the time that a Jupyter kernel
takes and needs no thread to run a cell.

A message is a line of JSON. A request is ``{"call": [module, function, argument]}``, where a text
is the name of a file in the folder, or ``{"cell": source}``, which is run as a notebook's cell.
What comes of it is a number of lines ``{"output": ...}``, outputs as a notebook holds them, and
then ``{"done": true}``, with what the function returned as ``"returned"``, and the ``"number"``
that the request had, if it had one. Any datagram on the second socket interrupts what runs.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sys
import threading
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

REQUESTS, INTERRUPTS = "requests", "interrupts"  # the sockets in a kernel's folder
MOST_REQUEST = 2**26  # bytes
HELD_BACK = 2**13  # characters of a stream that wait for more
MOST_TOLD = 2**16  # characters of an error's message, and of each line of its trace
NOTEBOOK = "module://matplotlib_inline.backend_inline"

asker: socket.socket | None = None  # whoever waits for an answer
writing = threading.RLock()  # a notebook may print from several threads


def main() -> None:
    """Serve the folder that the command line names; the rest of it is imported beforehand."""
    os.environ.setdefault("MPLBACKEND", NOTEBOOK)
    make_shell()
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    serve(sys.argv[1])


def make_shell() -> InteractiveShell:
    """Make the shell, once in a process."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.IPKernelApp = Config()  # by which libraries know a notebook
    return Shell.instance(config=config)


def serve(folder: str) -> None:
    """Answer requests, one at a time, until the process is ended."""
    shell = Shell.instance()
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    sys.path.insert(0, "")  # what lies beside a notebook can be imported
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    interrupts.bind(os.path.join(folder, INTERRUPTS))
    threading.Thread(target=interrupt, args=(interrupts,), daemon=True).start()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.path.join(folder, REQUESTS))
    listener.listen()
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    files: dict[socket.socket, Any] = {}
    while True:
        for key, _ in selector.select():
            client = key.fileobj
            assert isinstance(client, socket.socket)
            if client is listener:
                client, _ = listener.accept()
                files[client] = client.makefile("rb")
                selector.register(client, selectors.EVENT_READ)
                continue
            try:
                line = files[client].readline(MOST_REQUEST)
                if line:
                    answer(shell, client, json.loads(line), folder)
            except OSError:
                line = b""
            if not line:
                selector.unregister(client)
                files.pop(client).close()
                client.close()
                if not files:
                    os._exit(0)  # nobody is left who could ask


def interrupt(interrupts: socket.socket) -> None:
    """Interrupt this process whenever somebody asks for it."""
    while True:
        interrupts.recv(64)
        os.kill(os.getpid(), signal.SIGINT)


def answer(
    shell: InteractiveShell, client: socket.socket, request: dict[str, Any], folder: str
) -> None:
    """Do what a request asks for, and say when it is done."""
    global asker
    asker = client
    done: dict[str, Any] = {"done": True, "number": request.get("number")}
    try:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if "call" in request:
                module, function, argument = request["call"]
                if isinstance(argument, str):
                    argument = os.path.join(folder, argument)
                done["returned"] = getattr(importlib.import_module(module), function)(argument)
            else:
                shell.run_cell(request["cell"], store_history=True)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # it came as the cell or the call had just ended
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except SystemExit:
        os._exit(0)
    except BaseException:
        if "cell" in request:
            shell.showtraceback()
    flush()
    send(done)
    asker = None


def send(message: dict[str, Any]) -> None:
    """Send a line to whoever waits; to nobody if nobody does.

    It begins with the end of a line, because an interrupt may have cut short the one before.
    """
    with writing:
        if asker is not None:
            asker.sendall(b"\n" + json.dumps(message, default=repr).encode() + b"\n")


def flush() -> None:
    """Send what the streams hold back."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a notebook may put there what it likes
            stream.flush()


class Stream(io.TextIOBase):
    """A standard stream that goes to whoever asked."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, name: str) -> None:
        self.name = f"<{name}>"
        self._kind = name
        self._held: list[str] = []
        self._size = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Say that nobody watches."""
        return False

    def write(self, text: str) -> int:
        """Send the text, or hold a little of it back."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with writing:
            self._held.append(text)
            self._size += len(text)
            if self._size > HELD_BACK:
                self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what is held back."""
        with writing:
            text, self._held, self._size = "".join(self._held), [], 0
            if text:
                text = text.encode("utf-8", "backslashreplace").decode()
                send({"output": {"output_type": "stream", "name": self._kind, "text": text}})


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    def start_displayhook(self) -> None:
        """Begin with nothing to show."""
        self._data: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    def write_output_prompt(self) -> None:
        """Show no prompt."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        """Keep what is to be shown."""
        self._data, self._metadata = plain(format_dict), md_dict or {}

    def finish_displayhook(self) -> None:
        """Send it."""
        flush()
        if self._data:
            output = {
                "output_type": "execute_result",
                "data": self._data,
                "metadata": self._metadata,
                "execution_count": self.prompt_count,
            }
            send({"output": output})


class Publisher(DisplayPublisher):
    """Sends what a cell displays."""

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        """Send it."""
        flush()
        output = {"output_type": "display_data", "data": plain(data), "metadata": metadata or {}}
        send({"output": output})

    def clear_output(self, wait: bool = False) -> None:
        """Clear nothing: what was shown stays in the notebook."""


class Shell(InteractiveShell):
    """IPython's shell, whose outputs go to whoever asked."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def enable_gui(self, gui: str | None = None) -> None:
        """Open no window."""

    def ask_exit(self) -> None:
        """End the process, as `exit` asks for."""
        flush()
        os._exit(0)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        flush()
        try:
            says = str(evalue)
        except Exception:
            says = ""
        output = {
            "output_type": "error",
            "ename": etype.__name__,
            "evalue": says[:MOST_TOLD],
            "traceback": [str(line)[:MOST_TOLD] for line in stb],
        }
        send({"output": output})


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """Return a bundle of formats as JSON can hold it: pictures in base64."""
    return {
        str(kind): base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


if __name__ == "__main__":
    main()
