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
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits

Command = list[str]
HOME = "/home/student"
INSIDE = "/inside"  # the programs that run there
USER = "1000"  # inside; a world within this one may not be made with root's number
PACKAGE = "/kit"  # the student's part of course_utils
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SETTINGS = (
    "/etc/alternatives", "/etc/fonts", "/etc/group", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/nsswitch.conf", "/etc/passwd",
)  # fmt: skip
# Root may write many of the system's settings in /proc without a capability.
SHUT = ("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/")
PROBES = 3  # sandboxes that are made to see whether that works, if somebody ends them
MEND = "Install bubblewrap (on Debian: apt-get install bubblewrap), on Linux."
ABSENT = (
    "No sandbox on this machine: students' code runs with your rights, which is less safe. " + MEND
)


@functools.cache
def refusal() -> str:
    """Say why bubblewrap makes no sandbox here, in its own words; nothing if it makes one."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    command = ["bwrap", *_namespaces(), *_system(), "true"]
    for _ in range(PROBES):
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return ""
        if 0 < tried.returncode <= 128:  # else somebody ended it, which says nothing of the machine
            break
    return tried.stderr.strip() or f"bwrap ended with code {tried.returncode}"


def available() -> bool:
    """Say whether this machine lets bubblewrap make a sandbox."""
    return not refusal()


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
    folder: Path,
    command: Command,
    *,
    package: Path,
    files: Sequence[Path] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Command:
    """Return a command that runs a Python program, `command`, in a sandbox.

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
    limits : Limits
    """
    work = f"{HOME}/work"
    program = Path(command[2])  # of `python -P program`
    command = [*command[:2], f"{INSIDE}/{program.name}", *command[3:]]
    binds = ["--ro-bind", str(package), PACKAGE, "--ro-bind", str(program.parent), INSIDE]
    binds += ["--dir", work]
    for file in files:
        binds += ["--ro-bind", str(file), f"{work}/{file.name}"]
    binds += ["--bind", str(folder), str(folder), "--chdir", work]
    return limited(
        ["bwrap", *_namespaces(), *_system(), *_python(), *binds, *SHUT, *command], limits
    )


def warm(base: Path, inside: Path, words: Command, *, package: Path) -> Command:
    """Return a command that runs the warm process with `words` in a sandbox.

    Its kernels get the rest of their isolation when they are forked (:mod:`.warm.zygote`): worlds
    of their own for processes and files, and limits.

    Parameters
    ----------
    base : Path
        Shared, under its own name: in it are the folders of the kernels.
    inside : Path
        The folder with the programs.
    words : list of str
    package : Path
        A folder that holds the student's part of course_utils.
    """
    # Its own /proc would be in the way: the system lets nobody mount one over a partial one.
    binds = ["--ro-bind", str(package), PACKAGE, "--ro-bind", str(inside), INSIDE]
    binds += ["--bind", "/proc", "/proc", "--bind", str(base), str(base)]
    shut = ["--remount-ro", "/dev", "--remount-ro", "/"]
    kinds = [f"--unshare-{kind}" for kind in ("user", "net", "ipc", "uts")]
    kinds += ["--uid", USER, "--gid", USER]
    # It goes when its socket is closed. A parent is a thread here, and may end before its process.
    rights = ["--new-session", "--cap-drop", "ALL"]
    world = [*kinds, *rights, *_system(), *_python(), *binds, *shut]
    return ["bwrap", *world, sys.executable, "-P", f"{INSIDE}/zygote.py", *words]


def limited(command: Command, limits: Limits = DEFAULT_LIMITS) -> Command:
    """Return a command that runs `command` with limits on each process, where there are any."""
    most = limits.as_request()
    words = [
        f"--data={most['memory']}",
        f"--cpu={most['cpu']}",
        f"--fsize={most['scratch']}",
        f"--nofile={most['open_files']}",
        "--core=0",
    ]
    return ["prlimit", *words, *command] if shutil.which("prlimit") else command


def _namespaces() -> list[str]:
    words = ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", USER, "--gid", USER]
    return [*words, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]


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
