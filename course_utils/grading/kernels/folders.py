"""Folders for sockets, messages and programs, which go when the process that made them does."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

PREFIX = "course"


def new_folder() -> Path:
    """Make a folder that is removed when this process ends.

    Its path is short, because that of a socket has at most 107 characters. It is in memory where
    there is such a place, else where temporary files are. What processes have left that were killed
    is removed, too.
    """
    _remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-", dir=_place()))
    atexit.register(remove, folder)
    return folder


def remove(folder: Path) -> None:
    """Remove a folder that a student could write to, however deep it is."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)


def _place() -> str:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()


@functools.cache
def _remove_left_behind() -> None:
    for folder in Path(_place()).glob(f"{PREFIX}-*-*"):
        pid = folder.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and _is_ours(folder):
            remove(folder)


def _is_ours(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid()
    except OSError:  # somebody else has removed it
        return False
