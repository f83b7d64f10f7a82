"""Is an assignment of chosen exercises made, released, graded for its own points, and made anew?"""

import json
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.desk.saved import own_assignment
from course_utils.errors import CourseError
from course_utils.exercises.catalog import exercise_names, topics
from course_utils.grading.batch.grade import Batch
from course_utils.grading.handout import pick
from course_utils.grading.handout.assignment import write_exercises
from course_utils.grading.handout.compose import make_notebook
from course_utils.grading.handout.kit import make_kit
from course_utils.grading.handout.pick import assign
from course_utils.grading.handout.pieces import NUMBERED, PLACES, named_in, renumbered
from course_utils.grading.handout.recipe import picked, recipe_path
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.autograded import read_autograded
from course_utils.grading.report.results import results

ROOT = Path(__file__).parents[3]
NAME = "week-3"
RECIPE = '''
title = "What a cell keeps"
introduction = "Four exercises of three topics."
give = ["lstm_step_forward"]

[[part]]
exercise = "lstm:lstm_forward"
points = 10

[[part]]
kind = "text"
name = "why_gates"
title = "Why gates?"
points = 1.5
statement = "Say what the forget gate is for."
answer = "It keeps the cell."

[[part]]
exercise = "build_lenet"
points = 2

[[part]]
exercise = "cases_for_output_size"

[[part]]
kind = "plot"
name = "squash"
title = "How tanh squashes"
points = 1
statement = "Draw it."

[[part]]
exercise = "output_size"
points = 0.75

[[part]]
kind = "test"
name = "wide_kernels"
title = "Wide kernels"
points = 2
tests = """
assert output_size(9, 9) == 1
### BEGIN HIDDEN TESTS
assert output_size(1000, 999) == 2
### END HIDDEN TESTS
"""
'''
POINTS = {
    "lstm_forward": 10, "why_gates": 1.5, "build_lenet": 2, "cases_for_output_size": 2,
    "squash": 1, "output_size": 0.75, "wide_kernels": 2,
}  # fmt: skip
CHECKED = {name: points for name, points in POINTS.items() if name not in ("why_gates", "squash")}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose instructor has made an assignment from a recipe, and handed it out."""
    folder = tmp_path_factory.mktemp("course")
    for slug in ("lstm", "convnet", "convolution-arithmetic"):
        shutil.copytree(ROOT / "solutions" / slug, folder / "solutions" / slug)
        shutil.copytree(ROOT / "book" / slug, folder / "book" / slug)
    for name in ("nbgrader_config.py", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, folder)
    recipe = folder / "from-a-colleague.toml"
    recipe.write_text(RECIPE)
    made = assign(folder, NAME, recipe)
    assert made.new
    assert made.points == "19.25"
    assert made.told == ()
    return folder


def notebook(course, folder="solutions"):
    return nbformat.read(course / folder / NAME / f"{NAME}.ipynb", as_version=4)


def source(course, name, folder="solutions"):
    return next(cell.source for cell in notebook(course, folder).cells if cell.id == name)


def test_what_students_get_is_in_that_order_for_those_points(course):
    """Are exercises and tasks numbered anew, with their points, and is the total theirs?"""
    cells = notebook(course, "exercises").cells
    headings = re.findall(r"^### .+$", "\n".join(cell.source for cell in cells), re.MULTILINE)
    assert headings == [
        "### 1. `lstm_forward` (10 points)",
        "### 2. Why gates? (1.5 points)",
        "### 3. `build_lenet` (2 points)",
        "### 4. `cases_for_output_size` (2 points)",
        "### 5. How tanh squashes (1 point)",
        "### 6. `output_size` (0.75 points)",
        "### 7. Wide kernels (2 points)",
    ]
    marks = [cell.metadata.get("nbgrader", {}) for cell in cells]
    graded = {one["grade_id"]: one["points"] for one in marks if one.get("grade")}
    assert graded == POINTS
    assert cells[0].source.startswith("# What a cell keeps\n\nFour exercises of three topics.\n")
    assert "There are 19.25 points in all." in cells[0].source
    assert "A person reads and grades 2, *Why gates?*; 5, *How tanh squashes*." in cells[0].source
    assert own_assignment(json.loads(nbformat.writes(notebook(course)))) == (NAME, POINTS)
    assert "# Exercise 3 needs PyTorch." in source(course, "setup-torch")


def test_no_answer_and_no_hidden_test_is_handed_out(course):
    """Is what only the instructor sees left out, and the recipe not beside the notebook?"""
    text = "\n".join(cell.source for cell in notebook(course, "exercises").cells)
    assert "assert output_size(9, 9) == 1" in text
    assert all(word not in text for word in ("SOLUTION", "1000, 999", "HIDDEN", "It keeps"))
    assert text.count("raise NotImplementedError  # your code goes here") == 5
    assert text.count("YOUR ANSWER HERE") == 1
    assert [path.name for path in (course / "exercises" / NAME).iterdir()] == [f"{NAME}.ipynb"]
    assert [path.name for path in (course / "solutions" / NAME).iterdir()] == [f"{NAME}.ipynb"]


def test_what_is_given_stands_before_who_calls_it(course):
    """Is the answer of a given exercise there, read-only, with what it does?"""
    cells = notebook(course, "exercises").cells
    ids = [cell.id for cell in cells]
    given = cells[ids.index("lstm_step_forward-given")]
    assert ids.index("lstm_step_forward-given") < ids.index("lstm_forward-answer")
    assert given.source.startswith("def lstm_step_forward(")
    assert given.metadata.nbgrader.locked
    assert "takes one step of an LSTM" in source(course, "lstm_step_forward-what")


@pytest.fixture(scope="module")
def graded(course):
    """Two students have handed in: one the instructor's own answers, the other what was given."""
    nbgrader(course, course, "generate_assignment", NAME, "--force")
    blank, full = notebook(course, "exercises"), notebook(course, "exercises")
    answers = {cell.id: cell.source for cell in notebook(course).cells}
    for cell in full.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id] or "np.tanh(1)"
    for student, handed_in in (("student-001", full), ("student-002", blank)):
        path = course / "submitted" / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(handed_in, path)
    Batch(course, course, NAME).grade(jobs=1)
    return results(course, NAME), course


def test_right_answers_have_all_points(graded):
    """Do the course's answers earn what the assignment gives for them, to the cent?"""
    full, blank = graded[0]
    assert full.points == POINTS
    assert {name: full.scores[name] for name in CHECKED} == CHECKED
    assert full.total == sum(CHECKED.values())
    assert blank.total == 0


def test_what_a_person_grades_waits_for_it(graded):
    """Has a text no grade until somebody has read it, and an untouched one none to give?"""
    full, blank = graded[0]
    assert full.scores["why_gates"] is full.scores["squash"] is None
    assert blank.scores["why_gates"] == blank.scores["squash"] == 0
    assert all(one.readable for one in read_autograded(graded[1], NAME))


def test_points_by_hand_are_kept_when_the_class_is_graded_again(graded):
    """Does what a person gave stand beside the checks' points after another grading?"""
    _, course = graded
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("why_gates", NAME, NAME, "student-001")
        grade.manual_score = 1.25
        book.db.commit()
    Batch(course, course, NAME).grade(["student-001"], jobs=1, force=True)
    full = results(course, NAME)[0]
    assert full.scores["why_gates"] == 1.25
    assert full.total == sum(CHECKED.values()) + 1.25


def test_the_kit_holds_it(course, tmp_path):
    """Is it in the kit as it was released, with its points and its torch on the page START?"""
    with zipfile.ZipFile(make_kit(course, tmp_path, [NAME])) as kit:
        page = kit.read("filters-and-memory-kit/START.md").decode()
        held = kit.read(f"filters-and-memory-kit/exercises/{NAME}/{NAME}.ipynb")
        names = kit.namelist()
    assert re.search(rf"{NAME} +0 of 19.25 points", page)
    assert "- *What a cell keeps*: exercise 3" in page
    assert held == (course / "exercises" / NAME / f"{NAME}.ipynb").read_bytes()
    assert not any("recipe" in name for name in names)


@pytest.fixture
def copied(course, tmp_path, monkeypatch):
    """The course without what was graded, to change; nothing is released from it."""
    monkeypatch.setattr(pick, "release", lambda *_: [])
    for name in ("solutions", "recipes", "book"):
        shutil.copytree(course / name, tmp_path / name)
    return tmp_path


def cells_of(path):
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


def set_points(path, name, points):
    changed = nbformat.read(path, as_version=4)
    next(cell for cell in changed.cells if cell.id == name).metadata.nbgrader.points = points
    nbformat.write(changed, path)


def test_it_is_made_anew_from_its_recipe(copied):
    """Do a changed recipe and a changed statement come in, and is what changed shown?"""
    path = copied / "solutions" / "convnet" / "convnet.ipynb"
    path.write_text(path.read_text().replace("LeNet-5 as it is built today", "LeNet-5 of today"))
    kept = recipe_path(copied, NAME)
    kept.write_text(kept.read_text().replace("points = 10", "points = 12.5"))
    made = assign(copied, NAME)
    assert (made.new, made.kept, made.points) == (False, None, "21.75")
    assert list(made.changes) == [
        "changed: the first cell",
        "changed: setup",
        "changed: lstm_forward-statement",
        "points of lstm_forward: 10 before, now 12.5",
        "changed: build_lenet-statement",
    ]
    assert assign(copied, NAME).changes == ()


def test_what_somebody_wrote_into_the_notebook_is_kept(copied):
    """Is a notebook that was changed by hand kept when it is made anew, under a new name?"""
    path = copied / "solutions" / NAME / f"{NAME}.ipynb"
    changed = path.read_text().replace("Draw it.", "Draw it by hand.")
    for name in (f"{NAME}-by-hand-1.ipynb", f"{NAME}-by-hand-2.ipynb"):
        path.write_text(changed)
        made = assign(copied, NAME)
        assert made.kept == copied / "recipes" / name
        assert "Draw it by hand." in made.kept.read_text()
        assert made.changes == ("changed: squash-statement",)
        assert "Draw it by hand." not in path.read_text()


def test_a_release_follows_the_points_of_the_cells(copied):
    """Do headings, total and setup follow points that an instructor sets in the notebook?"""
    path = copied / "solutions" / NAME / f"{NAME}.ipynb"
    set_points(path, "build_lenet", 4.25)
    assert write_exercises(copied, NAME, check=True) == [path]
    assert write_exercises(copied, NAME) == [path]
    assert write_exercises(copied, NAME) == []
    cells = cells_of(path)
    assert cells["build_lenet-statement"].startswith("### 3. `build_lenet` (4.25 points)\n")
    assert "There are 21.5 points in all" in cells["cell-01"]
    assert "    build_lenet=4.25,\n" in cells["setup"]


def test_points_of_a_topic_are_its_cells_own(copied):
    """Do they hold, and is its setup as ever once they are again those of the exercises?"""
    path = copied / "solutions" / "convnet" / "convnet.ipynb"
    before = path.read_text()
    set_points(path, "im2col", 4.25)
    write_exercises(copied, "convnet")
    cells = cells_of(path)
    assert cells["im2col-statement"].startswith("### 2. `im2col` (4.25 points)\n")
    assert "There are 38.25 points in all" in cells["cell-01"]
    assert "im2col=4.25," in cells["setup"]
    set_points(path, "im2col", 3)
    write_exercises(copied, "convnet")
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("picks", "give", "says"),
    [
        (["classify_digits"], [], "classify_digits calls correlate2d: pick it before it"),
        (["classify_digits"], [], "with --give correlate2d"),
        (["classify_digits", "correlate2d"], [], "which comes behind it: pick that first"),
        (["lstm_parameters"], ["conv_output_shape"], "conv_output_shape calls output_size"),
    ],
)
def test_an_exercise_that_another_one_calls_is_asked_for(picks, give, says):
    """Is what is missing named, with both ways to mend it?"""
    with pytest.raises(CourseError, match=re.escape(says)):
        make_notebook(ROOT, NAME, picked(picks, give))


def test_what_statements_speak_of_is_told():
    """Does an exercise whose statement names others come with what these do, in their order?"""
    made, told = make_notebook(ROOT, NAME, picked(["lstm_backward", "cases_for_output_size"]))
    ids = [cell.id for cell in made.cells]
    assert set(told) == {"lstm_step_forward", "lstm_forward", "lstm_step_backward", "output_size"}
    assert ids.index("lstm_step_forward-told") < ids.index("lstm_forward-told")
    assert ids.index("lstm_step_backward-told") < ids.index("lstm_backward-statement")
    assert ids.index("output_size-told") < ids.index("cases_for_output_size-statement")


@pytest.mark.parametrize("slug", topics())
def test_every_exercise_of_a_topic_can_be_picked(slug):
    """Is each statement right in another assignment: does none speak of places?"""
    names = exercise_names(slug)
    made, told = make_notebook(ROOT, NAME, picked(names))
    assert set(told) <= {"stacked_weights"}
    assert set(names) <= {cell.id for cell in made.cells}
    for cell in made.cells:
        if cell.cell_type == "markdown":
            assert not PLACES.search(cell.source), cell.id
            assert not NUMBERED.search(cell.source), cell.id


def test_numbers_in_statements_are_the_new_ones():
    """Is an exercise that a statement numbers given its new number, and refused if not there?"""
    numbers = {"lstm_forward": 2, "lstm_step_forward": 7}
    assert renumbered("As in exercise 3.", "lstm_forward", numbers) == "As in exercise 7."
    with pytest.raises(CourseError, match="exercise 4, lstm_step_backward: pick it, too"):
        renumbered("As in exercise 4.", "lstm_forward", numbers)
    with pytest.raises(CourseError, match="says 'last exercise'"):
        renumbered("It takes the last exercise.", "lstm_forward", numbers)


def test_an_address_names_no_exercise():
    """Is only what is set as code a name?"""
    statement = "[im2col](../../book/convnet/im2col.html) and im2col, but `conv2d_forward(x)`"
    assert named_in(statement, "build_lenet") == ["conv2d_forward"]


def test_what_fails_leaves_nothing_behind(copied, monkeypatch):
    """Can an assignment that nbgrader refuses be tried again?"""

    def refuse(*_):
        raise CourseError("nbgrader refuses")

    monkeypatch.setattr(pick, "release", refuse)
    with pytest.raises(CourseError, match="refuses"):
        assign(copied, "week-4", picked(["output_size"]))
    assert not recipe_path(copied, "week-4").exists()
    assert not (copied / "solutions" / "week-4").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["Week3", "output_size"], "'Week3' is no name for an assignment"),
        (["../x", "output_size"], "is no name for an assignment"),
        (["lstm", "output_size"], "lstm is a topic of the course: choose another name"),
        ([NAME, "output_size"], f"{NAME} is there already: change"),
        (["week-4"], "name exercises with --pick, or a recipe with --recipe"),
        (["week-4", "--pick"], "pick an exercise"),
        ([], "name the assignment"),
        (["--recipe", "none.toml"], "there is no recipe none.toml"),
        (["week-4", "output_size", "--recipe", "r.toml"], "a recipe says it all"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_mend(copied, words, says, capsys):
    """Is nothing made, and the remedy said?"""
    assert cli.main(["--course", str(copied), "assign", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_the_verb_says_what_is_next(copied, capsys):
    """Are the commands that come next named, and what is told of other exercises?"""
    words = ["--course", str(copied), "assign", "week-4", "--pick", "lstm:lstm_step_backward=2.5"]
    assert cli.main([*words, "output_size", "--title", "Backwards"]) == 0
    said = capsys.readouterr().out
    assert "statements speak of it: lstm_step_forward." in said
    assert "There are 4.5 points in all." in said
    assert "nbgrader generate_assignment week-4 --force" in said
    assert recipe_path(copied, "week-4").read_text().startswith('title = "Backwards"\n')
    assert assign(copied, "week-4").changes == ()
