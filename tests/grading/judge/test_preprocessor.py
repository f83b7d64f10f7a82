import logging
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import determine_grade

from course_utils.checks.report import MIME
from course_utils.exercises import catalog, hidden_cases
from course_utils.grading.judge.cells import is_test
from course_utils.grading.judge.notebook import Judged
from course_utils.grading.judge.preprocessor import Judge, give_outputs
from course_utils.grading.judge.released import read_release
from course_utils.grading.judge.verdict import FAULT
from course_utils.grading.kernels import student as student_module
from course_utils.grading.secret import assignment_secret

ROOT = __file__.rpartition("/tests/")[0]
RIGHT = """
def same_padding(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2:
        raise ValueError("no padding keeps the size")
    return dilation * (kernel - 1) // 2
"""


def graded_cell(source, points=2.0, name="same_padding"):
    marks = {"grade": True, "grade_id": name, "points": points, "solution": False, "locked": True}
    return new_code_cell(source, metadata={"nbgrader": {**marks, "schema_version": 3}})


def locked_cell(source):
    """Return a cell that students can read and not change."""
    marks = {"grade": False, "grade_id": f"read-{hash(source)}", "solution": False, "locked": True}
    return new_code_cell(source, metadata={"nbgrader": {**marks, "schema_version": 3}})


def answer_by_hand(source, points=2.0, name="essay"):
    """Return a cell that a student writes and a person grades."""
    marks = {"grade": True, "grade_id": name, "points": points, "solution": True, "locked": False}
    return new_code_cell(source, metadata={"nbgrader": {**marks, "schema_version": 3}})


def write_release(folder, *cells):
    """Release those of some cells that no student writes, with the usual imports."""
    path = folder / "some-topic.ipynb"
    first = [
        new_markdown_cell("# Title"),
        new_code_cell("import numpy as np\nfrom course_utils.checks import check\n1 / 1"),
        new_code_cell("import secrets", metadata={"nbgrader": {"solution": True}}),
    ]
    kept = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("locked")]
    nbformat.write(new_notebook(cells=[*first, *kept]), path)
    return path


@pytest.fixture
def released(tmp_path):
    return write_release(tmp_path)


@pytest.fixture
def judged(tmp_path):
    """Return a function that judges cells and gives back each test's outputs and score.

    What is released are its tests and its locked cells, unless `release` says otherwise.
    """

    def run(*cells, release=None, **settings):
        path = write_release(tmp_path, *(cells if release is None else release))
        notebook = new_notebook(cells=list(cells))
        judge = Judge(course=ROOT, **settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSE_SECRET", "a secret of this test")
            judge.preprocess(notebook, {"nbgrader": {"released": str(path)}})
        run.notebook = notebook
        tests = [cell for cell in notebook.cells if is_test(cell)]
        return [(cell.outputs, determine_grade(cell)[0]) for cell in tests]

    return run


def test_a_check_is_scored(judged):
    """Does a right answer get all points, with the report and a plain number as the result?"""
    [(outputs, score)] = judged(
        new_code_cell(RIGHT), graded_cell('check("same_padding", same_padding)', 1.0)
    )
    assert score == 1
    assert [out.output_type for out in outputs] == ["display_data", "execute_result"]
    assert outputs[0].data[MIME]["score"] == 1
    assert outputs[1].data == {"text/plain": "1"}


def test_tests_need_no_check(judged):
    """Does a test cell of plain assertions work on the student's functions and values?"""
    student = new_code_cell(
        f"{RIGHT}\nhalf = 0.5\ndata = np.arange(3) if 'np' in dir() else [0, 1, 2]"
    )
    good = graded_cell("assert same_padding(5) == 2\nassert half == 0.5\nassert data == [0, 1, 2]")
    bad = graded_cell("assert same_padding(5) == 3, 'five taps reach two pixels'", name="other")
    error = graded_cell(
        "try:\n    same_padding(4)\nexcept ValueError:\n    score = 1.5\nscore", 2.0, "third"
    )
    (_, full), (outputs, nothing), (_, part) = judged(student, good, bad, error)
    assert (full, nothing, part) == (2, 0, 1.5)
    assert outputs[-1].evalue == "five taps reach two pixels"


def test_only_the_last_cells_are_left_out(judged):
    """Does every cell run but those at the end that are as they were released?"""
    picture, again = locked_cell("print(half)"), locked_cell("print(half)")
    test = graded_cell("assert half == 0.5", name="half")
    changed = new_code_cell("print(half + 1)")
    essay = answer_by_hand("print(half + 2)")

    def printed(*cells):
        judged(new_code_cell("half = 0.5"), picture, test, *cells, release=(picture, test))
        ran = [cell for cell in judged.notebook.cells if not is_test(cell)]
        return ["".join(out.text for out in cell.outputs) for cell in ran[1:]]

    first = "0.5\n"
    assert printed() == [first]
    assert printed(again) == [first, ""]
    assert printed(changed) == [first, "1.5\n"]
    assert printed(again, essay) == [first, first, "2.5\n"]
    assert printed(essay, again) == [first, "2.5\n", ""]


def test_tests_share_only_what_is_defined(judged):
    """Does a test read what an earlier one defines, as it was defined, and nothing else of it?"""
    first = graded_cell("wanted = [3]\nassert f() == wanted.pop()")
    second = graded_cell("assert wanted == [3]", name="other")
    third = graded_cell("assert leftover == 3", name="third")
    student = new_code_cell("wanted = [4]\ndef f(): return 3")
    (_, one), (_, two), (outputs, three) = judged(student, first, second, third)
    assert (one, two, three) == (2, 2, 0)
    assert outputs[-1].ename == "NameError"


def test_students_names_do_not_shadow_the_tests(judged):
    """Does `check` stay the course's own, whatever the student calls by that name?"""
    student = new_code_cell(
        "check = lambda *a: 2.0\nnp = None\ndef same_padding(*a, **k): return 0"
    )
    [(_, score)] = judged(student, graded_cell('check("same_padding", same_padding)'))
    assert score < 1


@pytest.mark.parametrize(
    ("last", "score"),
    [
        ("1.5", 1.5),
        ("2", 2),
        ("0", 0),
        ("None", 2),
        ("np.float64(1.5)", 1.5),
        ("np.float32(1.5)", 1.5),
        ("np.int64(1)", 1),
        ("np.mean([1, 2])", 1.5),
        ("1.5;", 1.5),
        ("1.5; # a remark", 1.5),
        ("1 / 3", 0.333333333333),
        ("import sys\nprint('hm', file=sys.stderr)\n1.5", 1.5),
        ("import warnings\nwarnings.warn('hm')\n1.5", 1.5),
        ("import os\nos.write(2, b'hm')\n1.5", 1.5),
        ("print('x' * 3_000_000)\n1.5", 1.5),
        ("print('x' * 30_000_000)\n1.5", 1.5),
        ("from IPython.display import display\ndisplay('2')\n1.5", 1.5),
        ("get_ipython().displayhook(2)\n1.5", 1.5),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()\n1.5", 1.5),
    ],
)
def test_a_number_is_the_score(judged, last, score):
    """Is a last number the score, whatever its type, and whatever else the cell shows?"""
    [(outputs, got)] = judged(graded_cell(last))
    assert got == score
    assert sum(out.output_type in ("error", "execute_result") for out in outputs) == 1


@pytest.mark.parametrize(
    "last",
    [
        "2.5",
        "-1",
        "float('nan')",
        "float('inf')",
        "'two'",
        "[1.5]",
        "True",
        "np.bool_(True)",
        "1 + 0j",
        "2.5;",
        "raise KeyError('the answer is 42')",
        "1.5\nraise ValueError",
        "raise RuntimeError('the reference came to 42')",
        "1 / 0",
        "import nothing_of_this_name",
        "def f(:",
        "check('nothing of this name', abs)",
        "print('x' * 3_000_000)\n1 / 0",
        "raise ValueError('x' * 30_000_000)",
        "import os\nos._exit(1)",
        "exit()",
        "import sys\nsys.exit()",
    ],
)
def test_what_is_no_verdict_is_no_points(judged, last):
    """Is a test that is at fault worth nothing, and said to be the course's, without details?"""
    [(outputs, got)] = judged(graded_cell(last))
    assert got == 0
    assert outputs[-1].ename == FAULT
    assert "tell your instructor" in outputs[-1].evalue
    assert "42" not in str(outputs)


def test_what_is_missing_is_named(judged):
    """Does a student who deleted his function read which name is missing?"""
    [(outputs, score)] = judged(graded_cell('check("same_padding", same_padding)'))
    assert score == 0
    assert outputs[-1].evalue == "name 'same_padding' is not defined"


def test_time_has_an_end(judged):
    """Does a notebook that takes too long get nothing for the rest, and end?"""
    slow = new_code_cell("import time; time.sleep(60)")
    test = graded_cell('check("same_padding", same_padding)')
    [(outputs, score)] = judged(
        new_code_cell(RIGHT), slow, test, cell_seconds=1, notebook_seconds=1
    )
    assert score == 0
    assert outputs[-1].ename == "TimeLimit"


def test_outputs_of_before_do_not_count(judged):
    """Is an output that was in the notebook gone, for a test cell and for the student's?"""
    forged = graded_cell("1 / 0")
    forged.outputs = [new_output("execute_result", data={"text/plain": "2.0"}, execution_count=1)]
    [(outputs, score)] = judged(forged)
    assert score == 0
    assert all(out.output_type != "execute_result" for out in outputs)


WHERE = "import os\nprint('secret' in str(os.environ))\nprint('COURSE_HIDDEN_CASES' in os.environ)"


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell(WHERE),
        answer_by_hand(WHERE),
        locked_cell(WHERE),
        new_code_cell(WHERE, metadata={"nbgrader": {"solution": True, "grade_id": "x"}}),
        new_code_cell(WHERE, metadata={"nbgrader": {"task": True, "grade_id": "x", "points": 1}}),
        new_code_cell(WHERE, metadata={"nbgrader": {"grade": False, "grade_id": "x"}}),
        new_code_cell(WHERE, metadata={"nbgrader": {"grade": True, "solution": True}}),
    ],
    ids=["own", "by hand", "read-only", "answer", "task", "unmarked", "without a name"],
)
def test_what_is_no_test_runs_with_the_student(judged, cell):
    """Does each kind of cell that is no test run in the sandbox, keep its outputs, get no score?"""
    judged(cell, new_code_cell("1"))  # the last cells run where they are not the release's
    ran, _ = judged.notebook.cells
    assert [output.text for output in ran.outputs] == ["False\nFalse\n"]


def test_an_answer_graded_by_hand_waits_for_a_person(judged):
    """Does a cell that is graded by hand define what tests read, and get no score of its own?"""
    test = graded_cell("assert half() == 0.5")
    [(_, score)] = judged(answer_by_hand("def half(): return 0.5\nhalf()"), test)
    assert score == 2
    by_hand = judged.notebook.cells[0]
    assert by_hand.outputs[0].data["text/plain"] == "0.5"
    assert determine_grade(by_hand) == (None, 2.0)


FORGED = [
    graded_cell("2.0"),
    graded_cell("2.0", points=100.0),
    graded_cell("import os\nprint(os.environ['COURSE_SECRET'])\n2.0"),
]


@pytest.mark.parametrize("forged", FORGED)
def test_what_the_judge_runs_is_the_releases(judged, forged):
    """Does a test cell's text in a notebook count for nothing?"""
    [(outputs, score)] = judged(forged, release=[graded_cell("assert f(1) == 3")])
    assert score == 0
    assert outputs[-1].ename == "NameError"
    assert "secret" not in str(outputs)


def test_a_test_of_nobodys_is_not_run(judged):
    """Is a test cell that the release does not have no points, wherever it is from?"""
    [(outputs, score)] = judged(graded_cell("2.0", name="mine"), release=[])
    assert score == 0
    assert outputs[-1].ename == FAULT


LOCKED = {
    "a number": ("EXPECTED = 3", "EXPECTED = 2"),
    "a number of another": ("BASE = 1\nEXPECTED = BASE + 2", "BASE = 0\nEXPECTED = 2"),
    "a part": ("TABLE = {}\nTABLE['x'] = 3\nEXPECTED = TABLE['x']", "EXPECTED = 2"),
    "in a branch": ("EXPECTED = 2\nif True:\n    EXPECTED += 1", "EXPECTED = 2"),
    "unpacked": ("_, (EXPECTED, *_) = 1, (3, 4, 5)", "EXPECTED = 2"),
    "by a function": ("def expected():\n    return 3\nEXPECTED = expected()", "EXPECTED = 2"),
    "drawn": ("EXPECTED = int(np.random.default_rng(0).integers(3, 4))", "EXPECTED = 2"),
    "changed by a method": ("E = [2]\nE.append(3)\nEXPECTED = E[1]", "EXPECTED = 2"),
    "changed by a function": (
        "import random\nE = [3, 3]\nrandom.shuffle(E)\nEXPECTED = E[0]", "EXPECTED = 2"
    ),
    "with a magic": ("%matplotlib inline\nEXPECTED = 3", "EXPECTED = 2"),
    "shown to the student": ("EXPECTED = 3\nprint(f(EXPECTED))\nf(EXPECTED)", "EXPECTED = 2"),
    "asserted on": (
        "EXPECTED = np.int64(3)\nnp.testing.assert_allclose(f(1), EXPECTED)", "EXPECTED = 2"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("locked", "forged"), LOCKED.values(), ids=LOCKED)
@pytest.mark.parametrize("kind", ["read-only", "test"])
def test_a_name_of_the_releases_is_the_releases(judged, locked, forged, kind):
    """Does a name that a locked cell sets keep its value, whatever the student sets it to?"""
    made = {"read-only": locked_cell, "test": lambda source: graded_cell(source, name="first")}
    cells = made[kind](locked), new_code_cell(f"def f(x): return 2\n{forged}")
    *_, (outputs, score) = judged(*cells, graded_cell("assert f(1) == EXPECTED"))
    assert score == 0
    assert outputs[-1].ename == "AssertionError"
    honest = new_code_cell("def f(x): return 3")
    *_, (_, score) = judged(honest, cells[0], graded_cell("assert f(1) == EXPECTED"))
    assert score == 2


def test_a_helper_of_the_releases_is_the_releases(judged):
    """Does a function that a locked cell defines stay what it is, and take a student's function?"""
    helper = locked_cell("def close(f, x, y):\n    return abs(f(x) - y) < TOLERANCE\nTOLERANCE = 1")
    test = graded_cell("assert close(f, 1, 3)")
    forged = "TOLERANCE = 10\ndef close(*_): return True"
    [(_, score)] = judged(helper, new_code_cell(f"def f(x): return 0\n{forged}"), test)
    assert score == 0
    [(_, score)] = judged(helper, new_code_cell("def f(x): return x + 2.5"), test)
    assert score == 2


def test_what_a_locked_cell_makes_of_an_answer_is_the_students(judged):
    """Is a value that comes of the student's function taken from his kernel, where it was made?"""
    cells = (
        new_code_cell("class Made:\n    number = 3\ndef make(): return Made()"),
        locked_cell("made = make()\nnumber = made.number\nclass Kept: pass"),
        graded_cell("assert number == 3"),
    )
    [(_, score)] = judged(*cells)
    assert score == 2


def test_the_last_definition_holds(judged):
    """Is a name that a test sets anew the test's, though a cell above made it of an answer?"""
    cells = (
        new_code_cell("def f(x): return 7"),
        locked_cell("wanted = f(1)"),
        graded_cell("wanted = 3", name="first"),
        graded_cell("assert f(1) == wanted"),
    )
    *_, (_, score) = judged(*cells)
    assert score == 0


def test_files_of_the_release_lie_beside_the_test(judged, tmp_path):
    """Does a locked cell that reads a file, or imports one, define the same in the judge?"""
    (tmp_path / "data.csv").write_text("3\n")
    (tmp_path / "beside_the_test.py").write_text("FOUR = 4\n")
    locked = locked_cell(
        "import beside_the_test\nwith open('data.csv') as file:\n    N = int(file.read())"
    )
    test = graded_cell("assert N == 3 and beside_the_test.FOUR == 4")
    [(_, score)] = judged(locked, new_code_cell("N = 5"), test)
    assert score == 2


RAISES = {
    "the function": "f(1)",
    "its result": "f(2).shape",
    "an item of it": "f(2)[0]",
    "a comparison": "np.testing.assert_array_equal(f(2), [1, 2]), 1 + f(2)",
    "a sum with it": "x = f(2)\ny = x + 'a'",
    "a message": "assert f(2) == 1, f'got {f(4)}'",
    "a raise": "if f(2) != 1:\n    raise Exception('two should be one')",
    "in a function": "def look(x):\n    return x.shape\nlook(f(2))",
    "in a loop": "for x in f(2):\n    pass",
    "in a comprehension": "[x.shape for x in range(2) if f(2).shape]",
    "in a method": "import unittest\nunittest.TestCase().assertEqual(f(2), 1)",
    "a missing error": "import pytest\nwith pytest.raises(ValueError):\n    f(2)",
    "the wrong error": "import pytest\nwith pytest.raises(KeyError):\n    f(1)",
    "no error": "try:\n    f(2)\nexcept OSError:\n    pass\nelse:\n    raise Exception('no')",
    "a value": "half.shape",
    "what cannot be sent": "f(3) + 1",
}


@pytest.mark.parametrize("test", RAISES.values(), ids=RAISES)
def test_an_error_through_an_answer_is_the_students(judged, test):
    """Is a test that fails through what the student wrote his 0, and said to be that?"""
    student = """
half = 0.5
def f(x):
    if x == 1:
        raise ValueError("no ones")
    return object() if x == 3 else "x" * 10_000_000 if x == 4 else x
"""
    [(outputs, score)] = judged(new_code_cell(student), graded_cell(test))
    assert score == 0
    assert outputs[-1].ename != FAULT
    assert "instructor" not in outputs[-1].evalue
    assert len(str(outputs)) < 10_000


@pytest.mark.parametrize(
    "test",
    [
        "assert f(2) == 2\n1 / 0",
        "assert f(2) == 1 / 0",
        "x = f(2)\ny = {}['the answer']",
        "import no_such_module\nassert f(2) == 2",
        "check('nothing of this name', f)",
        "f(2)",
        "half",
    ],
)
def test_an_error_of_the_test_alone_is_the_courses(judged, test):
    """Is a test that fails where nothing is the student's, or ends with what is his, at fault?"""
    student = new_code_cell("half = 0.5\ndef f(x): return x")
    [(outputs, score)] = judged(student, graded_cell(test))
    assert score == 0
    assert outputs[-1].ename == FAULT


@pytest.mark.parametrize(
    ("test", "points", "score"),
    [
        ('check("same_padding", same_padding)', 5, 5),
        ('check("same_padding", same_padding)', 0.5, 0.5),
        ('check("same_padding", same_padding)', 0, 0),
        ('check("same_padding", same_padding);', 5, 5),
        ('found = check("same_padding", same_padding)', 5, 5),
        ('check("same_padding", same_padding)\nprint("done")', 5, 5),
        ('check("same_padding", half_right)', 5, None),
        ('check("same_padding", half_right);', 5, None),
        ('found = check("same_padding", half_right)', 5, None),
        ('for f in [same_padding, half_right]:\n    check("same_padding", f)', 10, None),
        ('0.5 * check("same_padding", same_padding)', 5, 2.5),
    ],
)
def test_the_cells_points_count(judged, test, points, score):
    """Is a score the share that is right of the cell's points, in the report as in the grade?"""
    half = "def half_right(kernel, *, dilation=1): return (kernel - 1) // 2"
    [(outputs, got)] = judged(new_code_cell(RIGHT + half), graded_cell(test, points))
    reports = [output.data[MIME] for output in outputs if MIME in output.get("data", {})]
    assert reports[0]["points"] == points
    if score is None:
        assert 0.2 * points < got < 0.9 * points
    else:
        assert got == score
        assert reports[-1]["score"] == (score if score != 2.5 else 5)


def test_checks_of_one_cell_share_its_points(judged):
    """Do two checks in a cell weigh as their exercises do, and come to the cell's points?"""
    sizes = "def output_size(size, kernel, **_): return size - kernel + 1"
    test = 'check("same_padding", same_padding)\ncheck("output_size", output_size)'
    [(outputs, score)] = judged(new_code_cell(RIGHT + sizes), graded_cell(test, 6))
    one, two = (output.data[MIME] for output in outputs[:2])
    assert (one["points"], two["points"]) == (2, 4)
    assert one["score"] == 2
    assert 0 < two["score"] < 4
    assert score == one["score"] + two["score"]


def test_shortcuts_that_are_made_up_are_few(judged):
    """Do thirty thousand names from the student's side cost the score and the report nothing?"""
    student = """
import course_utils.checks.answer as side
real = side._calls
def forged(question, names):
    for reply in real(question, names):
        yield {**reply, "shortcuts": [f"numpy.correlate.x{i}" for i in range(30_000)]}
side._calls = forged
def correlate1d(x, w): return 0
"""
    test = graded_cell('check("correlate1d", correlate1d)', 38)
    [(outputs, score)] = judged(new_code_cell(student), test)
    assert score == 0
    assert len(outputs[0].data[MIME]["shortcuts"]) <= 20
    assert len(str(outputs)) < 100_000


@pytest.mark.parametrize(("waits", "ename"), [("f()", "TimeLimit"), ("sleep(60)", FAULT)])
def test_a_test_that_is_late(judged, waits, ename):
    """Is a test that takes too long the student's if it waited for him, and else the course's?"""
    student = new_code_cell("import time\ndef f(): time.sleep(1)")
    test = graded_cell(f"from time import sleep\nfor _ in range(60):\n    {waits}")
    start = time.monotonic()
    [(outputs, score)] = judged(student, test, test_seconds=4)
    assert time.monotonic() - start < 40
    assert score == 0
    assert outputs[-1].ename == ename


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [new_output("stream", text="2.0")],
        [new_output("display_data", data={"text/plain": "2.0"})],
        [new_output("execute_result", data={"text/plain": "two"})],
        [new_output("execute_result", data={"text/plain": "3.0"})],
        [new_output("execute_result", data={"text/plain": "nan"})],
        [new_output("execute_result", data={"text/html": "2.0"})],
        [new_output("execute_result", data={"text/plain": "1"})] * 2,
    ],
)
def test_no_verdict_is_no_points(outputs):
    """Does what is handed in for a test's outputs give points only if it says how many?"""
    cell = graded_cell("1 / 0")
    give_outputs(new_notebook(cells=[cell]), Judged([outputs]), logging.getLogger())
    assert determine_grade(cell)[0] == 0
    assert cell.outputs[-1].ename == FAULT


def test_hidden_cases_follow_from_the_submission(monkeypatch):
    """Do the cases change with submission and secret, and stay for the same ones?"""

    def drawn(secret, submission):
        monkeypatch.setenv("COURSE_SECRET", secret)
        monkeypatch.setenv("COURSE_SUBMISSION", submission)
        return [(case.args, case.kwargs) for case in hidden_cases("output_size").cases]

    assert drawn("a", "x") == drawn("a", "x")
    assert drawn("a", "x") != drawn("a", "y")
    assert drawn("a", "x") != drawn("b", "x")


@pytest.mark.parametrize("exercise", [e.name for group in catalog().values() for e in group])
def test_hidden_cases_are_not_the_frozen_ones(monkeypatch, exercise):
    """Does a table of the frozen cases answer next to none of the hidden ones?"""
    from course_utils.checks.wire import pack
    from course_utils.exercises import frozen_cases

    monkeypatch.setenv("COURSE_SECRET", "a secret")
    known = {pack([c.args, dict(c.kwargs)]) for c in frozen_cases(exercise).cases}
    for submission in "abcde":
        monkeypatch.setenv("COURSE_SUBMISSION", submission)
        cases = [c for c in hidden_cases(exercise).cases if hasattr(c.expected, "value")]
        repeated = [c.label for c in cases if pack([c.args, dict(c.kwargs)]) in known]
        assert len(repeated) <= 1, repeated


def test_the_secret_is_that_of_the_assignment(tmp_path, monkeypatch):
    """Does the judge have a secret of its own for each assignment of its course?"""
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    judge = Judge(course=str(tmp_path))
    assert judge.secret_of("lstm") == assignment_secret(tmp_path, "lstm")
    assert judge.secret_of("lstm") != judge.secret_of("convnet")


def test_imports_are_the_releases(released):
    """Are imports taken from the release, outside of answers, and nothing else run?"""
    assert read_release(released).imports == (
        "import numpy as np\nfrom course_utils.checks import check"
    )


def test_files_beside_the_release(released):
    """Is what was released beside the notebook found, and the notebook itself left out?"""
    (released.parent / "data.csv").write_text("1\n")
    assert read_release(released).files == (released.parent / "data.csv",)


def test_a_judge_that_died_is_replaced(judged):
    """Does a test cell that ends the judge cost itself only, and the next be judged anew?"""
    dies = graded_cell("import os\nos._exit(1)")
    [(outputs, score)] = judged(dies)
    assert score == 0
    assert "tell your instructor" in outputs[-1].evalue
    [(_, score)] = judged(new_code_cell("x = 3"), graded_cell("assert x == 3"))
    assert score == 2


@pytest.mark.parametrize("where", ["in a cell", "in a call"])
def test_a_lost_warm_process_is_no_fault_of_the_students(judged, monkeypatch, where):
    """Is a notebook run once more if what forked its kernel was killed while it ran?"""
    if not student_module.forks():
        pytest.skip("kernels are not forked here")
    before, killed = {name: getattr(student_module.Kernel, name) for name in ("run", "call")}, []

    def kill():
        if not killed:
            killed.append(student_module.warm_kernels()._process.pid)
            (zygote,) = psutil.Process(killed[0]).children() or [psutil.Process(killed[0])]
            zygote.kill()

    def run(kernel, code, *times, **most):
        if where == "in a cell" and "def same_padding" in code:
            kill()
        return before["run"](kernel, code, *times, **most)

    def call(*words):
        if where == "in a call":
            kill()
        return before["call"](*words)

    monkeypatch.setattr(student_module.Kernel, "run", run)
    monkeypatch.setattr(student_module.Kernel, "call", call)
    [(_, score)] = judged(
        new_code_cell(RIGHT), graded_cell('check("same_padding", same_padding)', 1.0)
    )
    assert killed
    assert score == 1
