"""Does what authors begin work at once, and are they told what is missing?"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_utils.authoring import screen
from course_utils.authoring.begin import begin_exercise, begin_topic
from course_utils.authoring.calls import words_of_calls
from course_utils.checks.allowed import read_allowed
from course_utils.checks.wire import as_sent
from course_utils.errors import CourseError
from course_utils.exercises import find
from tests.book.rules import RULES, broken
from tests.book.source import Source

ROOT = Path(__file__).parent.parent.parent
SLUG, NAME, CALLS = "toy-topic", "scale_numbers", "cases_for_scale_numbers"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Copy what an author has, and begin a topic with one exercise in it."""
    course = tmp_path_factory.mktemp("checkout")
    shutil.copytree(
        ROOT / "course_utils", course / "course_utils", ignore=shutil.ignore_patterns("__pycache__")
    )
    for folder in ("solutions", "exercises", "book"):
        (course / folder).mkdir()
    for file in ("_toc.yml", "nbgrader_config.py", "book/concepts.yml"):
        shutil.copy(ROOT / file, course / file)
    begin_topic(course, SLUG)
    begin_exercise(course, SLUG, NAME)
    return course


def course(checkout, *words):
    """Run the checkout's own command."""
    return subprocess.run(
        [sys.executable, "-m", "course_utils.cli", *words],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(checkout), "PATH": str(Path(sys.executable).parent)},
    )


def test_a_topic_has_its_place_in_the_table_of_contents(checkout):
    """Are the pages listed once, before those for instructors, and do they keep the rules?"""
    toc = (checkout / "_toc.yml").read_text(encoding="utf-8")
    for page in ("index", "idea"):
        assert toc.count(f"- file: book/{SLUG}/{page}\n") == 1
        written = (checkout / "book" / SLUG / f"{page}.md").read_text(encoding="utf-8")
        # The name of a topic that there is, so that the rule for first pages is asked, too.
        source = Source("convolution-arithmetic/index" if page == "index" else f"a/{page}", written)
        assert [complaint for rule in RULES for complaint in broken(source, rule)] == []
    assert toc.index(SLUG) < toc.index("For instructors")


def test_an_exercise_that_was_begun_says_what_is_missing(checkout):
    """Does `course prove` find nothing wrong, but that it is a template?"""
    proved = course(checkout, "prove", NAME)
    assert proved.returncode == 1, proved.stderr
    to_do = [line for line in proved.stdout.splitlines() if "to do:" in line]
    assert len(to_do) == 5
    assert "right answers" in to_do[0]
    assert "mistakes" in to_do[1]
    assert "write the statement" in to_do[2]
    assert "which concept it exercises" in to_do[3]
    assert f"course freeze {NAME}" in to_do[4]
    assert "a case need an axis of length 1" in proved.stdout


def test_a_topic_that_was_begun_says_what_is_missing(checkout):
    """Are the notebook's first cell and both pages named, after the exercises?"""
    proved = course(checkout, "prove", SLUG)
    assert proved.returncode == 1, proved.stderr
    *_, about = proved.stdout.partition(f"\n{SLUG}\n")
    assert re.findall(r"to do: write .*?([\w-]+(?:\.md|\.ipynb))\n", about) == [
        f"{SLUG}.ipynb", "idea.md", "index.md"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ("output_size(size, kernel, *, stride=1, pad=0, dilation=1)", False),
        ("output_size(size, kernel, stride, pad, dilation)", False),
        ("output_size(kernel, size, stride=1, pad=0, dilation=1)", True),
        ("output_size(size, kernel, stride=1, pad=0)", True),
        ("output_size(size, kernel, stride=1, pad=0, dilation=1", True),
    ],
)
def test_a_statement_calls_the_function_as_the_model_does(tmp_path, monkeypatch, call, wrong):
    """Are arguments in another order named, before students are given them?"""
    monkeypatch.setattr(screen, "topics", lambda: [SLUG])
    text = f"`{call}` is a call.\n\n**Example.** `ValueError`"
    cell = nbformat.v4.new_markdown_cell(text, id="a")
    cell.metadata["nbgrader"] = {"grade_id": "output_size-statement"}
    (tmp_path / "solutions" / SLUG).mkdir(parents=True)
    path = tmp_path / "solutions" / SLUG / f"{SLUG}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    mend = (
        "say `output_size(size, kernel, stride, pad, dilation)` in the statement, as in the model"
    )
    assert list(screen.in_notebook(tmp_path, find("output_size"))) == [mend] * wrong


def test_it_is_frozen_and_released_as_it_stands(checkout):
    """Do `course freeze` and `course release` make the cases and the students' notebook of it?"""
    frozen = course(checkout, "freeze", NAME)
    assert frozen.returncode == 0, frozen.stderr
    assert (checkout / f"course_utils/checks/frozen/{NAME}.json").is_file()
    released = course(checkout, "release", SLUG)
    assert released.returncode == 0, released.stderr
    assert course(checkout, "release", SLUG, "--check").returncode == 0
    notebook = json.loads((checkout / f"exercises/{SLUG}/{SLUG}.ipynb").read_text())
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert "There are 2 points in all" in " ".join(sources[0].split())
    assert sources[2].startswith(f"### 1. `{NAME}` (2 points)")
    assert "raise NotImplementedError" in sources[3]
    assert "x * factor" not in sources[3]
    assert sources[4] == f'check("{NAME}", {NAME})'
    assert notebook["cells"][4]["metadata"]["nbgrader"]["points"] == 2


def test_calls_that_catch_its_mistakes_are_begun(checkout):
    """Does the template for them run, and does `course prove` name what is missing?"""
    begun = course(checkout, "exercise", SLUG, CALLS, "--catches", NAME)
    assert begun.returncode == 0, begun.stderr
    proved = course(checkout, "prove", CALLS)
    assert proved.returncode == 1, proved.stderr
    to_do = [line for line in proved.stdout.splitlines() if "to do:" in line]
    assert len(to_do) == 5, to_do
    assert "write 2 right answers" in to_do[0]
    assert "write at least 4 mistakes; there are 1" in to_do[1]
    assert "write the statement" in to_do[2]
    assert "which concept it exercises" in to_do[3]
    cells = json.loads((checkout / f"solutions/{SLUG}/{SLUG}.ipynb").read_text())["cells"]
    (statement,) = (cell for cell in cells if cell["id"] == f"{CALLS}-statement")
    text = " ".join("".join(statement["source"]).split())
    assert text.startswith(f"### 2. `{CALLS}` (2 points) Catch the bug: one wrong answers to")
    assert "`dict(x=np.array([1.0, 2.5]))`" in text


@pytest.mark.parametrize(
    ("slug", "target"),
    [("convnet", "batch_norm_backward"), ("lstm", "gates_to_torch"), ("lstm", "lstm_forward")],
)
def test_what_a_template_allows_is_read(slug, target):
    """Is its example a call that is allowed, of whatever the arguments are?"""
    words = words_of_calls(find(target), slug.replace("-", "_"))
    space = {"np": np}
    exec(f"call, allowed = {words['call']}, {{{words['allowed']}}}", space)
    for name, says in space["allowed"].items():
        rule = read_allowed(says)
        assert name not in space["call"] or rule.fault(as_sent(space["call"][name]), {}) == ""


def test_what_is_measured_stays_last(tmp_path):
    """Does a new exercise stand before those that are measured, in the order and the notebook?"""
    slug, package, notebook = "lstm", Path("course_utils/exercises/lstm"), Path("solutions/lstm")
    for folder in (package, notebook):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    begin_exercise(tmp_path, slug, NAME)
    order = (tmp_path / package / "__init__.py").read_text(encoding="utf-8")
    assert order.index(f'"{NAME}"') < order.index('"cases_for_lstm_parameters"')
    assert order.index('"cases_for_lstm_parameters"') < order.index('"learn_adding"')
    cells = json.loads((tmp_path / notebook / f"{slug}.ipynb").read_text())["cells"]
    ids = [cell["id"] for cell in cells]
    place = ids.index("cases_for_lstm_parameters-statement")
    assert ids[place - 3 : place] == [f"{NAME}-statement", f"{NAME}-answer", NAME]
    begin_exercise(tmp_path, slug, CALLS, catches="lstm_step_forward")
    order = (tmp_path / package / "__init__.py").read_text(encoding="utf-8")
    assert order.index('"cases_for_lstm_parameters"') < order.index(f'"{CALLS}"')
    assert order.index(f'"{CALLS}"') < order.index('"learn_adding"')


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (lambda course: begin_topic(course, SLUG), "has begun already"),
        (lambda course: begin_topic(course, "Toy Topic"), "is no slug"),
        (lambda course: begin_exercise(course, "toy-topik", "f"), "did you mean 'toy-topic'"),
        (lambda course: begin_exercise(course, SLUG, NAME), "is there already"),
        (lambda course: begin_exercise(course, SLUG, "lstm_step_forward"), "is there already"),
        (lambda course: begin_exercise(course, SLUG, "two words"), "is no name of a function"),
        (lambda course: begin_topic(course / "book", "other"), "is no checkout"),
        (
            lambda course: begin_exercise(course, SLUG, "f", catches="scale_number"),
            "did you mean 'scale_numbers'",
        ),
        (lambda course: begin_exercise(course, "lstm", "f", catches="learn_adding"), "is measured"),
        (lambda course: begin_exercise(course, "convnet", "f", catches="build_lenet"), "a network"),
    ],
)
def test_what_cannot_begin_is_said_in_a_line(checkout, begin, says):
    """Is nothing overwritten, and does the error say what to do?"""
    with pytest.raises(CourseError, match=says):
        begin(checkout)
