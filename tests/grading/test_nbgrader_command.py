"""Does a command of nbgrader's that fails say why?"""

import errno
import subprocess

import pytest

from course_utils.errors import CourseError
from course_utils.grading.nbgrader_command import nbgrader

pytestmark = pytest.mark.usefixtures("nbgrader_is_started")


def failing(says):
    return lambda *_, **__: subprocess.CompletedProcess([], 1, f"INFO one\n{says}\nINFO two\n")


@pytest.mark.parametrize(
    "says", ["OSError: [Errno 28] No space left on device", "(x) database or disk is full"]
)
def test_a_full_disk_is_told_from_other_failures(says, tmp_path, monkeypatch):
    """Is a full disk raised as such, so that whoever gave the command reads that?"""
    monkeypatch.setattr(subprocess, "run", failing(says))
    with pytest.raises(OSError, match=str(tmp_path)) as caught:
        nbgrader(tmp_path, tmp_path, "autograde", "lstm")
    assert caught.value.errno == errno.ENOSPC


def test_another_failure_is_the_first_error_of_the_log(tmp_path, monkeypatch):
    """Is the line quoted that says what failed?"""
    monkeypatch.setattr(subprocess, "run", failing("[App | ERROR] no such assignment"))
    with pytest.raises(CourseError, match=r"nbgrader autograde failed: .*no such assignment"):
        nbgrader(tmp_path, tmp_path, "autograde", "lstm")


def test_the_head_of_a_traceback_is_no_reason(tmp_path, monkeypatch):
    """Is the line behind a traceback quoted, and not the line that begins it?"""
    log = (
        "[App | ERROR] Traceback (most recent call last):\n      File x\n[App | ERROR] no metadata"
    )
    monkeypatch.setattr(subprocess, "run", failing(log))
    with pytest.raises(CourseError, match=r"autograde failed: .*no metadata$"):
        nbgrader(tmp_path, tmp_path, "autograde", "lstm")
