"""Kernels for the book's pages, forked from a process in which what most pages import is there.

A kernel that starts from nothing takes seconds to import NumPy, Matplotlib and PyTorch, longer than
the cells of many pages. The process from which they are forked is that of
:mod:`multiprocessing`'s fork server; it runs no page itself, so that nothing goes from one page to
another. Where there is no such server, on Windows, or where it is not safe, on macOS, and for
kernels of other kinds, a kernel starts as it always does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

# Not the backend, which makes itself known to the kernel that imports it.
MODULES = (
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "numpy.testing",
    "sklearn.datasets",
    "torch._dynamo",  # which the first step of an optimizer imports
)
KERNEL = "ipykernel_launcher"  # the module that a kernel of Python's starts with
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # as a kernel sets it


class PageKernelManager(AsyncKernelManager):
    """Starts a kernel by a fork where that can be."""

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.provisioner = Forking(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**kw)


class Forking(LocalProvisioner):
    """Launches kernels, by a fork where that can be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch a kernel with a command."""
        if sys.platform != "linux" or cmd[0] != sys.executable or KERNEL not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        words = cmd[cmd.index(KERNEL) + 1 :]
        self.cwd = kwargs.get("cwd") or os.getcwd()
        # The kernel's group is not known before it has made one: signals go to the kernel alone.
        process = Forked(words, str(self.cwd), kwargs.get("env") or os.environ)
        self.process = process  # type: ignore[assignment]  # it is used as a Popen is
        self.pid = process.pid
        return self.connection_info


class Forked:
    """A forked kernel, with as much of :class:`subprocess.Popen` as its manager uses.

    Parameters
    ----------
    words : sequence of str
        Of the kernel's command line.
    folder : str
        In which it runs.
    environment : mapping of str to str
        The variables that it has.
    """

    stdin = stdout = stderr = None

    def __init__(self, words: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(list(MODULES))
        os.environ |= INLINE  # before the server imports Matplotlib
        self._process = forks.Process(target=_run, args=(list(words), folder, {**environment}))
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code; None while the kernel runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for the kernel's end, and return its exit code."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send the kernel a signal."""
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


def _run(words: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be a kernel, in a process of its own."""
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment | INLINE)
    sys.argv = [KERNEL, *words]
    launch_new_instance(argv=words, parent_handle=os.getppid())  # it ends with its parent
