import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import determine_grade

from course_utils.checks.report import MIME
from course_utils.exercises import catalog, hidden_cases
from course_utils.grading import student as student_module
from course_utils.grading.judge import Judge
from course_utils.grading.judging import read_release

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


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    path = tmp_path_factory.mktemp("release") / "some-topic.ipynb"
    cells = [
        new_markdown_cell("# Title"),
        new_code_cell("import numpy as np\nfrom course_utils.checks import check\n1 / 1"),
        new_code_cell("import secrets", metadata={"nbgrader": {"solution": True}}),
    ]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def judged(released):
    """Return a function that judges cells and gives back each test's outputs and score."""

    def run(*cells, **settings):
        notebook = new_notebook(cells=list(cells))
        judge = Judge(course=ROOT, **settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSE_SECRET", "a secret of this test")
            judge.preprocess(notebook, {"nbgrader": {"released": str(released)}})
        tests = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
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
    error = graded_cell("try:\n    same_padding(4)\nexcept ValueError:\n    score = 1.5\nscore")
    (_, full), (outputs, nothing), (_, part) = judged(student, good, bad, error)
    assert (full, nothing, part) == (2, 0, 1.5)
    assert outputs[-1].evalue == "five taps reach two pixels"


def test_tests_share_nothing(judged):
    """Does a name that one test sets stay out of the next, though one judge runs both?"""
    first = graded_cell("leftover = 3")
    second = graded_cell("assert leftover == 3", name="other")
    (_, one), (outputs, other) = judged(first, second)
    assert (one, other) == (2, 0)
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
        ("2.5", 0),
        ("-1", 0),
        ("float('nan')", 0),
        ("float('inf')", 0),
        ("np.float64(1.5)", 0),
        ("'two'", 0),
        ("[1.5]", 0),
        ("True", 0),
        ("None", 2),
        ("import sys; print('hm', file=sys.stderr); 1.5", 1.5),
        ("import warnings; warnings.warn('hm'); 1.5", 1.5),
        ("raise KeyError('the answer is 42')", 0),
        ("1.5; raise ValueError", 0),
    ],
)  # fmt: skip
def test_only_a_plain_number_counts(judged, last, score):
    """Is a result that nbgrader would misread worth nothing, and a warning no loss?"""
    [(_, got)] = judged(graded_cell(last.replace("; ", "\n")))
    assert got == score


def test_faults_of_the_course_stay_with_it(judged):
    """Does an error of the check itself tell the student nothing of it?"""
    [(outputs, score)] = judged(graded_cell("raise RuntimeError('the reference came to 42')"))
    assert score == 0
    assert "42" not in str(outputs)
    assert "tell your instructor" in outputs[-1].evalue


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


def test_imports_are_the_releases(released):
    """Are imports taken from the release, outside of answers, and nothing else run?"""
    assert read_release(released).imports == (
        "import numpy as np\nfrom course_utils.checks import check"
    )


def test_files_beside_the_release(released):
    """Is what was released beside the notebook found, and the notebook itself left out?"""
    (released.parent / "data.csv").write_text("1\n")
    try:
        assert read_release(released).files == (released.parent / "data.csv",)
    finally:
        (released.parent / "data.csv").unlink()


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
    before, killed = student_module.Kernel.run, []

    def kill():
        if not killed:
            killed.append(student_module.warm_kernels()._process.pid)
            (zygote,) = psutil.Process(killed[0]).children() or [psutil.Process(killed[0])]
            zygote.kill()

    def run(kernel, code, seconds, **call):
        if (where == "in a cell" and "def same_padding" in code) or (where == "in a call" and call):
            kill()
        return before(kernel, code, seconds, **call)

    monkeypatch.setattr(student_module.Kernel, "run", run)
    [(_, score)] = judged(
        new_code_cell(RIGHT), graded_cell('check("same_padding", same_padding)', 1.0)
    )
    assert killed
    assert score == 1
