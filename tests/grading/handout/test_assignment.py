"""Does a released notebook run to its end, lead to the book, and is it graded as ever?"""

import copy
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade
from nbgrader.validator import Validator

from course_utils.errors import CourseError
from course_utils.exercises import catalog
from course_utils.gradcheck import GradientError
from course_utils.grading.handout.assignment import PROGRESS, RAISES, TORCH
from course_utils.grading.handout.book_links import linked, references
from course_utils.grading.handout.release import topics

ROOT = Path(__file__).parents[3]
SLUGS = topics(ROOT)


def cells_of(folder, slug):
    return nbformat.read(ROOT / folder / slug / f"{slug}.ipynb", as_version=4).cells


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
@pytest.mark.parametrize("slug", SLUGS)
def test_what_calls_answers_does_not_stop_run_all(folder, slug):
    """Is each check tagged, and each cell behind one, and neither an answer nor the first cell?"""
    code = [cell for cell in cells_of(folder, slug) if cell.cell_type == "code"]
    tagged = {cell.id for cell in code if RAISES in cell.metadata.get("tags", [])}
    answers = {c.id for c in code if c.metadata.get("nbgrader", {}).get("solution")}
    assert tagged == {cell.id for cell in code} - answers - {"setup"}
    assert {exercise.name for exercise in catalog()[slug]} <= tagged


@pytest.mark.parametrize("slug", SLUGS)
def test_the_last_cell_says_how_far_one_is(slug):
    """Does every assignment end with the points so far?"""
    last = cells_of("exercises", slug)[-1]
    assert (last.id, last.source.split("\n")[-1]) == (PROGRESS, "progress()")
    assert "nbgrader" not in last.metadata


@pytest.mark.parametrize("slug", SLUGS)
def test_only_what_needs_pytorch_waits_for_it(slug):
    """Is PyTorch imported in a cell of its own, which names all exercises that need it?"""
    cells = {cell.id: cell for cell in cells_of("exercises", slug)}
    needy = [str(i) for i, e in enumerate(catalog()[slug], start=1) if e.probe]
    assert "torch" not in cells["setup"].source
    assert (TORCH in cells) == bool(needy)
    if needy:
        remark = cells[TORCH].source.split("\n")[0]
        assert re.findall(r"\d+", remark) == needy


FAILS = {
    "an exception": "raise KeyError('no')",
    "a wrong answer": "assert 1 == 2",
    "some points": "1.5",
    "all points": "assert True",
}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tagged"])
def executed(request):
    """A notebook of graded cells, as nbgrader's own executing leaves it, without our judge."""
    notebook = new_notebook()
    for name, source in FAILS.items():
        marks = {"grade": True, "grade_id": name.replace(" ", "-"), "points": 2, "locked": True}
        marks |= {"solution": False, "task": False, "schema_version": 3}
        tags = {"tags": [RAISES]} if request.param else {}
        notebook.cells.append(new_code_cell(source, metadata={"nbgrader": marks, **tags}))
    return Execute().preprocess(notebook, {})[0]


def test_nbgrader_gives_the_same_points(executed):
    """Is an exception in a check cell 0 points, tagged or not, and part of the points a part?"""
    assert [determine_grade(cell)[0] for cell in executed.cells] == [0, 0, 1.5, 2]


def test_nbgrader_flags_the_same_cells(executed):
    """Does `nbgrader validate` name every check that does not pass, tagged or not?"""
    failed = Validator()._get_failed_cells(copy.deepcopy(executed))
    assert [cell.source for cell in failed] == list(FAILS.values())[:3]


@pytest.mark.parametrize("slug", SLUGS)
def test_each_statement_that_names_the_book_leads_there(slug):
    """Does each such line link to pages that are there, and is a link made anew the same?"""
    for cell in cells_of("exercises", slug):
        if cell.cell_type == "markdown" and "\nBook: " in cell.source:
            found = references(cell.source)
            assert found
            assert all((ROOT / "book" / f"{page}.md").is_file() for page, _ in found)
            assert linked(cell.source, ROOT, slug) == cell.source


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Book: *The LSTM*, page *One cell, three gate*, section *The equations*.", "no page"),
        ("Book: *One cell, three gates*, section *The equation*.", "mean 'The equations'"),
        ("Book: *One cell, three gates*.", "name a page and a section"),
    ],
)
def test_a_section_that_is_not_there_is_named(line, says):
    """Is a line that leads nowhere an error that names the nearest section?"""
    with pytest.raises(CourseError, match=says):
        linked(f"Text.\n\n{line}", ROOT, "lstm")


def test_a_line_may_break_within_a_title():
    """Is a title found that goes on in the next line, and is one with a subtitle, without it?"""
    line = 'Book: *VGG*, sections *A family\nwith one knob* and "The receptive field, derived".'
    assert references(linked(line, ROOT, "architectures")) == [
        ("architectures/vgg", "a-family-with-one-knob"),
        ("architectures/vgg", "the-receptive-field-derived"),
    ]


def test_a_course_without_the_book_keeps_its_lines(tmp_path):
    """Is a statement left as it is where there are no pages to look into?"""
    line = "Book: *VGG*, section *Nowhere*."
    assert linked(line, tmp_path, "architectures") == line


BACKWARD = [
    (slug, exercise)
    for slug, exercises in catalog().items()
    for exercise in exercises
    if exercise.name.endswith("_backward")
]


@pytest.mark.parametrize(
    ("slug", "exercise"), BACKWARD, ids=[exercise.name for _, exercise in BACKWARD]
)
def test_where_gradients_are_asked_differences_are_offered(slug, exercise):
    """Do the statement's lines run on right answers, and find a wrong one?"""
    cells = {cell.id: cell.source for cell in cells_of("solutions", slug)}
    [lines] = re.findall(r"```python\n(.*?)```", cells[f"{exercise.name}-statement"], re.DOTALL)
    names = {"np": np}
    for other in catalog()[slug]:
        if not other.probe and not other.measured:
            exec(cells[f"{other.name}-answer"], names)
    exec(lines, names)

    def times_two(*args, right=names[exercise.name], **kwargs):
        gradients = right(*args, **kwargs)
        one = isinstance(gradients, np.ndarray)
        return 2 * gradients if one else (*gradients[:-1], 2 * gradients[-1])

    names[exercise.name] = times_two
    with pytest.raises(GradientError, match=r"the gradient with respect to \w+ is wrong, most at"):
        exec(lines, names)
