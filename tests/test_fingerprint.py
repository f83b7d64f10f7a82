"""Does a fingerprint change with the files, and only with them?"""

import shutil

import pytest

from course_utils.fingerprint import fingerprint


@pytest.fixture
def root(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("a")
    (tmp_path / "one.txt").write_text("1")
    return tmp_path


NAMES = ("code", "one.txt", "missing.txt")


def test_it_repeats_elsewhere(root, tmp_path_factory):
    """Is it the same for a copy in another folder, and after a run left compiled files?"""
    before = fingerprint(root, NAMES)
    (root / "code" / "__pycache__").mkdir()
    (root / "code" / "__pycache__" / "a.pyc").write_text("compiled")
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(root, copy, dirs_exist_ok=True)
    assert fingerprint(root, NAMES) == fingerprint(copy, NAMES) == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda root: (root / "code" / "a.py").write_text("b"),
        lambda root: (root / "code" / "b.py").touch(),
        lambda root: (root / "code" / "a.py").rename(root / "code" / "c.py"),
        lambda root: (root / "one.txt").unlink(),
        lambda root: (root / "missing.txt").touch(),
    ],
)
def test_it_changes_with_every_edit(root, edit):
    """Are an edit, a new file, a new name and a lost file all seen?"""
    before = fingerprint(root, NAMES)
    edit(root)
    assert fingerprint(root, NAMES) != before
