"""A class that is released once, graded once, and copied for each test."""

import pytest

from course_utils.grading.batch import workers
from course_utils.grading.batch.grade import Batch
from tests.grading.batch.here import Here
from tests.grading.batch.small_class import COURSE, SECRET, SLUG, copy_class, make_class


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory):
    return make_class(tmp_path_factory.mktemp("handed-in"))


@pytest.fixture
def root(handed_in, tmp_path, monkeypatch):
    """The folder of a class in which nothing is graded."""
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    return copy_class(handed_in, tmp_path / "class")


@pytest.fixture
def here(monkeypatch):
    """Let tasks run in this process."""
    executor = Here()
    monkeypatch.setattr(workers.Workers, "_host", lambda self: (executor, executor.shutdown))
    return executor


@pytest.fixture(scope="session")
def graded_once(handed_in, tmp_path_factory):
    root = copy_class(handed_in, tmp_path_factory.mktemp("graded") / "class")
    executor = Here()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", SECRET)
        patch.setattr(workers.Workers, "_host", lambda self: (executor, executor.shutdown))
        Batch(COURSE, root, SLUG).grade()
    return root


@pytest.fixture
def graded(graded_once, here, tmp_path, monkeypatch):
    """The folder of a class in which everything is graded."""
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    return copy_class(graded_once, tmp_path / "class")
