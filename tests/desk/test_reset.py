"""Does a student get back what was handed out, and lose nothing that he wrote?"""

import copy
import json
from pathlib import Path

import pytest

from course_utils.desk.notebooks import grade_id, read
from course_utils.desk.reset import reset
from course_utils.errors import CourseError

ROOT = Path(__file__).parents[2]
HANDED_OUT = ROOT / "exercises"
SLUG = "convolution-arithmetic"
FRESH = read(HANDED_OUT / SLUG / f"{SLUG}.ipynb")
PARTS = ("same_padding-statement", "same_padding-answer", "same_padding")


def own(source):
    return {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "source": source}


@pytest.fixture
def path(tmp_path):
    """A notebook in which every answer is written, with a cell of the student's own in between."""
    notebook = copy.deepcopy(FRESH)
    for i, cell in reversed(list(enumerate(notebook["cells"]))):
        if grade_id(cell).endswith("-answer"):
            cell["source"] = [f"# written: {grade_id(cell)} ö\n"]
            cell["execution_count"] = 7
        if grade_id(cell) == "same_padding-answer":
            notebook["cells"].insert(i + 1, own("mine = 1"))
    path = tmp_path / f"{SLUG}.ipynb"
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    return path


def without(cells, *names):
    return [cell for cell in cells if grade_id(cell) not in names]


def test_one_exercise_is_as_it_was_handed_out_and_the_others_stay(path):
    """Is only that exercise another one, and is the whole notebook kept byte for byte?"""
    before, bytes_before = read(path)["cells"], path.read_bytes()
    kept = reset(path, ["same_padding"], HANDED_OUT)
    after = read(path)["cells"]
    assert kept.read_bytes() == bytes_before
    assert kept.parent == path.parent
    assert [c for c in after if grade_id(c) in PARTS] == [
        c for c in FRESH["cells"] if grade_id(c) in PARTS
    ]
    assert without(after, *PARTS) == without(before, *PARTS)
    assert list(map(grade_id, after)) == list(map(grade_id, before))


def test_without_a_name_the_whole_notebook_is(path):
    """Is it the very file that was handed out?"""
    before = path.read_bytes()
    kept = reset(path, [], HANDED_OUT)
    assert path.read_bytes() == (HANDED_OUT / SLUG / f"{SLUG}.ipynb").read_bytes()
    assert kept.read_bytes() == before


def test_nothing_kept_is_ever_replaced(path):
    """Is every state before a reset there after many?"""
    seen = {}
    for number in range(3):
        path.write_bytes(path.read_bytes() + b" " * number)
        before = path.read_bytes()
        seen[reset(path, ["output_size"], HANDED_OUT)] = before
    assert len(seen) == 3
    assert all(kept.read_bytes() == before for kept, before in seen.items())


@pytest.mark.parametrize("missing", [PARTS[:1], PARTS[1:2], PARTS[2:], PARTS[:2], PARTS[1:]])
def test_a_deleted_cell_comes_back_in_its_place(path, missing):
    """Is a statement, an answer or a check put in again where it was?"""
    notebook = read(path)
    notebook["cells"] = without(notebook["cells"], *missing)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    reset(path, ["same_padding"], HANDED_OUT)
    names = list(map(grade_id, read(path)["cells"]))
    assert list(filter(None, names)) == list(filter(None, map(grade_id, FRESH["cells"])))


def test_a_copy_of_an_answer_goes(path):
    """Is no other answer to the exercise left, which the grader would take?"""
    notebook = read(path)
    answer = next(c for c in notebook["cells"] if grade_id(c) == "same_padding-answer")
    notebook["cells"].append(copy.deepcopy(answer))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    reset(path, ["same_padding"], HANDED_OUT)
    names = [grade_id(cell) for cell in read(path)["cells"]]
    assert names.count("same_padding-answer") == 1


def test_a_renamed_notebook_is_known_by_its_cells(path):
    """Does the file's name not matter?"""
    renamed = path.rename(path.with_name("student-017_homework.ipynb"))
    reset(renamed, [], HANDED_OUT)
    assert read(renamed) == FRESH


def test_a_broken_notebook_begins_anew(path):
    """Is what was there kept, though nobody can read it?"""
    path.write_bytes(b'{"cells": [\xff')
    kept = reset(path, [], HANDED_OUT)
    assert (read(path), kept.read_bytes()) == (FRESH, b'{"cells": [\xff')


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["same_pading"], "has no exercise 'same_pading'; did you mean 'same_padding'"),
        (["setup"], "has no exercise 'setup'"),
        (
            ["output_size-answer"],
            "has no exercise 'output_size-answer'; did you mean 'output_size'",
        ),
    ],
)
def test_a_wrong_name_changes_nothing(path, names, says):
    """Is the nearest exercise named, and the notebook as it was, without a copy?"""
    before = path.read_bytes()
    with pytest.raises(CourseError, match=says):
        reset(path, names, HANDED_OUT)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_was_handed_out_itself_is_left_alone():
    """Is the course's own file not taken for a student's?"""
    with pytest.raises(CourseError, match="work on a copy"):
        reset(HANDED_OUT / SLUG / f"{SLUG}.ipynb", [], HANDED_OUT)


def test_an_exercise_without_any_cell_is_said(path):
    """Is a student told how to get all of it back where there is no place to put it?"""
    notebook = read(path)
    notebook["cells"] = without(notebook["cells"], *PARTS)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(CourseError, match="without a name puts all of it back"):
        reset(path, ["same_padding"], HANDED_OUT)
