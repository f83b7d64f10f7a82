"""A kernel provisioner that forks kernels instead of starting them.

Jupyter finds it by its entry point, ``warm-provisioner``. It is used by a kernelspec that names it,
or by every kernel if the environment says ``JUPYTER_DEFAULT_PROVISIONER_NAME=warm-provisioner``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Dict, List, Unicode

from course_utils.errors import CourseError
from course_utils.grading.folders import remove
from course_utils.grading.limits import Limits
from course_utils.grading.sandbox import HOME, PACKAGE, environment
from course_utils.grading.warm.process import WarmProcess, can_fork, warm_process

ENDED = 5.0  # seconds that a killed process may take to be gone
NAME = "warm-provisioner"
LAUNCHER = "ipykernel_launcher"


class WarmProvisioner(LocalProvisioner):
    """Forks Python kernels from a warm process; where that is unsafe, starts ordinary ones.

    With `isolation`, kernels run in namespaces of their own, without network, and see the system
    read-only. They are then reached by sockets in a folder, so the manager's transport, address and
    connection file are set here.
    """

    isolation = Bool(False, help="Whether kernels run in a sandbox.").tag(config=True)
    modules = List(
        Unicode(),
        ["numpy", "numpy.random", "matplotlib.pyplot", "torch"],
        help="What is imported beforehand.",
    ).tag(config=True)
    package = Unicode("", help="A folder that goes on the kernels' Python path.").tag(config=True)
    limits = Dict(
        help="Limits that differ from those in course_utils.grading.limits. Without isolation "
        "there are none unless they are given."
    ).tag(config=True)

    _warm: WarmProcess | None = None
    _folder: Path | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose where the kernel will listen."""
        if can_fork():
            self._warm = warm_process("jupyter", tuple(self.modules), self.package, self.isolation)
        elif self.isolation:
            raise CourseError("kernels cannot be isolated here: that takes Linux and bubblewrap")
        else:
            self.log.warning("Kernels are started, not forked: forking is safe on Linux only.")
        if self._warm:
            manager: Any = self.parent
            folder = Path(manager.ip).parent
            if self.isolation and folder.parent != self._warm.base:
                # The sockets lie where both sides see them. A kernel that is started anew has them.
                folder = self._warm.new_folder()
                manager.transport = "ipc"
                manager.ip = str(folder / "s")
                manager.connection_file = str(folder / "kernel.json")
            if self.isolation:
                self._folder = folder
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or start one if this is not a Python kernel of this Python."""
        words = self._words(cmd)
        if self._warm is None or words is None:
            if self.isolation:
                raise CourseError("only a kernel of this Python can be isolated")
            return await super().launch_kernel(cmd, **kwargs)
        file, extra = words
        process = self._warm.fork(
            folder=str(self._folder or ""),
            cwd=HOME if self.isolation else str(kwargs.get("cwd") or os.getcwd()),
            env=self._environment(kwargs.get("env") or dict(os.environ)),
            limits=Limits.of(self.limits).as_request() if self.isolation or self.limits else None,
            jupyter={"connection_file": file, "extra": extra},
        )
        self.process = process  # type: ignore[assignment]  # all of a Popen that is asked for
        self.pid = process.pid
        self.pgid = None
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel, and wait the moment until it has: managers look once in 0.1 s only."""
        await super().kill(restart)
        if self.process:
            self.process.wait(ENDED)

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(0.002)  # a forked kernel is gone at once
        self.process = None
        return code

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the folder, unless the kernel comes back to it."""
        await super().cleanup(restart)
        if self._folder and not restart:
            remove(self._folder)
            self._folder = None

    def _environment(self, env: dict[str, str]) -> dict[str, str]:
        """Return the environment of a kernel, with its places as it sees them."""
        return {**env, **environment(PACKAGE)} if self.isolation else env

    @staticmethod
    def _words(cmd: list[str]) -> tuple[str, list[str]] | None:
        """Return the connection file and the other arguments of the command of a Python kernel."""
        same = os.path.realpath(cmd[0]) == os.path.realpath(sys.executable)
        if not same or "-f" not in cmd or LAUNCHER not in cmd:
            return None
        words = cmd[cmd.index(LAUNCHER) + 1 :]
        place = words.index("-f")
        return words[place + 1], words[:place] + words[place + 2 :]
