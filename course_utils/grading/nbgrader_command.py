"""Run nbgrader's own commands with the course's configuration."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from course_utils.errors import CourseError


def nbgrader(
    course: Path,
    root: Path,
    *words: str,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run one nbgrader command and return its log.

    Parameters
    ----------
    course : Path
        The folder with nbgrader_config.py.
    root : Path
        The folder in which nbgrader keeps submissions, grades and feedback.
    words : str
        The command and its arguments.
    on_line : callable, optional
        Called with each line of the log as it comes.

    Raises
    ------
    CourseError
        If nbgrader is not installed, or says that the command failed.
    """
    if importlib.util.find_spec("nbgrader") is None:
        raise CourseError('nbgrader is not installed: pip install -e ".[grading]"')
    command = [sys.executable, "-m", "nbgrader", *words, f"--CourseDirectory.root={root}"]
    # nbgrader looks for its helper `alembic` on the PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    lines = []
    with subprocess.Popen(
        command,
        cwd=course,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None  # it was asked for
        for line in process.stdout:
            lines.append(line)
            if on_line:
                on_line(line)
    log = "".join(lines)
    if process.returncode:
        said = [line for line in lines if "ERROR" in line or "CRITICAL" in line] or lines[-1:]
        what = said[0].strip() if said else "no message"
        raise CourseError(f"nbgrader {words[0]} failed: {what}")
    return log
