"""Are the shipped cases those that the exercises make, and nothing besides?"""

import json
from dataclasses import replace

import numpy as np
import pytest

from course_utils.checks.cases import Case, CaseSet, Returned
from course_utils.checks.progress import assignments
from course_utils.exercises import catalog
from course_utils.exercises.catalog import exercise_names, topics
from course_utils.grading.handout.freeze import FOLDER, freeze, freeze_assignments, to_text

NAMES = [name for slug in topics() for name in exercise_names(slug)]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]
)
def test_the_committed_cases_are_in_step(name):
    """Is there nothing to write for any exercise, whatever machine asks?"""
    assert freeze([name], check=True) == []


def layouts(data, where=()):
    """Yield where in a file an array's place in memory stands."""
    if isinstance(data, dict) and "layout" in data:
        yield where
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        if isinstance(value, dict | list):
            yield from layouts(value, (*where, key))


def test_only_what_is_handed_over_has_a_place_in_memory():
    """Do frozen results say nothing of how their arrays lie, which answers may choose?"""
    found = [
        where for path in FOLDER.glob("*.json") for where in layouts(json.loads(path.read_text()))
    ]
    assert len(found) > 100
    assert all("args" in where or "kwargs" in where for where in found)


def test_the_assignments_are_in_step(tmp_path):
    """Does the desk know all exercises in their order, with their points, and is a change seen?"""
    assert freeze_assignments(check=True) == []
    assert freeze_assignments(check=True, path=tmp_path / "a.json") == [tmp_path / "a.json"]
    known = {slug: [*names.items()] for slug, names in assignments().items()}
    assert known == {slug: [(e.name, e.points) for e in es] for slug, es in catalog().items()}


def test_there_is_a_file_for_each_exercise():
    """Has each exercise its file, and is there no other?"""
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.json" for name in NAMES}


@pytest.fixture
def small_course(monkeypatch):
    """A course of two exercises, so that freezing all of it is quick."""
    monkeypatch.setattr("course_utils.grading.handout.freeze.topics", lambda: ("topic",))
    names = ("output_size", "correlate1d")
    monkeypatch.setattr("course_utils.grading.handout.freeze.exercise_names", lambda slug: names)


def test_freezing_mends_what_is_out_of_step(tmp_path, small_course):
    """Are missing, touched and left-over files found, and set right?"""
    first = "output_size"
    written = freeze(folder=tmp_path)
    assert [path.stem for path in written] == ["output_size", "correlate1d"]
    (tmp_path / f"{first}.json").write_text("{}")
    (tmp_path / "old.json").write_text("{}")
    expected = [tmp_path / f"{first}.json", tmp_path / "old.json"]
    assert freeze(check=True, folder=tmp_path) == expected
    assert freeze(folder=tmp_path) == expected
    assert freeze(check=True, folder=tmp_path) == []


def test_no_code_is_shipped():
    """Do the files hold data only: no source of a reference or of an answer?"""
    for path in FOLDER.iterdir():
        data = json.loads(path.read_text(encoding="utf-8"))
        for call in data.pop("witnesses").values():
            assert call.startswith(f"try `{data['name']}(")
        text = json.dumps(data)
        for word in ("def ", "lambda ", "import ", "np."):
            assert word not in text


def test_no_sentence_is_shipped_that_no_check_says():
    """Has a file those of all mistakes that are named, and none where answers are measured?"""
    for exercise in (one for exercises in catalog().values() for one in exercises):
        data = json.loads((FOLDER / f"{exercise.name}.json").read_text(encoding="utf-8"))
        named = {} if exercise.measured else exercise.mistakes
        assert list(data["sentences"]) == list(named)


def test_zeros_have_no_sign_and_numbers_twelve_digits():
    """Is what a file says of a number no more than a machine can be asked to repeat?"""
    case = Case("a case", (np.array([-0.0, 1 / 3]),), {"x": 2 / 3}, Returned(1e-300 / 3))
    written = json.loads(to_text(CaseSet("name", 1.0, ("x",), ("y",), (case,), {})))["cases"][0]
    assert str(written["args"][0]["data"]) == "[0.0, 0.333333333333]"
    assert written["kwargs"] == {"x": 0.666666666667}
    assert written["expected"] == {"returns": 3.33333333333e-301}


def test_a_time_is_measured_once(tmp_path, monkeypatch):
    """Is the scale of a file kept as long as the call is the same, and measured where it is not?"""
    scales = iter([3.1, 4.2])
    monkeypatch.setattr(
        "course_utils.grading.handout.freeze.with_scale",
        lambda timing, reference: replace(timing, scale=next(scales)),
    )
    (path,) = freeze(["correlate1d"], folder=tmp_path)
    assert freeze(["correlate1d"], check=True, folder=tmp_path) == []
    assert '"scale": 3.1}' in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("[2000]", "[1000]"), encoding="utf-8")
    assert freeze(["correlate1d"], folder=tmp_path) == [path]
    assert '"scale": 4.2}' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ('"points": 2,', '"points": 2.0,', False),
        ('"rtol": 1e-09', '"rtol": 1.00000000000002e-09', True),
        ('"rtol": 1e-09', '"rtol": 1.0001e-09', False),
        ('"outputs": ["the result"]', '"outputs": ["the result", "x"]', False),
    ],
)
def test_only_the_last_digits_may_differ(tmp_path, small_course, old, new, kept):
    """Is a file of another machine in step, and one with another number not?"""
    freeze(folder=tmp_path)
    path = tmp_path / "output_size.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert freeze(folder=tmp_path) == ([] if kept else [path])
    assert (path.read_text(encoding="utf-8") == text) is not kept
