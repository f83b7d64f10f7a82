"""Does what the course replaces inside nbgrader do what nbgrader does?"""

import subprocess
import sys
from pathlib import Path

import nbgrader
from nbgrader.dbutil import _temp_alembic_ini

from course_utils.grading.nbgrader_internals import VERSION, gradebook_version

ROOT = Path(__file__).parents[2]


def test_it_is_the_version_that_is_known():
    """Is the nbgrader that is installed, and the one that is asked for, the one looked into?"""
    assert nbgrader.__version__ == VERSION
    assert f'"nbgrader=={VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_gradebook_has_the_version_that_nbgrader_finds_out():
    """Is it what the command says that nbgrader runs?"""
    with _temp_alembic_ini("sqlite://") as settings:
        alembic = Path(sys.executable).with_name("alembic")
        said = subprocess.run(
            [alembic, "-c", settings, "heads"], capture_output=True, text=True, check=True
        )
    assert said.stdout == f"{gradebook_version()} (head)\n"
