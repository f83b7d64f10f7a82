"""nbgrader's commands for tests, from a process that has imported nbgrader already.

To start Python and to import nbgrader takes longer than most commands.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_utils.grading import nbgrader_command

SERVER = Path(__file__).parent / "nbgrader_server.py"
started = nbgrader_command.run


class Forks:
    """Runs nbgrader's commands one after another, each in a process that is forked for it."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        self._path = os.environ.get("PYTHONPATH")

    def run(
        self, words: list[str], folder: Path, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Do what `nbgrader_command.run` does."""
        if not hasattr(os, "fork") or env.get("PYTHONPATH") != self._path:
            return started(words, folder, env)
        if self._server is None:
            pipe = subprocess.PIPE
            command = [sys.executable, str(SERVER)]
            self._server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._server.stdin
        assert self._server.stdout
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as printed:
            print(json.dumps([words, str(folder), env, printed.name]), file=self._server.stdin)
            self._server.stdin.flush()
            code = int(self._server.stdout.readline())
            return subprocess.CompletedProcess(words, code, printed.read())

    def close(self) -> None:
        """End the process that forks."""
        if self._server:
            self._server.communicate()


@contextlib.contextmanager
def forking() -> Iterator[None]:
    """Have nbgrader's commands forked."""
    forks = Forks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader_command, "run", forks.run)
        yield
    forks.close()
