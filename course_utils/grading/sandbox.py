"""Where a student's kernel runs: a world of its own, in which there is nothing of the course."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import course_utils
from course_utils.grading.kernel import Command

HOME = "/home/student"
PACKAGE = "/kit"  # the student's part of course_utils
MOST_FILE_BYTES = 2**30
MOST_DATA_BYTES = 4 * 2**30  # of memory
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SETTINGS = (
    "/etc/alternatives", "/etc/fonts", "/etc/group", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/nsswitch.conf", "/etc/passwd",
)  # fmt: skip
ABSENT = (
    "No sandbox on this machine: students' code runs with your rights, which is less safe. "
    "Install bubblewrap (on Debian: apt-get install bubblewrap)."
)


@functools.cache
def available() -> bool:
    """Say whether this machine lets bubblewrap make a sandbox."""
    if shutil.which("bwrap") is None:
        return False
    command = ["bwrap", *_namespaces(), *_system(), "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def tier() -> str:
    """Name the kind of isolation that students' kernels get here."""
    return "namespaces" if available() else "none"


def environment(package: str) -> dict[str, str]:
    """Return the whole environment of a student's kernel; none of ours goes into it."""
    home = HOME if available() else tempfile.gettempdir()
    return {
        "HOME": home,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "PYTHONPATH": package,
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


def sandboxed(
    folder: Path, command: Command, *, package: Path, files: Sequence[Path] = ()
) -> Command:
    """Return a command that runs `command` in a sandbox.

    It has namespaces of its own for users, processes, network, messages between processes and
    file systems; no network; no capability. It sees the system and Python read-only, an empty
    home, the student's part of the package, and `folder`, which is shared with the judge.

    Parameters
    ----------
    folder : Path
        Shared, under its own name.
    command : list of str
    package : Path
        A folder that holds the student's part of course_utils.
    files : sequence of Path
        Files that lie beside the notebook.
    """
    work = f"{HOME}/work"
    binds = ["--ro-bind", str(package), PACKAGE, "--dir", work]
    for file in files:
        binds += ["--ro-bind", str(file), f"{work}/{file.name}"]
    binds += ["--bind", str(folder), str(folder), "--chdir", work]
    # A kernel that finds process 1 as its parent takes itself for an orphan, and goes.
    binds += ["--unsetenv", "JPY_PARENT_PID"]
    return limited(["bwrap", *_namespaces(), *_system(), *_python(), *binds, *command])


def limited(command: Command) -> Command:
    """Return a command that runs `command` with limits on memory and files, where there are any."""
    limits = [f"--fsize={MOST_FILE_BYTES}", f"--data={MOST_DATA_BYTES}", "--core=0"]
    return ["prlimit", *limits, *command] if shutil.which("prlimit") else command


def _namespaces() -> list[str]:
    return ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]


def _system() -> list[str]:
    words = []
    for folder in SYSTEM:
        if os.path.islink(folder):
            words += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            words += ["--ro-bind", folder, folder]
    for path in SETTINGS:
        words += ["--ro-bind-try", path, path]
    return [*words, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", HOME]


def _python() -> list[str]:
    """Show the Python that runs this, without the course in it."""
    words = []
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not any(Path(prefix).is_relative_to(folder) for folder in SYSTEM):
            words += ["--ro-bind", prefix, prefix]
    installed = Path(course_utils.__file__).parent
    if installed.is_relative_to(sys.prefix):
        words += ["--tmpfs", str(installed)]
    return words
