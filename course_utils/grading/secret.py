"""The course's secret, from which the hidden cases follow."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

FILE = ".course-secret"


def course_secret(root: Path) -> str:
    """Return the secret of the course in `root`; make it on first use.

    It lies in the file `.course-secret`, readable by its owner only and kept out of git. Keep it
    as long as the grades: the same secret draws the same cases.
    """
    path = root / FILE
    try:
        # Exclusive, so that two commands that start together agree on one secret.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path.read_text(encoding="utf-8").strip()
