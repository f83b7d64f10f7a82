"""Does any Jupyter program get its kernels forked, in a sandbox if it asks for one?"""

import asyncio
import contextlib
import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.grading import sandbox
from course_utils.grading.warm import provisioner as module
from course_utils.grading.warm.process import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")
needs_sandbox = pytest.mark.skipif(
    not sandbox.available() and not os.environ.get("CI"), reason="bubblewrap makes no sandbox here"
)


class Manager(AsyncKernelManager):
    """A manager of one kernelspec."""

    spec: KernelSpec

    @property
    def kernel_spec(self):
        return self.spec


def manager(**config):
    kernels = Manager(kernel_name="python3")
    kernels.spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python",
        language="python",
        metadata={
            "kernel_provisioner": {
                "provisioner_name": "warm-provisioner",
                "config": {"modules": ["numpy"], **config},
            }
        },
    )
    return kernels


def run_async(coroutine):
    """Run a coroutine in a thread of its own: the browser's tests have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@contextlib.asynccontextmanager
async def kernel(**config):
    """A manager whose kernel runs."""
    started = manager(**config)
    await started.start_kernel()
    yield started
    await started.shutdown_kernel(now=True)
    started.context.destroy(linger=0)


async def run(started, code):
    """Run code in a manager's kernel and return its output."""
    said = []

    def hear(message):
        said.append(message["content"].get("text", message["content"].get("ename", "")))

    client = started.client()
    client.start_channels()
    await client.wait_for_ready(60)
    await client.execute_interactive(code, timeout=60, output_hook=hear)
    client.stop_channels()
    return "".join(said)


def is_forked(pid):
    return "zygote.py" in " ".join(psutil.Process(pid).parent().cmdline())


def test_jupyter_finds_it():
    """Is the provisioner registered, so that a kernelspec can name it?"""
    assert "warm-provisioner" in KernelProvisionerFactory.instance().get_provisioner_entries()


def test_nbclient_uses_it(tmp_path, monkeypatch):
    """Does a notebook run as ever, with its kernel forked, if the environment says so?"""
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "warm-provisioner")
    KernelProvisionerFactory.clear_instance()
    cells = [
        "import os, sys\n'zygote.py' in open(f'/proc/{os.getppid()}/cmdline').read()",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "print(os.getcwd())",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    run_async(client.async_execute())
    KernelProvisionerFactory.clear_instance()
    first, second, third = (cell.outputs for cell in notebook.cells)
    assert first[0].data["text/plain"] == "True"
    assert any("image/png" in out.get("data", {}) for out in second)
    assert third[0].text == f"{tmp_path}\n"
    nbformat.validate(notebook)


def test_a_kernel_is_forked():
    """Is the kernel a child of the warm process, without limits of the grader's?"""

    async def main():
        async with kernel() as started:
            assert is_forked(started.provisioner.pid)
            assert await run(started, "import sys; print('numpy' in sys.modules)") == "True\n"
            code = "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])"
            assert await run(started, code) == f"{resource.getrlimit(resource.RLIMIT_DATA)[0]}\n"

    run_async(main())


def test_it_is_interrupted():
    """Does an interrupt, which the guardian passes on, stop a cell?"""

    async def main():
        async with kernel() as started:
            endless = asyncio.create_task(run(started, "while True: pass"))
            while not endless.done():  # one that comes before the cell begins is nobody's
                await asyncio.wait([endless], timeout=0.5)
                await started.interrupt_kernel()
            assert "KeyboardInterrupt" in endless.result()

    run_async(main())


def test_it_is_restarted():
    """Does a restart give another kernel, without the names of the first?"""

    async def main():
        async with kernel() as started:
            await run(started, "x = 3")
            before = started.provisioner.pid
            await started.restart_kernel(now=True)
            assert started.provisioner.pid != before
            assert not psutil.pid_exists(before)
            assert await run(started, "print('x' in dir())") == "False\n"

    run_async(main())


@needs_sandbox
def test_it_is_isolated():
    """Does a kernel that is to be isolated see no home, no network, no other processes?"""

    async def main():
        async with kernel(isolation=True) as started:
            code = "import os; print(os.getcwd(), os.listdir('/kit'))"
            assert await run(started, code) == f"{sandbox.HOME} []\n"
            code = "print(len([p for p in os.listdir('/proc') if p.isdigit()]))"
            assert await run(started, code) == "1\n"
            code = "import socket\nsocket.create_connection(('127.0.0.1', 80))"
            assert await run(started, code) == "OSError"
            code = f"print(os.path.exists({os.getcwd()!r} + '/pyproject.toml'))"
            assert await run(started, code) == "False\n"

    run_async(main())


def test_elsewhere_kernels_are_started(monkeypatch, caplog):
    """Is an ordinary kernel started where forking is unsafe, and is it said?"""
    monkeypatch.setattr(module, "can_fork", lambda: False)

    async def main():
        started = manager()
        started.log.addHandler(caplog.handler)
        await started.start_kernel()
        assert not is_forked(started.provisioner.pid)
        assert "forking is safe on Linux only" in caplog.text
        started.log.removeHandler(caplog.handler)
        await started.shutdown_kernel(now=True)
        started.context.destroy(linger=0)

    run_async(main())


def test_another_language_is_started():
    """Is a kernel that is not of this Python left to its own command?"""
    words = module.WarmProvisioner._words
    assert words(["ir", "-f", "c.json"]) is None
    assert words(["/usr/bin/env", "-m", "ipykernel_launcher", "-f", "c.json"]) is None
    here = [sys.executable, "-m", "ipykernel_launcher", "-f", "c.json", "--debug"]
    assert words(here) == ("c.json", ["--debug"])
