"""A class that is released once, and copied for each test."""

import pytest

from tests.grading.batch.small_class import SECRET, copy_class, make_class


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory):
    return make_class(tmp_path_factory.mktemp("handed-in"))


@pytest.fixture
def root(handed_in, tmp_path, monkeypatch):
    """The folder of a class in which nothing is graded."""
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    return copy_class(handed_in, tmp_path / "class")
