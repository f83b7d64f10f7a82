"""`course doctor`: what this machine can do, and how to get what is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from traitlets.config import Config

from course_utils.cores import cores
from course_utils.grading.kernels import sandbox
from course_utils.grading.own_settings import FILE, BrokenSettings, own_settings, read_own_settings
from course_utils.grading.progress import Follow, quietly

# A finding is as it should be; could be better; or is missing for grading or for the tests.
OK, NOTE, MISSING = "ok", "note", "missing"
OLDEST = (3, 11)  # the first Python that will do
INSTALL = 'pip install -c constraints.txt -e ".[{}]", in the course\'s folder.'
JOB_GIB = 1.0  # of memory, for each notebook that runs at a time
SHARED_MIB = 256  # of /dev/shm
GIB, MIB = 2**30, 2**20
WIDTH = 100

SYSTEM = Path("/proc/sys")
LIMITS = Path("/sys/fs/cgroup")  # of a container
# Settings of Linux that refuse a sandbox: the file, the value that refuses, and the mend.
REFUSING = {
    "user/max_user_namespaces": ("0", "sysctl -w user.max_user_namespaces=10000"),
    "kernel/unprivileged_userns_clone": ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give bwrap an AppArmor "
        "profile that has userns",
    ),
}
CONTAINER = (
    "Is this a container? Then it must be allowed to make user namespaces and to mount /proc "
    "(Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined)."
)
WARNING = (
    "WARNING: there is no sandbox here. Students' code would run with your rights: it could read "
    "your files, change grades and use the network. Grade in a container or on a machine that "
    "holds nothing to lose. `course grade --isolation required` refuses to grade like this."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what, found : str
        What was looked at, and what is there.
    state : str
        "ok"; "note", if it could be better; "missing", if grading or the tests want it.
    mend : str
        What to do, where there is something to do.
    """

    what: str
    found: str
    state: str = OK
    mend: str = ""


def examine(course: Path, follow: Follow = quietly) -> list[Finding]:
    """Look at this machine, and at an instructor's own settings.

    Parameters
    ----------
    course : Path
        The course's folder, which may hold course_config.py.
    follow : Follow
        How to show what is looked at.
    """
    looks: list[Callable[[], Finding]] = [
        _python,
        lambda: _library("PyTorch", "torch", "grading"),
        lambda: _library("nbgrader", "nbgrader", "grading"),
        _sandbox,
        _kernels,
        _cores,
        _memory,
        _shared_memory,
        _chromium,
        lambda: _library("dask", "distributed", "cluster", state=NOTE),
        lambda: _own_settings(course),
    ]
    return [look() for look in follow(looks, "Looking")]


def is_fine(findings: list[Finding]) -> bool:
    """Say whether all is there that grading and the tests want."""
    return all(finding.state != MISSING for finding in findings)


def to_text(findings: list[Finding]) -> str:
    """Return the findings as a table with the mends, at most 100 columns wide."""
    lines = []
    for one in findings:
        row = f"{one.what:<12} {one.state:<8} "
        blocks = [one.found, f"Mend: {one.mend}"] if one.mend else [one.found]
        for i, text in enumerate(blocks):
            lines.append(
                textwrap.fill(
                    text,
                    WIDTH,
                    initial_indent=" " * len(row) if i else row,
                    subsequent_indent=" " * len(row),
                    break_on_hyphens=False,
                )
            )
    missing = [one.what for one in findings if one.state == MISSING]
    says = f"Missing: {', '.join(missing)}." if missing else "All is there."
    lines += ["", says]
    if any(one.what == "sandbox" and one.state == MISSING for one in findings):
        lines += ["", textwrap.fill(WARNING, WIDTH, break_on_hyphens=False)]
    return "\n".join(lines)


def to_json(findings: list[Finding]) -> str:
    """Return the findings as JSON."""
    data = {"fine": is_fine(findings), "findings": [asdict(one) for one in findings]}
    return json.dumps(data, indent=1)


def _python() -> Finding:
    name = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info >= OLDEST:
        return Finding("Python", name)
    wanted = ".".join(map(str, OLDEST))
    return Finding("Python", name, MISSING, f"Make .venv anew with Python {wanted} or newer.")


def _library(what: str, module: str, extra: str, state: str = MISSING) -> Finding:
    """Look at a library: whether it can be imported, and whether its version is the tested one."""
    mend = INSTALL.format(extra)
    if extra == "cluster":
        mend = f"Only `course grade --scheduler` wants it: {mend}"
    try:
        found = str(importlib.import_module(module).__version__)
    except ModuleNotFoundError as error:
        return Finding(what, f"not installed ({error.name} is not there)", state, mend)
    except Exception as error:  # a library that is broken may raise anything
        return Finding(what, f"broken: {_first_line(error)}", state, mend)
    if (tested := _wanted(module)) and found.split("+")[0] != tested:
        return Finding(what, f"{found}; the course is tested with {tested}", NOTE, mend)
    return Finding(what, f"{found}, on the CPU" if module == "torch" else found)


def _wanted(module: str) -> str:
    """Return the version of a library that the course asks for, if it asks for one alone."""
    try:
        requirements = importlib.metadata.requires("filters-and-memory") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    for requirement in requirements:
        name, _, version = requirement.split(";")[0].strip().partition("==")
        if name == module:
            return version
    return ""


def _sandbox() -> Finding:
    refusal = sandbox.refusal()
    if not refusal:
        return Finding("sandbox", "namespaces, made by bubblewrap")
    mend = sandbox.MEND
    if shutil.which("bwrap"):
        refusal = f"bubblewrap is refused: {refusal}"
        mend = refused_by(SYSTEM) or CONTAINER
    return Finding("sandbox", f"none: {refusal}", MISSING, mend)


def refused_by(system: Path) -> str:
    """Say how to change the setting, under `system`, that refuses user namespaces; or nothing."""
    for name, (value, mend) in REFUSING.items():
        if _read(system / name) == value:
            return f"As root: {mend}."
    return ""


def _kernels() -> Finding:
    try:
        from course_utils.grading.kernels.student import why_not_forked
    except ImportError as error:
        return Finding("kernels", f"none: {_first_line(error)}", MISSING, INSTALL.format("grading"))
    why = why_not_forked(torch=True)
    if not why:
        return Finding("kernels", "forked from a warm process: ready at once")
    mend = CONTAINER if sys.platform == "linux" else "Grade on Linux, where they are forked."
    return Finding("kernels", f"started one by one, which takes longer: {why}", NOTE, mend)


def _cores() -> Finding:
    there, ours = os.cpu_count() or 1, cores()
    return Finding("cores", str(there) if ours == there else f"{ours} of {there}")


def _memory() -> Finding:
    try:
        import psutil
    except ImportError as error:
        return Finding("memory", _first_line(error), MISSING, INSTALL.format("grading"))
    memory = psutil.virtual_memory()
    total, free = memory.total, memory.available
    most, used = _read(LIMITS / "memory.max"), _read(LIMITS / "memory.current")
    if most.isdigit() and used.isdigit():
        total, free = min(total, int(most)), min(free, int(most) - int(used))
    found = f"{total / GIB:.1f} GiB, {free / GIB:.1f} free"
    jobs = max(1, int(free / GIB / JOB_GIB))
    if jobs >= (os.cpu_count() or 1):
        return Finding("memory", found)
    says = f"Grade with --jobs {jobs}: each notebook that runs wants {JOB_GIB:g} GiB."
    return Finding("memory", found, NOTE, says)


def _shared_memory(place: Path = Path("/dev/shm")) -> Finding:
    if not os.access(place, os.W_OK):
        mend = "" if sys.platform != "linux" else f"Mount a tmpfs at {place}, writable for all."
        says = "none that can be written to; the folder for temporary files serves"
        return Finding(str(place), says, NOTE if mend else OK, mend)
    free = shutil.disk_usage(place).free / MIB
    if free >= SHARED_MIB:
        return Finding(str(place), f"{free / 1024:.1f} GiB free")
    mend = "Make it larger (Docker: --shm-size=1g)."
    return Finding(str(place), f"{free:.0f} MiB free, and {SHARED_MIB} are wanted", NOTE, mend)


def _chromium(which: Callable[[str], str | None] = shutil.which) -> Finding:
    if path := which("chromium"):
        return Finding("Chromium", path)
    mend = "The book's tests want it (on Debian: apt-get install chromium)."
    return Finding("Chromium", "not installed", MISSING, mend)


def _own_settings(course: Path) -> Finding:
    """Look at the instructor's own settings, of which there need be none."""
    path = own_settings(course)
    if path is None:
        return Finding("settings", f"the course's; {FILE} would hold your own")
    try:
        read_own_settings(Config(), course)
    except BrokenSettings as error:
        return Finding("settings", str(error), MISSING, "Correct it: nothing is graded until then.")
    return Finding("settings", f"the course's, and your own in {path.name}")


def _read(path: Path) -> str:
    """Return what a small file of the system's says; nothing if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
