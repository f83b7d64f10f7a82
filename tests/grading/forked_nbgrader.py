"""nbgrader's commands for tests: forked from a process that has imported nbgrader already.

To start Python and to import nbgrader takes longer than most commands. What the tests of the
command itself and of attacks start, is started as ever.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course_utils.grading import nbgrader_command

MODULES = ("nbgrader.apps.nbgraderapp", "course_utils.grading.autograde")
started = nbgrader_command.run


def forked(words: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run nbgrader as `nbgrader_command.run` does, where a fork is safe and comes to the same."""
    if sys.platform != "linux" or env.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):
        return started(words, folder, env)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(list(MODULES))
    with tempfile.NamedTemporaryFile("r+", encoding="utf-8") as printed:
        process = forks.Process(target=_nbgrader, args=(words, str(folder), env, printed.name))
        process.start()
        process.join()
        return subprocess.CompletedProcess(words, process.exitcode, printed.read())


def _nbgrader(words: list[str], folder: str, env: dict[str, str], printed: str) -> None:
    """Be `python -m nbgrader`, in a process of its own."""
    from nbgrader.apps.nbgraderapp import main

    output = os.open(printed, os.O_WRONLY)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.path.insert(0, folder)
    sys.argv = ["nbgrader", *words]
    try:
        main()
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # which a forked process leaves out


@pytest.fixture
def nbgrader_is_started(monkeypatch):
    """Have nbgrader's commands started, as users do."""
    monkeypatch.setattr(nbgrader_command, "run", started)
