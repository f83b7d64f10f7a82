"""Is a page never older than the code that it shows?"""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def watch():
    """The extension's answer to a build that begins."""
    place = ROOT / "book" / "_ext" / "fresh_builds.py"
    spec = importlib.util.spec_from_file_location("fresh_builds", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.watch


@pytest.fixture
def course(tmp_path):
    """A course with one file of each kind that a page depends on."""
    for name in ("course_utils/code.py", "book/_static/custom.css", "book/_ext/extension.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    (tmp_path / "_build" / "html").mkdir(parents=True)
    return tmp_path


def settings(watch, course):
    config = SimpleNamespace(nb_execution_cache_path="", book_house="")
    watch(SimpleNamespace(srcdir=course, outdir=course / "_build" / "html"), config)
    Path(config.nb_execution_cache_path).mkdir(exist_ok=True)
    return config


def test_an_edit_in_the_package_empties_the_cache(watch, course):
    """Does a page's output go when the code that made it changes, and only then?"""
    first, again = settings(watch, course), settings(watch, course)
    assert again == first
    (course / "course_utils" / "code.py").write_text("after")
    edited = settings(watch, course)
    assert edited.nb_execution_cache_path != first.nb_execution_cache_path
    assert edited.book_house == first.book_house
    assert not Path(first.nb_execution_cache_path).exists()


@pytest.mark.parametrize("name", ["book/_static/custom.css", "book/_ext/extension.py"])
def test_an_edit_of_the_dress_runs_nothing_again(watch, course, name):
    """Are pages written again after an edit of a style sheet, without running them?"""
    first = settings(watch, course)
    (course / name).write_text("after")
    edited = settings(watch, course)
    assert edited.book_house != first.book_house
    assert edited.nb_execution_cache_path == first.nb_execution_cache_path
