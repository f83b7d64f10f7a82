"""Do an instructor's own settings count, and does a fault in them stop whoever reads them?"""

import contextlib
import shutil
import subprocess
import sys

import pytest
from nbgrader.apps import NbGrader
from traitlets.config import Config

from course_utils.errors import CourseError
from course_utils.grading.own_settings import BrokenSettings, own_settings, read_own_settings
from course_utils.grading.report.results import gradebook_address
from tests.grading.batch.small_class import COURSE


@pytest.fixture
def course(tmp_path):
    """A course's folder with the settings that it comes with."""
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    return tmp_path


def test_there_need_be_none(tmp_path):
    """Is nothing changed where an instructor has set nothing?"""
    config = Config()
    read_own_settings(config, tmp_path)
    assert not config
    assert own_settings(tmp_path) is None


def test_they_have_the_last_word(course):
    """Is a setting of the course's replaced by the instructor's, for all of nbgrader?"""
    text = "c = get_config()\nc.CourseDirectory.course_id = 'mine'\nc.Judge.notebook_seconds = 7\n"
    (course / "course_config.py").write_text(text)
    app = NbGrader()
    with contextlib.chdir(course):
        app.initialize([])
    assert app.coursedir.course_id == "mine"
    assert app.config.Judge.notebook_seconds == 7
    assert app.config.Judge.course == str(course)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (b"c.Judge.cell_seconds = 7\nc.Judge.cell_seconds = \n", 2, "SyntaxError: invalid syntax"),
        (b"\n\nhalf = 1 / 0\n", 3, "ZeroDivisionError: division by zero"),
        (b"def late():\n    return rule\n\nlate()\n", 2, "NameError: name 'rule' is not defined"),
        (b"import no_such_module\n", 1, "ModuleNotFoundError"),
        (b"raise SystemExit('enough')\n", 1, "SystemExit: enough"),
        ("ours = '“ours”'\n".encode("cp1252"), 1, "SyntaxError: .*codec can't decode"),
    ],
)
def test_a_fault_names_file_and_line(text, line, says, course):
    """Is a fault one line, and none that a program passes over as nbgrader does with errors?"""
    path = course / "course_config.py"
    path.write_bytes(text)
    with pytest.raises(BrokenSettings, match=says) as caught:
        read_own_settings(Config(), course)
    assert not isinstance(caught.value, Exception)
    assert str(caught.value).startswith(f"{path}, line {line} cannot be read: ")
    assert "\n" not in str(caught.value)
    with pytest.raises(CourseError, match=says):
        gradebook_address(course, course)


def test_what_is_no_file_is_a_fault(tmp_path):
    """Is a folder of that name, or a link to nothing, told from no settings?"""
    (tmp_path / "course_config.py").mkdir()
    with pytest.raises(BrokenSettings, match="IsADirectoryError"):
        read_own_settings(Config(), tmp_path)
    (tmp_path / "course_config.py").rmdir()
    (tmp_path / "course_config.py").symlink_to(tmp_path / "nothing")
    with pytest.raises(BrokenSettings, match="FileNotFoundError"):
        read_own_settings(Config(), tmp_path)


def test_nbgrader_stops(course):
    """Does nbgrader's own command end with that line, and not go on with its defaults?"""
    (course / "course_config.py").write_text("c.Judge.cell_seconds = \n")
    command = [sys.executable, "-m", "nbgrader", "autograde", "lstm"]
    run = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip().splitlines()[-1].endswith("SyntaxError: invalid syntax")
    assert "course_config.py, line 1 " in run.stderr
