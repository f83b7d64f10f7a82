"""A gradebook in which nothing is, to be filled by a test."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
from nbgrader.api import Gradebook


@cache
def empty_gradebook():
    """Make an empty gradebook once, and return the file: it takes nbgrader seconds."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        # nbgrader looks for its helper `alembic` on the PATH.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        path = Path(folder) / "gradebook.db"
        Gradebook(f"sqlite:///{path}").close()
        return path.read_bytes()
