"""Is a recipe read as it was meant, and is what is amiss named with its mend?"""

import tomllib

import pytest

from course_utils.errors import CourseError
from course_utils.exercises import find
from course_utils.grading.handout.recipe import (
    Part,
    picked,
    read_recipe,
    recipe_text,
    require_own_name,
)

TASK = {
    "kind": "text",
    "name": "why_gates",
    "title": "Why gates?",
    "points": "2",
    "statement": "Say it.",
}
CODE = {"kind": "code", "name": "double", "title": "Twice", "points": "1", "statement": "Do."}
ANSWER = """def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
"""
PICKED = """[[part]]
exercise = "output_size"
"""


def task(without="", **changes):
    """Return a recipe with an exercise and a task."""
    data = {key: value for key, value in ({**TASK, **changes}).items() if key != without}
    lines = [
        f"{key} = {value}" if key == "points" else f"{key} = '''\n{value}'''"
        for key, value in data.items()
    ]
    return "\n".join([PICKED, "[[part]]", *lines])


def read(tmp_path, text):
    path = tmp_path / "week-3.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_recipe(path)


def test_picks_are_kept_as_a_recipe(tmp_path):
    """Does the file of some picks say the same, with points as given or the exercise's?"""
    recipe = picked(["lstm:lstm_forward=10.5", "output_size"], ["lstm_step_forward"], 'A "title"')
    assert recipe.parts == (
        Part("lstm_forward", 10.5),
        Part("output_size", find("output_size").points),
    )
    text = recipe_text(recipe)
    assert tomllib.loads(text)["title"] == 'A "title"'
    assert read(tmp_path, text) == recipe


@pytest.mark.parametrize("title", ["a\x7fb", "\u00dcbung \U0001f600", '\\ "', "tab\there"])
def test_any_title_comes_back(title, tmp_path):
    """Is a text written so that TOML reads the same?"""
    assert read(tmp_path, recipe_text(picked(["output_size"], title=title))).title == title


def test_a_task_is_read(tmp_path):
    """Are the fields of tasks of each kind there, in the order of the file?"""
    recipe = read(tmp_path, "\ufeff" + task(**CODE, answer=ANSWER, tests="assert double(1) == 2"))
    exercise, code = recipe.parts
    assert exercise == Part("output_size", find("output_size").points)
    assert (code.kind, code.name, code.points) == ("code", "double", 1.0)
    assert code.answer == ANSWER


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff", "is no recipe in TOML"),
        ("part = [", "is no recipe in TOML"),
        ("", r"write a \[\[part\]\]"),
        ("part = 3", r"write a \[\[part\]\]"),
        ("part = []", "name no exercise"),
        ("titel = ''\n" + PICKED, "no 'titel'; did you mean 'title'"),
        ("title = 3\n" + PICKED, "title is a text"),
        ("give = 'lstm'\n" + PICKED, "give is a list"),
        ("give = ['output_size']\n" + PICKED, "output_size is asked for and given"),
        (PICKED + PICKED, "output_size is there twice"),
        (PICKED + "point = 3", "part 1: an exercise has no 'point'; did you mean 'points'"),
        (PICKED + "points = '3'", "part 1: the points of output_size are no number"),
        (PICKED + "points = true", "are no number"),
        (PICKED + "points = nan", "above 0 and up to 1000"),
        (PICKED + "points = 0", "above 0 and up to 1000"),
        (PICKED + "points = 1.005", "more than two decimals"),
        (PICKED.replace("output", "outputs"), "did you mean 'output_size'"),
        (PICKED.replace("output_size", "lstm"), "lstm is a topic: pick its exercises, lstm_par"),
        (PICKED.replace("output", "lstm:output"), "write convolution-arithmetic:output_size"),
        (task().replace(PICKED, ""), "pick one of the course's exercises at least"),
        (task(without="points"), "part 2: why_gates has no points"),
        (task(without="title"), "why_gates has no title"),
        (task(without="statement"), "why_gates has no statement"),
        (task(title="two\nlines"), "more than one line"),
        (task(kind="essay"), "there are code, plot, test, text"),
        (task(name="why gates"), "'why gates' is no name for a task"),
        (task(name="class"), "'class' is no name for a task"),
        (task(name="setup_x"), "is the name of another cell"),
        (task(name="lstm_forward"), "lstm_forward is an exercise of the course"),
        (task(tests="1"), "has tests, but a person grades it"),
        (task(**CODE), "double, a code, needs tests"),
        (task(**CODE, tests="1", answer="def double(x): pass"), "between lines ### BEGIN SOLUTION"),
        (task(**CODE, tests="1", answer=ANSWER.replace("END", "XX")), "needs its line ### END"),
        (task(**CODE, tests="1 +", answer=ANSWER), "the tests of double are no Python"),
        (task(kind="test", tests="1", answer="x"), "only tests"),
        (task(kind="test", tests="### BEGIN HIDDEN TESTS\n1"), "needs its line ### END HIDDEN"),
        (task(kind="test", tests="#BEGIN HIDDEN TEST\n1\n#END HIDDEN TEST"), "written exactly so"),
    ],
)
def test_what_is_amiss_is_named(text, says, tmp_path):
    """Is the part named, and what to write instead?"""
    with pytest.raises(CourseError, match=says) as error:
        read(tmp_path, text)
    assert "week-3.toml" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["week-3", "a", "exam2", "a-1-b"])
def test_a_name_of_ones_own(name):
    """Does a name in small letters do?"""
    require_own_name(name)


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "a--b", "A", "a_b", "a b", "\u00fc", "a/b", "a" * 61]
)
def test_other_names_are_refused(name):
    """Is a name that is no folder's and no address's refused?"""
    with pytest.raises(CourseError, match="is no name for an assignment"):
        require_own_name(name)
