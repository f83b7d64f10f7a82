"""Run nbgrader's own commands with the course's configuration."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from course_utils.errors import CourseError

FULL = (os.strerror(errno.ENOSPC), "database or disk is full")  # as Linux and SQLite say it


def nbgrader(course: Path, root: Path, *words: str) -> str:
    """Run one nbgrader command and return its log.

    Parameters
    ----------
    course : Path
        The folder with nbgrader_config.py.
    root : Path
        The folder in which nbgrader keeps submissions, grades and feedback.
    words : str
        The command and its arguments.

    Raises
    ------
    CourseError
        If nbgrader is not installed, or says that the command failed.
    OSError
        If the disk is full.
    """
    if importlib.util.find_spec("nbgrader") is None:
        raise CourseError('nbgrader is not installed: pip install -e ".[grading]"')
    # nbgrader looks for its helper `alembic` on the PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = run([*words, f"--CourseDirectory.root={root}"], course, {**os.environ, "PATH": path})
    if done.returncode:
        if any(says in done.stdout for says in FULL):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(root))
        lines = done.stdout.splitlines()
        logged = [line for line in lines if "ERROR" in line or "CRITICAL" in line]
        said = [line for line in logged if "Traceback" not in line] or lines[-1:]
        what = said[0].strip() if said else "no message"
        raise CourseError(f"nbgrader {words[0]} failed: {what}")
    return done.stdout


def run(words: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run nbgrader in a folder; its output is what it printed and what it complained about."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
