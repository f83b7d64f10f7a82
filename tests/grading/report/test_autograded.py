"""Is everything read from an autograded notebook, and nothing thrown at what is damaged?"""

import json

import pytest

from course_utils.checks.report import MIME
from course_utils.grading.report.autograded import Check, read_autograded

SLUG = "topic"
STUB = 'def f(x):\n    """Return x."""\n    raise NotImplementedError  # your code goes here\n'


def output(**check):
    return {"output_type": "display_data", "data": {MIME: {"name": "f", "mistakes": [], **check}}}


def check_cell(*outputs, name="f"):
    about = {"grade": True, "grade_id": name}
    return {
        "cell_type": "code",
        "metadata": {"nbgrader": about},
        "source": f'check("{name}", {name})',
        "outputs": [{"output_type": "stream", "text": "hello"}, *outputs],
    }


def answer_cell(source, name="f"):
    about = {"grade": False, "solution": True, "grade_id": f"{name}-answer"}
    return {
        "cell_type": "code",
        "metadata": {"nbgrader": about},
        "source": source,
        "outputs": [output(mistakes=["forged"])],
    }


def write(root, *cells, student="s1", **metadata):
    folder = root / "autograded" / student / SLUG
    folder.mkdir(parents=True)
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    (folder / f"{SLUG}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def only(root):
    (found,) = read_autograded(root, SLUG)
    return found


def test_checks_are_read_from_test_cells_alone(tmp_path):
    """Are mistakes and shortcuts read, and what a student's own cell displays is not?"""
    write(
        tmp_path,
        {"cell_type": "markdown", "metadata": {}, "source": "Text"},
        answer_cell("def f(x): return x"),
        check_cell(output(mistakes=["a", "b"], shortcuts=["numpy.convolve"])),
        check_cell(output(name="g"), name="g"),
        check_cell(output(name="h", shortcuts=None), name="h"),
        check_cell(name="never-run"),
    )
    found = only(tmp_path)
    assert found.student == "s1"
    assert found.readable
    assert found.checks == (Check("f", ("a", "b"), ("numpy.convolve",)), Check("g"), Check("h"))


def test_what_calls_caught_is_read(tmp_path):
    """Is it read where mistakes were run, and nothing made of it where none were?"""
    calls = [{"catches": ["a"]}, {"catches": []}, {"catches": ["b", "c"]}]
    write(
        tmp_path,
        check_cell(output(caught={"counted": True, "calls": calls})),
        check_cell(output(name="g", caught={"counted": False, "calls": calls}), name="g"),
        check_cell(output(name="h", caught=None), name="h"),
    )
    assert [check.caught for check in only(tmp_path).checks] == [("a", "b", "c"), None, None]


def test_the_last_word_of_a_cell_counts(tmp_path):
    """Is what the student's function displays before the report passed over?"""
    write(tmp_path, check_cell(output(mistakes=["forged"]), output(mistakes=["a"])))
    assert only(tmp_path).checks == (Check("f", ("a",)),)


def test_notes_are_read(tmp_path):
    """Does the reader find what was set right before grading?"""
    note = {"kind": "duplicate", "says": "A cell was there twice."}
    write(tmp_path, course={"notes": [note]})
    assert only(tmp_path).notes == (("duplicate", "A cell was there twice."),)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "  \n",
        "# here",
        STUB,
        STUB.splitlines(keepends=True),
        "def f(x):\n    raise NotImplementedError",
        "import numpy\n\n" + STUB,
    ],
)
def test_an_answer_that_is_left_as_it_came_is_blank(tmp_path, source):
    """Is the stub known, with or without its docstring, and an empty cell?"""
    write(tmp_path, answer_cell(source))
    assert only(tmp_path).blank == {"f"}


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return x",
        "def f(x):\n    return x\n    raise NotImplementedError",
        "def f(x):\n    if x:\n        raise NotImplementedError",
        "def f(x):\n    raise ValueError",
        'def f(x):\n    """Return x."""',
        "def f(x)\n    return x",
        "def f(x):\n    '\\d'\n    return x",
        "f = abs",
    ],
)
def test_an_answer_that_was_begun_is_not_blank(tmp_path, source):
    """Does anything that was written count, even with a syntax error?"""
    write(tmp_path, answer_cell(source))
    found = only(tmp_path)
    assert found.readable
    assert found.blank == frozenset()


def test_only_answer_cells_can_be_blank(tmp_path):
    """Are the test cell and other empty cells no answers?"""
    other = answer_cell("")
    other["metadata"]["nbgrader"]["grade_id"] = "scratch"
    no_solution = answer_cell("")
    no_solution["metadata"]["nbgrader"]["solution"] = False
    write(tmp_path, other, no_solution)
    assert only(tmp_path).blank == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"cells": [1]}',
        b'{"cells": 3}',
        b'{"cells": [], "metadata": {"course": {"notes": [{"kind": 1}]}}}',
        b'{"cells": [], "metadata": []}',
        b'{"cells": [{"metadata": {"nbgrader": {"grade": true}}}]}',
        b"[" * 100_000,
        json.dumps({"cells": [check_cell(output(mistakes=None))]}).encode(),
    ],
)
def test_a_damaged_notebook_stops_nobody(tmp_path, content):
    """Is it named, and the next one read?"""
    write(tmp_path, student="s1")
    write(tmp_path, check_cell(output()), student="s2")
    (tmp_path / "autograded" / "s1" / SLUG / f"{SLUG}.ipynb").write_bytes(content)
    first, second = read_autograded(tmp_path, SLUG)
    assert (first.student, first.readable, first.checks) == ("s1", False, ())
    assert (second.student, second.readable, second.checks) == ("s2", True, (Check("f"),))


def test_a_folder_in_its_place_is_no_notebook(tmp_path):
    """Is a name that cannot be opened reported like a damaged file?"""
    (tmp_path / "autograded" / "s1" / SLUG / f"{SLUG}.ipynb").mkdir(parents=True)
    assert not only(tmp_path).readable


def test_other_files_are_left_alone(tmp_path):
    """Are other assignments not read, and is nothing there no error?"""
    assert read_autograded(tmp_path, SLUG) == []
    write(tmp_path)
    assert read_autograded(tmp_path, "other") == []
