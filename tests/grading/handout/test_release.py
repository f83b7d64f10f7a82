"""Is what students get made from the solutions, the same every time, and without an answer?"""

import shutil
from pathlib import Path

import nbformat
import pytest

from course_utils.errors import CourseError
from course_utils.exercises import catalog
from course_utils.grading.handout.release import release, topics

ROOT = Path(__file__).parents[3]
CONFIG = "nbgrader_config.py"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the course whose exercises/ is yet to be made; released once."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / CONFIG, course)
    shutil.copytree(ROOT / "solutions", course / "solutions")
    stray = course / "exercises" / "convolution-arithmetic" / "old.txt"
    stray.parent.mkdir(parents=True)
    stray.write_text("left over")
    return course, release(course, [])


def notebooks(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.ipynb")}


def test_the_committed_exercises_are_made_from_the_solutions(copy):
    """Does a release of the solutions give the very bytes that are committed?"""
    course, _ = copy
    assert notebooks(course / "exercises") == notebooks(ROOT / "exercises")


def test_what_is_out_of_step_is_named_and_mended(copy):
    """Are a missing notebook and a left-over file both found, and set right?"""
    course, changed = copy
    folder = course / "exercises"
    missing = [folder / slug / f"{slug}.ipynb" for slug in topics(ROOT)]
    stray = folder / "convolution-arithmetic" / "old.txt"
    assert sorted(changed) == sorted([*missing, stray])
    assert not stray.exists()


def test_check_writes_nothing(copy):
    """Does `--check` name a touched notebook and leave it alone?"""
    course, _ = copy
    path = course / "exercises" / "convolution-arithmetic" / "convolution-arithmetic.ipynb"
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    assert release(course, ["convolution-arithmetic"], check=True) == [path]
    assert path.read_bytes() == before + b"\n"
    assert release(course, ["convolution-arithmetic"]) == [path]
    assert path.read_bytes() == before


def no_solution(cell):
    cell.source += "\n### BEGIN SOLUTION\nx\n### END SOLUTION"


def no_points(cell):
    cell.metadata.nbgrader.points = float("nan")


@pytest.mark.parametrize(
    ("place", "break_it", "reason"),
    [
        ("markdown", no_solution, "Solution region detected"),
        ("lstm_forward", no_points, "error processing assignment"),
    ],
)
def test_a_topic_that_nbgrader_refuses_is_named(copy, place, break_it, reason):
    """Is it told from the others, with what nbgrader says of it, and is nothing written?"""
    course, _ = copy
    slugs = ["convolution-arithmetic", "lstm"]
    kept = [course / "exercises" / slug / f"{slug}.ipynb" for slug in slugs]
    before = [path.read_bytes() for path in kept]
    for path in kept:
        path.write_bytes(b"touched")
    broken = course / "solutions" / "lstm" / "lstm.ipynb"
    whole = broken.read_text(encoding="utf-8")
    notebook = nbformat.reads(whole, as_version=4)
    break_it(next(cell for cell in notebook.cells if place in (cell.id, cell.cell_type)))
    nbformat.write(notebook, broken)
    says = f"^no exercises of lstm: nbgrader generate_assignment failed: .*{reason}"
    with pytest.raises(CourseError, match=says):
        release(course, slugs)
    assert [path.read_bytes() for path in kept] == [b"touched"] * 2
    broken.write_text(whole, encoding="utf-8")
    assert release(course, slugs) == kept
    assert [path.read_bytes() for path in kept] == before


@pytest.mark.parametrize("slug", topics(ROOT))
def test_no_solution_is_released(slug):
    """Is every answer cell a stub that raises, and no body of a solution left?"""
    source = nbformat.read(ROOT / "solutions" / slug / f"{slug}.ipynb", as_version=4)
    released = nbformat.read(ROOT / "exercises" / slug / f"{slug}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in released.cells)
    bodies = [
        cell.source.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert len(bodies) == text.count("raise NotImplementedError  # your code goes here")
    assert len(bodies) == len(catalog()[slug])
    for body in bodies:
        assert body.strip() not in text


def test_every_assignment_has_its_exercises():
    """Are the topics of solutions/ those of the catalog?"""
    assert topics(ROOT) == sorted(catalog())
