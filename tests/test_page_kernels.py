"""Does a forked kernel run a page as any other kernel does?"""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from course_utils import page_kernels

# A program, since the server from which kernels are forked stays as long as who has started it.
PROGRAM = """
import json, os, sys, time
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from course_utils import page_kernels

page_kernels.MODULES = ("ipykernel.kernelapp", "colorsys", "matplotlib.pyplot")

def run(*cells, **settings):
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    folder = {"metadata": {"path": sys.argv[1]}}
    manager = page_kernels.PageKernelManager
    client = NotebookClient(nb, resources=folder, kernel_manager_class=manager, **settings)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return type(error).__name__
    shown = [out for cell in nb.cells for out in cell.outputs]
    return [out.get("text") or sorted(out.data) for out in shown]

os.environ["OF_THIS_BUILD"] = "yes"
LOOK = '''import colorsys, os, sys
print(os.getcwd(), os.environ["OF_THIS_BUILD"], os.environ["MPLBACKEND"].split(".")[-1])
print(hasattr(colorsys, "left"), os.getpgrp() == os.getpid(), sys.argv[1] == "-f")
colorsys.left = 1'''
AT_ONCE = "import sys\\nprint('colorsys' in sys.modules)"
found = {
    "first": run(AT_ONCE, LOOK),
    "draws": run("%config InlineBackend.figure_formats = ['svg']\\nimport matplotlib.pyplot as plt",
                 "plt.plot([1, 2]);", "fig, ax = plt.subplots()"),
    "second": run("x = 2", "print(x)", LOOK),
    "raises": run("1 / 0"),
    "loops": run("while True:\\n    pass", timeout=2),
    "dies": run("import os\\nos._exit(3)"),
    "is killed": run("import os, signal\\nos.kill(os.getpid(), signal.SIGKILL)"),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What a few pages come to that are run one after another."""
    if sys.platform != "linux":
        pytest.skip("kernels are forked on Linux only")
    folder = tmp_path_factory.mktemp("pages").resolve()
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return folder, json.loads(run.stdout.splitlines()[-1]), run.stdout


def test_what_pages_import_is_there_already(found):
    """Is a module imported before the first cell runs?"""
    assert found[1]["first"][0] == "True\n"


def test_a_page_runs_in_its_folder_with_the_builds_variables(found):
    """Does the kernel have the folder, the environment and a group of its own?"""
    folder, said, _ = found
    assert said["first"][1].splitlines() == [
        f"{folder} yes backend_inline",
        "False True True",
    ]


def test_nothing_goes_from_one_page_to_the_next(found):
    """Does a page see nothing of what the one before has changed?"""
    _, said, _ = found
    assert said["second"][0] == "2\n"
    assert said["second"][1].splitlines()[1].startswith("False")


def test_figures_are_drawn(found):
    """Is a figure shown behind its cell, in the format that the page asks for?"""
    assert found[1]["draws"] == [["image/svg+xml", "text/plain"]] * 2


def test_faults_are_those_of_any_kernel(found):
    """Is an error an error, and a kernel that hangs or dies the fault that it is?"""
    _, said, _ = found
    assert said["raises"] == "CellExecutionError"
    assert said["loops"] == "CellTimeoutError"
    assert (said["dies"], said["is killed"]) == ("DeadKernelError", "DeadKernelError")


def test_a_kernel_says_nothing_of_itself(found):
    """Is the build's own output free of what a kernel tells who starts it by hand?"""
    assert len(found[2].splitlines()) == 1


@pytest.mark.parametrize(
    ("platform", "command"),
    [
        ("linux", ["/usr/bin/R", "--slave"]),
        ("linux", ["/another/python", "-m", "ipykernel_launcher"]),
        ("darwin", [sys.executable, "-m", "ipykernel_launcher"]),
    ],
)
def test_other_kernels_start_as_ever(monkeypatch, platform, command):
    """Are a kernel that is not this Python's, and any on another system, left alone?"""
    launched = []

    async def launch(self, cmd, **kwargs):
        launched.append(cmd)

    monkeypatch.setattr(page_kernels.LocalProvisioner, "launch_kernel", launch)
    monkeypatch.setattr(sys, "platform", platform)
    forking = page_kernels.Forking(kernel_id="", kernel_spec=None, parent=None)
    with ThreadPoolExecutor() as pool:  # a browser of other tests has a loop of its own here
        pool.submit(asyncio.run, forking.launch_kernel(command)).result()
    assert launched == [command]
