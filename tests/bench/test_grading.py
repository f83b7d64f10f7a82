"""Does the benchmark of grading time the same work on both sides?"""

import contextlib
import shutil
from dataclasses import astuple
from pathlib import Path

import nbformat
import pytest

from course_utils import cli
from course_utils.bench import grading, run
from course_utils.grading.handout.sample_class import roster

COURSE = Path(__file__).parents[2]
SLUG = "convolution-arithmetic"


@pytest.fixture(scope="module")
def made():
    with grading.made_class(COURSE, SLUG, 17) as root:
        yield root


def test_no_two_submissions_are_alike(made):
    """Is each notebook one of the sample class's, and each a little different?"""
    paths = sorted(made.glob(f"submitted/*/{SLUG}/{SLUG}.ipynb"))
    texts = [path.read_text() for path in paths]
    assert len(texts) == len(set(texts)) == 17
    kinds = list(roster(SLUG).values())
    assert grading.SLOW in kinds
    first, again = (nbformat.reads(texts[i], 4) for i in (0, 15))  # the sixteenth is left out
    sources = [[c.source.partition("\n# student")[0] for c in nb.cells] for nb in (first, again)]
    assert sources[0] == sources[1]


def test_the_work_itself_is_counted(made, tmp_path, capsys):
    """Is the processor's time for cells and checks more than nothing, and nothing printed?"""
    for student in ("student-001", "student-002"):
        shutil.copytree(made / "submitted" / student, tmp_path / "submitted" / student)
    assert grading.itself(tmp_path, SLUG) > 0.1
    assert capsys.readouterr().out == ""


def test_rows_are_ratios(monkeypatch, capsys):
    """Is a row our time by theirs, and are overhead and a second run shares of their bars?"""
    monkeypatch.setattr(grading, "timed", lambda *_: 30.0)
    monkeypatch.setattr(grading, "timed_alone", lambda *_: 300.0)
    monkeypatch.setattr(grading, "itself", lambda *_: 47.5)

    def no_class(course, slug, students, *, measured=True):
        return contextlib.nullcontext(Path("nowhere"))

    monkeypatch.setattr(grading, "made_class", no_class)
    assert [astuple(timing) for timing in run.bench(COURSE, ["grading"])] == [
        ("grading: 32, NumPy", "", "nbgrader", 0.1, 0.25),
        ("grading: 32, PyTorch", "", "nbgrader", 0.1, 0.167),
        ("grading: 100, PyTorch", "", "nbgrader", 0.1, 0.125),
        ("grading: overhead", "", "0.25 s", 0.5, 1.0),  # (30 x 2 - 47.5) / 100 s
        ("grading: 300, unchanged", "", "5 s", 6.0, 1.0),
    ]
    assert cli.main(["bench", "grading: 300"]) == 1
    assert "above" in capsys.readouterr().out
