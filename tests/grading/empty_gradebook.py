"""A gradebook in which nothing is, to be filled by a test."""

import tempfile
from functools import cache
from pathlib import Path

import nbgrader.api
import pytest
from nbgrader.api import Gradebook

from course_utils.grading.nbgrader_internals import gradebook_version


@cache
def empty_gradebook():
    """Make an empty gradebook once, and return the file."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(nbgrader.api, "get_alembic_version", gradebook_version)
        path = Path(folder) / "gradebook.db"
        Gradebook(f"sqlite:///{path}").close()
        return path.read_bytes()
