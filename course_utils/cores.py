"""How many cores there are to work with."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds, and out of how many


def cores() -> int:
    """Return how many cores this process may use, also in a container that is given a share."""
    there = os.cpu_count() or 1
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    try:
        share, _, whole = SHARE.read_text(encoding="utf-8").strip().partition(" ")
    except OSError:
        return ours
    if share.isdigit() and whole.isdigit():
        ours = max(1, min(ours, int(share) // int(whole)))
    return ours
