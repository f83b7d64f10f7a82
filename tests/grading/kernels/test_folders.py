"""Do temporary folders go, whatever is in them and whoever made them?"""

import subprocess
import sys
from pathlib import Path

from course_utils.grading.kernels import folders


def test_a_deep_folder_is_removed(tmp_path):
    """Is a folder removed that is deeper than Python can follow?"""
    code = "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')"
    (tmp_path / "deep").mkdir()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "deep", check=True)
    folders.remove(tmp_path / "deep")
    assert not (tmp_path / "deep").exists()


def test_what_the_dead_left_is_removed(tmp_path, monkeypatch):
    """Is the folder of a process that was killed removed, and that of a living one kept?"""
    monkeypatch.setattr(folders, "_place", lambda: str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    alive = tmp_path / f"course-{process.pid}-abc"
    alive.mkdir()
    other = tmp_path / "course-of-somebody"
    other.mkdir()
    folders._remove_left_behind.__wrapped__()
    assert alive.is_dir()
    process.kill()
    process.communicate()
    folders._remove_left_behind.__wrapped__()
    assert not alive.exists()
    assert other.is_dir()


def test_a_process_removes_its_own(tmp_path):
    """Is a folder gone when the process that made it has ended, by an error, too?"""
    code = "from course_utils.grading.kernels.folders import new_folder\nprint(new_folder())\n1 / 0"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("course-")
    assert not folder.exists()
